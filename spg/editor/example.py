"""The README's picture of the editor: `python -m spg.editor.example figures/edit.png --weights streets-128`.

The street that `spg edit` opens, at the size the nets were trained at, edited as a hand would: by the same edits.
"""

import argparse

import numpy as np

from spg import plots
from spg.editor.app import street
from spg.editor.session import Session
from spg.labels import CLASSES, VEHICLE
from spg.weights import load

CAR = [(0.45, 0.82), (0.45, 0.66), (0.52, 0.56), (0.7, 0.56), (0.77, 0.66), (0.77, 0.82)]
TREES = [(0.6, 0.8), (0.52, 0.6), (0.6, 0.42), (0.9, 0.42), (0.9, 0.8)]


def states(net, size=None):
    """title → `Session` of the drawn street, not edited, painted twice, and with a row of cars removed.

    size: side in pixels; None: the nets' own.
    """
    image, hole, labels = street(size or net.size)
    made = {title: Session(net, image, hole, labels) for title in ("as predicted", "a car painted", "trees painted")}
    made["a car painted"].edit(outline("vehicle", CAR, len(hole)))
    made["trees painted"].edit(outline("vegetation", TREES, len(hole)))
    made["cars removed"] = Session(net, image, None, labels)
    made["cars removed"].edit({"do": "remove", "at": leftmost(labels == VEHICLE)})
    return made


def outline(put, corners, size):
    """A lasso's edit; corners: (x, y) as shares of the side."""
    points = [[round(x * size), round(y * size)] for x, y in corners]
    return {"do": "lasso", "on": "layout", "put": put, "points": points}


def leftmost(mask):
    """[x, y] of the mask's first pixel from the left."""
    x, y = np.argwhere(mask.T)[0]
    return [int(x), int(y)]


def figure(net, size=None):
    """Before, then each state's layout above its picture. Returns a Figure."""
    made = states(net, size)
    first = made["as predicted"]
    top = [plots.show_labels(first.known, first.hole), *(plots.show_labels(s.layout) for s in made.values())]
    below = [plots.show_image(first.picture), *(plots.show_image(s.filled) for s in made.values())]
    return plots.sheet([top, below], ["before", *made], ["layout", "picture"], side=1.8, classes=range(len(CLASSES)))


def main(arguments=None):
    """Write the picture."""
    parser = argparse.ArgumentParser("python -m spg.editor.example", description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the PNG to write")
    parser.add_argument("--weights", default="streets-128", help="a shipped set or a training's folder")
    parser.add_argument("--size", type=int, help="side in pixels; default: what the nets were trained at")
    given = parser.parse_args(arguments)
    print(plots.save(figure(load(given.weights), given.size), given.file))


if __name__ == "__main__":
    main()
