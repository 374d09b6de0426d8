"""The units and the holes of the paper's Table 1, found by measuring PatchMatch.

The paper names neither. PatchMatch needs no training, so its figures on Cityscapes at 256×256 should come close
to the paper's row for it, if units and holes are the same. We try ways to draw the hole and ways to define l1 and l2.
PSNR and SSIM leave no unit to choose: they tell samplers apart, and l1 and l2 tell the units.
"""

import zlib

import numpy as np

from spg.baselines.classical import patchmatch, telea
from spg.engine.markdown import number, signed, span, table
from spg.engine.watching import progress as bar
from spg.evaluation import metrics
from spg.evaluation.views import COLUMNS, PAPER_ROWS
from spg.holes import LARGEST, SMALLEST, rectangle

METHODS = {"patchmatch": patchmatch, "telea": telea}
PAPER = PAPER_ROWS["patchmatch"][1]
SCALE = 255.0**2
RESAMPLES = 2000
NEAR = 0.95  # share of the resamples in which a sampler must be the nearest before it is called the best


# -------------------------------------------------------------------- holes: sides in 1/8..1/2 of the image's, anywhere


def square(rng, height, width):
    """A square, its side uniform."""
    side = int(rng.integers(*_sides(min(height, width))))
    return _placed(rng, height, width, side, side)


def square_by_area(rng, height, width):
    """A square, its area uniform: more large ones."""
    low, high = _sides(min(height, width))
    side = round(np.sqrt(rng.uniform(low**2, (high - 1) ** 2)))
    return _placed(rng, height, width, side, side)


def rectangle_by_area(rng, height, width):
    """A rectangle, its area uniform, then its height uniform among those that leave the width in bounds."""
    (low, high), (left, right) = _sides(height), _sides(width)
    area = rng.uniform(low * left, (high - 1) * (right - 1))
    h = rng.uniform(max(low, area / (right - 1)), min(high - 1, area / left))
    return _placed(rng, height, width, round(h), round(area / h))


def _sides(side):
    """The bounds of a hole's side in pixels, the upper one exclusive."""
    return round(side * SMALLEST), round(side * LARGEST) + 1


def _placed(rng, height, width, h, w):
    """An h×w hole at a uniform position."""
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    hole = np.zeros((height, width), np.uint8)
    hole[top : top + h, left : left + w] = 1
    return hole


SAMPLERS = {
    "rectangle, sides uniform": rectangle,  # the "paper" holes of `spg.holes`
    "square, side uniform": square,
    "rectangle, area uniform": rectangle_by_area,
    "square, area uniform": square_by_area,
}


# -------------------------------------------------------------------- units: what l1 and l2 may mean


def candidates(size):
    """Unit → (over the "whole" picture or the "hole", factor of mean |Δ|, factor of mean Δ²), images in [0, 1]."""
    return {
        "mean, images in [0, 1]": ("whole", 1.0, 1.0),
        "mean, images in 0..255": ("whole", 255.0, SCALE),
        "255² · mean, images in [0, 1]": ("whole", SCALE, SCALE),  # what `spg.evaluation.metrics` uses
        "255² · mean, images in [-1, 1]": ("whole", 2 * SCALE, 4 * SCALE),
        "sum over pixels, mean over channels, images in [0, 1]": ("whole", size**2, size**2),
        "sum over pixels and channels, images in [0, 1]": ("whole", 3 * size**2, 3 * size**2),
        "mean over the hole, images in 0..255": ("hole", 255.0, SCALE),
        "255² · mean over the hole, images in [0, 1]": ("hole", SCALE, SCALE),
    }


# -------------------------------------------------------------------- the measurement


def analyse(scenes, limit=None, seed=0, progress=True):
    """Fill each scene with every method under every sampler. Returns the JSON-ready dict of `spg units`.

    scenes: a data set (`spg.data.open`); limit: so many scenes, spread evenly over it. Every sampler sees the same
    scenes. Key "samplers": sampler → {"hole_area", "nearest", method → {figure: {"mean", "ci95", "relative"}, and
    "distance"}}. Key "units": sampler → unit → {"l1", "l2"}, of PatchMatch. "relative": mean / the paper's − 1;
    "distance": see `distance`; "nearest": the share of bootstrap resamples in which PatchMatch is nearest to the paper
    under this sampler. Raises ValueError where there is nothing to analyse.
    """
    n = min(limit if limit is not None else len(scenes), len(scenes))
    if n < 1:
        raise ValueError(f"nothing to analyse: {len(scenes)} scenes, limit {limit}")
    rows = {sampler: [] for sampler in SAMPLERS}
    for i in bar(_spread(len(scenes), n), desc="units", unit="img", disable=not progress):
        image = np.asarray(scenes[i].image)
        for sampler, found in rows.items():
            found.append(_measure(image, hole_of(sampler, scenes.size, seed, i)))
    columns = {
        sampler: {key: np.array([row[key] for row in found]) for key in found[0]} for sampler, found in rows.items()
    }
    about = {"data": scenes.name, "split": scenes.split, "size": scenes.size, "n": n, "seed": seed, "paper": PAPER}
    result = {"kind": "units", **about, **_result(columns, scenes.size, _resamples(n, seed))}
    return result | {"conclusions": conclusions(result)}


def _spread(total, n):
    """n of the numbers 0..total−1, evenly spread: neighbouring frames of a film say the same thing twice."""
    return [int(i) for i in np.linspace(0, total - 1, n).round()]


def hole_of(sampler, size, seed, index):
    """The hole of one scene under one sampler, uint8 size×size: the same in every run."""
    rng = np.random.default_rng([zlib.crc32(sampler.encode()), size, seed, index])
    return SAMPLERS[sampler](rng, size, size)


def _measure(image, hole):
    """One picture under one hole: quantity → value; images in [0, 1]."""
    found = {"hole_area": float(hole.mean())}
    for name, fill in METHODS.items():
        x, y = image / 255.0, fill(image * (1 - hole), hole) / 255.0
        found |= {f"{name} ssim": metrics.ssim(x, y), f"{name} psnr": metrics.psnr(x, y)}
        for where, pixels in (("whole", slice(None)), ("hole", hole == 1)):
            apart = np.abs(x - y)[:, pixels]
            found |= {f"{name} abs {where}": apart.mean(), f"{name} square {where}": (apart**2).mean()}
    return found


# -------------------------------------------------------------------- figures, intervals, distances


def _resamples(n, seed):
    """Weights of the n scenes, 1 + RESAMPLES × n: first each scene once, then draws with replacement."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    return np.vstack([np.full((1, n), 1 / n), drawn])


def _result(columns, size, resamples):
    """columns: sampler → quantity → array [n]."""
    means = {sampler: {key: resamples @ values for key, values in c.items()} for sampler, c in columns.items()}
    apart = np.stack([distance(figures(m, "patchmatch")) for m in means.values()])
    nearest = np.bincount(apart[:, 1:].argmin(0), minlength=len(means)) / (apart.shape[1] - 1)
    samplers = {
        sampler: {"hole_area": _digits(m["hole_area"][0]), "nearest": _digits(share), **_methods(m)}
        for (sampler, m), share in zip(means.items(), nearest, strict=True)
    }
    return {"samplers": samplers, "units": {sampler: _units(m, size) for sampler, m in means.items()}}


def figures(means, method):
    """The paper's four figures, in the units of `spg.evaluation.metrics`, of a method's means."""
    return {
        "l1": SCALE * means[f"{method} abs whole"],
        "l2": SCALE * means[f"{method} square whole"],
        "ssim": means[f"{method} ssim"],
        "psnr": means[f"{method} psnr"],
    }


def distance(found):
    """Root mean square of the relative distances of four figures to the paper's PatchMatch row.

    Each figure is taken as the error it stands for, beside l1 and l2 these are 1 − SSIM and 10^(−PSNR/20): SSIM and
    PSNR themselves hardly move when the error does [our decision].
    """
    apart = [_as_error(name, found[name]) / _as_error(name, PAPER[name]) - 1 for name in PAPER]
    return np.sqrt(np.mean(np.square(apart), axis=0))


def _as_error(name, value):
    return 1 - value if name == "ssim" else 10 ** (-value / 20) if name == "psnr" else value


def _methods(means):
    found = {}
    for method in METHODS:
        of = figures(means, method)
        found[method] = {name: _estimate(values, PAPER[name]) for name, values in of.items()}
        found[method]["distance"] = _estimate(distance(of))
    return found


def _units(means, size):
    return {
        unit: {
            "l1": _estimate(one * means[f"patchmatch abs {where}"], PAPER["l1"]),
            "l2": _estimate(two * means[f"patchmatch square {where}"], PAPER["l2"]),
        }
        for unit, (where, one, two) in candidates(size).items()
    }


def _estimate(values, paper=None):
    """values: the estimate, then its resamples."""
    found = {"mean": _digits(values[0]), "ci95": [_digits(v) for v in np.percentile(values[1:], [2.5, 97.5])]}
    return found if paper is None else found | {"relative": _digits(values[0] / paper - 1)}


def _digits(value):
    return float(f"{value:.5g}")


# -------------------------------------------------------------------- what it supports


def conclusions(result):
    """Sentences about units and sampler, as far as the intervals support them. result: of `analyse`."""
    return [_about_units(result), _about_figures(result), _about_samplers(result)]


def _about_units(result):
    fits = [
        unit
        for unit in candidates(result["size"])
        if any(all(_inside(of[unit][key], PAPER[key]) for key in ("l1", "l2")) for of in result["units"].values())
    ]
    if not fits:
        return "No unit gives both of the paper's figures within its intervals under any sampler."
    named = "; ".join(fits)
    return (
        f"Units that give both of the paper's figures, l1 and l2, within their intervals under some sampler: {named}."
    )


def _about_figures(result):
    counted = [
        f"{sampler} {sum(_inside(of['patchmatch'][key], PAPER[key]) for key in PAPER)}"
        for sampler, of in result["samplers"].items()
    ]
    return f"Of the paper's four figures, so many lie within PatchMatch's intervals: {'; '.join(counted)}."


def _about_samplers(result):
    shares = {sampler: found["nearest"] for sampler, found in result["samplers"].items()}
    best = max(shares, key=shares.get)
    said = f"{best}: nearest to the paper's four figures in {shares[best]:.0%} of the resamples"
    return f"{said}." if shares[best] >= NEAR else f"{said}, too few to prefer it to the others."


def _inside(estimate, value):
    return estimate["ci95"][0] <= value <= estimate["ci95"][1]


# -------------------------------------------------------------------- its tables


PARTS = ("conclusions", "holes", "units")


def unit_tables(result, parts=PARTS):
    """A result of `spg units` as markdown: the figures under every sampler, and PatchMatch's l1 and l2 in every unit.

    parts: those of PARTS to show; conclusions always.
    """
    tables = {"holes": _unit_holes, "units": _unit_ratios}
    shown = [make(result) for name, make in tables.items() if name in parts]
    return "\n".join([*shown, *(f"{sentence}\n" for sentence in result["conclusions"])])


def _unit_holes(result):
    decimals = {"l1": 0, "l2": 0, "ssim": 4, "psnr": 2}
    head = ["holes", "method", "hole area", *(COLUMNS[key][0] for key in decimals), "distance", "nearest"]
    rows = [
        [sampler, method, number(of["hole_area"], 3), *_unit_cells(of[method], decimals), _share(of, method)]
        for sampler, of in result["samplers"].items()
        for method in ("patchmatch", "telea")
    ]
    figures = (number(result["paper"][key], d) for key, d in decimals.items())
    return table([head, *rows, ["the paper", "patchmatch", "–", *figures, "–", "–"]], text_columns=2)


def _unit_ratios(result):
    samplers = list(result["units"])
    ratios = [
        [unit, *(_ratios(result["units"][sampler][unit], result["paper"]) for sampler in samplers)]
        for unit in result["units"][samplers[0]]
    ]
    caption = "PatchMatch's l1 and l2, divided by the paper's, if they were measured in other units:\n\n"
    return caption + table([["unit", *samplers], *ratios])


def _unit_cells(found, decimals):
    """Each figure with its interval and its distance from the paper's, then the distance of all four."""
    cells = [_cell(found[key], d) + f" {signed(100 * found[key]['relative'], 0)} %" for key, d in decimals.items()]
    return [*cells, _cell(found["distance"], 2)]


def _cell(found, decimals):
    return f"{number(found['mean'], decimals)} [{span(found['ci95'], decimals)}]"


def _ratios(pair, paper):
    return " and ".join(f"{of['mean'] / paper[key]:.3g}" for key, of in pair.items())


def _share(found, method):
    return number(found["nearest"], 2) if method == "patchmatch" else "–"
