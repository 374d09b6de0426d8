"""Façades: patterns of windows, doors and shops, put together from small drawn cells, then mapped onto walls.

A cell is a bay of a façade, 12×12 characters, drawn as one would look at it:

. wall   t trim   p pane   q pane catching light   s sill   d door   g shop glass   f fascia   a awning   k plinth
c cornice   r railing
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from spg.data.streets.shapes import LEFT, RIGHT, TOWARD

SEE_THROUGH = 255
PANES = 4  # groups of windows that are lit together; slot numbers: the letters, then p and q again per group

# --- cells ----------------------------------------------------------------------------------------------------------

CELL = 12  # characters per bay and per storey
LETTERS = ".tpqsdgfakcr"

_SHEETS = """
BLANK        TALL         WIDE         PAIR         ARCH         BALCONY      RIBBON
............ ............ ............ ............ ............ ............ ............
............ ...tttttt... ............ .tttt..tttt. ....tttt.... ..tttttttt.. tttttttttttt
............ ...tqqtqt... .tttttttttt. .tqqt..tqqt. ...tqqqqt... ..tqqttqqt.. qqqtqqqqtqqq
............ ...tqqtqt... .tqqtqqtqqt. .tqqt..tqqt. ...tqttqt... ..tqqttqqt.. qqqtqqqqtqqq
............ ...tttttt... .tqqtqqtqqt. .tqpt..tqpt. ...tqttqt... ..tqpttqpt.. qqptqqpqtqpp
............ ...tqptqt... .tqptqptqpt. .tppt..tppt. ...tqttpt... ..tppttppt.. qpptqpppttpp
............ ...tpptpt... .tpptpptppt. .tttt..tttt. ...tpttpt... rrrrrrrrrrrr ppptpppptppp
............ ...tpptpt... .tpptpptppt. .tppt..tppt. ...tpttpt... rprprprprprp ppptpppptppp
............ ...tpptpt... .tttttttttt. .tppt..tppt. ...tttttt... r.rtrprptr.r tttttttttttt
............ ..ssssssss.. ssssssssssss ssssss.sssss ..ssssssss.. r.rtrprptr.r ............
............ ............ ............ ............ ............ ssssssssssss ............
............ ............ ............ ............ ............ ............ ............

DOOR         SHOP         SHOPDOOR     GROUND       GARAGE       CAFE         SHUTTERS
............ ffffffffffff ffffffffffff ............ ............ ............ ............
..tttttttt.. ffffffffffff ffffffffffff ...tttttt... ............ aaaaaaaaaaaa ddttttttttdd
..tqqqqqqt.. aaaaaaaaaaaa tttttttttttt ...tqqtqt... .tttttttttt. aaaaaaaaaaaa ddtqqttqqtdd
..tttttttt.. aaaaaaaaaaaa tgggtqqqtggt ...tqqtqt... .tddddddddt. aaaaaaaaaaaa ddtqqttqqtdd
..tddddddt.. tggggttggggt tgggtqqqtggt ...tqptqt... .tttttttttt. tggtggggtggt ddtqpttqptdd
..tdddtddt.. tggggttggggt tgggtqpqtggt ...tpptpt... .tddddddddt. tggtggggtggt ddtppttpptdd
..tdddtddt.. tggggttggggt tgggtdddtggt ...tpptpt... .tttttttttt. tggtggggtggt ddtppttpptdd
..tdddtddt.. tggggttggggt tgggtdddtggt ...tpptpt... .tddddddddt. tggtggggtggt ddtppttpptdd
..tdddtddt.. tggggttggggt tgggtdddtggt ...tttttt... .tttttttttt. tggtggggtggt ddttttttttdd
..tddddddt.. tttttttttttt ttttdddttttt ..ssssssss.. .tddddddddt. tttttttttttt .ssssssssss.
..tddddddt.. kkkkkkkkkkkk kkkkdddkkkkk kkkkkkkkkkkk .tddddddddt. kkkkkkkkkkkk ............
kkkddddddkkk kkkkkkkkkkkk kkkkdddkkkkk kkkkkkkkkkkk kddddddddddk kkkkkkkkkkkk ............
"""
_EAVES = "cccccccccccc cccccccccccc .c..c..c..c."
CODE = {letter: i for i, letter in enumerate(LETTERS)}


def _numbers(rows):
    """Rows of letters, topmost first -> uint16 numbers, lowest row first, as walls are measured."""
    return np.array([[CODE[letter] for letter in row] for row in reversed(rows)], np.uint16)


def _read():
    cells = {}
    for sheet in _SHEETS.strip().split("\n\n"):
        names, *lines = (line.split() for line in sheet.splitlines())
        cells |= {name: _numbers(rows) for name, rows in zip(names, zip(*lines, strict=True), strict=True)}
    return cells


CELLS = _read()
EAVES = _numbers(_EAVES.split())


# --- walls ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wall:
    """An upright wall. ends: two (x, z), base, height: metres. pattern: uint16 rows×cols of slot numbers, lowest row
    first. slots: see `shapes`."""

    ends: tuple
    base: float
    height: float
    pattern: np.ndarray
    slots: tuple

    @property
    def length(self):
        """Metres from end to end; walls run along the street or across it."""
        (x0, z0), (x1, z1) = self.ends
        return max(abs(x1 - x0), abs(z1 - z0))

    @property
    def far(self):
        """Its place in the order of painting; a wall across the street comes before one that ends at it."""
        (_, z0), (_, z1) = self.ends
        return max(z0, z1) + (0.02 if z0 == z1 else 0.0)


@cache
def slots(wall, facing):
    """The slots of a façade of material `wall`: one per letter, then the other window groups."""
    names = [wall, "trim", "pane0", "pane0", "trim", "door", "shop", "fascia", "awning", "plinth", "cornice", "rail"]
    shades = [1, 1, 1, 1.5, 0.8, 1, 1, 1, 1, 1, 1, 1]
    for group in range(1, PANES):
        names += [f"pane{group}"] * 2
        shades += [1, 1.5]
    return tuple((n, facing, float(s)) for n, s in zip(names, shades, strict=True))


def _lit_in_groups():
    """Every cell once per group: uint16 cells × PANES × 12 × 12."""
    table = np.stack([np.stack([cell] * PANES) for cell in CELLS.values()])
    for group in range(1, PANES):
        first = len(LETTERS) + 2 * (group - 1)
        cell = table[:, group]
        pane, bright = cell == CODE["p"], cell == CODE["q"]
        cell[pane], cell[bright] = first, first + 1
    return table


_TABLE, _NUMBER = _lit_in_groups(), {name: i for i, name in enumerate(CELLS)}


def _assemble(dice, names):
    """names: storeys from the ground up, each a list of cell names. Returns the pattern, storeys·12 × bays·12."""
    cells = np.array([[_NUMBER[name] for name in storey] for storey in names])
    groups = (dice.random(cells.shape) * PANES).astype(int)
    storeys, bays = cells.shape
    return _TABLE[cells, groups].transpose(0, 2, 1, 3).reshape(storeys * CELL, bays * CELL)


def facade(dice, storeys, bays, style):
    """A façade's pattern, (storeys·12 + eaves) × (bays·12). style: "flats", "shops", "offices", "house"."""
    windows = {"offices": ["RIBBON", "WIDE"], "house": ["TALL", "WIDE", "PAIR", "SHUTTERS"]}
    window = dice.pick(windows.get(style, ["TALL", "PAIR", "ARCH", "WIDE", "SHUTTERS"]))
    names = [_street_level(dice, bays, style)] + [[window] * bays for _ in range(1, storeys)]
    if style in ("flats", "shops") and dice.chance(0.5):
        first, period = dice.whole(0, 2), dice.whole(2, 3)
        for storey in names[1:]:
            storey[first::period] = ["BALCONY"] * len(storey[first::period])
    if style != "house":
        return np.concatenate([_assemble(dice, names), np.tile(EAVES, (1, bays))])
    return _assemble(dice, names)


def _street_level(dice, bays, style):
    """The cells of the ground floor: one entrance among windows or shops."""
    door, shop = dice.whole(0, bays - 1), dice.pick(["SHOP", "SHOP", "CAFE"])
    usual, entrance = {"shops": (shop, "SHOPDOOR"), "house": ("WIDE", "DOOR")}.get(style, ("GROUND", "DOOR"))
    names = [entrance if b == door else usual for b in range(bays)]
    if style == "flats" and dice.chance(0.25) and bays > 2:
        names[(door + 1) % bays] = "GARAGE"
    return names


def end_wall(dice, storeys, bays):
    """The side of a building that shows where its neighbour is lower: few windows."""
    return _assemble(dice, [["TALL" if dice.chance(0.25) else "BLANK" for _ in range(bays)] for _ in range(storeys)])


def plain():
    """The pattern of a wall that is all of one piece."""
    return np.zeros((1, 1), np.uint16)


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
