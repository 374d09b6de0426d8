"""Which part matters? Nets that differ from a base in one thing each, trained and measured alike.

A row of `ROWS` is one small diff against the base. `run` trains every row for every seed and leaves out what is done
already, so that it can be interrupted, or shared by the jobs of an array; `summary` compares the rows.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spg import data, evaluation, models, weights
from spg.engine.machine import make_fabric
from spg.engine.provenance import provenance, write_json
from spg.engine.writing import read_json
from spg.evaluation import metrics
from spg.inpainting import Inpainter
from spg.labels import classes_of
from spg.training import Trainer

KIND = "ablations"
# Of the rows that paint; kid is one value for all pictures of a seed.
PICTURE = ("l1", "l2", "ssim", "psnr", "lpips", "boundary_lpips", "sharpness", "kid", "recognised")
LAYOUT = ("hole_accuracy", "hole_miou")  # of the rows that complete layouts
MORE = 0.25  # pictures of a row that goes on from another, as a share of the profile's


class Row(NamedTuple):
    """model: what `spg train` calls it; settings: the diff against the profile; base: the row it is compared with.

    guess: train on the layouts of the seed's own SP-Net in place of true ones. start: the row whose trained net this
    one goes on from, for `MORE` pictures.
    """

    model: str
    question: str
    settings: dict = {}  # noqa: RUF012, read only
    base: str = "spg"
    guess: bool = False
    start: str = ""


# What the recipe of streets-128 has of its own, for the rows that take one part of it away.
OBJECTS = {
    **{"holes": "objects:0.65+paper:0.35", "discriminator": "segmenting", "coloured": True},
    **{"adv": 0.2, "feature": 10.0, "chroma": 0.25, "l1": 2.0, "clip": 5.0},
}

ROWS = {
    "spnet": Row("spnet", "SP-Net as in the profile", base="spnet"),
    "spnet-paper-losses": Row(
        "spnet", "without our cross-entropy and Dice terms", {"cross_entropy": 0.0, "dice": 0.0}, "spnet"
    ),
    "spnet-no-image": Row("spnet", "the layout from the labels alone", {"blind": "image"}, "spnet"),
    "spnet-no-hole-channel": Row("spnet", "mid-grey and missing look the same", {"blind": "hole"}, "spnet"),
    "spnet-no-dilation": Row("spnet", "the nine blocks see their neighbours only", {"dilated": False}, "spnet"),
    "spnet-known-pixels": Row(
        "spnet", "with a cross-entropy on what is known, beside the losses in the hole", {"known": 10.0}, "spnet"
    ),
    "spg": Row("sgnet", "SG-Net as in the profile"),
    "no-segmentation": Row("sgnet-noseg", "SG-Net's design without a layout"),
    "predicted-layouts": Row("sgnet", "trained on SP-Net's layouts, not on true ones", guess=True),
    "no-alexnet": Row("sgnet", "without loss (3)", {"alexnet": 0.0}),
    "no-feature": Row("sgnet", "without loss (2)", {"feature": 0.0}),
    "no-adversarial": Row("sgnet", "without loss (1)", {"adv": 0.0}),
    "l1-only": Row("sgnet", "l1 in place of both perceptual losses", {"alexnet": 0.0, "feature": 0.0}),
    "no-l1": Row("sgnet", "without our hole l1 term", {"l1": 0.0}),
    "one-scale": Row("sgnet", "one discriminator instead of three", {"scales": 1}),
    "no-dilation": Row("sgnet", "the nine blocks see their neighbours only", {"dilated": False}),
    "whole-picture": Row("sgnet", "losses on all that is painted, not on the hole", {"masked": False}),
    "known-pixels": Row("sgnet", "with an l1 on what is known, beside the losses in the hole", {"known": 20.0}),
    "local-scores": Row("sgnet", "discriminators' scores count where they see the hole", {"local": True}),
    "unconditional": Row("sgnet", "discriminators that do not see the layout", {"conditional": False}),
    "no-hole-channel": Row("sgnet", "mid-grey and missing look the same", {"blind": "hole"}),
    "spnet-plus": Row("spnet-plus", "SP-Net+ as in the profile", base="spnet-plus"),
    "spg-plus": Row("sgnet-plus", "SG-Net+ as in the profile", base="spg-plus"),
    "plus-no-segmentation": Row("sgnet-plus-noseg", "SG-Net+'s design without a layout", base="spg-plus"),
    "plus-predicted-layouts": Row(
        "sgnet-plus", "trained on SP-Net+'s layouts, not on true ones", base="spg-plus", guess=True
    ),
    "plus-probabilities": Row(
        "sgnet-plus", "the same, as probabilities, at the test too", {"soft": True}, "spg-plus", guess=True
    ),
    "plus-ssim": Row("sgnet-plus", "with a loss on SSIM", {"ssim": 3.0}, "spg-plus"),
    "plus-no-segmentation-on": Row(
        "sgnet-plus-noseg",
        "the net without a layout, a quarter more pictures",
        base="plus-no-segmentation",
        start="plus-no-segmentation",
    ),
    "plus-as-twin": Row(
        "sgnet-plus",
        "in that quarter it sees SP-Net+'s probabilities",
        {"soft": True},
        "plus-no-segmentation-on",
        guess=True,
        start="plus-no-segmentation",
    ),
    "objects": Row("sgnet-plus", "holes around objects, a segmenting discriminator", OBJECTS, "objects"),
    "objects-patches": Row(
        "sgnet-plus", "the paper's three discriminators instead", OBJECTS | {"discriminator": "patches"}, "objects"
    ),
    "objects-paper-holes": Row(
        "sgnet-plus", "trained on the paper's holes instead", OBJECTS | {"holes": "paper"}, "objects"
    ),
}


class Setting(NamedTuple):
    """What the rows are measured on: a split and a limit of its scenes, holes; with true layouts alone or SP-Net's too.

    evaluator: label(image, hole) → uint8 H×W for the column `recognised`, or None.
    """

    split: str = "val"
    limit: int | None = None
    holes: str = "paper"
    true_only: bool = False
    evaluator: object = None


def run(spec, profile, seeds, out, only=None, test=Setting()):  # noqa: B008, read only
    """Train and measure every row for every seed: OUT/SEED/ROW/ holds the net and result.json. Rows done are left out.

    spec: the data, trained on its `train` split. only: names of rows. test: a `Setting`, what they are measured on.
    Raises ValueError naming an unknown row, or one whose layouts a test with true layouts alone leaves out.
    """
    rows = chosen(only, test.true_only)
    for seed in seeds:
        for name in rows:
            folder = Path(out) / str(seed) / name
            if not (folder / "result.json").exists():
                train(name, spec, profile, seed, folder)
                write_json(result_of(name, spec, profile, folder, test), folder / "result.json")


def chosen(only=None, true_only=False):
    """The rows asked for, in order, and those they need: a base, a net to go on from, an SP-Net for the layouts."""
    for name in only or ():
        if name not in ROWS:
            raise ValueError(f"no row {name!r}; the rows are {', '.join(ROWS)}")
    needed = set(only or ROWS)
    needed |= {ROWS[name].base for name in needed}
    needed |= {ROWS[name].start for name in needed if ROWS[name].start}
    if not true_only:
        needed |= {spnet_of(name) for name in needed if paints(name)}
    elif wrong := [name for name in ROWS if name in needed and (ROWS[name].guess or not paints(name))]:
        raise ValueError(f"with true layouts alone there is no {wrong[0]!r}: choose other rows by --only")
    return [name for name in ROWS if name in needed]


def paints(name):
    """Whether a row's net paints pictures; the others complete layouts."""
    return ROWS[name].model.startswith("sgnet")


def spnet_of(name):
    """The row whose SP-Net gives this one its layouts at the test."""
    return "spnet-plus" if "plus" in ROWS[name].model else "spnet"


def net_file(name, folder):
    """The checkpoint of another row of the same seed; its folder lies beside this one."""
    return folder.parent / name / f"{ROWS[name].model}.safetensors"


def train(name, spec, profile, seed, folder):
    """Train one row, or go on with it."""
    row = ROWS[name]
    settings = {"seed": seed, **row.settings}
    if row.guess:
        settings |= {"guess": 1.0, "spnet": str(net_file(spnet_of(name), folder))}
    if row.start:
        settings["pictures"] = tuple(round(MORE * count) for count in profile.pictures)
    start = net_file(row.start, folder) if row.start else None
    its = profile.with_settings(**settings)

    def scenes_at(size):
        return data.open(spec, "train", size)

    source = {"data": spec, "split": "train", "limit": None}
    task, classes = models.task(row.model), classes_of(scenes_at(its.sizes[0]))
    Trainer(row.model, task, its, scenes_at, source, folder, make_fabric(its), True, start, classes).fit()


def result_of(name, spec, profile, folder, test):
    """The result of one trained row, each picture's values kept: with the true layout, and with the predicted one."""
    scenes = data.open(spec, test.split, profile.sizes[-1], test.limit)
    measured = functools.partial(
        evaluation.evaluate,
        scenes,
        holes=test.holes,
        evaluator=test.evaluator,
        keep_per_image=True,
        extra={"row": name},
    )
    known = {"size": scenes.size, "classes": classes_of(scenes)}
    spnet = None if test.true_only else weights.load_net(net_file(spnet_of(name), folder))[0]
    if paints(name):
        sgnet, about = weights.load_net(net_file(name, folder))
        net = Inpainter(spnet, sgnet, **known, soft=about["profile"].get("soft", False))
        methods = {"true": net.paint}
        if net.sgnet.guided and not test.true_only:
            methods["predicted"] = lambda image, hole, labels: net(image, hole, labels).image
        return measured(methods)
    own, _ = weights.load_net(net_file(name, folder))
    net = Inpainter(own, None, **known)
    complete = {"layout": lambda image, hole, labels: net.predict(image, hole, labels)[0]}
    return measured({}, layouts=complete, perceptual=None)


# -------------------------------------------------------------------- what the rows have shown


def summary(out, seeds, profile):
    """What `spg table` shows of the rows found under OUT: means over pictures, mean ± sd over seeds, and differences.

    A difference is paired over pictures, after averaging each picture's value over the seeds both rows have; its
    interval says how sure it is for other pictures, `by_seed` and the sd how much a seed moves it. Raises
    FileNotFoundError where nothing is done yet.
    """
    found = {name: _results(out, seeds, name) for name in ROWS}
    found = {name: results for name, results in found.items() if results}
    if not found:
        raise FileNotFoundError(f"no row is done under {out}: `spg ablate` writes OUT/SEED/ROW/result.json")
    one = next(iter(next(iter(found.values())).values()))
    about = {key: one[key] for key in ("data", "split", "size", "holes", "n", "perceptual", "versions", "machine")}
    rows = {name: _row(name, found) for name in found}
    return {"kind": KIND, **about, **provenance(), "profile": profile.as_dict(), "rows": rows}


def _results(out, seeds, name):
    paths = {seed: Path(out) / str(seed) / name / "result.json" for seed in seeds}
    return {seed: _result(path) for seed, path in paths.items() if path.exists()}


def _result(path):
    found = read_json(path, "a result of `spg ablate`")
    if not isinstance(found, dict) or "data" not in found:
        raise ValueError(f"{path} is not a result of `spg ablate`: delete it, and its row is measured again")
    return found


def _row(name, found):
    row, results = ROWS[name], found[name]
    entry = {**row._asdict(), "seeds": list(results), "commits": sorted({r["commit"] for r in results.values()})}
    if not paints(name):
        return entry | {"layout": _compared("layouts", "layout", LAYOUT, name, found)}
    ways = ["true"]
    if any("predicted" in r["methods"] for rows in found.values() for r in rows.values()):
        ways.append("predicted")
    return entry | {way: _compared("methods", way, PICTURE, name, found) for way in ways}


def _compared(section, way, keys, name, found):
    """Means, spreads, and differences to the base measured the same way.

    A base's own: with SP-Net's layout, to the true one, which is what SP-Net's mistakes cost; else none."""
    results = {seed: _judged(r[section], way) for seed, r in found[name].items()}
    own = ROWS[name].base == name
    against = "true" if own and way == "predicted" else way
    base = {seed: _judged(r[section], against) for seed, r in found.get(ROWS[name].base, {}).items()}
    both = [seed for seed in results if seed in base] if not own or against != way else []
    entry = {"mean": {}, "sd": {}, "difference": {}, "by_seed": {}}
    for key in keys:
        values = [r[key] for r in results.values() if r.get(key) is not None]
        if not values:
            continue
        entry["mean"][key] = float(np.mean(values))
        entry["sd"][key] = float(np.std(values, ddof=1)) if len(values) > 1 else None
        if both and key in results[both[0]]["per_image"]:
            pairs = [[np.array(of[seed]["per_image"][key], float) for of in (results, base)] for seed in both]
            entry["difference"][key] = [float(v) for v in metrics.paired_difference(*np.mean(pairs, axis=0))]
            entry["by_seed"][key] = [metrics.mean(row - its) for row, its in pairs]
    return entry


def _judged(methods, way):
    """A net that looks at no layout paints the same with any."""
    return methods.get(way) or methods["true"]


def parse_seeds(text):
    """`0,1,2` → [0, 1, 2]. Raises ValueError naming what is no seed."""
    seeds = text.split(",")
    bad = [seed for seed in seeds if not seed.strip().isdigit()]
    if bad:
        raise ValueError(f"--seeds takes whole numbers by commas, such as 0,1,2; got {bad[0]!r}")
    return [int(seed) for seed in seeds]
