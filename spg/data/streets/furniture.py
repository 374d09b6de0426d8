"""What stands at the kerb: poles, street lamps, traffic lights and signs (class `sign`); all else (class `other`)."""

from functools import lru_cache

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import CIRCLE, LEFT, RIGHT, TOWARD, UP, Shape

SIGNS = ("warning", "yield", "stop", "limit", "no_entry", "arrow", "parking", "crossing", "priority", "street")


def _pole(s, height, width=0.11, x=0.0):
    s.rect(x - width / 2, 0, x + width / 2, height, "pole")
    s.rect(x - width / 2, 0, x - width / 6, height, "pole", shade=1.25)


@lru_cache
def lamp(kind):
    """A street lamp leaning over the road: "arm" (8 m), "double" (two heads) or "old" (4.5 m, a lantern)."""
    s = Shape()
    if kind == "old":
        _pole(s, 3.9, 0.13)
        s.rect(-0.17, 0, 0.17, 0.5, "pole", shade=0.85)
        s.face([(-0.15, 3.9), (0.15, 3.9), (0.26, 4.5), (-0.26, 4.5)], "lamp")
        s.face([(-0.32, 4.5), (0.32, 4.5), (0, 4.85)], "pole").rect(-0.02, 3.9, 0.02, 4.5, "pole")
        return s.model()
    _pole(s, 7.6, 0.16)
    for side in (-1, 1) if kind == "double" else (-1,):
        s.stroke((0, 7.5), (side * 1.5, 7.95), 0.1, "pole")
        s.face([(side * 1.2, 7.82), (side * 2.2, 7.95), (side * 2.2, 8.1), (side * 1.2, 8.0)], "pole", UP)
        s.face([(side * 1.35, 7.78), (side * 2.15, 7.88), (side * 2.15, 7.96), (side * 1.35, 7.86)], "lamp")
    return s.model()


def _signal(s, x, y):
    """The box with its three lights, lowest edge at y."""
    s.rect(x - 0.24, y, x + 0.24, y + 1.25, "housing").rect(x - 0.24, y, x - 0.19, y + 1.25, "housing", shade=1.5)
    for i, colour in enumerate(("green", "amber", "red")):
        s.disc(x, y + 0.22 + 0.4 * i, 0.155, 0.155, f"{colour}_light")


@lru_cache
def traffic_light(kind):
    """A traffic light on a "post" at the kerb, or also on a "mast" reaching over the road."""
    s = Shape()
    if kind == "mast":
        _pole(s, 5.7, 0.18)
        s.stroke((0, 5.6), (-4.2, 5.8), 0.15, "pole", tip=0.7)
        _signal(s, -3.9, 4.75)
        _signal(s, -0.02, 2.4)
    else:
        _pole(s, 2.6, 0.13)
        _signal(s, 0, 2.3)
    return s.model()


def _plate(s, y, r, corners, turn, *colours):
    """A regular plate with n corners; each further colour is drawn smaller inside."""
    for i, colour in enumerate(colours):
        size = r * (1 - 0.26 * i)
        s.face(
            [(size * c, y + size * k) for c, k in (CIRCLE[(turn + j * 48 // corners) % 48] for j in range(corners))],
            colour,
        )


@lru_cache
def sign(kind):
    """A traffic sign on its pole, one of SIGNS."""
    s, y, r = Shape(), 2.35, 0.42
    _pole(s, 2.6)
    if kind == "warning":
        _plate(s, y, r * 1.2, 3, 12, "sign_red")
        _plate(s, y, r * 0.8, 3, 12, "sign_white")
        s.rect(-0.045, y - 0.08, 0.045, y + 0.16, "sign_black").rect(-0.045, y - 0.17, 0.045, y - 0.11, "sign_black")
    elif kind == "yield":
        _plate(s, y, r * 1.2, 3, 36, "sign_red")
        _plate(s, y, r * 0.75, 3, 36, "sign_white")
    elif kind == "stop":
        _plate(s, y, r * 1.06, 8, 3, "sign_white")
        _plate(s, y, r * 0.96, 8, 3, "sign_red")
        for i in range(4):
            s.rect(-0.27 + 0.145 * i, y - 0.1, -0.17 + 0.145 * i, y + 0.1, "sign_white")
    elif kind in ("limit", "no_entry", "arrow"):
        _round(s, kind, y, r)
    elif kind == "parking":
        _square(s, y, r, "sign_blue")
        s.rect(-0.16, y - 0.25, -0.06, y + 0.25, "sign_white").ring(0.0, y + 0.12, 0.17, 0.07, "sign_white")
    elif kind == "crossing":
        _square(s, y, r, "sign_blue")
        s.face([(-0.3, y - 0.25), (0.3, y - 0.25), (0, y + 0.3)], "sign_white")
        s.disc(0, y + 0.08, 0.05, 0.05, "sign_black", n=8).stroke((0, y + 0.04), (-0.1, y - 0.2), 0.06, "sign_black")
        s.stroke((0, y + 0.04), (0.1, y - 0.2), 0.06, "sign_black")
    elif kind == "priority":
        _plate(s, y, r * 1.15, 4, 0, "sign_white", "sign_yellow")
    else:
        s.rect(-0.8, 2.45, 0.8, 2.75, "sign_blue").rect(-0.68, 2.55, 0.6, 2.65, "sign_white")
    return s.model()


def _square(s, y, r, colour):
    s.rect(-r, y - r, r, y + r, "sign_white").rect(-r + 0.03, y - r + 0.03, r - 0.03, y + r - 0.03, colour)


def _round(s, kind, y, r):
    s.disc(0, y, r, r, "sign_red" if kind != "arrow" else "sign_white", n=16)
    if kind == "limit":
        s.disc(0, y, r * 0.72, r * 0.72, "sign_white", n=16)
        s.ring(0.13, y, 0.13, 0.07, "sign_black").rect(-0.22, y - 0.13, -0.14, y + 0.13, "sign_black")
    elif kind == "no_entry":
        s.rect(-0.28, y - 0.07, 0.28, y + 0.07, "sign_white")
    else:
        s.disc(0, y, r * 0.93, r * 0.93, "sign_blue", n=16)
        s.rect(-0.05, y - 0.24, 0.05, y + 0.1, "sign_white")
        s.face([(-0.17, y + 0.06), (0.17, y + 0.06), (0, y + 0.28)], "sign_white")


@lru_cache
def board():
    """A direction board on two poles."""
    s = Shape()
    _pole(s, 2.4, 0.1, -0.7)
    _pole(s, 2.4, 0.1, 0.7)
    s.rect(-1.2, 1.9, 1.2, 3.3, "sign_white").rect(-1.15, 1.95, 1.15, 3.25, "board")
    s.rect(-0.95, 2.85, 0.5, 3.02, "sign_white").rect(-0.95, 2.3, 0.3, 2.47, "sign_white")
    s.face([(0.65, 2.7), (0.95, 2.94), (0.65, 3.15)], "sign_white").face(
        [(0.65, 2.1), (0.95, 2.36), (0.65, 2.6)], "sign_white"
    )
    return s.model()


# ---------------------------------------------------------------- none of the seven named things


def _bin(s):
    s.face([(-0.28, 0), (0.28, 0), (0.33, 0.85), (-0.33, 0.85)], "bin")
    s.face([(-0.28, 0), (-0.06, 0), (-0.06, 0.85), (-0.33, 0.85)], "bin", LEFT, 1.1)
    for i in range(4):
        s.rect(-0.22 + 0.13 * i, 0.1, -0.17 + 0.13 * i, 0.7, "bin", shade=0.7)
    s.rect(-0.36, 0.82, 0.36, 0.95, "bin", UP, 1.2).rect(-0.2, 0.95, 0.2, 1.05, "bin", shade=0.8)


def _wheelie(s):
    for x in (0.35, -0.35):
        s.side(x - 0.28, 0, 0.1, 0.6, 1.0, "wheelie", 0.9)
        s.face([(x - 0.25, 0.08), (x + 0.25, 0.08), (x + 0.3, 1.0), (x - 0.3, 1.0)], "wheelie")
        s.rect(x - 0.32, 1.0, x + 0.32, 1.1, "wheelie", UP, 1.3).rect(
            x - 0.2, 0.35, x + 0.2, 0.65, "wheelie", shade=0.8
        )
        s.rect(x - 0.28, 0, x - 0.16, 0.14, "iron").rect(x + 0.16, 0, x + 0.28, 0.14, "iron")


def _bench(s):
    for x in (-0.75, 0.7):
        s.rect(x, 0, x + 0.08, 0.85, "iron", z=0.35).rect(x, 0, x + 0.08, 0.45, "iron", z=0.0)
    for y in (0.55, 0.7, 0.85):
        s.rect(-0.9, y, 0.9, y + 0.11, "slat", z=0.38)
    s.top(-0.9, 0.9, 0, 0.4, 0.46, "slat", 1.1)
    s.rect(-0.9, 0.38, 0.9, 0.47, "slat", shade=0.8)


def _postbox(s):
    s.box(-0.3, 0.3, 0, 1.3, 0, 0.5, "post")
    s.disc(0, 1.3, 0.3, 0.14, "post", UP, 1.1)
    s.rect(-0.2, 1.05, 0.2, 1.12, "iron").rect(-0.18, 0.6, 0.18, 0.9, "stripe").rect(-0.3, 0, 0.3, 0.14, "iron")


def _crates(s):
    for x, y, w in ((0.38, 0, 0.7), (-0.38, 0, 0.7), (0.05, 0.6, 0.7)):
        s.box(x - w / 2, x + w / 2, y, y + 0.58, 0, 0.6, "crate")
        for edge in (y, y + 0.26, y + 0.5):
            s.rect(x - w / 2, edge, x + w / 2, edge + 0.08, "crate", shade=1.25)
        s.rect(x - w / 2, y, x - w / 2 + 0.08, y + 0.58, "crate", shade=1.25)


def _cones(s):
    for x, z in ((0.55, 0.9), (-0.5, 0.45), (0.1, 0)):
        s.rect(x - 0.27, 0, x + 0.27, 0.07, "cone", shade=0.8, z=z)
        s.face([(x - 0.19, 0.07), (x + 0.19, 0.07), (x + 0.04, 0.8), (x - 0.04, 0.8)], "cone", z=z)
        s.face([(x - 0.14, 0.28), (x + 0.14, 0.28), (x + 0.105, 0.44), (x - 0.105, 0.44)], "stripe", z=z)
        s.face([(x - 0.083, 0.55), (x + 0.083, 0.55), (x + 0.06, 0.66), (x - 0.06, 0.66)], "stripe", z=z)


def _barrier(s):
    for x in (-0.9, 0.82):
        s.rect(x, 0, x + 0.08, 1.05, "iron")
    for y in (0.35, 0.75):
        s.rect(-1.0, y, 1.0, y + 0.28, "stripe")
        for i in range(5):
            x = -1.0 + 0.4 * i
            s.face([(x, y), (x + 0.2, y), (x + 0.36, y + 0.28), (x + 0.16, y + 0.28)], "barrier")


def _planter(s):
    dice = Dice(51)
    for i in range(7):
        x = -0.6 + 0.2 * i
        s.disc(x, 0.62 + dice.uniform(0, 0.2), 0.22, 0.24, "hedge", (LEFT, RIGHT)[i % 2], 0.9)
    for _ in range(10):
        s.disc(dice.uniform(-0.65, 0.65), dice.uniform(0.62, 0.98), 0.07, 0.07, "flower", n=8)
    s.side(-0.75, 0, 0, 0.7, 0.58, "box", 0.9)
    s.face([(-0.7, 0), (0.7, 0), (0.75, 0.58), (-0.75, 0.58)], "box")
    s.rect(-0.8, 0.5, 0.8, 0.6, "box", UP, 1.2)


def _cabinet(s):
    s.box(-0.55, 0.55, 0, 1.35, 0, 0.4, "cabinet")
    s.rect(-0.6, 1.32, 0.6, 1.42, "cabinet", UP, 1.15).rect(-0.02, 0.1, 0.02, 1.3, "cabinet", shade=0.6)
    s.rect(-0.42, 0.9, -0.12, 1.1, "cabinet", shade=0.75).rect(0.1, 0.5, 0.46, 0.95, "advert")


def _column(s):
    """An advertising column."""
    s.rect(-0.62, 0, 0.62, 0.35, "cabinet", shade=0.7)
    s.rect(-0.58, 0.35, 0.58, 2.5, "advert")
    posters = [
        (-0.5, 0.5, 0.62, "post"),
        (-0.5, 1.4, 0.42, "wheelie"),
        (0.0, 1.35, 0.5, "barrier"),
        (0.16, 0.5, 0.36, "stripe"),
    ]
    for x, y, wide, colour in posters:
        s.rect(x, y, x + wide, y + 0.8, colour).rect(x + 0.06, y + 0.1, x + wide - 0.06, y + 0.3, "stripe")
        s.disc(x + wide / 2, y + 0.55, 0.13, 0.13, "advert", n=8)
    s.rect(0.36, 0.35, 0.58, 2.5, "advert", RIGHT, 0.8)
    s.rect(-0.72, 2.5, 0.72, 2.65, "cabinet", UP, 1.1)
    s.face([(-0.6, 2.65), (0.6, 2.65), (0.25, 2.95), (-0.25, 2.95)], "cabinet", TOWARD, 0.8)


def _hydrant(s):
    s.rect(-0.12, 0, 0.12, 0.62, "post").rect(-0.24, 0.4, 0.24, 0.52, "post", shade=0.85)
    s.disc(0, 0.66, 0.14, 0.12, "post", UP, 1.15).rect(-0.17, 0, 0.17, 0.08, "post", shade=0.7)


def _bags(s):
    """Rubbish bags waiting for the morning."""
    for x, r in ((0.3, 0.34), (-0.32, 0.38), (0.0, 0.3)):
        s.disc(x, r * 0.85, r, r * 0.9, "iron", shade=0.85).disc(
            x - r * 0.3, r * 1.2, r * 0.4, r * 0.3, "iron", UP, 1.3
        )
        s.face([(x - 0.06, r * 1.6), (x + 0.06, r * 1.6), (x + 0.1, r * 1.95), (x - 0.1, r * 1.95)], "iron", shade=1.2)


def _cafe(s):
    """A parasol with a table and chairs."""
    s.rect(-0.03, 0, 0.03, 2.3, "iron")
    for x in (-0.75, 0.75):
        s.rect(x - 0.22, 0.42, x + 0.22, 0.5, "slat").rect(x - 0.2, 0, x - 0.15, 0.42, "iron").rect(
            x + 0.15, 0, x + 0.2, 0.42, "iron"
        )
        back = x + (0.2 if x > 0 else -0.25)
        s.rect(back, 0.5, back + 0.05, 0.95, "slat")
    s.rect(-0.45, 0.7, 0.45, 0.77, "slat", UP, 1.1)
    for i in range(6):
        a, b = -1.3 + 2.6 * i / 6, -1.3 + 2.6 * (i + 1) / 6
        s.face(
            [(a, 2.1), (b, 2.1), (b * 0.1, 2.7), (a * 0.1, 2.7)], ("post", "stripe")[i % 2], LEFT if i < 3 else RIGHT
        )


_BUILDERS = {
    "bin": _bin, "wheelie": _wheelie, "bench": _bench, "postbox": _postbox, "crates": _crates, "cones": _cones,
    "barrier": _barrier, "planter": _planter, "cabinet": _cabinet, "column": _column, "hydrant": _hydrant,
    "bags": _bags, "cafe": _cafe,
}  # fmt: skip
KINDS = tuple(_BUILDERS)


@lru_cache
def furniture(kind):
    """A piece of street furniture, one of KINDS, standing at its place."""
    shape = Shape()
    _BUILDERS[kind](shape)
    return shape.model()
