"""The ground as a plan: at each depth one cross-section of road, kerbs and pavements."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import CIRCLE, UP, Shape

STEP, REACH = 0.05, 60.0  # metres: resolution and half width of a cross-section
SLOTS = ("asphalt", "paint", "kerb", "gutter", "paving", "grass", "asphalt", "paving")
SHADES = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.9)
ASPHALT, PAINT, KERB, GUTTER, PAVING, GRASS, CYCLE, YARD = range(8)


@dataclass(frozen=True)
class Road:
    """Metres. half: half the carriageway. left, right: pavement widths. verge: what lies beyond the pavements.

    crossing: (z0, z1) of a side street or None. zebra: (z0, z1) or None. middle: "dashed", "solid", "double", "none".
    """

    half: float
    left: float
    right: float
    beyond: tuple  # (left, right): GRASS or YARD
    strip: tuple  # (left, right): width of a grass strip between kerb and pavement
    crossing: tuple | None
    zebra: tuple | None
    middle: str
    edges: bool


class Plan:
    """sections: uint16 n×columns of slot numbers; `section(z)` says which row holds at depth z."""

    slots = tuple((m, UP, s) for m, s in zip(SLOTS, SHADES, strict=True))

    def __init__(self, road):
        self.road = road
        self.x = np.arange(-REACH, REACH, STEP) + STEP / 2
        plain = self._plain()
        dashed = self._middle(plain.copy())
        solid = self._middle(plain.copy(), solid=True)
        self.sections = np.stack([plain, dashed, self._side_street(), self._zebra(plain), self._stop(solid), solid])

    def column(self, x):
        return np.clip(((x + REACH) * (1 / STEP)).astype(np.int32), 0, len(self.x) - 1)

    def section(self, z):
        """float [n] depths -> int [n] rows of `sections`."""
        road = self.road
        always = road.middle in ("solid", "double")
        chosen = np.where(always | (z % 6.0 < 2.8), 1, 0) if road.middle != "none" else np.zeros(len(z), int)
        if road.zebra:
            near, far = road.zebra
            chosen[(z >= near - 9.0) & (z < far + 9.0)] = 5 if road.middle != "none" else 0
            chosen[(z >= near - 1.6) & (z < far + 1.6)] = 0
            chosen[(z >= near - 2.0) & (z < near - 1.6)] = 4
            chosen[(z >= near) & (z < far)] = 3
        if road.crossing:
            chosen[(z >= road.crossing[0]) & (z < road.crossing[1])] = 2
        return chosen

    def _plain(self):
        road, x = self.road, self.x
        a = np.abs(x)
        out = np.full(len(x), ASPHALT, np.uint16)
        for side, width, beyond, strip in ((x < 0, road.left, *self._of(0)), (x >= 0, road.right, *self._of(1))):
            out[side & (a > road.half - 0.35)] = GUTTER
            out[side & (a > road.half)] = KERB
            out[side & (a > road.half + 0.25)] = GRASS if strip else PAVING
            out[side & (a > road.half + 0.25 + strip)] = PAVING
            out[side & (a > road.half + width)] = beyond
        if road.edges:
            out[(a > road.half - 0.65) & (a < road.half - 0.5)] = PAINT
        return out

    def _of(self, side):
        return self.road.beyond[side], self.road.strip[side]

    def _middle(self, out, solid=False):
        a = np.abs(self.x)
        if self.road.middle == "double":
            out[(a > 0.08) & (a < 0.23)] = PAINT
        else:
            out[a < (0.09 if solid else 0.1)] = PAINT
        return out

    def _side_street(self):
        return np.full(len(self.x), ASPHALT, np.uint16)

    def _zebra(self, plain):
        out, a = plain.copy(), np.abs(self.x)
        bars = (self.x + self.road.half) % 1.1 < 0.6
        out[(a < self.road.half - 0.35) & bars] = PAINT
        return out

    def _stop(self, solid):
        out = solid.copy()
        out[(self.x > 0.1) & (self.x < self.road.half - 0.5)] = PAINT
        return out


MARKS = {"manhole": 4, "patch": 3, "crack": 1, "arrow": 2}  # and how often


@lru_cache
def mark(kind, variant):
    """Something lying flat on the road, at most 3 m long."""
    dice, s = Dice(61, list(MARKS).index(kind), variant), Shape()
    if kind == "manhole":
        for r, shade in ((0.4, 0.8), (0.34, 1.15)):
            s.face([(r * c, 0.0, 0.4 + r * k) for c, k in CIRCLE[::3]], "manhole", UP, shade)
    elif kind == "patch":
        w, d = dice.uniform(0.5, 1.2), dice.uniform(1.0, 2.6)
        corners = [(-w, 0), (w, 0), (w, d), (-w, d)]
        s.face([(x + dice.uniform(-0.1, 0.1), 0.0, z + dice.uniform(0, 0.2)) for x, z in corners], "patch", UP)
    elif kind == "arrow":
        shaft = [(-0.09, 0.0, 0.0), (0.09, 0.0, 0.0), (0.09, 0.0, 2.2), (-0.09, 0.0, 2.2)]
        s.face(shaft, "paint", UP).face([(-0.4, 0.0, 2.2), (0.4, 0.0, 2.2), (0.0, 0.0, 3.4)], "paint", UP)
    else:
        path = [(0.35 * i * dice.uniform(-0.4, 0.9), 0.0, 0.4 * i) for i in range(7)]
        s.face(path + [(x + 0.05, 0.0, z) for x, _, z in reversed(path)], "patch", UP, 0.6)
    return s.model()
