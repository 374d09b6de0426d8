"""Bays of façades as small pictures, 12×12 characters each, drawn as one would look at them.

. wall   t trim   p pane   q pane catching light   s sill   d door   g shop glass   f fascia   a awning   k plinth
c cornice   r railing
"""

import numpy as np

SIDE = 12  # characters per bay and per storey
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
