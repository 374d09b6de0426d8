"""Holes: what is missing. **1 = missing, 0 = known**, everywhere in this project.

A hole is a uint8 H×W array. Samplers draw one from a NumPy generator; `evaluation_holes` is the
fixed set every method is judged on.
"""

import zlib

import cv2
import numpy as np

SMALLEST, LARGEST = 1 / 8, 1 / 2  # a side, as a share of the image's side [PAPER.md, Data]


def check_hole(hole, size=None, where="hole"):
    """Return hole as uint8 H×W, or raise ValueError naming what is wrong and the remedy.

    hole: array or tensor, H×W or 1×H×W, of exactly {0, 1}; size: (H, W) it must have, if given.
    An empty hole and one without any known pixel are refused: there is nothing to do, or to go by.
    """
    hole = np.asarray(hole.cpu() if hasattr(hole, "cpu") else hole)
    if hole.ndim == 3 and hole.shape[0] == 1:
        hole = hole[0]
    if hole.ndim != 2:
        raise ValueError(f"{where}: a hole is H×W (1 = missing, 0 = known), got shape {hole.shape}")
    if size is not None and hole.shape != tuple(size):
        raise ValueError(
            f"{where}: the hole is {hole.shape[0]}×{hole.shape[1]} but the image is {size[0]}×{size[1]} (height×width)"
            "; resize the hole with nearest-neighbour sampling"
        )
    values = np.unique(hole)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(
            f"{where}: a hole holds only 1 (missing) and 0 (known), found values in [{values.min()}, {values.max()}]; "
            "threshold a grey mask first: spg.holes.threshold(mask), or `spg inpaint --threshold`"
        )
    if not hole.any():
        raise ValueError(f"{where}: the hole is empty (all 0): nothing to fill. 1 = missing")
    if hole.all():
        raise ValueError(f"{where}: the whole image is missing (all 1): nothing to go by. 1 = missing, 0 = known")
    return hole.astype(np.uint8)


def threshold(mask, at=0.5):
    """Grey mask -> hole, on purpose. mask: H×W, uint8 in 0..255 or float in 0..1; white = missing.

    A pixel is missing where the mask is above `at` of its full scale.
    """
    mask = np.asarray(mask)
    if mask.dtype != np.uint8 and not np.issubdtype(mask.dtype, np.floating):
        raise ValueError(f"a grey mask is uint8 in 0..255 or float in 0..1, got {mask.dtype}")
    scale = 255.0 if mask.dtype == np.uint8 else 1.0
    return (mask > at * scale).astype(np.uint8)


def rectangle(rng, height, width):
    """The paper's hole: one rectangle, each side uniform in 1/8..1/2 of the image's, anywhere.

    Height and width independent, position uniform [our decision; PAPER.md, Data].
    """
    h, w = (int(rng.integers(round(s * SMALLEST), round(s * LARGEST) + 1)) for s in (height, width))
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    hole = np.zeros((height, width), np.uint8)
    hole[top : top + h, left : left + w] = 1
    return hole


def centred_square(rng, height, width):
    """A centred rectangle of half the height and half the width: 25 % of the area. rng is not used."""
    hole = np.zeros((height, width), np.uint8)
    hole[height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2] = 1
    return hole


def freeform(rng, height, width):
    """A few brush strokes that wander, 2 to 30 % of the area [our decision, after Yu et al. 2019]."""
    side = min(height, width)
    while True:
        hole = np.zeros((height, width), np.uint8)
        for _ in range(int(rng.integers(1, 5))):
            _stroke(hole, rng, side)
        if 0.02 <= hole.mean() <= 0.30:
            return hole


def _stroke(hole, rng, side):
    """Draw one stroke of 2 to 6 segments, turning by at most 60 degrees at each joint."""
    height, width = hole.shape
    x, y = rng.integers(0, width), rng.integers(0, height)
    angle = rng.random() * 2 * np.pi
    thickness = int(rng.integers(max(2, side // 20), max(3, side // 8) + 1))
    for _ in range(int(rng.integers(2, 7))):
        angle += (rng.random() - 0.5) * 2 * np.pi / 3
        length = (0.05 + 0.2 * rng.random()) * side
        x2 = int(np.clip(x + length * np.cos(angle), 0, width - 1))
        y2 = int(np.clip(y + length * np.sin(angle), 0, height - 1))
        cv2.line(hole, (int(x), int(y)), (x2, y2), 1, thickness)
        x, y = x2, y2


SAMPLERS = {"paper": rectangle, "centre": centred_square, "freeform": freeform}


def evaluation_hole(data, split, size, sampler, seed, index):
    """Hole number `index` of the fixed evaluation set: the same for every method, run and machine.

    It depends on these arguments alone, so a run over the first N scenes sees the first N holes.
    data: data-set name (`streets`), size: side in pixels. Returns uint8 size×size.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown hole sampler {sampler!r}; known: {', '.join(SAMPLERS)}")
    key = zlib.crc32(f"{data}/{split}/{sampler}".encode())
    rng = np.random.default_rng([key, size, seed, index])
    return SAMPLERS[sampler](rng, size, size)


def evaluation_holes(data, split, size, sampler, n, seed=0):
    """The first n holes of the fixed evaluation set, uint8 n×size×size (see `evaluation_hole`)."""
    return np.stack([evaluation_hole(data, split, size, sampler, seed, i) for i in range(n)])
