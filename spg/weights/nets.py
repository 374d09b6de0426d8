"""From files to nets, from nets to an `Inpainter`, and from the names of methods to the functions that fill."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spg.baselines.classical import ns, patchmatch, telea, textured
from spg.baselines.layouts import RowPrior, nearest_known, row_prior
from spg.engine import checkpoints
from spg.engine.shipped import checked, registry
from spg.inpainting import ENGINES, Inpainter, best_device, best_engine
from spg.labels import STREET, recorded, refuse_other_set
from spg.models import DESIGNS, METHODS, PAINTERS, SPNET_OF, SPNETS, TEXTURED, models, task
from spg.profiles import from_dict
from spg.weights import exporting
from spg.weights.finding import load_net, record, resolve, with_segmenter

CLASSICAL = {"telea": telea, "ns": ns, "patchmatch": patchmatch}


class Nets:
    """The nets of some weights (see `resolve`), each loaded when it is first asked for, and once.

    Weights with an SP-Net and without a segmenter borrow a shipped one. classes: the `ClassSet` that they are asked to
    paint; nets that read or write label maps of another are refused. None: whatever they have learned.
    """

    def __init__(self, weights, device=None, classes=None):
        self.name = "this set of weights" if isinstance(weights, Mapping | list | tuple) else weights
        self.files, self.device = with_segmenter(resolve(weights)), best_device(device)
        self.classes, self._loaded, self._used = classes, {}, {}

    def __contains__(self, model):
        return model in self.files

    def require(self, models, who=""):
        """Raises ValueError, which starts with who, naming the models that these weights lack, and the remedy."""
        missing = [model for model in models if model not in self]
        if missing:
            train = f"train with `spg train {missing[0]} --data SPEC --out DIR`"
            raise ValueError(f"{who}{self.name} lacks {' and '.join(missing)}: {train}, or name other weights")

    def inpainter(self, spnet=None, painter=None, segmenter=False, engine="torch", **options):
        """An `Inpainter` of these models; options go to it. Without spnet it can only paint, without painter predict.

        segmenter: give it the segmenter too, where there is one. engine: what computes, see `load`.
        """
        self.require([model for model in (spnet, painter) if model])
        third = "segmenter" if segmenter and "segmenter" in self else None
        models = [model for model in (spnet, painter, third) if model]
        graphs = self._exported(models, engine)
        options["engine"] = "onnx" if graphs else engine or best_engine(self.device)
        parts = [model and (graphs.get(model) or self._net(model)) for model in (spnet, painter, third)]
        self._used |= dict.fromkeys(models)
        about = {model: checkpoints.about(self.files[model]) for model in models}
        options.setdefault("size", about[painter or spnet]["size"])
        soft = bool(painter) and about[painter]["profile"].get("soft", False)
        seen = about[third]["size"] if third else None
        classes = self._class_set(about)
        device = "cpu" if graphs else self.device
        return Inpainter(*parts, device=device, soft=soft, segmenter_size=seen, classes=classes, **options)

    def _exported(self, models, engine):
        """model → the net as ONNX Runtime computes it; {} where PyTorch does. ValueError names an unknown engine."""
        if engine not in (None, *ENGINES):
            raise ValueError(f"unknown engine {engine!r}; known: {', '.join(ENGINES)}")
        files = {model: self.files[model] for model in models}
        if engine == "onnx":
            exporting.prepare(files)
            return exporting.exported(files)
        if engine or self.device.type != "cpu":
            return {}
        try:
            return exporting.exported(files) or {}
        except ValueError as error:
            warnings.warn(f"PyTorch computes: {error}", stacklevel=4)
            return {}

    def _class_set(self, about):
        """The one class set of these nets. about: model → what its checkpoint says; raises ValueError naming two."""
        known = {model: recorded(of, self.files[model]) for model, of in about.items() if task(model).labelled}
        asked = self.classes or next(iter(known.values()), STREET)
        for model, found in known.items():
            remedy = f"train it on the same data with `spg train {model}`, or name other weights"
            refuse_other_set(asked, found, f"{model} of {self.name}", remedy)
        return asked

    def _net(self, model):
        if model not in self._loaded:
            self._loaded[model], _ = load_net(self.files[model], model)
        return self._loaded[model]

    def best_design(self):
        """The better design these weights hold both nets of; where they hold none, the one they hold most of."""
        return max(DESIGNS, key=lambda name: sum(model in self for model in DESIGNS[name]))

    def record(self):
        """What a result file says of the nets that were used, see `spg.weights.record`."""
        return record({model: self.files[model] for model in self._used})


def load(weights, device=None, design=None, engine="torch", **options):
    """An `Inpainter` with the weights of that name, folder or list (see `resolve`); options go to it.

    design: `spg-plus` or `spg`; None takes the better pair of nets there is. engine: what computes: `torch`, PyTorch
    in float32, which all that is measured goes by; `bfloat16`, PyTorch in that; `onnx`, ONNX Runtime on the CPU, which
    gives the same within one grey level; None, the fastest that is ready here: ONNX Runtime where the nets' graphs are
    in the cache (see `prepare`), else PyTorch. With textures=None, what is no object gets patches of its class after
    SG-Net has painted, where it can, as in `spg inpaint` and `spg edit`; by default the nets are alone. Raises
    ValueError when the weights lack SP-Net or SG-Net, ImportError for `onnx` where it is not installed. Weights without
    a segmenter borrow a shipped one.
    """
    nets = Nets(weights, device)
    return nets.inpainter(*_parts(nets, design), segmenter=True, engine=engine, **options)


def prepare(weights, design=None):
    """Make ready, in the cache, what `load` needs for ONNX Runtime, once for each net; nothing where there is a GPU.

    Nor where it is not installed. A net that cannot be exported is warned of.
    """
    nets = Nets(weights)
    if nets.device.type != "cpu":
        return
    models = [*_parts(nets, design), *(["segmenter"] * ("segmenter" in nets))]
    exporting.try_to_prepare({model: nets.files[model] for model in models if model in nets})


def _parts(nets, design):
    if design not in (None, *DESIGNS):
        raise ValueError(f"unknown design {design!r}; known: {', '.join(DESIGNS)}")
    return DESIGNS[design or nets.best_design()]


# -------------------------------------------------------------------- the discriminators of a training


def load_discriminators(weights, model="sgnet"):
    """Load the discriminators of a model's training. Returns (net in eval mode, about).

    A training keeps them in MODEL.last.safetensors, beside everything else it resumes from; a shipped set may hold
    some in half precision. weights: a shipped set's name, or the folder of a training. Raises ValueError naming the
    place and the remedy where there are none, or where the training had none.
    """
    path = find_discriminators(weights, model)
    tensors, about = checkpoints.load(path)
    state = tensors.get("D") if path.name.endswith(".last.safetensors") else tensors
    if not state:
        raise ValueError(f"{path}: this {model} was trained without discriminators (adv=0 feature=0)")
    made = task(about["model"])
    made.classes = recorded(about, path)
    net = made.discriminator(from_dict(about["profile"]))
    net.load_state_dict({k: v.float() for k, v in checkpoints.flatten(state).items()})
    return net.eval(), about


def find_discriminators(weights, model="sgnet"):
    """The file of `load_discriminators`. Raises ValueError where there is none."""
    entry = registry().get(str(weights))
    if entry and model in entry.get("discriminators", {}):
        return checked(entry["discriminators"][model])
    folder = Path(weights)
    inside = sorted(folder.glob(f"*/{model}.last.safetensors"), key=lambda path: path.stat().st_mtime)
    found = [*inside, *folder.glob(f"{model}.last.safetensors")]
    if not found:
        raise ValueError(
            f"no discriminators of {model} in {weights!r}: name a folder that holds {model}.last.safetensors, "
            f"as `spg train {model}` leaves it, or a shipped set that has them"
        )
    return found[-1]


# -------------------------------------------------------------------- the segmenter that looks at fillings


class Evaluator(NamedTuple):
    """A segmenter that looks for classes in fillings, and has had no part in training what it looks at.

    label(image uint8 3×H×W, hole) → uint8 H×W. record: what a result file says of its net.
    """

    label: Callable
    record: dict


def load_evaluator(where=None, data=None, size=None, device=None, classes=None):
    """The `Evaluator` of --evaluator; None where nothing was said and no shipped set of the data has one.

    where: a segmenter's checkpoint, the folder of its training, or a shipped set that has an evaluator; None: that of
    the shipped set of the data nearest in size. classes: the set it is to look for; None: its own. Raises ValueError
    naming what was not found, or two class sets.
    """
    path = find_evaluator(where, data, size)
    if path is None:
        return None
    net, about = load_net(path, "segmenter")
    known = recorded(about, path)
    refuse_other_set(classes or known, known, f"the evaluator {path}", "name a segmenter of this data, --evaluator")
    looker = Inpainter(None, None, net, device=device, segmenter_size=about["size"], classes=known)
    return Evaluator(looker.segment, record({"segmenter": path})["segmenter"])


def find_evaluator(where=None, data=None, size=None):
    """The file of `load_evaluator`, or None."""
    if str(where) in registry():
        entry = registry()[str(where)].get("evaluator")
        if entry is None:
            raise ValueError(f"the shipped set {where} has no evaluator: name a segmenter's checkpoint instead")
        return checked(entry)
    if where is not None:
        files = resolve(where)
        if "segmenter" not in files:
            raise ValueError(f"{where} holds no segmenter to be the evaluator: train one with `spg train segmenter`")
        return files["segmenter"]
    entries = [entry["evaluator"] for entry in registry().values() if "evaluator" in entry]
    fitting = [entry for entry in entries if entry["data"] == data]
    return checked(min(fitting, key=lambda entry: abs(entry["size"] - (size or 0)))) if fitting else None


# -------------------------------------------------------------------- the names `spg evaluate --methods` takes


class Lineup(NamedTuple):
    """The methods of an evaluation, as `spg.evaluation.judging.evaluate` takes them.

    methods: name → fill(image uint8 3×H×W, hole, labels uint8 H×W) → uint8 3×H×W, in the order asked for.
    layouts: name → complete(image, hole, labels) → uint8 H×W. segmenter: label(image, hole) → uint8 H×W, or None.
    own_weights: NAME of each NAME=PATH → what a result file says of its nets. asked: name of a method that paints
    after a predicted layout → complete(image, hole, labels) → uint8 H×W, that layout.
    """

    methods: dict
    layouts: dict
    segmenter: Callable | None
    own_weights: dict
    asked: dict


def needed(names):
    """List the models that these methods need from --weights, sorted.

    Raises ValueError naming an unknown or repeated method.
    """
    plain = [name.partition("=")[0] for name in names]
    twice = sorted({name for name in plain if plain.count(name) > 1})
    if twice:
        raise ValueError(f"methods named twice: {', '.join(twice)}; NAME=PATH takes a name of its own")
    return sorted({model for name in names for model in _wanted(name)})


def _wanted(name):
    name, equals, path = name.partition("=")
    if equals:
        spnet = SPNET_OF.get(checkpoints.about(path)["model"]) if Path(path).is_file() else None
        return [spnet] if spnet else []
    if name not in CLASSICAL and name not in METHODS:
        raise ValueError(f"unknown method {name!r}; known: {', '.join((*CLASSICAL, *METHODS))}, or NAME=PATH")
    return models(name) if name in METHODS else []


def lineup(names, nets=None, labels="true", train_scenes=None):
    """Make the `Lineup` of these methods; where nets hold an SP-Net, it has its layouts and two naive ones too.

    nets: the `Nets` of --weights. labels: `true` gives an SP-Net and the naive layouts the true labels outside the
    hole, `predicted` lets the segmenter find them. NAME=PATH: the painter of that checkpoint, or the better pair of
    that folder. train_scenes: where the most frequent class of each row is counted; None: without that layout. Raises
    ValueError naming an unknown or repeated method, or what nets lack.
    """
    needed(names)
    nets = nets or Nets({})
    spnets = {model: _Layout(nets, model, labels) for model in SPNETS if model in nets}
    methods, own, asked = {}, {}, {}
    for name, _, path in (name.partition("=") for name in names):
        layout = None
        if path:
            methods[name], layout, own[name] = _from_path(path, nets, spnets, labels)
        elif name in CLASSICAL:
            methods[name] = _without_labels(CLASSICAL[name])
        else:
            methods[name], layout = _learned(name, nets, spnets)
        if layout:
            asked[name] = layout.recall
    segmenter = next(iter(spnets.values())).net.segment if spnets and labels == "predicted" else None
    return Lineup(methods, _layouts(spnets, train_scenes, segmenter), segmenter, own, asked)


def _without_labels(fill):
    return lambda image, hole, labels: fill(image, hole)


def _learned(name, nets, spnets):
    """(fill, its `_Layout` or None)."""
    nets.require(models(name), f"method {name!r}: ")
    spnet, painter = METHODS[name]
    layout = spnets.get(spnet)
    if painter is None:
        return _patches(layout), layout
    return _fill(layout, nets.inpainter(painter=painter, textures=name in TEXTURED)), layout


def _patches(layout):
    """PatchMatch after an SP-Net's layout, class by class; a class that has too little to copy gets any patches."""

    def fill(image, hole, labels):
        completed, _ = layout(image, hole, labels)
        classes = layout.net.classes
        return textured(patchmatch(image, hole), hole, completed, classes, only=range(len(classes)))

    return fill


def _fill(layout, net):
    """The painter after an SP-Net's layout; without one, after the true labels, unless it looks at none at all."""
    if layout is None:
        return net.paint
    return lambda image, hole, labels: net.paint(image, hole, *layout(image, hole, labels))


def _from_path(path, nets, spnets, labels):
    """(fill, its `_Layout` or None, record of its nets) of a checkpoint file, or of a folder's or set's pair."""
    own = Nets(path, nets.device, nets.classes)
    if not Path(path).is_file():
        spnet, painter = DESIGNS[own.best_design()]
        own.require([spnet, painter])
        layout = _Layout(own, spnet, labels)
        return _fill(layout, own.inpainter(painter=painter)), layout, own.record()
    painter = checkpoints.about(path)["model"]
    if painter not in PAINTERS:
        raise ValueError(f"{path} holds a {painter!r} net; a method needs one that paints, or a folder with both nets")
    spnet = SPNET_OF.get(painter)
    nets.require([spnet] if spnet else [], f"{path}: ")
    layout = spnets.get(spnet)
    return _fill(layout, own.inpainter(painter=painter)), layout, own.record()


class _Layout:
    """What an SP-Net makes of the known labels: (layout, probabilities).

    Called, it computes anew, so that a method's seconds are its own; `recall` gives the last layout again where the
    question is the same.
    """

    def __init__(self, nets, spnet, labels):
        self.net, self.labels = nets.inpainter(spnet=spnet, segmenter=labels == "predicted"), labels
        self._question, self._answer = None, None

    def __call__(self, image, hole, labels):
        known = labels * (1 - hole)
        self._question = image, hole, known
        self._answer = self.net.predict(image, hole, known if self.labels == "true" else None)
        return self._answer

    def recall(self, image, hole, labels):
        same = self._question and all(map(np.array_equal, self._question, (image, hole, labels * (1 - hole))))
        completed, _ = self._answer if same else self(image, hole, labels)
        return np.where(hole == 1, completed, labels)  # the segmenter's labels were its input, not its work


def _layouts(spnets, train_scenes, segmenter=None):
    """name → complete(image, hole, labels) → uint8 H×W: the SP-Nets beside two naive fills; nothing without any.

    segmenter: where the labels are predicted, so that the nearest one is the nearest *found* one.
    """
    if not spnets:
        return {}

    classes = next(iter(spnets.values())).net.classes

    def nearest(image, hole, labels):
        found = labels if segmenter is None else segmenter(image, hole)
        return np.where(hole == 1, nearest_known(found, hole, classes), labels)

    naive = {"nearest": nearest}
    if train_scenes is not None:
        row = RowPrior(row_prior(train_scenes))
        naive["row"] = lambda image, hole, labels: row(labels, hole)
    return naive | {model: layout.recall for model, layout in spnets.items()}
