"""What things are made of: materials, each of one class and in several colours, of which the look picks one; and grain.

A colour is written `rrggbb:texture:contrast`; texture and contrast may be left out and are then the material's.

Grain: small square tiles of −127..127, repeated over surfaces by their own coordinates in metres. Each tile comes in
levels, each averaging twice as many texels as the one before, so that a brick wall seen from afar becomes smooth
instead of noisy: the grain follows the perspective.
"""

from functools import lru_cache

import numpy as np

from spg.data.streets.dice import Dice
from spg.labels import BUILDING, OTHER, PERSON, ROAD, SIGN, SKY, VEGETATION, VEHICLE

SIDE, LEVELS = 128, 6

# Texels per metre across (a tile is SIDE texels): how large the grain is.
SCALES = {
    "plain": 16, "asphalt": 32, "worn": 24, "slabs": 40, "cobble": 40, "bricks": 40, "plaster": 24, "stone": 32,
    "panels": 20, "planks": 32, "tiles": 28, "glass": 12, "metal": 20, "stripes": 24, "poster": 40, "leaves": 34,
    "needles": 34, "grass": 32, "bark": 48, "cloth": 48,
}  # fmt: skip
TEXTURES = tuple(SCALES)
SCALE = np.array([SCALES[t] for t in TEXTURES], np.float32)

# name: (class, texture, contrast, colours)
_MATERIALS = {
    "sky": (SKY, "plain", 0, "80b0e0"),
    # flat ground
    "asphalt": (ROAD, "asphalt", 34, "5c5d62 66655f 545860 6e6b6a 4d5157"),
    "patch": (ROAD, "asphalt", 40, "46474d 50504f 75736f"),
    "paint": (ROAD, "worn", 26, "e6e4dc"),
    "kerb": (ROAD, "plaster", 30, "b9b6ad a5a39e c4bcae"),
    "gutter": (ROAD, "cobble", 34, "4a4a4c 57524e"),
    "paving": (ROAD, "slabs", 34, "a8a198 b5a793 9a9a9c:cobble:44 b08e7c:bricks:40 a3a7a0 c0b49c"),
    "manhole": (ROAD, "cobble", 50, "3c3d40 4a4540"),
    # buildings
    "wall": (
        BUILDING,
        "plaster",
        24,
        "a4503c:bricks:46 b96a4a:bricks:44 8a4a3e:bricks:46 c98f64:bricks:38 d9c7a0 e3d7bf:stone:26 c9a27c "
        "b7c0c4 d8a48f a9b79a e0c27c c6b3a3:stone:34 8f979c:panels:30 d7d3cb:panels:22 6f7f8c:panels:30 cf8d6a "
        "9a8672:stone:34",
    ),
    "endwall": (BUILDING, "plaster", 26, "96584a:bricks:44 b0a08a c2b9a8 a98468:bricks:40 9b9b98:panels:24 b98e72"),
    "house": (
        BUILDING,
        "plaster",
        22,
        "efe6d4 e2cfae f1efe8:planks:30 b5c4c9:planks:30 a8553f:bricks:44 d6c290:planks:28 c9d1b8 dbb5a0",
    ),
    "trim": (BUILDING, "plain", 0, "f0ece2 e6ddc8 d9d9d6 5a4a42 49586a f4f2ec"),
    **{f"pane{i}": (BUILDING, "glass", 22, "33465a 3f5566 2b3846 51687a 445a60") for i in range(4)},
    "lit": (BUILDING, "glass", 14, "ffd98a ffe9b4 f6c26a ffefcf"),
    "door": (BUILDING, "planks", 26, "5a3726 2f4a3c 7c2f2a 2f3f5e 40403f a06a35"),
    "shop": (BUILDING, "glass", 30, "3a4a52 556670 4a4038 5f6d66"),
    "fascia": (BUILDING, "plain", 0, "b5352c 2c5f8a e0b23a 2f6b4a 3b3b40 c96a2c 7a3b6d f0e6d0"),
    "awning": (BUILDING, "stripes", 70, "c4473c 2f7a6a e2b64c 3c6c9c d9773a"),
    "plinth": (BUILDING, "stone", 34, "7d7770 8d8273 67666a 95897c"),
    "cornice": (BUILDING, "plaster", 22, "dcd3c2 c4b8a4 e8e0d0 9c948c"),
    "rail": (BUILDING, "plain", 0, "2c2f36 4a4a50 5d4a3c"),
    "roof": (BUILDING, "tiles", 44, "a8523a 8f4434 6a4a40 5b5f68 7c5a48 b4623f"),
    "chimney": (BUILDING, "bricks", 44, "8a4a3a 9a6a50 7a5148"),
    "fence": (BUILDING, "planks", 34, "8a6a48 f0ede4 6d7a58 59606a a4825a"),
    "gardenwall": (BUILDING, "bricks", 46, "a05a44 b5a288:stone:38 8c6a58 c2b49a:stone:34"),
    "tower": (BUILDING, "panels", 20, "8d97a0 a39c94 7f8894 98908a"),
    # signs, lights and their poles
    "pole": (SIGN, "metal", 16, "6d7278 4e555c 3e5248 868a8c 5a5048"),
    "housing": (SIGN, "plain", 0, "2a2d30 34383a 23302b"),
    "lamp": (SIGN, "plain", 0, "e4e6dd"),
    "lamp_on": (SIGN, "plain", 0, "fff2c0 ffe6a0"),
    "red_light": (SIGN, "plain", 0, "4a1a18"),
    "amber_light": (SIGN, "plain", 0, "4c3a14"),
    "green_light": (SIGN, "plain", 0, "143f2a"),
    "red_on": (SIGN, "plain", 0, "ff3a2a"),
    "amber_on": (SIGN, "plain", 0, "ffb92a"),
    "green_on": (SIGN, "plain", 0, "3affa0"),
    "sign_red": (SIGN, "plain", 0, "d0202a c8242c"),
    "sign_white": (SIGN, "plain", 0, "f6f6f2"),
    "sign_blue": (SIGN, "plain", 0, "1c5cc0 2454a8"),
    "sign_yellow": (SIGN, "plain", 0, "f6c81e f2b705"),
    "sign_black": (SIGN, "plain", 0, "1e1e20"),
    "board": (SIGN, "plain", 0, "1e63b8 1d7a4c f2c020"),
    # vegetation
    "leaf": (VEGETATION, "leaves", 62, ""),
    "conifer": (VEGETATION, "needles", 62, "3c5f45 34553a 4a6a4c 2f5548"),
    "trunk": (VEGETATION, "bark", 44, "6a5040 7a6350 574638 8a7a6a"),
    "hedge": (VEGETATION, "leaves", 60, "4f7a38 5f8440 466e3c 6d8a48"),
    "grass": (VEGETATION, "grass", 50, "74a04a 86a852 689248 9aa85a"),
    "flower": (VEGETATION, "leaves", 60, "d8506a e8b83a d8d4e6 b05ac0 ee8a4a"),
    "woods": (VEGETATION, "leaves", 36, "5f8058 6d8a5c 587a64"),
    # people
    "skin": (PERSON, "plain", 0, "f0c8a4 d9a47c b57c54 8a5a3c 5f3d2a e8b890"),
    "hair": (PERSON, "plain", 0, "2a2020 4a3020 7a5030 c09a58 8c8884 1c1a1c a0522d"),
    "top": (
        PERSON,
        "cloth",
        30,
        "c8342f 2c5aa0 e8b02c 3a7a50 e8e4da 6a3a7a 2e3440 d8704a 4aa0b0 c05a80 94a8b8 f2d8c0 8a2f3c",
    ),
    "bottom": (PERSON, "cloth", 26, "2c3a5a 3a3a40 5a4a3c 6a7480 22262e 8a7a5c 41586e"),
    "shoe": (PERSON, "plain", 0, "2a2624 5a3c28 e6e2da"),
    "bag": (PERSON, "cloth", 26, "8a4a2a d8a030 2f4f4a 3c3c44 b83a4a"),
    # vehicles
    "body": (
        VEHICLE,
        "metal",
        10,
        "b8242a d8dadc 2c3138 2b5aa0 8d949c e8e6de 5a6a58 e0a82c 3f7f86 7a2430 c9cdd0 4d6f94",
    ),
    "coach": (VEHICLE, "metal", 10, "c8302c e0a024 2f6ab0 3d8a5a e6e2d8 d8622c"),
    "under": (VEHICLE, "plain", 0, "26272a 2e2d2c"),
    "glass": (VEHICLE, "glass", 26, "2c3a46 384a56 24303a"),
    "tyre": (VEHICLE, "plain", 0, "1c1c1e 232326"),
    "hub": (VEHICLE, "plain", 0, "a8acb0 c4c6c8 6c7074"),
    "tail": (VEHICLE, "plain", 0, "b01c20 c02a1e"),
    "head": (VEHICLE, "plain", 0, "f2f0de fff6d8"),
    "plate": (VEHICLE, "plain", 0, "f2eee0 f0d860"),
    "frame": (VEHICLE, "plain", 0, "b02a2a 2a5a9a 2c2c30 3a8a5a e0b030"),
    # street furniture
    "bin": (OTHER, "metal", 20, "3a5a44 5a5f64 3f4a58 6b5a3c 2f6a5a"),
    "wheelie": (OTHER, "plain", 0, "3c6a3e 3a4a70 6a4a2c c8a82c 4a4c50"),
    "slat": (OTHER, "planks", 40, "a8703c 8a5a34 b8854a"),
    "iron": (OTHER, "metal", 14, "34373c 45484a"),
    "post": (OTHER, "plain", 0, "d8b021 c2302a 2a55a0 e0a818"),
    "crate": (OTHER, "planks", 50, "b98a54 c9a06a a87a48"),
    "cone": (OTHER, "plain", 0, "f0662a ee5a20"),
    "stripe": (OTHER, "plain", 0, "f4f0e8"),
    "barrier": (OTHER, "plain", 0, "d8352a e2622a"),
    "box": (OTHER, "planks", 44, "8d6a4c a08a78:stone:34 6a6460:stone:34 b0683c"),
    "cabinet": (OTHER, "metal", 22, "8a9288 9a9a94 6f7a70 a8a49a"),
    "advert": (OTHER, "poster", 80, "d8c8a8 c8d0d4 e0b8a0"),
}

LEAVES = {
    "spring": "8cba4e 79ac48 a4c25a e6b8c8 98b860",
    "summer": "4f8a3c 5f9444 457a38 6d9a48 568048",
    "autumn": "d08a2c c8602a e0b03a a84a2a 9a9a3c b87a30",
}

NAMES = (*_MATERIALS, *(f"leaf_{season}" for season in LEAVES))
INDEX = {name: i for i, name in enumerate(NAMES)}


def _tables():
    """Flatten the text above: class, first colour and colour count per material; rgb, texture, contrast per colour."""
    specs = dict(_MATERIALS) | {
        f"leaf_{season}": (*_MATERIALS["leaf"][:3], colours) for season, colours in LEAVES.items()
    }
    specs["leaf"] = (*_MATERIALS["leaf"][:3], LEAVES["summer"])
    first, count, rgb, texture, contrast = [], [], [], [], []
    for name in NAMES:
        _, default, strength, colours = specs[name]
        first.append(len(rgb))
        count.append(len(colours.split()))
        for colour in colours.split():
            parts = [*colour.split(":"), default, strength][: 3 if ":" not in colour else None]
            rgb.append([int(parts[0][i : i + 2], 16) for i in (0, 2, 4)])
            texture.append(TEXTURES.index(parts[1]))
            contrast.append(int(parts[2]))
    classes = np.array([specs[name][0] for name in NAMES], np.uint8)
    return (
        classes,
        np.array(first),
        np.array(count),
        np.array(rgb, np.float32),
        np.array(texture, np.int32),
        np.array(contrast, np.float32) / 100,
    )


CLASS, FIRST, COUNT, RGB, TEXTURE, CONTRAST = _tables()


# ---------------------------------------------------------------- grain


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
