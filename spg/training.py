"""One trainer for every model: a generator against its discriminators, on Lightning Fabric.

The same loop on a CPU, one GPU or many (`torchrun -m -- spg.cli train …`). What differs between models is in
`spg.tasks`, every setting in `spg.profiles`.
"""

import copy
import math
import operator
import time
from pathlib import Path

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from spg.engine import checkpoints, machine, provenance
from spg.engine.checkpoints import adopt, inherit, restore
from spg.engine.machine import compiled, join_batch_norms, keep_freed_memory, may_look
from spg.engine.watching import InterruptAfterStep, Logbook, progress
from spg.engine.writing import locked
from spg.labels import STREET, classes_of, recorded, refuse_other_set
from spg.profiles import at, from_dict, in_stage, learning_rate, schedule, share
from spg.samples import Batch, Resident, TrainingSamples, batches

FREE_TO_CHANGE = {"workers", "precision", "save_every", "resident", "compile"}  # settings a resumed training may change
LOOK = 50  # steps after which a GPU's losses are looked at: each look makes the CPU wait for it


class Trainer:
    """Trains `task` under `profile`; writes OUT/MODEL.last.safetensors (all state) and OUT/MODEL.safetensors (the net).

    scenes_at: size → data set. source: what to record of the data, {"data": spec, …}; it may not change on resume.
    start: checkpoint of a net to go on from instead of from chance; its pictures and seconds count on. classes: the
    class set of the data, which the checkpoint records.
    Interrupted at any step and resumed, it ends with the weights it would have had (bit-identical on a CPU).
    """

    def __init__(
        self, model, task, profile, scenes_at, source, out, fabric=None, resume=False, start=None, classes=STREET
    ):
        keep_freed_memory()
        self.model, self.task, self.profile, self.source = model, task, profile, source
        self.scenes_at, self.out = scenes_at, Path(out)
        self.fabric = fabric or machine.make_fabric(profile)
        if profile.batch % self.fabric.world_size:
            raise ValueError(f"batch {profile.batch} cannot be shared by {self.fabric.world_size} processes")
        self.step, self.seen, self.seconds = 0, 0, 0.0  # seen: pictures before step 0
        self.commit = provenance.commit()
        self.task.data, self.task.classes = source.get("data", "").split(":")[0], classes
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
        needed = any(self.task.weights.values())
        discriminator = self.task.discriminator(p) if needed else None
        nets = {"G": self.task.generator(p, at(p, size)), "D": discriminator}
        self.nets, self.optimizers = {}, {}
        for name, net in nets.items():
            if net is not None:
                self.nets[name], self.optimizers[name] = self._set_up(net)
        # on a device only now: the moving average starts at the weights every process agrees on
        self.average = copy.deepcopy(self.nets["G"].module).eval() if p.average else None

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
        net = compiled(net, self.fabric.device) if self.profile.compile else net
        optimizer = torch.optim.Adam(net.parameters(), self.profile.learning_rate, self.task.betas)
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
        """Begin with the net of a checkpoint; or with all nets of a state file, as the next stage of a recipe does."""
        tensors, about = checkpoints.load(path)
        remedy = "begin without --start, or with a net of the same classes"
        refuse_other_set(self.task.classes, recorded(about, path), path, remedy)
        state = tensors if "G" in tensors else {"G": tensors}
        wrong_size = about["size"] != self.size and "G" not in tensors
        if about["model"] not in (self.model, self.task.begins_as) or wrong_size:
            found = f"a {about['model']!r} net for {about['size']} px"
            raise ValueError(f"{path} holds {found}: this training starts with {self.model!r} at {self.size} px")
        try:
            begin = self._beginning(about)
            begin(self.nets["G"].module, checkpoints.flatten(state["G"]))
            if self.average is not None:
                begin(self.average, checkpoints.flatten(state.get("average", state["G"])))
            if "D" in self.nets and "D" in state:
                restore(self.nets["D"].module, state["D"])
        except RuntimeError as error:
            settings = "width, downs, grow, grained, coloured, refined, discriminator_width"
            raise ValueError(f"{path}: its tensors do not fit this profile ({settings}?): {error}") from error
        self.seen, self.seconds = about["pictures_seen"], about["seconds"]

    def _beginning(self, about):
        """How a net takes over a checkpoint's weights: as they are, with more inputs, or within one level more."""
        before, now = from_dict(about["profile"]), self.profile
        old, new = at(before, about["size"]), at(now, self.size)
        if old.downs < new.downs and about["model"] == self.model:
            return lambda net, tensors: inherit(net, restore(self.task.generator(before, old), tensors))
        if old != new:
            raise RuntimeError(f"it has {old}, here {new} is asked for")
        extra = operator.attrgetter("grained", "coloured", "refined")
        same = (about["model"], *extra(before)) == (self.model, *extra(now))
        return restore if same else adopt

    def _resume(self, state, about):
        checkpoints.put_back(state, self.nets, self.optimizers, self.average, self.fabric.device)
        self.step, self.seconds = about["step"], about["seconds"]
        self.seen = about["pictures_seen"] - self.step * self.profile.batch

    def _check_same(self, about):
        source = self.source | {"classes": list(self.task.classes.names)}
        then = from_dict(about["profile"]).as_dict() | {key: about.get(key) for key in source}
        checkpoints.check_unchanged(then, self.profile.as_dict() | source, FREE_TO_CHANGE, self.state_file)

    # ------------------------------------------------------------ the loop

    def fit(self, show=True):
        """Train to the end of the profile. Ctrl-C or SIGTERM: finish the step, save, raise KeyboardInterrupt.

        Raises ValueError where another process trains into the same folder.
        """
        with locked(self.out):
            return self._fit(show)

    def _fit(self, show):
        self.saved_at, start = time.monotonic(), time.monotonic() - self.seconds
        with InterruptAfterStep() as self.interrupt, self._progress(show) as bar, self._logbook() as self.log:
            for size, _, last in schedule(self.profile):
                if self.step >= last:
                    continue
                self._enter(size)
                scenes = self.scenes_at(size * self.profile.zoom)
                refuse_other_set(
                    classes_of(scenes), self.task.classes, self.model, "give the trainer the data's classes"
                )
                for batch in self._batches(scenes, last):
                    terms = self.play(batch)
                    self.step += 1
                    self.seconds = time.monotonic() - start
                    stop = self._stop()
                    due = stop or time.monotonic() - self.saved_at > self.profile.save_every
                    if self._may_look() or due or self.step == last:
                        self._report(bar, self._finite({k: float(v) for k, v in terms.items()}))
                    if due:
                        self.save(batch)
                    if stop:
                        raise KeyboardInterrupt(f"stopped at step {self.step}, saved; go on with --resume")
            self.save(batch=None)
        return self

    def _batches(self, scenes, last):
        p, f = self.profile, self.fabric
        there = Resident(scenes, f.device) if p.resident and not (p.pasted or p.sketched) else None
        options = self.task.coloured, p.zoom, p.pasted, p.sketched, there is not None
        samples = TrainingSamples(scenes, p.holes, p.seed, p.window, *options)
        first = self.seen + self.step * p.batch
        for arrays in batches(samples, first, last - self.step, p.batch, f.global_rank, f.world_size, p.workers):
            if there:
                place, *maps = arrays
                arrays = *there.cut(place, maps[0].shape[-1], self.size), *maps
            yield Batch.of(*arrays[:3], f.device, *arrays[3:], classes=self.task.classes)

    def _stop(self):
        """Whether any process was asked to stop; they must all leave at the same step, or one waits for ever."""
        if self.fabric.world_size > 1:
            return self.fabric.strategy.reduce_boolean_decision(self.interrupt.asked, all=False)
        return self.interrupt.asked

    def play(self, batch):
        """One step of the players on one batch. Returns the loss terms, already weighted: floats, on a GPU tensors.

        Both gradients are taken at the same weights, from one pass of each net over each input: the
        discriminators' features of the real side serve both players. `inputs=` freezes the other player.
        """
        self._set_learning_rate()
        torch.compiler.cudagraph_mark_step_begin()
        players = self._players()
        with self.fabric.autocast():
            batch = self.task.prepare_batch(batch)
        output = self.task.generate(self.nets["G"], batch)
        terms = self.task.loss_terms(batch, output) if "G" in players else {}
        if "D" in players:
            real, fake = (self.nets["D"](x) for x in self.task.discriminator_inputs(batch, output))
            discriminator_loss = self.task.discriminator_loss(real, fake, batch)
            terms |= self.task.generator_terms(real, fake, batch) if "G" in players else {}
        values = self._looked_at(terms)
        if "G" in players:
            self._backward("G", sum(terms.values()), retain_graph="D" in players)
        if "D" in players:
            values |= self._looked_at({"discriminator": discriminator_loss})
            self._backward("D", discriminator_loss)
        for name in players:
            self._update(name)
        self._follow()
        return values

    def _players(self):
        """Who learns at this step: G alone, then (some models) D alone, then both."""
        done = share(self.profile, self.step * self.profile.batch)
        first, joint = self.task.phases or (self.profile.discriminate_from,) * 2
        plays = {"G": done < first or done >= joint, "D": done >= first}
        return [name for name in self.nets if plays[name]]

    def _update(self, name):
        if self.profile.clip:
            net, optimizer = self.nets[name], self.optimizers[name]
            self.fabric.clip_gradients(net, optimizer, max_norm=self.profile.clip, error_if_nonfinite=False)
        self.optimizers[name].step()

    def _backward(self, name, loss, **options):
        self.optimizers[name].zero_grad()
        self.fabric.backward(loss, inputs=list(self.nets[name].parameters()), **options)

    def _set_learning_rate(self):
        rate = learning_rate(self.profile, self.step * self.profile.batch)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _may_look(self):
        return may_look(self.fabric.device) or self.step % LOOK == 0

    def _looked_at(self, terms):
        """The terms as floats, known to be finite before they count; on a GPU as tensors, to be looked at later."""
        if may_look(self.fabric.device):
            return self._finite({name: value.item() for name, value in terms.items()})
        return {name: value.detach() for name, value in terms.items()}

    def _finite(self, terms):
        bad = {k: v for k, v in terms.items() if not math.isfinite(v)}
        if bad:
            raise FloatingPointError(
                f"loss {bad} is not finite at step {self.step} of {self.model}: stopped before it was saved; "
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
        state = checkpoints.training_state(self.nets, self.optimizers, self.average, self.fabric.device)
        checkpoints.check_finite(state, f"at step {self.step}: not saved, {self.state_file} is kept")
        about = self.about()
        checkpoints.save(self.out / f"{self.model}.safetensors", self.best().state_dict(), about)
        checkpoints.save(self.state_file, state, about)
        if batch is not None:
            self.log.pictures(self.step, batch, self._sample(batch))

    @torch.no_grad()
    def _sample(self, batch):
        """What the net to keep makes of a batch. In eval mode: looking must not move its batch statistics."""
        net = self.best()
        training = net.training
        output = self.task.generate(net.eval(), batch)
        net.train(training)
        return self.task.preview(batch, output)

    def about(self):
        """What a checkpoint says of itself."""
        p = self.profile
        return {
            "model": self.model,
            **self.source,
            "classes": list(self.task.classes.names),
            "class_set": self.task.classes.as_dict(),
            "size": self.size,
            "step": self.step,
            "pictures_seen": self.seen + self.step * p.batch,
            "seconds": round(self.seconds, 1),
            **machine.about(self.fabric.device),
            "commit": self.commit,
            "profile": p.as_dict(),
        }

    def _report(self, bar, terms):
        bar.update(self.step * self.profile.batch - bar.n)
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
        return Logbook(self.out / f"{self.model}.log", self.step, self.fabric.is_global_zero, self.task.classes)
