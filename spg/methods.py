"""The names `spg evaluate --methods` takes, as functions fill(image, hole, labels) → picture."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spg.baselines.classical import ns, patchmatch, telea
from spg.baselines.layouts import RowPrior, nearest_known, row_prior
from spg.engine import checkpoints
from spg.weights.designs import DESIGNS, METHODS, PAINTERS, SPNET_OF, SPNETS, models
from spg.weights.nets import Nets

CLASSICAL = {"telea": telea, "ns": ns, "patchmatch": patchmatch}


class Lineup(NamedTuple):
    """Who takes part in an evaluation, as `spg.evaluation.evaluate` takes them.

    methods: name → fill(image uint8 3×H×W, hole, labels uint8 H×W) → uint8 3×H×W, in the order asked for.
    layouts: name → complete(image, hole, labels) → uint8 H×W. segmenter: label(image, hole) → uint8 H×W, or None.
    own_weights: NAME of each NAME=PATH → what a result file says of its nets.
    """

    methods: dict
    layouts: dict
    segmenter: Callable | None
    own_weights: dict


def needed(names):
    """The models the methods want from --weights, sorted. Raises ValueError naming an unknown or repeated method."""
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
    """The `Lineup` of these methods; where nets hold an SP-Net, also of it and of two naive layouts.

    nets: the `Nets` of --weights. labels: `true` gives an SP-Net and the naive layouts the true labels outside the
    hole, `predicted` lets the segmenter find them. NAME=PATH: the painter of that checkpoint, or the better pair of
    that folder. train_scenes: where the most frequent class of each row is counted. Raises ValueError naming an
    unknown or repeated method, or what nets lack.
    """
    needed(names)
    nets = nets or Nets({})
    spnets = {model: _Layout(nets, model, labels) for model in SPNETS if model in nets}
    methods, own = {}, {}
    for name, _, path in (name.partition("=") for name in names):
        if path:
            methods[name], own[name] = _from_path(path, nets, spnets, labels)
        elif name in CLASSICAL:
            methods[name] = _without_labels(CLASSICAL[name])
        else:
            methods[name] = _learned(name, nets, spnets)
    segmenter = next(iter(spnets.values())).net.segment if spnets and labels == "predicted" else None
    return Lineup(methods, _layouts(spnets, train_scenes, segmenter), segmenter, own)


def _without_labels(fill):
    return lambda image, hole, labels: fill(image, hole)


def _learned(name, nets, spnets):
    nets.require(models(name), f"method {name!r}: ")
    spnet, painter = METHODS[name]
    return _fill(spnets.get(spnet), nets.inpainter(painter=painter))


def _fill(layout, net):
    """The painter after an SP-Net's layout; without one, after the true labels, unless it looks at none at all."""
    if layout is None:
        return net.paint
    return lambda image, hole, labels: net.paint(image, hole, *layout(image, hole, labels))


def _from_path(path, nets, spnets, labels):
    """(fill, record of its nets) of a checkpoint file, or of the pair of nets in a folder or shipped set."""
    own = Nets(path, nets.device)
    if not Path(path).is_file():
        spnet, painter = DESIGNS[own.best_design()]
        own.require([spnet, painter])
        return _fill(_Layout(own, spnet, labels), own.inpainter(painter=painter)), own.record()
    painter = checkpoints.about(path)["model"]
    if painter not in PAINTERS:
        raise ValueError(f"{path} holds a {painter!r} net; a method needs one that paints, or a folder with both nets")
    spnet = SPNET_OF.get(painter)
    nets.require([spnet] if spnet else [], f"{path}: ")
    return _fill(spnets.get(spnet), own.inpainter(painter=painter)), own.record()


class _Layout:
    """What an SP-Net makes of the known labels: (layout, probabilities). Called, it works anew, so that a method's
    seconds are its own; `recall` gives the last layout again where the question is the same."""

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
    row = RowPrior(row_prior(train_scenes))

    def nearest(image, hole, labels):
        found = labels if segmenter is None else segmenter(image, hole)
        return np.where(hole == 1, nearest_known(found, hole), labels)

    naive = {"nearest": nearest, "row": lambda image, hole, labels: row(labels, hole)}
    return naive | {model: layout.recall for model, layout in spnets.items()}
