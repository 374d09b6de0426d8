"""Who is on the way in a street: vehicles, cyclists and people.

Vehicles are seen from behind or in front, a little from the left; people from the front or from behind.
"""

from functools import lru_cache

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import CIRCLE, LEFT, RIGHT, TOWARD, UP, Shape

PEOPLE = 24  # different ones: standing, walking, with coats, skirts, bags; grown-ups and children

# Lengths in metres; cabin: (bottom rear, bottom front, top rear, top front) along the car, from its rear end.
VEHICLES = {
    "saloon": dict(length=4.4, width=1.8, belt=0.95, height=1.45, cabin=(0.65, 3.35, 1.25, 2.55)),
    "hatch": dict(length=3.8, width=1.75, belt=0.98, height=1.52, cabin=(0.05, 2.95, 0.55, 2.2)),
    "estate": dict(length=4.5, width=1.82, belt=0.98, height=1.52, cabin=(0.05, 3.4, 0.5, 2.65)),
    "jeep": dict(length=4.5, width=1.95, belt=1.12, height=1.78, cabin=(0.08, 3.3, 0.4, 2.7)),
    "van": dict(length=4.9, width=1.95, belt=1.2, height=2.15, cabin=(0.02, 4.3, 0.12, 3.5)),
}


def _wheels(s, x, at, radius):
    for z in at:
        tyre = [(x, radius + radius * b, z + radius * a) for a, b in CIRCLE[::4]]
        s.face(tyre, "tyre", LEFT)
        s.face([(x, radius + 0.58 * radius * b, z + 0.58 * radius * a) for a, b in CIRCLE[::6]], "hub", LEFT)


@lru_cache
def car(kind, end):
    """A car showing its "rear" or "front"; the other way round it just stands."""
    k = VEHICLES[kind]
    w, length, belt, height = k["width"] / 2, k["length"], k["belt"], k["height"]
    b0, b1, t0, t1 = k["cabin"]
    if end == "front":
        b0, b1, t0, t1 = length - b1, length - b0, length - t1, length - t0
    s, low, inner = Shape(), 0.24, w - 0.2
    s.rect(-w + 0.02, 0.03, -w + 0.24, 0.4, "tyre", z=length - 0.8).rect(w - 0.24, 0.03, w - 0.02, 0.4, "tyre", z=0.3)
    s.rect(-w + 0.02, 0.03, -w + 0.24, 0.4, "tyre", z=0.3)
    s.rect(-w + 0.1, low - 0.1, w - 0.1, low + 0.2, "under", z=0.1)
    s.top(-w, w, 0, length - 0.25, belt - 0.01, "body", 1.1)
    s.face(
        [(-w, belt, length - 0.3), (w, belt, length - 0.3), (w, belt - 0.12, length), (-w, belt - 0.12, length)],
        "body",
        UP,
    )
    _cabin(s, w - 0.02, inner, belt, height, (b0, b1, t0, t1))
    _flank(s, w, low, belt, length, 0.31 if kind != "jeep" else 0.37)
    _end(s, w, low, belt, end)
    return s.model()


def _cabin(s, w, inner, belt, height, spans):
    b0, b1, t0, t1 = spans
    s.face([(-w, belt, b0), (-w, belt, b1), (-inner, height, t1), (-inner, height, t0)], "body", LEFT)
    middle = (b0 + b1) / 2
    for a, b, c, d in (
        (b0 + 0.22, middle - 0.06, middle - 0.06, t0 + 0.12),
        (middle + 0.06, b1 - 0.3, t1 - 0.1, middle + 0.06),
    ):
        y, top = belt + 0.06, height - 0.09
        s.face([(-w, y, a), (-w, y, b), (-inner, top, c), (-inner, top, d)], "glass", LEFT)
    s.face([(-inner, height, t0), (inner, height, t0), (inner, height, t1), (-inner, height, t1)], "body", UP, 1.12)
    s.face([(-w, belt, b0), (w, belt, b0), (inner, height, t0), (-inner, height, t0)], "body", TOWARD, 0.95)
    h, g = height - 0.1, 0.1
    y = belt + 0.05
    s.face([(-w + g, y, b0), (w - g, y, b0), (inner - g, h, t0), (g - inner, h, t0)], "glass", TOWARD)
    third = (belt + 2 * height) / 3
    s.face([(g - inner, h, t0), (inner - g, h, t0), (inner - 2 * g, third, t0)], "glass", TOWARD, 1.7)


def _flank(s, w, low, belt, length, radius):
    s.face(
        [(-w, low, 0), (-w, low, length), (-w, belt - 0.12, length), (-w, belt, length - 0.3), (-w, belt, 0)],
        "body",
        LEFT,
        0.97,
    )
    s.side(-w, 0, low, length, low + 0.2, "body", 0.7)
    s.side(-w, 0.1, belt - 0.34, length - 0.1, belt - 0.3, "body", 0.75)
    _wheels(s, -w - 0.01, (0.78, length - 0.85), radius)


def _end(s, w, low, belt, end):
    s.face(
        [(-w, low, 0), (w, low, 0), (w, belt - 0.06, 0), (w - 0.1, belt, 0), (-w + 0.1, belt, 0), (-w, belt - 0.06, 0)],
        "body",
    )
    s.rect(-w, low, w, low + 0.2, "body", shade=0.68)
    if end == "rear":
        for x in (-w + 0.03, w - 0.37):
            s.rect(x, belt - 0.3, x + 0.34, belt - 0.1, "tail")
        s.rect(-0.26, belt - 0.36, 0.26, belt - 0.22, "plate")
        s.rect(-w + 0.4, belt - 0.16, w - 0.4, belt - 0.13, "body", shade=0.7)
    else:
        s.rect(-w + 0.42, belt - 0.42, w - 0.42, belt - 0.18, "under")
        for x in (-w + 0.2, w - 0.2):
            s.disc(x, belt - 0.26, 0.17, 0.13, "head")
        s.rect(-0.26, low + 0.06, 0.26, low + 0.18, "plate")


@lru_cache
def crossing_car(kind):
    """A car seen from its side, driving across the view."""
    k = VEHICLES[kind]
    length, belt, height, deep = k["length"], k["belt"], k["height"], k["width"]
    b0, b1, t0, t1 = k["cabin"]
    h = length / 2
    s = Shape()
    s.top(-h + 0.1, h - 0.1, 0, deep, belt, "body", 1.1)
    s.top(t0 - h, t1 - h, 0.15, deep - 0.15, height, "body", 1.12)
    s.face([(b0 - h, belt), (b1 - h, belt), (t1 - h, height), (t0 - h, height)], "body", z=0.1)
    m = (b0 + b1) / 2 - h
    y, top = belt + 0.04, height - 0.09
    s.face([(b0 - h + 0.2, y), (m - 0.06, y), (m - 0.06, top), (t0 - h + 0.1, top)], "glass", z=0.1)
    s.face([(m + 0.06, y), (b1 - h - 0.2, y), (t1 - h - 0.08, top), (m + 0.06, top)], "glass", z=0.1)
    s.side(-h, 0, 0.25, deep, belt - 0.1, "body", 0.9)
    s.face([(-h, 0.26), (h, 0.26), (h, belt - 0.25), (h - 0.35, belt), (-h + 0.12, belt), (-h, belt - 0.2)], "body")
    s.rect(-h, 0.24, h, 0.42, "body", shade=0.7)
    s.rect(m - 0.02, 0.45, m + 0.02, belt, "body", shade=0.7)
    s.rect(-h, belt - 0.32, -h + 0.2, belt - 0.16, "tail").rect(h - 0.25, belt - 0.4, h - 0.02, belt - 0.26, "head")
    for x in (-h + 0.78, h - 0.85):
        s.disc(x, 0.33, 0.34, 0.34, "tyre").disc(x, 0.33, 0.19, 0.19, "hub")
    return s.model()


@lru_cache
def bus(end):
    """A town bus showing its "rear" or "front"."""
    s, w, length, height = Shape(), 1.25, 10.5, 3.1
    s.rect(w - 0.35, 0.03, w - 0.05, 0.6, "tyre", z=0.5).rect(-w + 0.05, 0.03, -w + 0.35, 0.6, "tyre", z=0.5)
    s.side(-w, 0, 0.35, length, height, "coach")
    s.side(-w, 0, 0.35, length, 0.75, "coach", 0.7)
    for i in range(6):
        s.side(-w, 0.3 + 1.7 * i, 1.45, 0.3 + 1.7 * i + 1.5, 2.6, "glass")
    _wheels(s, -w - 0.01, (1.9, length - 2.3), 0.5)
    s.rect(-w, 0.35, w, height, "coach").rect(-w, 0.35, w, 0.7, "coach", shade=0.65)
    s.rect(-w + 0.12, 1.35, w - 0.12, 2.55, "glass").face([(-0.9, 2.5), (0.5, 2.5), (0.9, 1.9)], "glass", shade=1.6)
    s.rect(-w + 0.25, 2.65, w - 0.25, 2.98, "under").rect(-0.6, 2.72, 0.5, 2.9, "head")
    lamp = "head" if end == "front" else "tail"
    for x in (-w + 0.12, w - 0.5):
        s.rect(x, 0.8, x + 0.38, 1.02, lamp)
    s.rect(-0.3, 0.45, 0.3, 0.6, "plate")
    return s.model()


@lru_cache
def lorry(end):
    """A lorry with a box body showing its "rear" or "front"."""
    s, w, height = Shape(), 1.2, 3.2
    s.rect(w - 0.35, 0.03, w - 0.05, 0.6, "tyre", z=0.4).rect(-w + 0.05, 0.03, -w + 0.35, 0.6, "tyre", z=0.4)
    if end == "rear":
        s.box(-w + 0.1, w - 0.1, 0.5, 2.4, 5.3, 7.0, "coach")
        s.box(-w, w, 0.75, height, 0, 5.2, "body")
        s.rect(-w + 0.06, 0.85, -0.03, height - 0.1, "body", shade=0.9).rect(
            0.03, 0.85, w - 0.06, height - 0.1, "body", shade=0.9
        )
        for x in (-w + 0.05, w - 0.35):
            s.rect(x, 0.5, x + 0.3, 0.7, "tail")
    else:
        s.box(-w, w, 0.75, height, 1.9, 7.0, "body")
        s.box(-w + 0.1, w - 0.1, 0.45, 2.5, 0, 1.7, "coach")
        s.rect(-w + 0.22, 1.45, w - 0.22, 2.3, "glass").rect(-w + 0.4, 0.6, w - 0.4, 0.95, "under")
        for x in (-w + 0.2, w - 0.5):
            s.rect(x, 0.65, x + 0.3, 0.88, "head")
    s.side(-w, 0.0, 0.45, 7.0, 0.75, "under")
    _wheels(s, -w - 0.01, (1.0, 5.9), 0.48)
    return s.model()


def _cycle(s, x=0.0, z=0.0):
    for at in (-0.52, 0.52):
        s.ring(x + at, 0.34, 0.36, 0.27, "tyre", z=z)
    saddle, crank, steer = (x - 0.2, 0.88), (x - 0.08, 0.34), (x + 0.38, 0.92)
    for p, q in (
        ((x - 0.52, 0.34), crank),
        (crank, saddle),
        (crank, steer),
        (saddle, (x + 0.34, 0.8)),
        (steer, (x + 0.52, 0.34)),
        ((x - 0.52, 0.34), (x - 0.17, 0.78)),
    ):
        s.stroke(p, q, 0.06, "frame", z=z)
    s.rect(saddle[0] - 0.14, 0.88, saddle[0] + 0.12, 0.95, "tyre", z=z)
    s.stroke(steer, (x + 0.3, 1.06), 0.06, "tyre", z=z)
    return s


@lru_cache
def bicycle():
    """A bicycle seen from its side, as parked against a wall or rail."""
    return _cycle(Shape()).model()


@lru_cache
def cyclist():
    """A rider crossing the view: the bicycle is a vehicle, the rider a person."""
    s = Shape()
    s.stroke((-0.2, 0.95), (0.12, 0.62), 0.15, "bottom", shade=0.8).stroke(
        (0.12, 0.62), (-0.05, 0.25), 0.12, "bottom", shade=0.8
    )
    _cycle(s)
    s.stroke((-0.2, 0.98), (0.2, 0.72), 0.17, "bottom").stroke((0.2, 0.72), (-0.02, 0.2), 0.13, "bottom")
    s.rect(-0.1, 0.12, 0.14, 0.22, "shoe")
    s.face([(-0.34, 0.92), (-0.06, 0.9), (0.26, 1.42), (0.16, 1.54), (-0.06, 1.46)], "top")
    s.stroke((0.14, 1.42), (0.34, 1.08), 0.11, "top", shade=0.85)
    s.disc(0.26, 1.66, 0.12, 0.15, "skin").face(
        [(0.12, 1.62), (0.14, 1.82), (0.28, 1.86), (0.4, 1.76), (0.24, 1.74)], "bag"
    )
    return s.model()


@lru_cache
def rider():
    """A cyclist seen from behind, riding along the street."""
    s = Shape()
    s.rect(-0.05, 0.0, 0.05, 0.7, "tyre").rect(-0.1, 0.62, 0.1, 0.72, "tail")
    for x, y in ((-0.14, 0.25), (0.14, 0.42)):
        s.stroke((x * 0.8, 0.98), (x, y), 0.15, "bottom", tip=0.8).rect(x - 0.08, y - 0.12, x + 0.08, y, "shoe")
    s.stroke((-0.34, 1.05), (0.34, 1.05), 0.06, "frame")
    for side in (-1, 1):
        s.stroke((0.2 * side, 1.42), (0.34 * side, 1.08), 0.11, "top", LEFT if side < 0 else UP, 0.9)
    s.face([(-0.18, 0.9), (0.18, 0.9), (0.25, 1.42), (0.12, 1.52), (-0.12, 1.52), (-0.25, 1.42)], "top")
    s.disc(0, 1.66, 0.12, 0.15, "hair").face([(-0.14, 1.66), (-0.1, 1.8), (0.1, 1.8), (0.14, 1.66)], "bag")
    return s.model()


# ---------------------------------------------------------------- people


@lru_cache
def person(kind):
    """Model number `kind` of 0..PEOPLE−1, about 1.75 m tall (children 1.2 m)."""
    dice = Dice(31, kind)
    s = Shape()
    child, dressed, behind = kind % 8 == 7, dice.chance(0.3), dice.chance(0.5)
    stride = dice.pick([0.0, 0.16, 0.26, -0.2, 0.3])
    if behind and dice.chance(0.4):
        _bag_at_side(s)
    _legs(s, stride, bare=dressed)
    if dressed or dice.chance(0.3):
        _skirt(s, 0.5 if dressed else 0.72, "top" if dice.chance(0.6) else "bottom")
    _arms(s, stride, -1)
    _torso(s)
    _arms(s, stride, 1)
    _head(s, behind, long_hair=dressed or dice.chance(0.25), hat=dice.chance(0.15))
    if behind and dice.chance(0.45):
        s.face([(-0.17, 0.98), (0.17, 0.98), (0.18, 1.4), (-0.18, 1.4)], "bag").rect(
            -0.14, 1.0, 0.14, 1.18, "bag", shade=0.75
        )
    elif dice.chance(0.3):
        s.stroke((-0.18, 1.42), (0.2, 0.95), 0.05, "bag").rect(0.16, 0.72, 0.38, 0.98, "bag", RIGHT)
    if child:
        s.points = [(x * 0.78, y * 0.68, z) for x, y, z in s.points]
    return s.model()


def _legs(s, stride, bare):
    """Two legs from the hip; a stride moves the feet apart and lifts one."""
    lower = "skin" if bare else "bottom"
    for side in (-1, 1):
        hip = (0.09 * side, 0.92)
        foot = (0.1 * side + stride * side * 0.55, 0.06 + (abs(stride) * 0.35 if side * stride > 0 else 0))
        knee = ((hip[0] + foot[0]) / 2 + 0.02 * side, 0.5)
        facing = LEFT if side < 0 else RIGHT
        s.stroke(knee, foot, 0.14, lower, facing, 0.9, tip=0.75).stroke(hip, knee, 0.18, "bottom", facing, tip=0.8)
        s.rect(foot[0] - 0.08, foot[1] - 0.06, foot[0] + 0.08, foot[1] + 0.04, "shoe")


def _skirt(s, hem, material):
    s.face([(-0.16, 1.0), (0, 1.0), (0, hem), (-0.25, hem)], material, LEFT)
    s.face([(0, 1.0), (0.16, 1.0), (0.25, hem), (0, hem)], material, RIGHT)


def _torso(s):
    s.rect(-0.05, 1.42, 0.05, 1.54, "skin", shade=0.85)
    s.face([(-0.17, 0.9), (0.02, 0.9), (0.02, 1.48), (-0.1, 1.48), (-0.23, 1.42), (-0.19, 1.15)], "top", LEFT)
    s.face([(0, 0.9), (0.17, 0.9), (0.19, 1.15), (0.23, 1.42), (0.1, 1.48), (0, 1.48)], "top", RIGHT)


def _arms(s, stride, side):
    hand = ((0.3 - 0.25 * abs(stride)) * side + stride * 0.4, 0.86 + abs(stride) * 0.25)
    elbow = (0.29 * side, 1.14)
    facing = LEFT if side < 0 else RIGHT
    s.stroke((0.22 * side, 1.4), elbow, 0.12, "top", facing, 0.85)
    s.stroke(elbow, hand, 0.1, "top", facing, 0.85, tip=0.8).disc(*hand, 0.05, 0.06, "skin", n=8)


def _head(s, behind, long_hair, hat):
    if long_hair:
        s.face([(-0.15, 1.4), (0.15, 1.4), (0.14, 1.7), (-0.14, 1.7)], "hair", shade=0.9)
    s.disc(0, 1.63, 0.115, 0.15, "skin")
    if behind:
        s.disc(0, 1.66, 0.125, 0.14, "hair")
        if long_hair:
            s.face([(-0.14, 1.42), (0.14, 1.42), (0.12, 1.7), (-0.12, 1.7)], "hair")
    else:
        s.face([(-0.125, 1.7), (0.125, 1.7), (0.12, 1.76), (0, 1.81), (-0.12, 1.76)], "hair")
        s.rect(-0.13, 1.62, -0.09, 1.72, "hair").rect(0.09, 1.62, 0.13, 1.72, "hair")
    if hat:
        s.rect(-0.17, 1.7, 0.17, 1.74, "bag").face([(-0.12, 1.74), (0.12, 1.74), (0.1, 1.85), (-0.1, 1.85)], "bag")


def _bag_at_side(s):
    s.rect(-0.42, 0.5, -0.2, 0.82, "bag", TOWARD, 0.95).ring(-0.31, 0.84, 0.09, 0.06, "bag")
