"""Evaluate fillings: every method sees the same pictures and the same holes, and keeps known pixels as they are.

The result is a plain dict, the JSON of `spg evaluate`; `spg.evaluation.tables` turns it into tables.
"""

import sys
import time

import numpy as np
import torch

from spg import perceptual as networks
from spg.engine.provenance import provenance
from spg.engine.watching import progress as bar
from spg.evaluation import kernel_distance, metrics, summary
from spg.evaluation.gallery import Gallery
from spg.holes import LABELLED, evaluation_hole
from spg.labels import STREET, check_labels, classes_of
from spg.pictures import to_float


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
    evaluator=None,
    asked=None,
):
    """Fill the fixed holes of a data set with every method and measure the results.

    scenes: a data set (`spg.data.open`), with name, split, size, len(), [i] and, but for
        streets, the classes of its label maps.
    methods: dict name -> fill(image uint8 3×H×W, hole uint8 H×W, labels uint8 H×W) -> uint8 3×H×W. The missing
        pixels of image are 0; labels are the true ones everywhere, and a method that should not know them masks them.
    holes, seed: the hole set, see `spg.holes.evaluation_hole`. limit: the first so many scenes only.
    each: holes a scene, those of the sets seed, seed + 1, …. A scene counts as the mean over its holes, so that
        intervals are over scenes, which are independent, and not over holes, which are not.
    layouts: dict name -> complete(image, hole, labels) -> uint8 H×W; here labels too are 0 in the hole.
    perceptual: network of the AlexNet distance, a name or a `PerceptualDistance`, on device; None leaves it and the
        kernel distance `kid` out.
    pictures: folder for every filling at full size and contact sheets of the first scenes, see
        `spg.evaluation.gallery`. keep_per_image: keep each picture's values.
    extra: further keys of the result, such as the checkpoints used.
    segmenter: label(image, hole) -> uint8 H×W, to be measured beside the layouts.
    evaluator: label(image, hole) -> uint8 H×W, the segmenter that looks for the classes asked for in the fillings
        (`recognised`); one that has not been used in training them. None leaves this out.
    asked: dict name of a method -> complete(image, hole, labels), the layout that it paints after; the true one for
        methods that are not in it.

    Scenes in which the holes `objects` find no object are left out, said on stderr and counted as "left_out"; n counts
    the others.

    Returns a dict with the setting ("data", "split", "size", "holes", "seed", "n", "classes"), "methods", "layouts",
    "segmenter", "paired" (see `spg.evaluation.summary`), "perceptual", "commit", "date", "versions" and "machine". Each
    method has its "bins" (by hole area), "boundary_n" (the pictures whose hole meets a class border) and
    "recognised_by_class" (class -> [share, low, high]); "recognised_true" is the same of the true pictures. A layout
    has its "border_length", of the class borders in the hole, over the truth's. A value that does not exist is None.
    Raises ValueError, naming the method, for a result of another shape or type, or with a changed known pixel. The same
    call gives the same numbers again, but for date and seconds.
    """
    n = len(scenes) if limit is None else min(limit, len(scenes))
    if n < 1 or each < 1 or not (methods or layouts):
        what = f"{n} scenes, {each} holes each, {len(methods)} methods, {len(layouts or {})} layouts"
        raise ValueError(f"nothing to evaluate: {what}")
    distance = networks.load(perceptual, device) if isinstance(perceptual, str) else perceptual
    classes = classes_of(scenes)
    gallery = Gallery(pictures, methods, layouts, classes) if pictures else None
    patches = None if distance is None else kernel_distance.PatchFeatures(device)
    found = _Found(evaluator, methods, asked or {}, classes) if evaluator else None
    evaluation = _Evaluation(methods, layouts or {}, segmenter, distance, device, gallery, patches, found, classes)
    left_out = 0
    for i in bar(range(n), desc="evaluate", unit="img", disable=not progress):
        scene = scenes[i]
        drawn = [_hole(scenes, holes, seed + k, i, scene) for k in range(each)]
        if drawn[0] is None:  # whether a scene holds an object does not depend on the seed
            left_out += 1
            continue
        for k, hole in enumerate(drawn):
            evaluation.add(scene, hole, i, k)
    check_left_out(left_out, n)
    if gallery:
        gallery.write_sheets()
    return {
        **{"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": holes, "seed": seed},
        **{"n": n - left_out, **({"left_out": left_out} if holes in LABELLED else {})},
        **({"each": each} if each > 1 else {}),
        **provenance(),
        "classes": list(classes.names),
        "perceptual": None if distance is None else distance.name,
        "kernel": None if patches is None else kernel_distance.about(patches.name),
        **(extra or {}),
        **evaluation.result(each, keep_per_image),
    }


def _hole(scenes, holes, seed, index, scene):
    """The fixed hole of a scene; None where the holes `objects` find no object in it."""
    return evaluation_hole(
        scenes.name, scenes.split, scenes.size, holes, seed, index, np.asarray(scene[1]), classes_of(scenes)
    )


def check_left_out(left_out, n):
    """Say on stderr how many of n scenes hold no object; raise ValueError where none does."""
    if left_out == n:
        raise ValueError(f"none of {n} scenes holds an object of a size to take out: choose other holes or more scenes")
    if left_out:
        print(f"{left_out} of {n} scenes hold no object of a size to take out: left out", file=sys.stderr)


def measure(image, filled, hole, labels, distance=None, device="cpu", truth=None):
    """Measure one filling by all METRICS but `recognised`: dict name -> float, NaN where there is nothing to measure.

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

    def __init__(
        self, methods, layouts, segmenter, distance, device, gallery=None, patches=None, found=None, classes=STREET
    ):
        self.methods, self.layouts, self.segmenter = methods, layouts, segmenter
        self.distance, self.device, self.gallery = distance, device, gallery
        self.patches, self.found, self.classes = patches, found, classes
        self.features = []  # per picture: those of the patches of truth and fillings, (1 + methods)×d
        self.records = {name: [] for name in methods}  # per picture: METRICS, seconds, the hole's share
        self.counts = {name: [] for name in layouts}  # per picture: the confusion of missing pixels
        self.borders = {name: [] for name in layouts}  # per picture: lengths of the class borders, true and given
        self.segmented = {"known": [], "missing": []}  # per picture: the segmenter's confusion there

    def add(self, scene, hole, i, k):
        """Scene number i with its hole number k."""
        image, labels = map(np.asarray, scene)  # plain arrays, also from a memory map
        truth = self._features(image)
        filled = {name: self._measure_filling(name, image, hole, labels, truth) for name in self.methods}
        completed = {
            name: _complete(name, fill, image, hole, labels, self.classes) for name, fill in self.layouts.items()
        }
        for name, layout in completed.items():
            self.counts[name].append(metrics.confusion(labels, layout, hole, self.classes))
            self.borders[name].append([metrics.border_length(x, hole) for x in (labels, layout)])
        if self.patches and filled:
            self.features.append(self.patches([image, *filled.values()], hole))
        self._measure_segmenter(image, hole, labels)
        if self.found:
            self.found.look_at_truth(image, hole, labels)
        if self.gallery:
            self.gallery.add(i, k, image, hole, labels, filled, completed)

    @torch.no_grad()
    def _features(self, image):
        """Of the true picture, once for all methods: half of the distance's work."""
        return None if self.distance is None else self.distance.features(_batch(image, self.device))

    def _measure_filling(self, name, image, hole, labels, truth):
        filled, seconds = _fill(name, self.methods[name], image, hole, labels)
        measures = measure(image, filled, hole, labels, self.distance, self.device, truth)
        measures["recognised"] = self.found.add(name, image, filled, hole, labels) if self.found else float("nan")
        self.records[name].append({**measures, "seconds": seconds, "share": float(hole.mean())})
        return filled

    def _measure_segmenter(self, image, hole, labels):
        if self.segmenter:
            found = self.segmenter(image * (1 - hole), hole.copy())
            found = check_labels(found, "the segmenter's labels", classes=self.classes)
            for place, where in (("known", 1 - hole), ("missing", hole)):
                self.segmented[place].append(metrics.confusion(labels, found, where, self.classes))

    def result(self, each, keep_per_image):
        """What a result file says; each: holes a scene."""
        counts = {name: summary.summed(rows, each) for name, rows in self.counts.items()}
        borders = {name: summary.summed(np.array(rows), each) for name, rows in self.borders.items()}
        segmented = {place: summary.summed(rows, each) for place, rows in self.segmented.items()}
        kernel = self._kernel(each)
        found = self.found.counts(each) if self.found else {}
        return {
            "methods": summary.methods(self.records, each, keep_per_image, kernel, found, self.classes),
            "paired": summary.paired(self.records, each, kernel),
            "recognised_true": self.found.true(each) if self.found else None,
            "layouts": summary.layouts(counts, borders, keep_per_image, self.classes),
            "segmenter": summary.segmenter(**segmented, classes=self.classes) if self.segmenter else None,
        }

    def _kernel(self, each):
        """name → terms of the kernel distance; empty where it was not measured."""
        if not self.features:
            return {}
        truth, *filled = np.stack(self.features, 1)
        return {name: kernel_distance.terms(truth, x, each) for name, x in zip(self.methods, filled, strict=True)}


class _Found:
    """Looks with the evaluator for what each picture's layout asks for, and keeps what it finds."""

    TRUE = None  # the name of the true pictures among those of the methods

    def __init__(self, evaluator, methods, asked, classes=STREET):
        self.evaluator, self.asked, self.classes = evaluator, asked, classes
        self.kept = {name: [] for name in (self.TRUE, *methods)}  # per picture: confusion of classes asked for, found
        self.shares = []  # per true picture

    def add(self, name, image, filled, hole, labels):
        """Look at one filling. Returns the share of the hole in which its layout's class is found."""
        asked = _complete(name, self.asked[name], image, hole, labels, self.classes) if name in self.asked else labels
        found = metrics.seen(self.evaluator, filled, self.classes)
        self.kept[name].append(metrics.confusion(asked, found, hole, self.classes))
        return metrics.recognised(found, asked, hole)

    def look_at_truth(self, image, hole, labels):
        self.shares.append(self.add(self.TRUE, image, image, hole, labels))

    def counts(self, each):
        return {name: summary.summed(rows, each) for name, rows in self.kept.items()}

    def true(self, each):
        return summary.recognised_true(self.shares, self.counts(each)[self.TRUE], each, self.classes)


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


def _complete(name, complete, image, hole, labels, classes):
    completed = complete(image * (1 - hole), hole.copy(), labels * (1 - hole))
    completed = check_labels(completed, f"layout {name!r}", classes=classes)
    if completed.shape != labels.shape:
        raise ValueError(f"layout {name!r} must return labels of shape {labels.shape}, got {completed.shape}")
    changed = (completed != labels) & (hole == 0)
    if changed.any():
        raise ValueError(f"layout {name!r} changed {changed.sum()} known labels; keep them as they are")
    return completed


def _batch(image, device):
    return to_float(torch.tensor(image, device=device)[None])
