"""`streets`: procedural street scenes, exact to the pixel, any number and any size, from two seeds each.

`draw(layout, look, height, width)`: the layout seed decides what is where, the look seed daylight, weather and
colours. Read it in this order: dice, camera, shapes (and traffic, trees, furniture), facades, ground, sides, layout:
what is where; painter: which part every sample shows; materials, looks, shading: what it looks like; and below: both
together.
"""

import numpy as np

from spg.data.contract import Scene
from spg.data.streets.camera import View
from spg.data.streets.ground import Plan
from spg.data.streets.layout import plan
from spg.data.streets.looks import look as daylight
from spg.data.streets.materials import CLASS
from spg.data.streets.painter import Canvas
from spg.data.streets.shading import picture

version = "5"  # part of every cache key: raise it when any pixel changes

DEFAULT_COUNTS = {"train": 4000, "val": 500, "test": 500}
_PIXELS = "a positive whole number of pixels, e.g. 64, 128 or 256"
_FIRST_SEED = {"train": 0, "val": 1 << 40, "test": 2 << 40}


def draw(layout, look, height, width=None):
    """Draw the scene of two seeds (integers >= 0) at height × width pixels, square by default.

    Returns Scene: image uint8 3×H×W, labels uint8 H×W. Same seeds and size, same bytes. Another look leaves
    the labels as they are; another size shows the same street, a wider one more of it.
    Raises ValueError naming the seed or side that is no such number.
    """
    width = height if width is None else width
    for name, seed in (("layout", layout), ("look", look)):
        _whole(name, seed, 0, "a seed, an integer >= 0")
    for name, side in (("height", height), ("width", width)):
        _whole(name, side, 1, _PIXELS)
    fine = samples(height)
    street = plan(layout)
    canvas = paint(street, View(street.camera, height * fine, width * fine))
    material = canvas.parts[0]
    return _average(picture(canvas, street, daylight(look)), CLASS[material][canvas.part], fine)


def _whole(name, number, least, what):
    if not isinstance(number, (int, np.integer)) or number < least:
        raise ValueError(f"streets: {name} must be {what}, got {number!r}")


def samples(height):
    """Samples per pixel side: fewer where pixels are many."""
    return 3 if height <= 128 else 2


def paint(street, view):
    """Paint a layout, far to near. Returns the canvas of part numbers."""
    canvas = Canvas(view)
    canvas.ground(Plan(street.road))
    order = [(wall.far, 0, number, wall) for number, wall in street.walls]
    order += [(thing.far, 1, i, thing) for i, thing in enumerate(street.things)]
    for _, what, number, item in sorted(order, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if what == 0:
            canvas.wall(item, number)
        else:
            canvas.place(item)
    return canvas


def _average(image, labels, n):
    """n×n samples -> one pixel. Its class is that of its middle sample, its colour the mean of the samples of
    that class: edges within a class are smooth, and no colour leaks over a class boundary."""
    middle = np.ascontiguousarray(labels[n // 2 :: n, n // 2 :: n])
    total = np.zeros((3, *middle.shape), np.uint16)
    count = np.zeros(middle.shape, np.uint16)
    for i in range(n):
        for j in range(n):
            same = labels[i::n, j::n] == middle
            count += same
            total += image[:, i::n, j::n] * same
    return Scene(((total + count // 2) // count).astype(np.uint8), middle)


class Streets:
    """A split of procedural scenes at one size. Scene i of a split is the same whatever n is.

    split: "train", "val" or "test" (they never share a layout). size: pixels, square. n: how many.
    """

    name = "streets"

    def __init__(self, size, split, n=None):
        if split not in DEFAULT_COUNTS:
            raise ValueError(f"streets: unknown split {split!r}; use one of {', '.join(DEFAULT_COUNTS)}")
        n = DEFAULT_COUNTS[split] if n is None else n
        _whole("size", size, 1, _PIXELS)
        _whole("n", n, 1, "a positive number of scenes; leave it out for the default")
        self.size, self.split = int(size), split
        self.ids = [f"{split}-{i:05d}" for i in range(int(n))]

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        """Scene i, drawn on the spot."""
        i = range(len(self.ids))[i]
        seed = _FIRST_SEED[self.split] + i
        return draw(seed, seed, self.size)
