"""Layouts kept side by side: how different they are, and whether each picture obeys its layout."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import torch

from spg import perceptual
from spg.editor.sampling import another
from spg.pictures import to_float

MOST = 12  # kept at a time


class Variant(NamedTuple):
    """A kept state: the edit that restores it, its hole, layout (uint8 H×W) and picture (uint8 3×H×W)."""

    restore: dict
    hole: Any
    layout: Any
    filled: Any


def keep(session):
    """The session as it is now, as a `Variant`."""
    return Variant(session.snapshot(), session.hole.copy(), session.layout, session.filled.copy())


def sample(session, n=6, seed=0):
    """n other layouts for the session's hole, each painted; the session stays as it is. Returns a list of `Variant`."""
    here, said = session.drawing.freeze(), []
    try:
        for number in range(seed, seed + n):
            drawing, s_r = session.drawing, session.probabilities
            drawing.decide(drawing.hole == 1, another(s_r, number))
            said.append(keep(session))
    finally:
        session.drawing.thaw(here)
    return said


def difference(variants):
    """Mean share of the hole's pixels that differ in class, over all pairs; 0 where there is no pair."""
    pairs = [np.mean((a.layout != b.layout)[_hole(a, b)]) for a, b in combinations(variants, 2)]
    return float(np.mean(pairs)) if pairs else 0.0


def diversity(variants, network="stlpips"):
    """Mean pairwise LPIPS inside the hole: each pair's map of differences, averaged over the hole, then over pairs."""
    distance = perceptual.load(network)
    with torch.inference_mode():
        features = [distance.features(_tensor(v.filled, distance.smallest)) for v in variants]
        pairs = []
        for (a, fa), (b, fb) in combinations(zip(variants, features, strict=True), 2):
            hole = _hole(a, b)
            spread = distance.spread(distance.compare(fa, fb), hole.shape)[0, 0].numpy()
            pairs.append(spread[hole].mean())
    return float(np.mean(pairs)) if pairs else 0.0


def obedience(net, variant):
    """Share of the hole's pixels in which `recognised` finds the class of the layout; NaN without a segmenter."""
    if net.segmenter is None:
        return float("nan")
    return float((recognised(net, variant.filled) == variant.layout)[variant.hole == 1].mean())


def recognised(net, picture):
    """What the segmenter sees in a complete picture (uint8 3×H×W): labels uint8 H×W.

    It takes a hole of at least a pixel, as in its training: the last one, at the lower right.
    """
    hole = np.zeros(picture.shape[1:], np.uint8)
    hole[-1, -1] = 1
    return net.segment(picture, hole)


def _hole(a, b):
    return (a.hole == 1) | (b.hole == 1)


def _tensor(picture, smallest):
    """uint8 3×H×W → 1×3×H×W in [-1, 1], enlarged where the network needs more pixels."""
    x = to_float(torch.from_numpy(picture.copy())[None])
    scale = smallest / min(x.shape[-2:])
    return torch.nn.functional.interpolate(x, scale_factor=scale, mode="nearest") if scale > 1 else x
