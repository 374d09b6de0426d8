"""The names `spg evaluate --methods` takes, as functions fill(image, hole, labels) → picture."""

from pathlib import Path

import numpy as np

from spg.baselines.diffusion import ns, telea
from spg.baselines.layouts import RowPrior, nearest_known, row_prior
from spg.baselines.patchmatch import patchmatch
from spg.inpainting import Inpainter
from spg.weights import load, load_net

CLASSICAL = {"telea": telea, "ns": ns, "patchmatch": patchmatch}
LEARNED = ("spg", "spg-oracle")


def needs_nets(names):
    """Whether any method needs the nets of --weights: spg, spg-oracle, or NAME=PATH of an SG-Net alone."""
    return any(name in LEARNED or not Path(path or ".").is_dir() for name, path in map(_split, names))


def named_paths(names):
    """NAME → PATH of the methods that bring their own weights."""
    return {name: path for name, path in map(_split, names) if path}


def _split(name):
    name, _, path = name.partition("=")
    return name, path


def methods(names, net=None, labels="true"):
    """name → fill(image uint8 3×H×W, hole, labels uint8 H×W) → uint8 3×H×W, in the order given.

    net: the `Inpainter` behind `spg` and `spg-oracle`. labels: `true` gives `spg` the true labels outside the
    hole, `predicted` lets the segmenter find them. NAME=PATH: SG-Net of that checkpoint, or both nets of that
    folder. Raises ValueError naming an unknown method.
    """
    found = [_method(name, net, labels) for name in names]
    twice = sorted({name for name, _ in found if [n for n, _ in found].count(name) > 1})
    if twice:
        raise ValueError(f"methods named twice: {', '.join(twice)}; NAME=PATH takes a name of its own")
    return dict(found)


def _method(name, net, labels):
    if name in CLASSICAL:
        return name, _without_labels(CLASSICAL[name])
    if name == "spg":
        return name, _spg(net, labels)
    if name == "spg-oracle":
        return name, net.paint
    name, path = _split(name)
    if path:
        return name, _spg(_from_path(path, net), labels)
    raise ValueError(f"unknown method {name!r}; known: {', '.join((*CLASSICAL, *LEARNED))}, or NAME=PATH")


def _without_labels(fill):
    return lambda image, hole, labels: fill(image, hole)


def _spg(net, labels):
    return lambda image, hole, true: net(image, hole, true if labels == "true" else None).image


def _from_path(path, net):
    if Path(path).is_dir():
        return load(path)
    sgnet, about = load_net(path)
    if not about["model"].startswith("sgnet"):
        raise ValueError(f"{path} holds a {about['model']!r} net; a method needs an SG-Net, or a folder with both nets")
    return Inpainter(net.spnet, sgnet, net.segmenter, size=about["size"], device=net.device)


def layouts(net, train_scenes, labels="true"):
    """name → complete(image, hole, labels) → uint8 H×W: SP-Net beside the two naive fills.

    train_scenes: where the most frequent class of each row is counted.
    """
    row = RowPrior(row_prior(train_scenes))

    def spnet(image, hole, true):
        completed, _ = net.predict(image, hole, true if labels == "true" else None)
        return np.where(hole == 1, completed, true)  # the segmenter's labels were its input, not its work

    return {
        "nearest": lambda image, hole, labels: nearest_known(labels, hole),
        "row": lambda image, hole, labels: row(labels, hole),
        "spnet": spnet,
    }
