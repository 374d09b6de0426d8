"""From the hand's movements to pixels: brush, lasso, fill. `js/raster.js` says the same, pixel for pixel.

Points are whole numbers [x, y], x to the right, y down; they may lie outside the picture. Everything is decided in
whole numbers, so that the browser's preview and Python's truth cannot differ. Masks are bool H×W.
"""

import cv2
import numpy as np

LARGEST_BRUSH = 256  # pixels across
FARTHEST = 4096  # a point may lie so far outside; larger numbers would not be exact in JavaScript


def brush(shape, points, size):
    """Every pixel whose centre is at most size/2 from the line through points. shape: (H, W); size: pixels across."""
    mask = np.zeros(shape, bool)
    for a, b in zip(points[: len(points) - 1] or points, points[1:] or points, strict=True):
        _capsule(mask, a, b, size)
    return mask


def _capsule(mask, a, b, size):
    """One segment: with everything squared and times four, no root is drawn and no fraction rounded."""
    (ax, ay), (bx, by) = a, b
    reach = size // 2
    top, bottom = max(0, min(ay, by) - reach), min(mask.shape[0], max(ay, by) + reach + 1)
    left, right = max(0, min(ax, bx) - reach), min(mask.shape[1], max(ax, bx) + reach + 1)
    if top >= bottom or left >= right:
        return
    x = np.arange(left, right, dtype=np.int64)[None, :] - ax
    y = np.arange(top, bottom, dtype=np.int64)[:, None] - ay
    dx, dy = bx - ax, by - ay
    along, length = x * dx + y * dy, dx * dx + dy * dy
    beside = (4 * (x * dy - y * dx) ** 2 <= size * size * length) & (along > 0) & (along < length)
    at_a = 4 * (x * x + y * y) <= size * size
    at_b = 4 * ((x - dx) ** 2 + (y - dy) ** 2) <= size * size
    mask[top:bottom, left:right] |= beside | at_a | at_b


def lasso(shape, points):
    """The inside of a closed line by the even-odd rule, and the line itself, so that thin shapes are not lost."""
    height, width = shape
    flips = np.zeros((height, width + 1), np.int64)  # [y, c]: pixels left of column c change sides
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        y = np.arange(max(0, ay), min(height, by), dtype=np.int64)
        if y.size:
            crossing = -((-(ax * (by - ay) + (y - ay) * (bx - ax))) // (by - ay))  # rounded up
            flips[y, np.clip(crossing, 0, width)] += 1
    inside = flips[:, ::-1].cumsum(1)[:, ::-1][:, 1:] % 2 == 1
    return inside | brush(shape, [*points, points[0]], 1)


def fill(values, at):
    """The pixels of one value that hang together with at, over edges. values: uint8 H×W. Nothing outside: all False."""
    x, y = at
    height, width = values.shape
    if not (0 <= x < width and 0 <= y < height):
        return np.zeros(values.shape, bool)
    _, parts = cv2.connectedComponents((values == values[y, x]).astype(np.uint8), connectivity=4)
    return parts == parts[y, x]
