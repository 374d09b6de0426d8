"""Trees, bushes and hedges. All of a tree is vegetation, its trunk too."""

from functools import lru_cache

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import CIRCLE, LEFT, RIGHT, TOWARD, UP, Shape

VARIANTS = 5
KINDS = ("round", "oval", "poplar", "conifer", "bare", "young")


def _clump(s, dice, x, y, rx, ry, material, facing, shade):
    """A blob of leaves with a ragged rim; ragged sideways only, see `Shape.face`."""
    rim = [(x + c * rx * dice.uniform(0.8, 1.2), y + k * ry) for c, k in CIRCLE[::3]]
    s.face(rim, material, facing, shade)


def _crown(s, dice, blobs, material, near=True, stretch=1.0):
    """The blobs (x, y, radius) dark from below, stretched upwards, then lobes that look left and right, then lit tops;
    from afar fewer will do."""
    for x, y, r in blobs:
        _clump(s, dice, x, y - 0.1 * r, r * 1.06, r * stretch, material, TOWARD, 0.66)
    for x, y, r in blobs:
        for _ in range(2 if near else 1):
            a, b = dice.uniform(-0.45, 0.45) * r, dice.uniform(-0.3, 0.5) * r
            facing = dice.pick([LEFT if x + a < 0 else RIGHT, TOWARD])
            _clump(s, dice, x + a, y + b, r * 0.55, r * 0.46, material, facing, dice.pick([0.8, 0.9, 0.97]))
    for x, y, r in blobs:
        for _ in range(2 if near else 1):
            a, b = dice.uniform(-0.5, 0.5) * r, dice.uniform(0.2, 0.72) * r
            _clump(s, dice, x + a, y + b, r * 0.32, r * 0.24, material, UP, dice.pick([0.92, 1.02]))


def _trunk(s, height, width, lean=0.0):
    s.stroke((0, 0), (lean, height), width, "trunk", TOWARD, 0.8, tip=0.65)
    s.stroke((-width * 0.22, 0), (lean - width * 0.15, height), width * 0.45, "trunk", LEFT, 1.1, tip=0.65)


@lru_cache
def tree(kind, variant, near=True):
    """A tree of KINDS; `variant` of 0..VARIANTS−1 changes its branches; not `near` leaves out what one cannot see."""
    dice = Dice(41, KINDS.index(kind), variant)
    return {"conifer": _conifer, "bare": _bare}.get(kind, _leafy)(dice, kind, near).model()


def _leafy(dice, kind, near):
    s = Shape()
    height, spread, stem = {
        "round": (dice.uniform(6.5, 8.5), 2.5, 2.6),
        "oval": (dice.uniform(8, 10.5), 2.2, 2.8),
        "poplar": (dice.uniform(11, 14), 1.3, 1.4),
        "young": (dice.uniform(4, 5), 1.2, 2.0),
    }[kind]
    _trunk(s, stem + 1.2, 0.12 + height * 0.035, dice.uniform(-0.15, 0.15))
    for side in (-1, 1):
        s.stroke((0, stem), (side * spread * 0.5, stem + height * 0.2), 0.14, "trunk", shade=0.75)
    middle, half = (stem + height) / 2, (height - stem) / 2
    _clump(s, dice, 0, middle, spread * 0.7, half * 0.8, "leaf", TOWARD, 0.62)
    blobs, n = [], 10 if near else 6
    for i in range(n):
        c, k = CIRCLE[i * 7 % n * 48 // n]
        reach, r = dice.uniform(0.5, 0.72), dice.uniform(0.36, 0.5) * spread
        blobs.append((c * spread * reach, middle + k * half * reach, r))
    blobs.sort(key=lambda b: -b[1])
    _crown(s, dice, blobs, "leaf", near, min(half / spread, 1.6))
    return s


def _conifer(dice, kind, near):
    s = Shape()
    height, spread = dice.uniform(7, 10), dice.uniform(1.5, 2.1)
    _trunk(s, 1.5, 0.35)
    tiers = 5
    for i in range(tiers):
        y = 0.9 + (height - 0.9) * i / tiers
        top = (0.0, min(height, y + (height - 0.9) * 1.7 / tiers))
        w = spread * (1 - i / tiers) + 0.15
        rim = [(w * (j / 4 - 1), y + (0 if j % 2 else 0.3) + dice.uniform(-0.08, 0.08)) for j in range(9)]
        for j, facing, shade in ((2, TOWARD, 0.72), (4, TOWARD, 0.8), (0, LEFT, 0.95), (6, RIGHT, 0.95)):
            s.face([top, *rim[j : j + 3]], "conifer", facing, shade)
    return s


def _bare(dice, kind, near):
    """Branches that halve three times; what shows between them is whatever stands behind."""
    s = Shape()
    _branch(s, dice, (0.0, 0.0), (0.0, 1.0), dice.uniform(2.2, 2.8), 0.36, 4 if near else 3)
    return s


def _branch(s, dice, start, way, length, width, left):
    end = (start[0] + way[0] * length, start[1] + way[1] * length)
    s.stroke(start, end, width, "trunk", LEFT if way[0] < 0 else RIGHT, 0.9, tip=0.7)
    if not left:
        return
    for turn in (-1, 1) if length < 2.0 else (-1, 0, 1):
        a, b = dice.uniform(0.35, 0.6) * turn, dice.uniform(0.75, 0.95)
        bent = (way[0] * b + way[1] * a, way[1] * b - way[0] * a + 0.1)
        _branch(s, dice, end, bent, length * dice.uniform(0.62, 0.8), max(width * 0.62, 0.08), left - 1)


@lru_cache
def bush(variant, flowers=False):
    """A shrub about 1.2 m tall, in flower or not."""
    dice, s = Dice(42, variant), Shape()
    blobs = [(dice.uniform(-0.6, 0.6), dice.uniform(0.3, 0.75), dice.uniform(0.32, 0.5)) for _ in range(6)]
    _crown(s, dice, blobs, "hedge", near=False)
    if flowers:
        for _ in range(9):
            s.disc(dice.uniform(-0.7, 0.7), dice.uniform(0.3, 1.1), 0.09, 0.09, "flower", n=8)
    return s.model()


@lru_cache
def hedge(variant, height=1.3, length=8.0):
    """A clipped hedge along the street, its top a little ragged; its street side at x = 0, one metre thick."""
    dice, s, n = Dice(43, variant), Shape(), 8
    along = [length * i / n for i in range(n + 1)]
    top = [(0.0, height + dice.uniform(-0.08, 0.08), z) for z in along]
    s.ribbon(top[::-1], [(1.0, y, z) for _, y, z in reversed(top)], "hedge", UP, 1.05)
    s.ribbon([(0.0, 0.0, z) for z in reversed(along)], top[::-1], "hedge", LEFT, 0.85)
    s.side(0.0, 0, 0, length, 0.3, "hedge", 0.62)
    s.face([(0, 0, 0), (1, 0, 0), (1, height, 0), top[0]], "hedge", TOWARD, 0.85)
    return s.model()


@lru_cache
def woods(variant):
    """Round tree tops along the horizon, 300 m wide."""
    dice, s, x = Dice(44, variant), Shape(), -150.0
    y = dice.uniform(3, 7)
    while x < 150:
        r = dice.uniform(3.5, 6)
        s.disc(x, y + dice.uniform(-1, 1), r, r * 0.8, "woods", shade=dice.pick([0.8, 0.9, 1.0]), z=dice.uniform(0, 1))
        x += r
    return s.rect(-150, 0, 150, y, "woods", shade=0.75).model()
