"""Street furniture that is none of the seven named things: class `other`."""

from functools import lru_cache

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import LEFT, RIGHT, TOWARD, UP, Shape


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
