"""Do sampled layouts differ, and does each picture obey its layout? "Six variants", counted over scenes."""

from itertools import permutations

import numpy as np

from spg import perceptual
from spg.editor import variants
from spg.editor.session import Session
from spg.engine import markdown
from spg.engine.provenance import provenance
from spg.engine.watching import progress
from spg.evaluation import colours, metrics, shapes
from spg.evaluation.judging import check_left_out
from spg.holes import LABELLED, evaluation_hole
from spg.labels import classes_of

# key of a row -> heading, decimals
COLUMNS = {
    "hole": ("hole, share of the picture", 2),
    "difference": ("classes differ", 2),
    "lpips": ("LPIPS in the hole", 3),
    "obeyed": ("obeyed", 2),
    "own": ("where two differ: its own class found", 2),
    "other": ("the other's found", 2),
    "truth": ("true picture, true labels", 2),
}
LISTED = 8  # scenes that a table names; of more it shows the mean only


def measure(net, scenes, holes="paper", seed=0, samples=6, network="stlpips", evaluator=None):
    """Sample layouts for the fixed hole of every scene, paint them, and measure. Returns the dict of `spg variants`.

    net: an `Inpainter`. evaluator: label(image, hole) → uint8 H×W, the segmenter that looks at the fillings; None: the
    net's own. scenes: a data set; its true labels are known outside the hole. holes, seed:
    see `spg.holes.evaluation_hole`. samples: layouts of each hole, with the seeds 0, 1, ….

    A row holds, in the hole: `difference`, the share of pixels whose class differs, and `lpips`, both means of all
    pairs; `obeyed`, the share in which the segmenter, shown the picture, finds what its layout asked for; `own` and
    `other`, over the pixels in which two layouts differ, the shares in which it finds what the picture's own layout
    asked for, and what the other one did (None where no two differ); `truth`, the segmenter on the true picture
    against the true labels: its own error. Raises ValueError for fewer than two samples or without a segmenter.
    """
    if samples < 2:
        raise ValueError(f"variants are compared in pairs: 2 samples are the least, got {samples}")
    if net.segmenter is None and evaluator is None:
        raise ValueError("no segmenter among these weights: train one with `spg train segmenter --data SPEC --out DIR`")
    rows = []
    for i in progress(range(len(scenes)), desc="variants", unit="scene"):
        image, labels = scenes[i]
        about = scenes.name, scenes.split, scenes.size, holes, seed
        hole = evaluation_hole(*about, i, np.asarray(labels), classes_of(scenes))
        if hole is not None:
            rows.append({"scene": i, **_row(net, image, labels, hole, samples, network, evaluator or net.segment)})
    left_out = len(scenes) - len(rows)
    check_left_out(left_out, len(scenes))
    about = {"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": holes, "seed": seed}
    means = {key: _mean([row[key] for row in rows]) for key in COLUMNS}
    counts = {"n": len(rows), **({"left_out": left_out} if holes in LABELLED else {}), "samples": samples}
    counts |= {"perceptual": perceptual.load(network).name}
    return {"kind": "variants", **about, **counts, **provenance(), "mean": means, "rows": rows}


def _row(net, image, labels, hole, samples, network, segment):
    found, inside = variants.sample(Session(net, image, hole, labels), samples), hole == 1
    asked = [variant.layout[inside] for variant in found]
    seen = [metrics.seen(segment, variant.filled, classes_of(net))[inside] for variant in found]
    return {
        "hole": float(hole.mean()),
        "difference": variants.difference(found),
        "lpips": variants.diversity(found, network),
        "obeyed": float(np.mean([s == a for s, a in zip(seen, asked, strict=True)])),
        **_where_two_differ(seen, asked),
        "truth": metrics.recognised(metrics.seen(segment, np.asarray(image), classes_of(net)), labels, hole),
    }


def _where_two_differ(seen, asked):
    """seen, asked: the classes in the hole, of each picture and of each layout. Every pixel of a pair counts once."""
    pairs = [(i, j, asked[i] != asked[j]) for i, j in permutations(range(len(asked)), 2)]
    found = {
        "own": [seen[i][differ] == asked[i][differ] for i, _, differ in pairs],
        "other": [seen[i][differ] == asked[j][differ] for i, j, differ in pairs],
    }
    return {key: _mean(np.concatenate(hits)) for key, hits in found.items()}


def _mean(values):
    """The mean of those that are there, None where none is."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


def report(result):
    """The result as a markdown table: a row for each scene, if they are few, and their mean."""
    named = {f"scene {row['scene']}": row for row in result["rows"]} if result["n"] <= LISTED else {}
    named |= {f"mean of {result['n']} scenes": result["mean"]} if result["n"] > 1 else {}
    head = [f"{result['samples']} layouts of one hole", *(heading for heading, _ in COLUMNS.values())]
    rows = [
        [name, *(markdown.number(row[key], decimals) for key, (_, decimals) in COLUMNS.items())]
        for name, row in named.items()
    ]
    return markdown.table([head, *rows])


# kind of a result -> what its first line names, and what renders the rest: see `spg.evaluation.tables.table`
KINDS = {
    "variants": (("data", "split", "size", "holes", "seed", "left_out", "perceptual", "commit"), report),
    "shapes": (("data", "split", "size", "n", "commit"), shapes.report),
    "colours": (("data", "split", "size", "holes", "seed", "n", "left_out", "commit"), colours.report),
}
