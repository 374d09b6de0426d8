"""The editor alone in a browser: on this machine, 127.0.0.1, with one kernel for each visitor.

Each kernel loads the nets for itself; one whose visitor has gone is ended after ten minutes.
"""

from pathlib import Path

import numpy as np

from spg import plots
from spg.data.streets import draw
from spg.editor.record import open_file
from spg.editor.session import Session
from spg.editor.widget import SegmentationEditor
from spg.engine import voila
from spg.engine.shipped import Shelf
from spg.labels import CLASSES, VEHICLE
from spg.pictures import LONGEST, read_hole, read_label_map
from spg.weights import default, load, resolve

SIZE = 256  # of the drawn street


def open_editor(image=None, hole=None, labels=None, weights=None):
    """The `SegmentationEditor` of files; what the app's one cell calls. image: None: a drawn street with a hole.

    weights: as `spg.load` takes them; None: the default ones, of drawn streets for a drawn street.
    """
    if image is None:
        return street_editor(weights)
    path = Path(image)
    picture = open_file(path, longest=None if hole or labels else LONGEST)
    missing = read_hole(hole) if hole else None
    known = read_label_map(Path(labels).read_bytes(), picture.size[::-1], Path(labels).name) if labels else None
    return SegmentationEditor(load(weights or default_weights(image)), picture, missing, known)


def street_editor(weights=None, size=SIZE):
    """The editor on a drawn street, with true labels and a hole over the parked cars at the right."""
    return SegmentationEditor(load(weights or default_weights(None)), *street(size))


def street(size, seed=5079):
    """(image uint8 3×H×W, hole, labels): that street."""
    image, labels = draw(seed, seed, size)
    hole = np.zeros((size, size), np.uint8)
    hole[13 * size // 32 : 7 * size // 8, 13 * size // 32 : 29 * size // 32] = 1
    return image, hole, labels


def default_weights(image):
    """For a drawn street (image None) the largest nets of drawn streets, for a picture those of `spg inpaint`."""
    return default("streets", SIZE) if image is None else default()


def serve(image=None, hole=None, labels=None, weights=None, port=8866, browser=True):
    """Serve the editor until Ctrl-C. Raises ValueError or FileNotFoundError at once where the files do not fit."""
    weights = Shelf(resolve(weights or default_weights(image)))
    open_editor(image, hole, labels, weights).close()  # a bad file should be said here, not in the browser
    paths = {"image": image, "hole": hole, "labels": labels}
    arguments = {name: str(Path(path).resolve()) for name, path in paths.items() if path}
    here = {model: Path(weights.where(model)).resolve() for model in weights}
    arguments["weights"] = {model: str(path) for model, path in here.items() if path.exists()}
    voila.serve(cell(**arguments), "SPG-Net editor", port, browser=browser)


def cell(**arguments):
    """The source of the app's one cell, which opens the editor with these arguments."""
    return f"from spg.editor.app import open_editor\n\nopen_editor(**{arguments!r})"


# ------------------------------------------------------------ the README's picture

CAR = [(0.45, 0.82), (0.45, 0.66), (0.52, 0.56), (0.7, 0.56), (0.77, 0.66), (0.77, 0.82)]
TREES = [(0.6, 0.8), (0.52, 0.6), (0.6, 0.42), (0.9, 0.42), (0.9, 0.8)]


def example(net, size=None):
    """The drawn street before, as predicted, and edited as a hand would: each layout above its picture. A Figure.

    size: side in pixels; None: the nets' own.
    """
    made = example_sessions(net, size)
    first = made["as predicted"]
    top = [plots.show_labels(first.known, first.hole), *(plots.show_labels(s.layout) for s in made.values())]
    below = [plots.show_image(first.picture), *(plots.show_image(s.filled) for s in made.values())]
    return plots.sheet([top, below], ["before", *made], ["layout", "picture"], side=1.8, classes=range(len(CLASSES)))


def example_sessions(net, size=None):
    """title → `Session` of the drawn street: not edited, painted twice, and with a row of cars removed."""
    image, hole, labels = street(size or net.size)
    made = {title: Session(net, image, hole, labels) for title in ("as predicted", "a car painted", "trees painted")}
    made["a car painted"].edit(_outline("vehicle", CAR, len(hole)))
    made["trees painted"].edit(_outline("vegetation", TREES, len(hole)))
    made["cars removed"] = Session(net, image, None, labels)
    x, y = map(int, np.argwhere(labels.T == VEHICLE)[0])  # the first vehicle from the left
    made["cars removed"].edit({"do": "remove", "at": [x, y]})
    return made


def _outline(put, corners, size):
    """A lasso's edit; corners: (x, y) as shares of the side."""
    points = [[round(x * size), round(y * size)] for x, y in corners]
    return {"do": "lasso", "on": "layout", "put": put, "points": points}
