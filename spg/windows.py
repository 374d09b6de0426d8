"""Windows: where in a large picture the nets look, so that a hole is neither shrunk away nor seen without context.

The nets were trained on squares of one size, in which a hole takes a part of the side. A picture of that size is seen
whole. In a larger one each group of missing pixels has a square window, `SHARE` times as wide as the group's box; only
a window wider than the nets' size is shrunk to it. Wherever shrinking would make a fine hole much larger (a scratch, a
line of text, a fence), it is cut into parts that are seen unshrunk: known pixels lie between its missing ones. A thin
hole needs no net: next to known pixels everywhere, it is filled from these, which in street photos has the lower error
and the lower LPIPS for lines of up to 8 pixels [all our decision]. Coordinates are (rows, columns), a pair of slices.
"""

import math
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np

SHARE = 4  # a window's side over that of the box of its hole
NEAR = 1 / 16  # of the nets' size: missing pixels that are about so near to each other are one group
FINE = 1.25  # a hole is fine where shrinking makes it larger than this, as a partly missing pixel is a missing one
FINE_SHARE = 3 / 4  # most of a window's side that a part of a fine hole takes
THIN = 4  # a hole is thin where no missing pixel is farther than this from a known one, along rows or columns
LONGEST = 4  # the longer side that the nets see at once, over their size


class Window(NamedTuple):
    """view: the part of the picture that the nets see. cell: the part of it whose missing pixels are filled.

    thin: whether every missing pixel of the cell is next to known ones, see `THIN`.
    """

    view: tuple[slice, slice]
    cell: tuple[slice, slice]
    thin: bool = False

    @property
    def shape(self):
        """(height, width) of the view."""
        return _shape(self.view)

    @property
    def inner(self):
        """The cell in the view's own coordinates."""
        return _within(self.cell, self.view)

    @property
    def rim(self):
        """The part of the view that a thin hole is filled from: the cell, and what is near to it."""
        return _grown(self.cell, 2 * THIN, self.view)

    @property
    def rim_inner(self):
        """The cell in the rim's own coordinates."""
        return _within(self.cell, self.rim)


def plan(hole, size, share=SHARE):
    """The windows in which a hole (uint8 H×W, 1 = missing) is filled, one after the other; thin ones first.

    Each missing pixel is in the cell of at least one. size: the side that the nets were trained at; a picture that is
    not larger has one window, the whole picture. None: so has every picture. share: a window's side over that of the
    box of its hole; None: the whole picture is the window, of whatever size.
    """
    whole = slice(0, hole.shape[0]), slice(0, hole.shape[1])
    if size is None or share is None or scale(hole.shape, size) == 1:
        return [Window(whole, whole)]
    near = max(1, round(NEAR * size))
    parts = chain.from_iterable(_parts(hole, group, size, share) for group in _groups(hole, near))
    found = [Window(_around(box, side, hole.shape), box, thin) for box, side, thin in _gathered(parts, size, share)]
    return sorted(found, key=lambda window: not window.thin)


def scale(shape, size):
    """Working size / full size of a view that nets of this size see: at most 1. None: never shrunk."""
    return 1.0 if size is None else min(1.0, size / min(shape), LONGEST * size / max(shape))


def groups(hole, near=16):
    """(box, shorter side of its window) of each group of missing pixels; of a hole that is everywhere, all of it."""
    whole = slice(0, hole.shape[0]), slice(0, hole.shape[1])
    for box in [whole] if hole.all() else _groups(hole, near):
        box = _tight(hole, box)
        yield box, min(*hole.shape, SHARE * max(_shape(box)))


def _groups(hole, near):
    """The boxes around what is missing, where blocks of near×near pixels that touch are one group."""
    count, _, found, _ = cv2.connectedComponentsWithStats(_blocks(hole, near), connectivity=8)
    for left, top, width, height, _ in (near * found[1:count]).tolist():
        yield slice(top, top + height), slice(left, left + width)


def _blocks(hole, side):
    """Shrink a hole to a pixel for each block of side×side: 1 where anything in it is missing."""
    rows = np.maximum.reduceat(hole, np.arange(0, hole.shape[0], side), axis=0)
    return np.maximum.reduceat(rows, np.arange(0, hole.shape[1], side), axis=1)


def _parts(hole, box, size, share):
    """(box, side of its window, is it thin?) of the parts in which what is missing in a box is filled."""
    box = _tight(hole, box)
    longest = max(_shape(box))
    if not longest:
        return []
    thin = _is_thin(hole, box)
    if not thin and not _is_fine(hole[box], share * longest / size):
        return [(box, max(size, math.ceil(share * longest)), False)]
    if longest <= FINE_SHARE * size:
        return [(box, size, thin)]
    return [part for half in _halves(box) for part in _parts(hole, half, size, share)]


def _is_thin(hole, box):
    """Is each of a box's missing pixels within `THIN` pixels of a known one, which may lie outside the box?"""
    around = _grown(box, THIN, (slice(0, hole.shape[0]), slice(0, hole.shape[1])))
    thick = cv2.erode(hole[around], np.ones((2 * THIN + 1, 2 * THIN + 1), np.uint8))
    return not thick[_within(box, around)].any()


def _grown(box, margin, whole):
    """A box with a margin, cut where the whole ends."""
    sides = zip(box, whole, strict=True)
    return tuple(slice(max(w.start, b.start - margin), min(w.stop, b.stop + margin)) for b, w in sides)


def _within(box, part):
    """A box in the coordinates of a part that it lies in."""
    return tuple(slice(b.start - p.start, b.stop - p.start) for b, p in zip(box, part, strict=True))


def _is_fine(hole, shrink):
    """Does shrinking make so much more of it missing? Over all places of the coarse grid, as much as dilation does."""
    block = max(1, math.ceil(shrink))
    missing = cv2.dilate(np.pad(hole, block), np.ones((block, block), np.uint8))
    return np.count_nonzero(missing) > FINE * np.count_nonzero(hole)


def _tight(hole, box):
    """The smallest box with the missing pixels that are in this one; of no size where there are none."""
    sides = []
    for axis, part in enumerate(box):
        missing = np.flatnonzero(hole[box].any(1 - axis))
        first, last = (missing[0], missing[-1] + 1) if missing.size else (0, 0)
        sides.append(slice(part.start + int(first), part.start + int(last)))
    return tuple(sides)


def _halves(box):
    rows, columns = box
    height, width = _shape(box)
    if height > width:
        middle = rows.start + height // 2
        return (slice(rows.start, middle), columns), (slice(middle, rows.stop), columns)
    middle = columns.start + width // 2
    return (rows, slice(columns.start, middle)), (rows, slice(middle, columns.stop))


def _gathered(parts, size, share):
    """The same parts, where small ones that have one middle, roughly, share a window. Thin ones are each alone."""
    gathered = {}
    for box, side, thin in parts:
        small = not thin and share * max(_shape(box)) <= size
        place = tuple((s.start + s.stop) // size for s in box) if small else (box[0].start, box[1].start, side, thin)
        joined = [box, *([gathered[place][0]] if place in gathered else [])]
        gathered[place] = tuple(_union(*sides) for sides in zip(*joined, strict=True)), side, thin
    return gathered.values()


def _union(*sides):
    return slice(min(s.start for s in sides), max(s.stop for s in sides))


def _around(box, side, shape):
    """A square of this side around a box, moved into the picture, and cut where the picture is smaller."""
    view = []
    for part, length in zip(box, shape, strict=True):
        start = min(max(0, (part.start + part.stop - side) // 2), max(0, length - side))
        view.append(slice(start, min(start + side, length)))
    return tuple(view)


def _shape(box):
    return tuple(s.stop - s.start for s in box)
