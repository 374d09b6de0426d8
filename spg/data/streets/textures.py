"""Grain: small square tiles of −127..127, repeated over surfaces by their own coordinates in metres.

Each tile comes in levels, each averaging twice as many texels as the one before, so that a brick wall seen
from afar becomes smooth instead of noisy: the grain follows the perspective.
"""

from functools import lru_cache

import numpy as np

from spg.data.streets.dice import Dice

SIDE, LEVELS = 128, 6

# Texels per metre across (a tile is SIDE texels): how large the grain is.
SCALES = {
    "plain": 16, "asphalt": 32, "worn": 24, "slabs": 40, "cobble": 40, "bricks": 40, "plaster": 24, "stone": 32,
    "panels": 20, "planks": 32, "tiles": 28, "glass": 12, "metal": 20, "stripes": 24, "poster": 40, "leaves": 34,
    "needles": 34, "grass": 32, "bark": 48, "cloth": 48,
}  # fmt: skip
TEXTURES = tuple(SCALES)
SCALE = np.array([SCALES[t] for t in TEXTURES], np.float32)


def noise(key, step, side=SIDE):
    """Smooth integer noise of about −100..100 with cells of `step` texels, seamless."""
    cells = side // step
    grid = np.array([[int(v * 201) - 100 for v in row] for row in Dice(*key).random((cells, cells)).tolist()])
    tile = np.kron(grid, np.ones((step, step), int))
    half = step // 2
    for axis in (0, 1):
        for _ in range(2 if step > 1 else 0):
            tile = sum(np.roll(tile, s, axis) for s in range(-half, step - half)) // step
    return tile


@lru_cache
def clouds(side=256):
    """Fractal noise 0..255 for the sky, seamless."""
    total = sum(
        noise((7, i), step, side) * weight for i, (step, weight) in enumerate([(64, 8), (32, 4), (16, 2), (8, 1)])
    )
    low, high = int(total.min()), int(total.max())
    return ((total - low) * 255 // (high - low)).astype(np.uint8)


def _fractal(key, steps=(32, 8, 2, 1), weights=(1, 1, 1, 1)):
    return sum(w * noise((key, s), s) for s, w in zip(steps, weights, strict=True)) // 2


def _grid(key, width, height, joint, depth, spread, offset=0):
    """Blocks of width×height texels with joints `joint` wide and `depth` dark, each block toned by ±spread."""
    y, x = np.mgrid[:SIDE, :SIDE]
    row = y // height
    x = (x + (row % 2) * offset) % SIDE
    tone = (Dice(11, key).random((SIDE, SIDE)) * 2 * spread).astype(int) - spread
    tile = tone[row, x // width] + noise((12, key), 1) // 5
    return np.where((x % width < joint) | (y % height < joint), -depth, tile)


def _leaves(key, clumps, spread):
    """Clumps of leaves: bright lobes over dark gaps, from overlapping discs with lit upper halves."""
    dice, tile = Dice(13, key), np.full((SIDE, SIDE), -100)
    y, x = np.mgrid[:SIDE, :SIDE]
    for _ in range(clumps):
        cx, cy, r = dice.whole(0, SIDE - 1), dice.whole(0, SIDE - 1), dice.whole(3, spread)
        dx, dy = (x - cx + SIDE // 2) % SIDE - SIDE // 2, (y - cy + SIDE // 2) % SIDE - SIDE // 2
        inside = dx * dx + dy * dy <= r * r
        tile[inside] = (dice.whole(-30, 60) + dy * 50 // r)[inside]
    return tile + noise((14, key), 1) // 6


def _columns(key, width, depth):
    """Boards: upright strips with dark joints."""
    x = np.arange(SIDE)
    tone = (Dice(15, key).random(SIDE) * 90).astype(int) - 45
    strip = np.where(x % width < max(1, width // 8), -depth, tone[x // width])
    return strip[None, :] + noise((16, key), 4) // 4 + np.zeros((SIDE, 1), int)


def _tiles():
    y, x = np.mgrid[:SIDE, :SIDE]
    x = x + (y // 8 % 2) * 4
    return (y % 8) * 18 - 70 + np.where(x % 8 == 0, -50, 0) + noise((17,), 2) // 3


@lru_cache
def atlas():
    """All tiles and levels as one flat int8 array, index ((texture·LEVELS + level)·SIDE + row)·SIDE + column."""
    y, x = np.mgrid[:SIDE, :SIDE]
    tiles = {
        "plain": np.zeros((SIDE, SIDE), int),
        "asphalt": _fractal(1, (32, 8, 2, 1), (1, 0, 1, 2)),
        "worn": _fractal(2, (32, 8, 2, 1), (1, 1, 1, 0)),
        "slabs": _grid(3, 32, 32, 1, 90, 45, 16),
        "cobble": _grid(4, 8, 8, 1, 90, 60, 4),
        "bricks": _grid(5, 16, 8, 2, -70, 60, 8),
        "plaster": _fractal(6, (32, 16, 4, 1), (1, 1, 0, 1)),
        "stone": _grid(7, 32, 16, 1, 90, 50, 16),
        "panels": _grid(8, 64, 32, 1, 100, 30),
        "planks": _columns(9, 8, 100),
        "tiles": _tiles(),
        "glass": (x + y) * 4 % 256 // 3 - 40 + noise((10, 1), 32) // 2,
        "metal": noise((11, 1), 32) + noise((11, 2), 8) // 3,
        "stripes": np.where(x // 8 % 2, 90, -20),
        "poster": _grid(12, 16, 16, 2, 60, 110) + noise((12, 2), 4) // 2,
        "leaves": _leaves(13, 420, 9),
        "needles": _leaves(14, 700, 5) + (y % 16) * 4 - 30,
        "grass": noise((15, 1), 16) // 2 + (noise((15, 2), 1) + np.roll(noise((15, 2), 1), 1, 0)) * 2 // 3,
        "bark": _columns(16, 4, 60) + noise((16, 2), 2) // 3,
        "cloth": noise((17, 1), 8) + noise((17, 2), 1) // 3,
    }
    levels = [_level(tiles[name], level) for name in TEXTURES for level in range(LEVELS)]
    return np.concatenate([level.ravel() for level in levels])


def _level(tile, level):
    """Average blocks of 2^level texels; contrast is raised a little, or far surfaces would look like paint."""
    n = 1 << level
    mean = tile.reshape(SIDE // n, n, SIDE // n, n).sum((1, 3)) // (n * n)
    mean = mean * (8 + 3 * level) // 8
    return np.clip(np.kron(mean, np.ones((n, n), int)), -127, 127).astype(np.int8)
