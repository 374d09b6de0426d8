"""One trainer for every model: a generator against its discriminators, on Lightning Fabric.

The same loop on a CPU, one GPU or many (`torchrun -m -- spg.cli train …`). What differs between models is in
`spg.tasks`, every setting in `spg.profiles`.
"""

import copy
import math
import time
from pathlib import Path

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from spg import labels, losses
from spg.engine import checkpoints, machine
from spg.engine.checkpoints import restore
from spg.engine.machine import join_batch_norms, keep_freed_memory
from spg.engine.watching import InterruptAfterStep, Logbook, progress
from spg.growing import adopt, inherit
from spg.profiles import at, from_dict
from spg.samples import Batch, TrainingSamples, batches
from spg.schedule import in_stage, learning_rate, schedule, share

FREE_TO_CHANGE = {"workers", "precision", "save_every"}  # settings a resumed training may change


class Trainer:
    """Trains `task` under `profile`; writes OUT/MODEL.last.safetensors (all state) and OUT/MODEL.safetensors (the net).

    scenes_at: size → data set. source: what to record of the data, {"data": spec, …}; it may not change on resume.
    start: checkpoint of a net to go on from instead of from chance; its pictures and seconds count on.
    Interrupted at any step and resumed, it ends with the weights it would have had (bit-identical on a CPU).
    """

    def __init__(self, model, task, profile, scenes_at, source, out, fabric=None, resume=False, start=None):
        keep_freed_memory()
        self.model, self.task, self.profile, self.source = model, task, profile, source
        self.scenes_at, self.out = scenes_at, Path(out)
        self.fabric = fabric or machine.make_fabric(profile)
        if profile.batch % self.fabric.world_size:
            raise ValueError(f"batch {profile.batch} cannot be shared by {self.fabric.world_size} processes")
        self.step, self.seen, self.seconds = 0, 0, 0.0  # seen: pictures before step 0
        self.task.data = source.get("data", "").split(":")[0]
        state, about = self._earlier(resume)
        self.task.prepare(self.profile, self.fabric.device)
        torch.manual_seed(self.profile.seed)  # only now: what was prepared may have drawn, the first time or every time
        self._build(about["size"] if about else self.profile.sizes[0])
        if about:
            self._resume(state, about)
        elif start:
            self._start(start)

    # ------------------------------------------------------------ building and resuming

    def _build(self, size):
        p, self.size = self.profile, size
        judged = self.task.discriminator(p) if self._weight("adv") or self._weight("feature") else None
        nets = {"G": self.task.generator(p, at(p, size)), "D": judged}
        self.nets, self.optimizers = {}, {}
        for name, net in nets.items():
            if net is not None:
                self.nets[name], self.optimizers[name] = self._set_up(net)
        # on a device only now: the moving average starts at the weights every process agrees on
        self.average = copy.deepcopy(self.nets["G"].module).eval() if p.average else None

    def _weight(self, name):
        """Weight of a loss that D is needed for: the model's own, or the profile's."""
        return (self.task.weights or self.profile.as_dict())[name]

    def _enter(self, size):
        """Make the nets of the stage at this size, with all that the last stage's have learned."""
        if at(self.profile, size) != at(self.profile, self.size):
            nets, average = self.nets, self.average
            self._build(size)
            for name, net in self.nets.items():
                inherit(net.module, nets[name].module)
            if average is not None:
                self.average.load_state_dict(self.nets["G"].module.state_dict())
                inherit(self.average, average)
        self.size = size

    def _set_up(self, net):
        if self.fabric.world_size > 1:
            net = join_batch_norms(net)
        net = net.to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(net.parameters(), self.profile.learning_rate, self.profile.betas)
        return self.fabric.setup(net, optimizer)

    @property
    def state_file(self):
        """The file a training resumes from."""
        return self.out / f"{self.model}.last.safetensors"

    def _earlier(self, resume):
        """State and description of the training to go on with; ({}, None) where there is none."""
        if not self.state_file.exists():
            return {}, None
        if not resume:
            raise FileExistsError(f"{self.state_file} exists: go on with --resume, or choose another --out")
        state, about = checkpoints.load(self.state_file)
        self._check_same(about)
        return state, about

    def _start(self, path):
        tensors, about = checkpoints.load(path)
        if about["model"] not in (self.model, self.task.twin) or about["size"] != self.size:
            it = f"a {about['model']!r} net for {about['size']} px"
            raise ValueError(f"{path} holds {it}: this training starts with {self.model!r} at {self.size} px")
        its = from_dict(about["profile"])
        begin = restore if (about["model"], its.grained) == (self.model, self.profile.grained) else adopt
        its, own = (at(p, self.size) for p in (its, self.profile))
        try:
            if its != own:
                raise RuntimeError(f"it has {its}, here {own} is asked for")
            for net in filter(None, (self.nets["G"].module, self.average)):
                begin(net, checkpoints.flatten(tensors))
        except RuntimeError as error:
            settings = "width, downs, grow, grained"
            raise ValueError(f"{path}: its tensors do not fit this profile ({settings}?): {error}") from error
        self.seen, self.seconds = about["pictures_seen"], about["seconds"]

    def _resume(self, state, about):
        for name, net in self.nets.items():
            net.module.load_state_dict(state[name])
            groups = self.optimizers[name].state_dict()["param_groups"]
            adam = state.get(f"{name}_adam", {})
            self.optimizers[name].load_state_dict({"state": adam, "param_groups": groups})
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        torch.set_rng_state(state["rng"])
        if "cuda_rng" in state and self.fabric.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda_rng"], self.fabric.device)
        self.step, self.seconds = about["step"], about["seconds"]
        self.seen = about["pictures_seen"] - self.step * self.profile.batch

    def _check_same(self, about):
        then, now = from_dict(about["profile"]).as_dict(), self.profile.as_dict()
        then, now = then | {k: about.get(k) for k in self.source}, now | self.source
        changed = [k for k in now if then[k] != now[k] and k not in FREE_TO_CHANGE]
        if changed:
            what = "; ".join(f"{k} was {then[k]!r}, is now {now[k]!r}" for k in changed)
            raise ValueError(f"{self.state_file} was trained with other settings ({what}): use those, or another --out")

    # ------------------------------------------------------------ the loop

    def fit(self, show=True):
        """Train to the end of the profile. Ctrl-C or SIGTERM: finish the step, save, raise KeyboardInterrupt."""
        self.saved_at, start = time.monotonic(), time.monotonic() - self.seconds
        with InterruptAfterStep() as self.interrupt, self._progress(show) as bar, self._logbook() as self.log:
            for size, _, last in schedule(self.profile):
                if self.step >= last:
                    continue
                self._enter(size)
                scenes = self.scenes_at(size)
                for batch in self._batches(scenes, last):
                    terms = self.play(batch)
                    self.step += 1
                    self.seconds = time.monotonic() - start
                    self._report(bar, terms)
                    stop = self._stop()
                    if stop or time.monotonic() - self.saved_at > self.profile.save_every:
                        self.save(batch)
                    if stop:
                        raise KeyboardInterrupt(f"stopped at step {self.step}, saved; go on with --resume")
            self.save(batch=None)
        return self

    def _batches(self, scenes, last):
        p, f = self.profile, self.fabric
        samples = TrainingSamples(scenes, p.holes, p.flip, p.seed)
        for images, maps, holes in batches(
            samples, self.seen + self.step * p.batch, last - self.step, p.batch, f.global_rank, f.world_size, p.workers
        ):
            yield Batch.of(images, maps, holes, f.device)

    def _stop(self):
        """Whether any process was asked to stop; they must all leave at the same step, or one waits for ever."""
        if self.fabric.world_size > 1:
            return self.fabric.strategy.reduce_boolean_decision(self.interrupt.asked, all=False)
        return self.interrupt.asked

    def play(self, batch):
        """One step of the players on one batch. Returns the loss terms as floats, already weighted.

        Both gradients are taken at the same weights, from one pass of each net over each input: the
        discriminators' features of the real side serve both players. `inputs=` freezes the other player.
        """
        self._set_learning_rate()
        players = self._players()
        with self.fabric.autocast():
            batch = self.task.scene(batch)
        output = self.task.generate(self.nets["G"], batch)
        terms = self.task.terms(batch, output) if "G" in players else {}
        if "D" in players:
            real, fake = (self.nets["D"](x) for x in self.task.candidates(batch, output))
            judge = losses.discriminator_loss(real, fake, self._form(), self.task.scored(batch.hole))
            terms |= self._generator_terms(real, fake, batch.hole) if "G" in players else {}
        values = self._finite({k: v.item() for k, v in terms.items()})
        if "G" in players:
            self._backward("G", sum(terms.values()), retain_graph="D" in players)
        if "D" in players:
            values |= self._finite({"discriminator": judge.item()})
            self._backward("D", judge)
        for name in players:
            self.optimizers[name].step()
        self._follow()
        return values

    def _players(self):
        """Who learns at this step: G alone, then (some models) D alone, then both."""
        done = share(self.profile, self.step * self.profile.batch)
        judged, joint = self.task.phases or (self.profile.judge_from,) * 2
        plays = {"G": done < judged or done >= joint, "D": done >= judged}
        return [name for name in self.nets if plays[name]]

    def _form(self):
        return self.task.adversarial or self.profile.adversarial

    def _generator_terms(self, real, fake, hole):
        terms = {}
        if adv := self._weight("adv"):
            terms["adv"] = adv * losses.generator_loss(fake, self._form(), self.task.scored(hole))
        if feature := self._weight("feature"):
            terms["feature"] = feature * losses.feature_loss(real, fake, self.task.where(hole))
        return terms

    def _backward(self, name, loss, **options):
        self.optimizers[name].zero_grad()
        self.fabric.backward(loss, inputs=list(self.nets[name].parameters()), **options)

    def _set_learning_rate(self):
        rate = learning_rate(self.profile, self.step * self.profile.batch)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _finite(self, terms):
        bad = {k: v for k, v in terms.items() if not math.isfinite(v)}
        if bad:
            raise FloatingPointError(
                f"loss {bad} is not finite at step {self.step} of {self.model}: stopped before it reached the weights; "
                f"last good checkpoint: {self.state_file if self.state_file.exists() else 'none yet'}. "
                "Lower learning_rate, or use precision=32-true"
            )
        return terms

    @torch.no_grad()
    def _follow(self):
        """Move the average towards the generator; faster at a stage's start: new layers are not at home yet."""
        if self.average is None:
            return
        steps = in_stage(self.profile, self.step)
        decay = min(self.profile.average, (1 + steps) / (10 + steps))
        average, net = self.average.state_dict(), self.nets["G"].module.state_dict()
        smooth = [name for name, value in average.items() if value.is_floating_point()]
        follow = get_ema_multi_avg_fn(decay)  # all tensors at once: a GPU would wait for 300 small calls
        follow([average[name] for name in smooth], [net[name] for name in smooth], None)
        for name in average.keys() - set(smooth):
            average[name].copy_(net[name])

    # ------------------------------------------------------------ saving and telling

    def best(self):
        """The net to keep: the moving average where there is one."""
        return self.average if self.average is not None else self.nets["G"].module

    def save(self, batch):
        """Write both files (process 0 only) and a sample picture to the log; refuse weights that are not finite."""
        self.saved_at = time.monotonic()
        if not self.fabric.is_global_zero:
            return
        state = {name: net.module.state_dict() for name, net in self.nets.items()}
        state |= {f"{name}_adam": o.state_dict()["state"] for name, o in self.optimizers.items()}
        state |= {"average": self.average.state_dict()} if self.average is not None else {}
        for name, value in checkpoints.flatten(state).items():
            if value.is_floating_point() and not value.isfinite().all():
                raise FloatingPointError(
                    f"{name} is not finite at step {self.step}: not saved, {self.state_file} is kept"
                )
        about = self.about()
        checkpoints.save(self.out / f"{self.model}.safetensors", self.best().state_dict(), about)
        checkpoints.save(self.state_file, state | self._random_state(), about)
        if batch is not None:
            self.log.pictures(self.step, batch, self._sample(batch))

    def _random_state(self):
        """What dropout draws from: on a GPU a generator of its own."""
        cuda = self.fabric.device.type == "cuda"
        return {"rng": torch.get_rng_state()} | (
            {"cuda_rng": torch.cuda.get_rng_state(self.fabric.device)} if cuda else {}
        )

    @torch.no_grad()
    def _sample(self, batch):
        """What the net to keep makes of a batch. In eval mode: looking must not move its batch statistics."""
        net = self.best()
        training = net.training
        output = self.task.generate(net.eval(), batch)
        net.train(training)
        return self.task.picture(batch, output)

    def about(self):
        """What a checkpoint says of itself."""
        p = self.profile
        return {
            "model": self.model,
            **self.source,
            "classes": list(labels.CLASSES),
            "size": self.size,
            "step": self.step,
            "pictures_seen": self.seen + self.step * p.batch,
            "seconds": round(self.seconds, 1),
            **machine.about(self.fabric.device),
            "profile": p.as_dict(),
        }

    def _report(self, bar, terms):
        bar.update(self.profile.batch)
        if self.step % 10 == 0:
            bar.set_postfix({k: f"{v:.3g}" for k, v in terms.items()}, refresh=False)
        if self.step % 50 == 0:
            rate = learning_rate(self.profile, self.step * self.profile.batch)
            self.log.numbers(self.step, terms | {"learning rate": rate})

    def _progress(self, show):
        total = schedule(self.profile)[-1][2] * self.profile.batch
        return progress(
            total=total,
            initial=self.step * self.profile.batch,
            unit="img",
            desc=self.model,
            smoothing=0.05,
            disable=not (show and self.fabric.is_global_zero),
        )

    def _logbook(self):
        return Logbook(self.out / f"{self.model}.log", self.step, self.fabric.is_global_zero)
