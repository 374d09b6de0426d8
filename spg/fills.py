"""Smooth fills of a hole from what is known around it: where SPG-Net+ starts from (our decision, not the paper's).

Push-pull (Gortler et al. 1996): average the known pixels coarser and coarser, then carry the averages back down to
where nothing is known. It costs a few milliseconds, and gradients may flow through it.
"""

import torch
import torch.nn.functional as F

TRACE = 1e-3  # how much of the coarser level a wholly known pixel takes: enough to divide by, too little to see


def push_pull(x, weight):
    """x (N×C×H×W) where weight (N×1×H×W or N×C×H×W, in [0, 1]) is 1, a smooth continuation where it is 0.

    x must be 0 where weight is. Where nothing at all is known, the result is 0.
    """
    if min(x.shape[-2:]) == 1:
        return x.sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp_min(TRACE) + 0 * x
    coarse = push_pull(*(F.avg_pool2d(v, 2, ceil_mode=True, count_include_pad=False) for v in (x, weight)))
    coarse = F.interpolate(coarse, size=x.shape[-2:], mode="bilinear")
    return (x + TRACE * coarse) / (weight + TRACE)


def smooth(x0, hole):
    """x0 (N×C×H×W, 0 in the hole) with the hole N×1×H×W filled smoothly: colours, or the shares of labels."""
    return x0 + hole * push_pull(x0, 1 - hole)


def smooth_by_class(i0, s, hole, cell=4):
    """I0 with the hole filled class by class: a road pixel takes its colour from road pixels only.

    i0 N×3×H×W, s N×C×H×W the completed map, hole N×1×H×W. Where s holds probabilities, the colour is the expected one.
    Borders between the classes are as sharp as the map's. cell: see `class_colours`.
    """
    return choose(i0, class_colours(i0, s, hole, cell), s, hole)


def choose(i0, colours, s, hole):
    """I0 with the hole filled by the colours (N×C×3×H×W) of the classes that s (N×C×H×W) says are there."""
    return i0 + hole * (colours * s[:, :, None]).sum(1)


def likeliest(s):
    """s (N×C×H×W) with each pixel's largest share made 1 and the rest 0; classes that tie for it share it."""
    top = (s == s.amax(1, keepdim=True)).to(s.dtype)
    return top / top.sum(1, keepdim=True)


def class_colours(i0, s, hole, cell=4):
    """What each class would look like at each pixel, N×C×3×H×W: a smooth continuation of where it is known.

    The colours are averaged over cells of so many pixels first, which costs little and saves most of the work. A class
    that shows nowhere outside the hole has the colour that `smooth` gives.
    """
    n, classes, *shape = s.shape
    seen = s * (1 - hole)
    per_class = (i0[:, None] * seen[:, :, None]).reshape(n, -1, *shape)
    per_class, weight = (F.avg_pool2d(v, cell, ceil_mode=True, count_include_pad=False) for v in (per_class, seen))
    colours = push_pull(per_class, weight.repeat_interleave(3, 1))
    colours = F.interpolate(colours, size=shape, mode="bilinear").view(n, classes, 3, *shape)
    nowhere = (seen.sum((2, 3)) == 0)[:, :, None, None, None]
    return torch.where(nowhere, push_pull(i0, 1 - hole)[:, None], colours)
