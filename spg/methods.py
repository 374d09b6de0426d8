"""The names `spg evaluate --methods` takes, as functions fill(image, hole, labels) → picture."""

from pathlib import Path

from spg.baselines.diffusion import ns, telea
from spg.baselines.layouts import RowPrior, nearest_known, row_prior
from spg.baselines.patchmatch import patchmatch
from spg.inpainting import Inpainter
from spg.weights import load, load_net

CLASSICAL = {"telea": telea, "ns": ns, "patchmatch": patchmatch}
LEARNED = ("spg", "spg-oracle")


def needs_nets(names):
    """Whether any of the method names needs SP-Net and SG-Net."""
    return any(name in LEARNED or "=" in name for name in names)


def methods(names, net=None, labels="true"):
    """name → fill(image uint8 3×H×W, hole, labels uint8 H×W) → uint8 3×H×W, in the order given.

    net: the `Inpainter` behind `spg` and `spg-oracle`. labels: `true` gives `spg` the true labels outside the
    hole, `predicted` lets the segmenter find them. NAME=PATH: SG-Net of that checkpoint, or both nets of that
    folder. Raises ValueError naming an unknown method.
    """
    return dict(_method(name, net, labels) for name in names)


def _method(name, net, labels):
    if name in CLASSICAL:
        return name, _without_labels(CLASSICAL[name])
    if name == "spg":
        return name, _spg(net, labels)
    if name == "spg-oracle":
        return name, net.paint
    if "=" in name:
        name, path = name.split("=", 1)
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
    return Inpainter(net.spnet, sgnet, net.segmenter, size=about["size"])


def layouts(net, train_scenes, labels="true"):
    """name → complete(image, hole, labels) → uint8 H×W: SP-Net beside the two naive fills.

    train_scenes: where the most frequent class of each row is counted.
    """
    row = RowPrior(row_prior(train_scenes))
    return {
        "nearest": lambda image, hole, labels: nearest_known(labels, hole),
        "row": lambda image, hole, labels: row(labels, hole),
        "spnet": lambda image, hole, true: net.predict(image, hole, true if labels == "true" else None)[0],
    }
