"""Holes: what is missing. **1 = missing, 0 = known**, everywhere in this project.

A hole is a uint8 H×W array. Samplers draw one from a NumPy generator; `evaluation_holes` is the
fixed set on which every method is measured.
"""

import zlib
from typing import NamedTuple

import cv2
import numpy as np

from spg.labels import STREET

SMALLEST, LARGEST = 1 / 8, 1 / 2  # a side, as a share of the image's side [THE_PAPER.md, section 2]

MARGIN = 1 / 16  # the widest around an object, as a share of the picture [our decision]
RIM = 1 / 32  # of the shorter side: labels and paint are not sharp to the pixel
TRIED = 8  # places where an outline might be moved to, of which the emptiest is taken


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
    if hole.dtype.kind not in "buif":
        raise ValueError(f"{where}: a hole is numbers, 1 (missing) and 0 (known), got {hole.dtype}")
    if not ((hole == 0) | (hole == 1)).all():
        raise ValueError(
            f"{where}: a hole holds only 1 (missing) and 0 (known), found values in [{hole.min()}, {hole.max()}]; "
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
    if mask.dtype != np.uint8 and not ((mask >= 0) & (mask <= 1)).all():  # NaN is in no range
        raise ValueError(f"a grey mask of floats is in 0..1, got [{mask.min():.3g}, {mask.max():.3g}]")
    scale = 255.0 if mask.dtype == np.uint8 else 1.0
    return (mask > at * scale).astype(np.uint8)


def rectangle(rng, height, width):
    """The paper's hole: one rectangle, each side uniform in 1/8..1/2 of the image's, anywhere.

    Height and width independent, position uniform [our decision; THE_PAPER.md, section 2].
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


class Thing(NamedTuple):
    """An object of a label map: number of its part in the set, box in pixels, area as a share of the picture."""

    part: int
    top: int
    left: int
    height: int
    width: int
    area: float


def things(labels, classes=STREET):
    """The objects of a label map that are neither tiny nor larger than half its side, as a list of `Thing`.

    What they are made of, and their least areas, say the set's parts. What touches is one object: a row of parked cars,
    a grove. A part that is taken out by its own outline may be larger, up to half the picture.
    """
    side, found = max(labels.shape), []
    for number, part in enumerate(classes.parts):
        for left, top, width, height, pixels in _boxes(np.isin(labels, part.classes).astype(np.uint8), part.together):
            large = pixels > labels.size / 2 if part.outline else max(height, width) > side * LARGEST
            if pixels >= part.least * labels.size and side / 16 <= max(height, width) and not large:
                found.append(Thing(number, top, left, height, width, pixels / labels.size))
    return found


def _boxes(inside, together):
    """[left, top, width, height, area] of every connected part of a mask, or of all of it."""
    if not together:
        count, _, boxes, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        return boxes[1:count].tolist()
    return [[*cv2.boundingRect(inside), int(inside.sum())]] if inside.any() else []


def object_hole(rng, labels, classes=STREET):
    """The box of one whole object and a margin of its own on every side; None where there is no object.

    A larger object is likelier, and so is one that the set likes [our decision]. labels: H×W, numbers of classes.
    """
    thing = _chosen(rng, labels, classes)
    if thing is None:
        return None
    above, below, before, after = rng.integers(1, _widest(labels.shape) + 1, 4).tolist()
    if classes.parts[thing.part].outline:
        return _grown(outline_of(thing, labels, classes), above)
    return _box(thing[1:5], (above, below, before, after), labels.shape)


def _box(box, margins, shape):
    """A hole of this shape: a box (top, left, height, width) and its margins above, below, before and after it."""
    (top, left, height, width), (above, below, before, after) = box, margins
    hole = np.zeros(shape, np.uint8)
    hole[max(0, top - above) : top + height + below, max(0, left - before) : left + width + after] = 1
    return hole


def outline_hole(rng, labels, classes=STREET):
    """The outline of one object and a margin, where it stands or, half the time, moved; None where there is no object.

    A hole that somebody cuts around a car has a car's shape, and what is behind it has to be painted [our decision].
    """
    thing = _chosen(rng, labels, classes)
    if thing is None:
        return None
    inside, moved = outline_of(thing, labels, classes), rng.random() < 0.5
    if moved:
        down = rng.integers(-thing.top, labels.shape[0] - thing.top - thing.height + 1)
        right = rng.integers(-thing.left, labels.shape[1] - thing.left - thing.width + 1)
        inside = np.roll(inside, (down, right), (0, 1))
    return _with_margin(rng, inside)


def cleared_hole(rng, labels, classes=STREET):
    """The outline of one object and a margin, moved sideways to where the fewest objects are; None without an object.

    Whoever cuts a car out by its outline wants to be rid of it. No picture shows what a car hides, but most show a like
    place without one: beside it, at the same height, as far away [our decision].
    """
    thing = _chosen(rng, labels, classes)
    if thing is None:
        return None
    inside = outline_of(thing, labels, classes)
    objects = np.isin(labels, [number for part in classes.parts for number in part.classes])
    moves = rng.integers(-thing.left, labels.shape[1] - thing.left - thing.width + 1, TRIED)
    places = [np.roll(inside, right, 1) for right in moves]
    return _with_margin(rng, min(places, key=lambda place: objects[place > 0].sum()))


def hole_around(rng, inside):
    """A hole around an outline (uint8 H×W): its box and a margin on every side or, half the time, itself and one."""
    if rng.random() < 0.5:
        return _with_margin(rng, inside)
    left, top, width, height = cv2.boundingRect(inside)
    margins = rng.integers(1, _widest(inside.shape) + 1, 4).tolist()
    return _box((top, left, height, width), margins, inside.shape)


def _with_margin(rng, inside):
    return _grown(inside, int(rng.integers(1, _widest(inside.shape) + 1)))


def _widest(shape):
    """The widest margin around an object in a picture of this shape, in pixels."""
    return max(2, round(MARGIN * max(shape)))


def _chosen(rng, labels, classes):
    """A `Thing` to take out, or None."""
    found = things(labels, classes)
    if not found:
        return None
    weight = np.array([classes.parts[thing.part].liking * thing.area for thing in found])
    return found[rng.choice(len(found), p=weight / weight.sum())]


def outline_of(thing, labels, classes=STREET):
    """The outline of a `Thing` of a label map, filled: uint8 H×W."""
    part, outline = classes.parts[thing.part], np.zeros(labels.shape, np.uint8)
    box = slice(thing.top, thing.top + thing.height), slice(thing.left, thing.left + thing.width)
    inside = np.isin(labels[box], part.classes).astype(np.uint8)
    if not part.together:  # of what lies in its box, the thing is the largest that is connected
        _, parts, about, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        inside = parts == 1 + about[1:, cv2.CC_STAT_AREA].argmax()
    outline[box] = inside
    return outline


def rim_of(labels):
    """How many pixels around an object may still be its own."""
    return max(2, round(min(labels.shape) * RIM))


def beside(labels, mask, label):
    """Where an object of another kind may go on into a removed one (mask bool H×W): no farther than its rim. bool H×W.

    Behind a car is the street, and what stands there shows at its sides [our decision].
    """
    return grow((labels == label) & ~mask, rim_of(labels))


def grow(mask, by):
    """The mask and every pixel at most `by` from it, bool H×W."""
    x = np.arange(-by, by + 1)
    disc = (x[:, None] ** 2 + x[None, :] ** 2 <= by * by).astype(np.uint8)
    return cv2.dilate(mask.astype(np.uint8), disc) == 1


def _grown(inside, by):
    """A mask with a margin of so many pixels."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return cv2.dilate(inside, around)


SAMPLERS = {"paper": rectangle, "centre": centred_square, "freeform": freeform}  # of a shape alone
LABELLED = {"objects": object_hole, "outlines": outline_hole, "cleared": cleared_hole}  # look at the labels
NAMES = (*SAMPLERS, *LABELLED)


def draw_hole(sampler, rng, labels, classes=STREET):
    """One hole for a label map (H×W, numbers of the set's classes) by the sampler of that name.

    Returns uint8 H×W; None where the sampler looks for an object and the map holds none to take out.
    """
    if sampler in LABELLED:
        return LABELLED[sampler](rng, labels, classes)
    return SAMPLERS[check_sampler(sampler)](rng, *labels.shape)


def check_sampler(name):
    """Return the name of a sampler, or raise ValueError naming the known ones."""
    if name not in NAMES:
        raise ValueError(f"unknown hole sampler {name!r}; known: {', '.join(NAMES)}")
    return name


def parse_mixture(text):
    """`objects:0.65+paper:0.35` → {"objects": 0.65, "paper": 0.35}, shares of the pictures; `paper` alone has them all.

    Raises ValueError naming an unknown sampler, or shares that do not add up to 1.
    """
    parts = [part.partition(":") for part in text.split("+")]
    try:
        shares = {check_sampler(name): float(share) if colon else 1.0 for name, colon, share in parts}
    except ValueError as error:
        raise ValueError(f"holes={text!r}: {error}") from error
    if len(shares) != len(parts) or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"holes={text!r}: give each sampler once, with shares that add up to 1: objects:0.6+paper:0.4")
    return shares


def evaluation_hole(data, split, size, sampler, seed, index, labels=None, classes=STREET):
    """Hole number `index` of the fixed evaluation set: the same for every method, run and machine.

    It depends on these arguments alone, so a run over the first N scenes sees the first N holes.
    data: data-set name (`streets`), size: side in pixels; labels: the scene's map, which the samplers in
    `LABELLED` look at, and its classes.
    Returns uint8 size×size, or None where these find no object: such a scene is left out, and counted.
    """
    key = zlib.crc32(f"{data}/{split}/{check_sampler(sampler)}".encode())
    rng = np.random.default_rng([key, size, seed, index])
    if sampler in LABELLED and labels is None:
        raise ValueError(f"the holes `{sampler}` are drawn around what a scene shows: give its labels")
    return draw_hole(sampler, rng, np.empty((size, size)) if labels is None else labels, classes)


def evaluation_holes(data, split, size, sampler, n, seed=0):
    """The first n holes of the fixed evaluation set, uint8 n×size×size (see `evaluation_hole`)."""
    return np.stack([evaluation_hole(data, split, size, sampler, seed, i) for i in range(n)])
