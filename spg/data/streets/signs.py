"""Poles, street lamps, traffic lights and traffic signs: class `sign`."""

from functools import lru_cache

from spg.data.streets.shapes import CIRCLE, UP, Shape

SIGNS = ("warning", "yield", "stop", "limit", "no_entry", "arrow", "parking", "crossing", "priority", "street")
LIGHTS = ("post", "mast")


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
