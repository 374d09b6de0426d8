"""The ground as a plan: at each depth one cross-section of road, kerbs and pavements."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import CIRCLE, UP, Shape

STEP, REACH = 0.05, 60.0  # metres: resolution and half width of a cross-section
SLOTS = ("asphalt", "paint", "kerb", "gutter", "paving", "grass", "paving")
ASPHALT, PAINT, KERB, GUTTER, PAVING, GRASS, YARD = range(7)
BARE, LINED, STOP, ZEBRA, SIDE_STREET = range(5)  # the cross-sections


@dataclass(frozen=True)
class Road:
    """Metres. half: half the carriageway. left, right: pavement widths. beyond: what lies behind the pavements.

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
    """sections: uint16 n×columns of slot numbers; `section` and `column` look up depths and places across."""

    slots = tuple((material, UP, 1.0) for material in SLOTS)

    def __init__(self, road):
        self.road = road
        self.x = (np.arange(round(2 * REACH / STEP)) + 0.5) * STEP - REACH
        self.aside = np.abs(self.x)
        bare = self._bare()
        lined = self._with_middle_line(bare)
        street = np.full_like(bare, ASPHALT)
        self.sections = np.stack([bare, lined, self._with_stop_line(lined), self._with_zebra(bare), street])

    def column(self, x):
        """float metres from the middle of the road -> int columns of `sections`."""
        return ((np.clip(x, -REACH, REACH - STEP) + REACH) * (1 / STEP)).astype(np.intp)

    def section(self, z):
        """float [n] depths -> int [n] rows of `sections`."""
        road, marked = self.road, self.road.middle != "none"
        chosen = np.where(z % 6.0 < 2.8, LINED, BARE) if road.middle == "dashed" else np.full(len(z), LINED)
        if road.zebra:
            near, far = road.zebra
            chosen[(z >= near - 9.0) & (z < far + 9.0)] = LINED
            chosen[(z >= near - 1.6) & (z < far + 1.6)] = BARE
            chosen[(z >= near - 2.0) & (z < near - 1.6)] = STOP
            chosen[(z >= near) & (z < far)] = ZEBRA
        if not marked:
            chosen[chosen == LINED] = BARE
        if road.crossing:
            chosen[(z >= road.crossing[0]) & (z < road.crossing[1])] = SIDE_STREET
        return chosen

    def _bare(self):
        road, aside = self.road, self.aside
        out = np.full(len(self.x), ASPHALT, np.uint16)
        for i, (side, width) in enumerate(((self.x < 0, road.left), (self.x >= 0, road.right))):
            out[side & (aside > road.half - 0.35)] = GUTTER
            out[side & (aside > road.half)] = KERB
            out[side & (aside > road.half + 0.25)] = GRASS
            out[side & (aside > road.half + 0.25 + road.strip[i])] = PAVING
            out[side & (aside > road.half + width)] = road.beyond[i]
        if road.edges:
            out[(aside > road.half - 0.65) & (aside < road.half - 0.5)] = PAINT
        return out

    def _with_middle_line(self, bare):
        double = (self.aside > 0.08) & (self.aside < 0.23)
        return np.where(double if self.road.middle == "double" else self.aside < 0.1, np.uint16(PAINT), bare)

    def _with_stop_line(self, lined):
        return np.where((self.x > 0.1) & (self.x < self.road.half - 0.5), np.uint16(PAINT), lined)

    def _with_zebra(self, bare):
        bars = (self.x + self.road.half) % 1.1 < 0.6
        return np.where(bars & (self.aside < self.road.half - 0.35), np.uint16(PAINT), bare)


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
