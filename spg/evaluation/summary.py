"""From the metrics of single pictures to a result file: means, intervals, bins by hole size, paired differences."""

import numpy as np

from spg.evaluation import kernel_distance, metrics
from spg.labels import STREET

# of single pictures; of the set of them there is `kid` too
METRICS = ("l1", "l2", "ssim", "psnr", "lpips", "hole_psnr", "hole_l1", "boundary_lpips", "sharpness", "tint")
METRICS += ("recognised",)
BINS = ("<5%", "5-10%", "10-25%", ">25%")  # of the area; the paper's holes are 1.6 to 25 %
LEADS = ("spg-plus-textured", "spg-plus", "spg")  # the methods whose differences to all others are kept


def methods(records, each=1, keep_per_image=False, kernel=None, found=None, classes=STREET):
    """name → summary. records: name → list of {metric: value, "seconds", "share" of the area that is missing}.

    each: so many of them, one after the other, are of one picture, which counts as their mean. kernel: name → terms of
    the kernel distance, found: name → confusions of the classes asked for and found, one a picture; where measured.
    """
    return {
        name: _method(rows, each, keep_per_image, (kernel or {}).get(name)) | _found((found or {}).get(name), classes)
        for name, rows in records.items()
    }


def summed(counts, each):
    """Confusions C×C, one a hole, summed to one a picture of so many holes."""
    return [sum(counts[i : i + each]) for i in range(0, len(counts), each)]


def _values(records, metric, each):
    """One value a picture: the mean over its holes that have one; NaN where none has."""
    values = [record[metric] for record in records]
    return [metrics.mean(values[i : i + each]) for i in range(0, len(values), each)]


def layouts(counts, borders, keep_per_image=False, classes=STREET):
    """name → summary of a completed layout. counts: name → list of confusions C×C of missing pixels, one a picture.

    borders: name → list of two lengths, of the true class borders in the hole and of the layout's, one a picture.
    """
    return {name: _layout(rows, borders[name], keep_per_image, classes) for name, rows in counts.items()}


def segmenter(known, missing, classes=STREET):
    """The segmenter against the truth: over the known pixels (its job), and over the whole picture.

    known, missing: lists of confusions C×C, one a picture. In the hole it guesses; nothing uses that guess.
    """
    whole = [a + b for a, b in zip(known, missing, strict=True)]
    summary = {}
    for place, counts in (("known", known), ("whole", whole)):
        of = _shares(counts, classes)
        summary |= {f"{place}_accuracy": of["accuracy"], f"{place}_miou": of["miou"]}
        summary.setdefault("per_class", of["per_class"])
        summary.setdefault("ci95", {}).update({f"{place}_{name}": ends for name, ends in of["ci95"].items()})
    return summary


def pairs(names):
    """The (A, B) whose paired difference A − B a result keeps.

    Each lead against every other method, then what a better layout would bring (oracle − predicted), and what a perfect
    one brings over no segmentation (oracle − noseg).
    """
    oracles = [name for name in names if name.endswith("-oracle")]
    leads = [name for name in LEADS if name in names]
    found = [(a, b) for i, a in enumerate(leads) for b in names if b not in (*oracles, *leads[: i + 1])]
    for lead, without in zip(LEADS[::-1], ("noseg", "noseg-plus", "noseg-plus"), strict=True):
        found += [(f"{lead}-oracle", b) for b in (lead, without) if f"{lead}-oracle" in names and b in names]
    return found


def paired(records, each=1, kernel=None):
    """A → B → {metric: [mean of A − B, low, high]} for `pairs`; None for a metric without a value.

    each, kernel: as above. The difference of two kernel distances is drawn over the same scenes.
    """
    found = {}
    for a, b in pairs(list(records)):
        found.setdefault(a, {})[b] = {
            metric: _all(metrics.paired_difference(*(_values(records[name], metric, each) for name in (a, b))))
            for metric in METRICS
        } | {"kid": _all(_kernel(kernel[a] - kernel[b])) if kernel else None}
    return found


def recognised_true(values, counts, each=1, classes=STREET):
    """What the segmenter finds in the true pictures, as `recognised` of a method. values: one share a hole."""
    shares = _values([{"recognised": value} for value in values], "recognised", each)
    of = _found(counts, classes)["recognised_by_class"]
    return {"recognised": number(metrics.mean(shares)), "ci95": _all(metrics.interval(shares)), "by_class": of}


def _kernel(terms):
    return kernel_distance.distance(terms), *kernel_distance.interval(terms)


def _found(counts, classes):
    """counts: confusions C×C, one a picture, or None where no segmenter looked."""
    shares = None if counts is None else metrics.recognised_by_class(counts, classes)
    return {"recognised_by_class": shares and {name: _all(values) for name, values in shares.items()}}


def _method(records, each, keep_per_image, kernel):
    columns = {metric: _values(records, metric, each) for metric in METRICS}
    summary = {metric: number(metrics.mean(values)) for metric, values in columns.items()}
    summary["seconds_per_image"] = number(np.median([record["seconds"] for record in records]))
    summary["ci95"] = {metric: _all(metrics.interval(values)) for metric, values in columns.items()}
    summary["kid"], summary["ci95"]["kid"] = None, None
    if kernel is not None:
        summary["kid"], *ends = map(number, _kernel(kernel))
        summary["ci95"]["kid"] = ends if summary["kid"] is not None else None
    summary["boundary_n"] = int(np.isfinite(columns["boundary_lpips"]).sum())
    summary["bins"] = _bins(records)
    if keep_per_image:
        summary["per_image"] = {metric: [number(v) for v in values] for metric, values in columns.items()}
    return summary


def _bins(records):
    """Means by the hole's share of the area; a bin without a picture is left out."""
    binned = {name: [r for r in records if bin_of(r["share"]) == name] for name in BINS}
    return {
        name: {"n": len(inside), **{metric: number(metrics.mean([r[metric] for r in inside])) for metric in METRICS}}
        for name, inside in binned.items()
        if inside
    }


def bin_of(share):
    """The name of the bin a hole of this share of the area belongs to."""
    if share > 0.25:  # only free-form holes; the centred square's 25 % belong below
        return ">25%"
    return "<5%" if share < 0.05 else "5-10%" if share < 0.10 else "10-25%"


def _layout(counts, borders, keep_per_image, classes):
    of = _shares(counts, classes)
    summary = {f"hole_{name}": of[name] for name in ("accuracy", "miou")} | {"per_class": of["per_class"]}
    summary["ci95"] = {f"hole_{name}": ends for name, ends in of["ci95"].items()}
    true, given = np.array(borders, float).T
    summary["border_length"] = number(given.sum() / true.sum()) if true.any() else None
    summary["ci95"]["border_length"] = _all(metrics.ratio_interval(given, true))
    if keep_per_image:
        summary["per_image"] = {"hole_accuracy": [number(metrics.hole_accuracy(c)) for c in counts]}
    return summary


def _shares(counts, classes):
    """Accuracy, mean IoU and IoU by class of summed confusions, with intervals over pictures of the first two."""
    total, statistics = np.sum(counts, axis=0), {"accuracy": metrics.hole_accuracy, "miou": metrics.hole_miou}
    return {
        **{name: number(statistic(total)) for name, statistic in statistics.items()},
        "per_class": {name: number(iou) for name, iou in zip(classes.names, metrics.class_ious(total), strict=True)},
        "ci95": {name: _all(metrics.counts_interval(s, counts)) for name, s in statistics.items()},
    }


def number(value):
    """Six digits are more than any of these means deserves; NaN does not exist in JSON."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _all(values):
    return [number(v) for v in values] if np.isfinite(values).all() else None
