"""Does an object come in the colour that was asked for? ΔE (CIE 2000) between the two, over scenes.

2 is just seen side by side, 10 is another shade of the same colour, 50 another colour.
"""

import numpy as np

from spg.engine import markdown
from spg.engine.provenance import provenance
from spg.engine.watching import progress
from spg.evaluation import metrics
from spg.evaluation.gallery import write_painted
from spg.evaluation.judging import check_left_out
from spg.holes import evaluation_hole
from spg.labels import classes_of
from spg.samples import largest_object

WAYS = {"asked": "the colour was asked for", "unasked": "nothing was asked for"}


def measure_colours(net, scenes, seed=0, folder=None):
    """Ask each scene's object for the mean colour of another of its class, and measure. Returns a result, JSON-ready.

    net: an `Inpainter` whose SG-Net takes colours. The holes are the fixed set `objects` of the seed, the layout is the
    true one; the object is the largest in the hole. folder: write every picture, layout and hole there.

    A row holds "asked" and "unasked": ΔE of what came to the same colour, with it asked for and without. "delta_e" has
    the medians, each with its 95 % bootstrap interval over scenes.
    """
    found = [question for i in range(len(scenes)) if (question := _question(scenes, seed, i))]
    check_left_out(len(scenes) - len(found), len(scenes))
    colours = others(found)
    rows = [_row(net, scenes, question, colours[question["scene"]], folder) for question in progress(found, desc="ΔE")]
    about = {"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": "objects", "seed": seed}
    medians = {way: median([row[way] for row in rows]) for way in WAYS}
    counts = {"n": len(rows), "left_out": len(scenes) - len(rows)}
    return {"kind": "colours", **about, **counts, **provenance(), "delta_e": medians, "rows": rows}


def _question(scenes, seed, i):
    """{"scene", "hole", "outline", "class", "colour" uint8 [3]} of a scene; None where it holds no object."""
    image, labels = map(np.asarray, scenes[i])
    hole = evaluation_hole(scenes.name, scenes.split, scenes.size, "objects", seed, i, labels, classes_of(scenes))
    if hole is None:
        return None
    outline = largest_object(labels, hole, classes_of(scenes))
    colour = metrics.mean_colour(image, outline).round().astype(np.uint8)
    return {"scene": i, "hole": hole, "outline": outline, "class": int(labels[outline == 1][0]), "colour": colour}


def others(found):
    """scene → the colour of the next object of its class, in a ring; its own where its class has no other."""
    colours = {}
    for label in {question["class"] for question in found}:
        ring = [question for question in found if question["class"] == label]
        colours |= {q["scene"]: ring[(k + 1) % len(ring)]["colour"] for k, q in enumerate(ring)}
    return colours


def _row(net, scenes, question, colour, folder):
    image, labels = map(np.asarray, scenes[question["scene"]])
    hole, outline = question["hole"], question["outline"]
    rgba = np.zeros((*hole.shape, 4), np.uint8)
    rgba[outline == 1] = (*colour, 255)
    pictures = {"asked": net.paint(image, hole, labels, colours=rgba), "unasked": net.paint(image, hole, labels)}
    for way, picture in pictures.items() if folder else ():
        write_painted(folder, f"{question['scene']:04d}-{way}", picture, labels, hole, classes_of(scenes))
    came = {way: metrics.delta_e(picture, outline, colour) for way, picture in pictures.items()}
    about = {
        "scene": question["scene"],
        "class": classes_of(scenes).names[question["class"]],
        "colour": colour.tolist(),
    }
    return {**about, **came}


def median(values, seed=0, resamples=metrics.RESAMPLES):
    """[median, low, high] with its 95 % bootstrap interval."""
    values = np.asarray(values, float)
    drawn = np.random.default_rng(seed).integers(0, len(values), (resamples, len(values)))
    return [float(np.median(values)), *metrics.percentiles(np.median(values[drawn], axis=1))]


def report(result):
    """The result as a markdown table: with the colour asked for, and without."""
    rows = [
        [text, markdown.number(result["delta_e"][way][0], 1), markdown.span(result["delta_e"][way][1:], 1)]
        for way, text in WAYS.items()
    ]
    return markdown.table([["ΔE (CIE 2000) to the colour", "median", "95 % interval"], *rows])
