"""Twenty outlines painted by hand, as a user of the editor draws them: are they recognised once they are filled?

The layouts of a data set have outlines as sharp as its labels; a user's are wobbly and stand where they please. None
of these is traced from a scene. `shapes.json` holds each as a polygon in a unit box, with a size and a place as shares
of the picture.
"""

import functools
import json
from pathlib import Path

import cv2
import numpy as np

from spg.engine import markdown
from spg.engine.provenance import provenance
from spg.engine.watching import progress
from spg.evaluation import metrics
from spg.evaluation.gallery import write_painted
from spg.holes import MARGIN
from spg.labels import CLASSES, PERSON, ROAD, SIGN, STREET, VEHICLE, classes_of

FOOT = 1 / 32  # of the picture's height: the strip that a shape stands on
SHIFTS, HEIGHTS = np.linspace(-0.5, 0.5, 21), (0.0, 0.05, -0.05)  # tried around a shape's place, shares of the picture


@functools.cache
def shapes():
    """The shapes as dicts: name, class, width and height, x of its middle and y of its foot, points."""
    return json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def painted(labels, number, inside):
    """Paint shape `number` (counted round) into a label map: (layout uint8 H×W, hole uint8 H×W, 1 = missing).

    The hole is the box of the shape and a margin of 1/16 of the picture. labels: uint8 H×W, 0..7. inside: its `place`.
    """
    layout = np.where(inside, CLASSES.index(shape(number)["class"]), labels).astype(np.uint8)
    margin = max(1, round(MARGIN * max(labels.shape)))
    hole = np.zeros(labels.shape, np.uint8)
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    hole[max(0, rows[0] - margin) : rows[-1] + 1 + margin, max(0, columns[0] - margin) : columns[-1] + 1 + margin] = 1
    return layout, hole


def shape(number):
    """Shape number `number`, counted round."""
    return shapes()[number % len(shapes())]


def place(labels, number):
    """The outline of a shape where it stands, bool H×W: near its own place, on the road, not on another object.

    Road is the class of pavements too. The place is the best of a few by the share of road under the foot, less the
    share of objects behind the shape and the way it was moved [our decision].
    """
    found = [(x, y) for y in HEIGHTS for x in SHIFTS]
    outlines = [outline(shape(number), labels.shape, x, y) for x, y in found]
    scores = [
        _stands(labels, inside) - _hides(labels, inside) - abs(x) - abs(y)
        for inside, (x, y) in zip(outlines, found, strict=True)
    ]
    return outlines[int(np.argmax(scores))]


def outline(shape, size, right=0.0, down=0.0):
    """A shape filled, bool H×W, moved by shares of the picture but never out of it. size: (height, width)."""
    width, height = shape["width"], shape["height"]
    left = np.clip(shape["x"] + right - width / 2, 0.02, 0.98 - width)
    top = np.clip(shape["foot"] + down - height, 0.02, 0.98 - height)
    points = (np.array(shape["points"]) * (width, height) + (left, top)) * size[::-1]
    inside = np.zeros(size, np.uint8)
    cv2.fillPoly(inside, [points.round().astype(np.int32)], 1)
    return inside == 1


def _stands(labels, inside):
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    strip = max(1, round(FOOT * len(labels)))
    return np.mean(labels[rows[-1] + 1 - strip : rows[-1] + 1, columns[0] : columns[-1] + 1] == ROAD)


def _hides(labels, inside):
    return np.isin(labels[inside], (SIGN, PERSON, VEHICLE)).mean()


# ------------------------------------------------------------ measured


def measure_shapes(net, evaluator, scenes, each=6, folder=None):
    """Paint the shapes into scenes, each · len(scenes) pairs in turn, and look for them. Returns a result, JSON-ready.

    net: an `Inpainter` with SG-Net; the rest of the layout is the true one. evaluator: label(image, hole) → uint8 H×W,
    not used in training the net. folder: write every picture, layout and hole there.

    A row says in which share of a shape's pixels its class is found. "recognised" has class → [mean, low, high]: a
    scene counts as the mean over its shapes of a class, and the 95 % interval is over scenes.
    """
    if not classes_of(scenes).same(STREET):
        raise ValueError(
            f"the shapes are cars, people, signs and trees: they are for streets, not {classes_of(scenes)}"
        )
    rows = []
    for i in progress(range(len(scenes)), desc="shapes", unit="scene"):
        image, labels = map(np.asarray, scenes[i])
        for number in range(i * each, (i + 1) * each):
            rows.append({"scene": i, **_row(net, evaluator, image, labels, number, folder and (folder, i))})
    about = {"data": scenes.name, "split": scenes.split, "size": scenes.size, "n": len(rows), "each": each}
    return {"kind": "shapes", **about, **provenance(), "recognised": _by_class(rows), "rows": rows}


def _row(net, evaluator, image, labels, number, keep):
    inside = place(labels, number)
    layout, hole = painted(labels, number, inside)
    filled = net.paint(image, hole, layout)
    found = metrics.seen(evaluator, filled)
    name, label = shape(number)["name"], shape(number)["class"]
    if keep:
        folder, i = keep
        write_painted(folder, f"{i:04d}-{label}-{name}", filled, layout, hole)
    share = metrics.recognised(found, CLASSES.index(label), inside)
    return {"shape": name, "class": label, "recognised": share}


def _by_class(rows):
    found = {}
    for label in dict.fromkeys(row["class"] for row in rows):
        scenes = {row["scene"]: [] for row in rows if row["class"] == label}
        for row in rows:
            if row["class"] == label:
                scenes[row["scene"]].append(row["recognised"])
        values = [float(np.mean(shares)) for shares in scenes.values()]
        found[label] = [metrics.mean(values), *metrics.interval(values)]
    return found


def report(result):
    """The result as a markdown table: a row a class."""
    counts = {label: sum(row["class"] == label for row in result["rows"]) for label in result["recognised"]}
    rows = [
        [label, str(counts[label]), markdown.number(share, 3), markdown.span([low, high], 3)]
        for label, (share, low, high) in result["recognised"].items()
    ]
    return markdown.table([["hand-painted", "shapes", "recognised", "95 % interval"], *rows])
