"""Other layouts of one hole: sampled, kept side by side, and measured.

A layout is a sample of SP-Net's probabilities whose neighbouring pixels decide together [our decision]. Sampling each
pixel by itself gives noise. The Gumbel trick, argmax_c (log p_c + g_c) with g_c = −log(−log u_c), is a sample of p for
any uniform u. Here u_c comes from a *smooth* Gaussian field per class, pushed through its distribution function: every
single pixel is still sampled with exactly SP-Net's probabilities, and whole regions choose alike.
"""

import math
from itertools import combinations
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

from spg import perceptual, windows
from spg.evaluation import metrics
from spg.labels import classes_of
from spg.pictures import to_float

MOST = 12  # kept at a time
SMOOTHNESS = 1 / 8  # of the shorter side: the width of the regions that decide together
WIDEST = 64  # pixels of such a width at which a field is made: it is smooth, and enlarging it loses nothing


def another(s_r, seed, smoothness=SMOOTHNESS):
    """Classes uint8 H×W, drawn in the hole with the chances of S_R (s_r: 8×H×W). The same seed gives the same layout.

    In a large picture, where S_R is 0 away from what is missing, each group of missing pixels is drawn by itself.
    """
    rng, drawn = np.random.default_rng(seed), np.zeros(s_r.shape[1:], np.uint8)
    for box, side in windows.groups(s_r.any(0).view(np.uint8)):
        drawn[box] = _drawn(rng, s_r[(..., *box)], smoothness * side)
    return drawn


def _drawn(rng, s_r, width):
    shape, best, drawn = s_r.shape[1:], -np.inf, np.zeros(s_r.shape[1:], np.uint8)
    for label, p in enumerate(s_r):
        gumbel = -np.log(-np.log(smooth_uniform(rng, shape, width)))
        chance = np.log(np.maximum(p, 1e-12)) + gumbel
        drawn[chance > best] = label
        best = np.maximum(best, chance)
    return drawn


def smooth_uniform(rng, shape, width):
    """A random field H×W, uniform in (0, 1) at every pixel, alike over `width` pixels (a Gaussian's deviation).

    White noise is blurred on the torus, by its Fourier transform, so that its deviation is the same everywhere and
    known exactly; it is made on a larger torus and cut out, or opposite rims would agree. A field wider than `WIDEST`
    is made smaller and enlarged.
    """
    shrink = max(1, width / WIDEST)
    small, width = [math.ceil(n / shrink) for n in shape], width / shrink
    size = [n + math.ceil(3 * width) for n in small]
    y, x = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None, :]
    blur = np.exp(-2 * (np.pi * width) ** 2 * (x**2 + y**2))
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(size)) * blur, size)
    field /= _deviation(blur, size)
    field = torch.from_numpy(np.ascontiguousarray(field[: small[0], : small[1]]))
    uniform = torch.special.ndtr(field).clamp(1e-9, 1 - 1e-9).numpy()
    return uniform if shrink == 1 else cv2.resize(uniform, shape[::-1])


def _deviation(blur, size):
    """Of blurred white noise: the root of the mean of |blur|² over all frequencies, of which rfft keeps half."""
    weight = np.full(blur.shape[1], 2.0)
    weight[0] = 1
    if size[1] % 2 == 0:
        weight[-1] = 1
    return math.sqrt((blur**2 * weight).sum() / (size[0] * size[1]))


# ------------------------------------------------------------ kept


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


def restored(session, restore):
    """The `Variant` that a restoring edit brings back; the session stays as it is. Raises ValueError for a bad edit."""
    here = session.drawing.freeze()
    try:
        session.do(restore)
        return keep(session)
    finally:
        session.drawing.thaw(here)


# ------------------------------------------------------------ measured


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
    return metrics.recognised(recognised(net, variant.filled), variant.layout, variant.hole)


def recognised(net, picture):
    """What the net's segmenter sees in a complete picture (uint8 3×H×W): labels uint8 H×W."""
    return metrics.seen(net.segment, picture, classes_of(net))


def _hole(a, b):
    return (a.hole == 1) | (b.hole == 1)


def _tensor(picture, smallest):
    """uint8 3×H×W → 1×3×H×W in [-1, 1], enlarged where the network needs more pixels."""
    x = to_float(torch.from_numpy(picture.copy())[None])
    scale = smallest / min(x.shape[-2:])
    return torch.nn.functional.interpolate(x, scale_factor=scale, mode="nearest") if scale > 1 else x
