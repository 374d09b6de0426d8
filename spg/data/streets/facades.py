"""Façades: small pictures in bricks and panes, one character per 12th of a bay, later mapped onto walls.

A bay is 12×12 characters, drawn as one would look at it. Letters: . wall, t trim, p pane, q pane catching
light, s sill, d door, g shop glass, f fascia, a awning, k plinth, c cornice, r railing.
"""

from dataclasses import dataclass

import numpy as np

from spg.data.streets.shapes import LEFT, RIGHT, TOWARD

SEE_THROUGH = 255
CELL = 12  # characters per bay and per storey

BLANK = "............/" * 12
TALL = "............/...tttttt.../...tqqtqt.../...tqqtqt.../...tqptqt.../...tttttt.../...tpptpt.../...tpptpt.../...tpptpt.../..ssssssss../............/............/"
WIDE = "............/............/.tttttttttt./.tqqtqqtqqt./.tqqtqqtqqt./.tqptqptqpt./.tpptpptppt./.tpptpptppt./.tttttttttt./ssssssssssss/............/............/"
PAIR = "............/.tttt..tttt./.tqqt..tqqt./.tqqt..tqqt./.tqpt..tqpt./.tttt..tttt./.tppt..tppt./.tppt..tppt./.tttt..tttt./ssssss.sssss/............/............/"
ARCH = "............/....tttt..../...tqqqqt.../...tqttqt.../...tqttqt.../...tpttpt.../...tpttpt.../...tpttpt.../...tttttt.../..ssssssss../............/............/"
BALCONY = "............/..tttttttt../..tqqttqqt../..tqqttqqt../..tqpttqpt../..tppttppt../rrrrrrrrrrrr/r.r.r.r.r.r./rpr.rtrpr.r./r.r.r.r.r.r./ssssssssssss/............/"
RIBBON = "............/............/tttttttttttt/qqqtqqqqqtqq/qqqtqqqqqtqq/qpptqqpqptqp/ppptpppppTpp/ppptpppppTpp/tttttttttttt/............/............/............/"
DOOR = "............/..tttttttt../..tqqqqqqt../..tttttttt../..tddddddt../..tdddtddt../..tdddtddt../..tdddtddt../..tdddtddt../..tddddddt../..tddddddt../kkkddddddkkk/"
SHOP = "ffffffffffff/ffffffffffff/aaaaaaaaaaaa/aaaaaaaaaaaa/tgggggtggggt/tgggggtggggt/tgggggtggggt/tgggggtggggt/tgggggtggggt/tttttttttttt/kkkkkkkkkkkk/kkkkkkkkkkkk/"
SHOPDOOR = "ffffffffffff/ffffffffffff/tttttttttttt/tgggtqqqtgggt/tgggtqqqtggt/tgggtqpqtggt/tgggtdddtggt/tgggtdddtggt/tgggtdddtggt/ttttdddttttt/kkkkdddkkkkk/kkkkdddkkkkk/"
GROUND = "............/...tttttt.../...tqqtqt.../...tqqtqt.../...tqptqt.../...tpptpt.../...tpptpt.../...tttttt.../..ssssssss../............/kkkkkkkkkkkk/kkkkkkkkkkkk/"
GARAGE = "............/............/.tttttttttt./.tddddddddt./.tttttttttt./.tddddddddt./.tttttttttt./.tddddddddt./.tttttttttt./.tddddddddt./.tddddddddt./kddddddddddk/"
EAVES = "cccccccccccc/cccccccccccc/.c..c..c..c./"

LETTERS = ".tpqsdgfakcr"
PANES = 4  # groups of windows that are lit together
# slot numbers: the letters in order, then pane and bright pane once more per group
_CODES = {letter: i for i, letter in enumerate(LETTERS)} | {"T": 1}
_PANE, _BRIGHT = _CODES["p"], _CODES["q"]


def _cell(text):
    """Rows from the bottom up, as walls are measured."""
    rows = [row.ljust(CELL, ".")[:CELL] for row in text.strip("/").split("/")]
    return np.array([[_CODES[letter] for letter in row] for row in reversed(rows)], np.uint16)


CELLS = {
    name: _cell(globals()[name])
    for name in ["BLANK", "TALL", "WIDE", "PAIR", "ARCH", "BALCONY", "RIBBON", "DOOR", "SHOP", "SHOPDOOR", "GROUND", "GARAGE", "EAVES"]
}


@dataclass(frozen=True)
class Wall:
    """ends: two (x, z) in metres. pattern: uint16 rows×cols of slot numbers. slots: see `shapes`."""

    ends: tuple
    base: float
    height: float
    pattern: np.ndarray
    slots: tuple

    @property
    def length(self):
        (x0, z0), (x1, z1) = self.ends
        return max(abs(x1 - x0), abs(z1 - z0))

    @property
    def far(self):
        return max(self.ends[0][1], self.ends[1][1])


def slots(wall, facing):
    """The slots of a façade of material `wall`: one per letter, then the other window groups."""
    names = [wall, "trim", "pane0", "pane0", "trim", "door", "shop", "fascia", "awning", "plinth", "cornice", "rail"]
    shades = [1, 1, 1, 1.5, 0.8, 1, 1, 1, 1, 1, 1, 1]
    for group in range(1, PANES):
        names += [f"pane{group}"] * 2
        shades += [1, 1.5]
    return tuple((n, facing, float(s)) for n, s in zip(names, shades, strict=True))


def _light_groups(cell, group):
    """Give a cell's panes to one of the window groups."""
    if group == 0:
        return cell
    out = cell.copy()
    first = len(LETTERS) + 2 * (group - 1)
    out[cell == _PANE], out[cell == _BRIGHT] = first, first + 1
    return out


def facade(dice, storeys, bays, style):
    """A façade's pattern, (storeys·12 + eaves) × (bays·12). style: "flats", "shops", "offices", "house"."""
    window = dice.pick(
        {"offices": ["RIBBON", "WIDE"], "house": ["TALL", "WIDE", "PAIR"]}.get(
            style, ["TALL", "PAIR", "ARCH", "WIDE", "TALL"]
        )
    )
    balcony = dice.whole(0, bays) if style in ("flats", "shops") and dice.chance(0.5) else -1
    period = dice.whole(2, 3)
    floors = [_street_level(dice, bays, style)]
    for _ in range(1, storeys):
        names = ["BALCONY" if balcony >= 0 and (b + balcony) % period == 0 else window for b in range(bays)]
        floors.append(_row(dice, names))
    if style != "house":
        floors.append(np.tile(CELLS["EAVES"], (1, bays)))
    return np.concatenate(floors)


def _row(dice, names):
    return np.concatenate([_light_groups(CELLS[name], dice.whole(0, PANES - 1)) for name in names], 1)


def _street_level(dice, bays, style):
    door = dice.whole(0, bays - 1)
    if style == "shops":
        names = ["SHOPDOOR" if b == door else "SHOP" for b in range(bays)]
    elif style == "house":
        names = ["DOOR" if b == door else "WIDE" for b in range(bays)]
    else:
        names = ["DOOR" if b == door else "GROUND" for b in range(bays)]
        if dice.chance(0.25) and bays > 2:
            names[(door + 1) % bays] = "GARAGE"
    return _row(dice, names)


def end_wall(dice, storeys, bays):
    """The side of a building that shows where its neighbour is lower: few windows."""
    names = [["TALL" if dice.chance(0.25) else "BLANK" for _ in range(bays)] for _ in range(storeys)]
    return np.concatenate([_row(dice, row) for row in names])


def plain(rows=1, cols=1):
    return np.zeros((rows, cols), np.uint16)


def pickets(n, gap=3):
    """A fence of n boards with gaps between them and a rail behind."""
    board = np.zeros((10, 8), np.uint16)
    board[:, 8 - gap :] = SEE_THROUGH
    board[2:4] = board[7:9] = 0
    board[9, 0] = board[9, 4] = SEE_THROUGH
    return np.tile(board, (1, n))


def facing_of(ends):
    """A wall along the street looks across it; a wall across the street looks at the camera."""
    (x0, z0), (_, z1) = ends
    if z0 == z1:
        return TOWARD
    return LEFT if x0 > 0 else RIGHT
