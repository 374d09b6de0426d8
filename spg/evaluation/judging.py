"""Evaluate fillings: every method sees the same pictures and the same holes, and keeps known pixels as they are.

The result is a plain dict, the JSON of `spg evaluate`; `spg.evaluation.tables` turns it into tables.
"""

import time
from pathlib import Path

import numpy as np
import torch

from spg import perceptual as networks
from spg import plots
from spg.engine.provenance import provenance
from spg.engine.watching import progress as bar
from spg.evaluation import metrics, summary
from spg.holes import evaluation_hole
from spg.labels import CLASSES, check_labels
from spg.pictures import to_float

PICTURED, PER_SHEET = 24, 6  # scenes drawn in all, and on one sheet


def evaluate(
    scenes,
    methods,
    holes="paper",
    seed=0,
    limit=None,
    layouts=None,
    perceptual="stlpips",
    device="cpu",
    pictures=None,
    progress=True,
    keep_per_image=False,
    extra=None,
    segmenter=None,
    each=1,
):
    """Fill the fixed holes of a data set with every method and measure the results.

    scenes: a data set (`spg.data.open`), with name, split, size, len() and [i].
    methods: dict name -> fill(image uint8 3×H×W, hole uint8 H×W, labels uint8 H×W) -> uint8 3×H×W. The missing
        pixels of image are 0; labels are the true ones everywhere, and a method that should not know them masks them.
    holes, seed: the hole set, see `spg.holes.evaluation_hole`. limit: the first so many scenes only.
    each: holes a scene, those of the sets seed, seed + 1, …. A scene counts as the mean over its holes, so that
        intervals are over scenes, which are independent, and not over holes, which are not.
    layouts: dict name -> complete(image, hole, labels) -> uint8 H×W; here labels too are 0 in the hole.
    perceptual: network of the AlexNet distance, a name or a `PerceptualDistance`, on device; None leaves it out.
    pictures: folder for contact sheets of the first scenes. keep_per_image: keep each picture's values.
    extra: further keys of the result, such as the checkpoints used.
    segmenter: label(image, hole) -> uint8 H×W, to be measured beside the layouts.

    Returns a dict with the setting ("data", "split", "size", "holes", "seed", "n"), "methods", "layouts", "segmenter",
    "paired" (see `spg.evaluation.summary`), "perceptual", "commit", "date", "versions" and "machine". Each method has
    its "bins" (by hole area) and "boundary_n" (the pictures whose hole meets a class border). A value that
    does not exist is None. Raises ValueError, naming the method, for a result of another shape or type, or with a
    changed known pixel. The same call gives the same numbers again, but for date and seconds.
    """
    n = len(scenes) if limit is None else min(limit, len(scenes))
    if n < 1 or each < 1 or not (methods or layouts):
        what = f"{n} scenes, {each} holes each, {len(methods)} methods, {len(layouts or {})} layouts"
        raise ValueError(f"nothing to evaluate: {what}")
    distance = networks.load(perceptual, device) if isinstance(perceptual, str) else perceptual
    evaluation = _Evaluation(methods, layouts or {}, segmenter, distance, device)
    for i in bar(range(n), desc="evaluate", unit="img", disable=not progress):
        for k in range(each):
            hole = evaluation_hole(scenes.name, scenes.split, scenes.size, holes, seed + k, i)
            evaluation.add(scenes[i], hole, picture=bool(pictures) and i < PICTURED and k == 0)
    if pictures:
        evaluation.write_sheets(Path(pictures))
    return {
        **{"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": holes, "seed": seed, "n": n},
        **({"each": each} if each > 1 else {}),
        **provenance(),
        "perceptual": None if distance is None else distance.name,
        **(extra or {}),
        **evaluation.result(each, keep_per_image),
    }


def measure(image, filled, hole, labels, distance=None, device="cpu", truth=None):
    """Measure one filling by all METRICS. Returns a dict name -> float, NaN where there is nothing to measure.

    image, filled: uint8 3×H×W, truth and composited result; hole, labels: uint8 H×W; distance: a
    `PerceptualDistance` on device, or None; truth: its features of image, where they are at hand.
    """
    x, y = image / 255.0, filled / 255.0
    lpips, boundary = float("nan"), float("nan")
    if distance is not None:
        with torch.no_grad():
            truth = truth or distance.features(_batch(image, device))
            layers = distance.compare(truth, distance.features(_batch(filled, device)))
            lpips = float(distance.pool(layers))
            spread = distance.spread(layers, hole.shape)[0, 0].cpu().numpy()
        boundary = metrics.boundary_lpips(spread, labels, hole)
    return {
        "l1": metrics.l1(x, y),
        "l2": metrics.l2(x, y),
        "ssim": metrics.ssim(x, y),
        "psnr": metrics.psnr(x, y),
        "lpips": lpips,
        "hole_psnr": metrics.hole_psnr(x, y, hole),
        "hole_l1": metrics.hole_l1(x, y, hole),
        "boundary_lpips": boundary,
        "sharpness": metrics.sharpness(x, y, hole),
        "tint": metrics.tint(x, y, hole),
    }


class _Evaluation:
    """Shows every method the same scenes and holes, one after the other, and keeps what it measures."""

    def __init__(self, methods, layouts, segmenter, distance, device):
        self.methods, self.layouts, self.segmenter = methods, layouts, segmenter
        self.distance, self.device = distance, device
        self.records = {name: [] for name in methods}  # per picture: METRICS, seconds, the hole's share
        self.counts = {name: [] for name in layouts}  # per picture: the confusion of missing pixels
        self.segmented = {"known": [], "missing": []}  # per picture: the segmenter's confusion there
        self.rows = []  # of the contact sheets

    def add(self, scene, hole, picture):
        image, labels = map(np.asarray, scene)  # plain arrays, also from a memory map
        truth = self._features(image)
        filled = {name: self._measure_filling(name, image, hole, labels, truth) for name in self.methods}
        completed = {name: _complete(name, fill, image, hole, labels) for name, fill in self.layouts.items()}
        for name, layout in completed.items():
            self.counts[name].append(metrics.confusion(labels, layout, hole))
        self._measure_segmenter(image, hole, labels)
        if picture:
            self.rows.append(_picture_row(image, hole, labels, filled, completed))

    @torch.no_grad()
    def _features(self, image):
        """Of the true picture, once for all methods: half of the distance's work."""
        return None if self.distance is None else self.distance.features(_batch(image, self.device))

    def _measure_filling(self, name, image, hole, labels, truth):
        filled, seconds = _fill(name, self.methods[name], image, hole, labels)
        measures = measure(image, filled, hole, labels, self.distance, self.device, truth)
        self.records[name].append({**measures, "seconds": seconds, "share": float(hole.mean())})
        return filled

    def _measure_segmenter(self, image, hole, labels):
        if self.segmenter:
            found = check_labels(self.segmenter(image * (1 - hole), hole.copy()), "the segmenter's labels")
            for place, where in (("known", 1 - hole), ("missing", hole)):
                self.segmented[place].append(metrics.confusion(labels, found, where))

    def result(self, each, keep_per_image):
        """What a result file says; each: holes a scene."""
        counts = {name: summary.summed(rows, each) for name, rows in self.counts.items()}
        segmented = {place: summary.summed(rows, each) for place, rows in self.segmented.items()}
        return {
            "methods": summary.methods(self.records, each, keep_per_image),
            "paired": summary.paired(self.records, each),
            "layouts": summary.layouts(counts, keep_per_image),
            "segmenter": summary.segmenter(**segmented) if self.segmenter else None,
        }

    def write_sheets(self, folder):
        titles = ["truth", "hole", *self.methods]
        if self.layouts:
            titles += ["true labels", "known labels", *self.layouts]
        for start in range(0, len(self.rows), PER_SHEET):
            rows = self.rows[start : start + PER_SHEET]
            numbers = [str(start + i) for i in range(len(rows))]
            fig = plots.sheet(rows, titles, numbers, classes=range(len(CLASSES)) if self.layouts else None)
            plots.save(fig, folder / f"sheet-{start // PER_SHEET:02d}.png")


def _fill(name, fill, image, hole, labels):
    """Run one method on what it may see, time it, and check what it gives back: (uint8 3×H×W, seconds)."""
    known = image * (1 - hole)
    start = time.perf_counter()
    filled = np.asarray(fill(known, hole.copy(), labels.copy()))
    seconds = time.perf_counter() - start
    if filled.shape != image.shape or filled.dtype != np.uint8:
        raise ValueError(f"method {name!r} must return uint8 of shape {image.shape}, got {filled.dtype} {filled.shape}")
    changed = (filled != image).any(axis=0) & (hole == 0)
    if changed.any():
        raise ValueError(
            f"method {name!r} changed {changed.sum()} known pixels; composite its result: image·(1 − R) + result·R"
        )
    return filled, seconds


def _complete(name, complete, image, hole, labels):
    completed = check_labels(complete(image * (1 - hole), hole.copy(), labels * (1 - hole)), f"layout {name!r}")
    if completed.shape != labels.shape:
        raise ValueError(f"layout {name!r} must return labels of shape {labels.shape}, got {completed.shape}")
    changed = (completed != labels) & (hole == 0)
    if changed.any():
        raise ValueError(f"layout {name!r} changed {changed.sum()} known labels; keep them as they are")
    return completed


def _batch(image, device):
    return to_float(torch.tensor(image, device=device)[None])


def _picture_row(image, hole, labels, filled, completed):
    row = [plots.show_image(image), plots.show_hole(image, hole), *map(plots.show_image, filled.values())]
    if completed:
        row += [plots.show_labels(labels), plots.show_labels(labels, hole)]
    return row + [plots.show_labels(layout) for layout in completed.values()]
