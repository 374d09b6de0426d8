"""The tables one result can show, each a function of the result that returns markdown, or "" where it has nothing."""

from spg.engine.markdown import number, signed, span, table
from spg.evaluation.summary import BINS
from spg.labels import CLASSES

# key of the JSON -> heading, decimals, which direction is better (+1 higher, -1 lower, 0 not ranked)
COLUMNS = {
    "l1": ("l1", 1, -1),
    "l2": ("l2", 1, -1),
    "ssim": ("SSIM", 4, +1),
    "psnr": ("PSNR", 2, +1),
    "lpips": ("LPIPS", 4, -1),
    "hole_psnr": ("hole PSNR", 2, +1),
    "hole_l1": ("hole l1", 0, -1),
    "boundary_lpips": ("boundary LPIPS", 3, -1),
    "sharpness": ("sharpness", 2, 0),
    "tint": ("tint", 2, 0),
    "kid": ("KID ×1000", 1, -1),
    "recognised": ("recognised", 3, +1),
    "seconds_per_image": ("s/img", 3, 0),
}
LAYOUT_COLUMNS = {
    "hole_accuracy": ("hole accuracy", 3, +1),
    "hole_miou": ("hole mIoU", 3, +1),
    "border_length": ("border length", 2, 0),  # of the class borders, over the truth's: 1 is right
}
TABLE1 = ("l1", "l2", "ssim", "psnr", "lpips", "boundary_lpips", "hole_psnr", "seconds_per_image")
PAIRED = ("l1", "ssim", "psnr", "lpips", "boundary_lpips")
NEWER = ("kid", "recognised")  # shown by every view where a result has them
BINNED = ("psnr", "ssim", "lpips")
SHORT = {
    "telea": "Telea, a diffusion fill",
    "patchmatch": "PatchMatch",
    "glcic": "GL",
    "spg": "SPG-Net, the paper's design",
    "noseg-plus": "SG-Net+ without segmentation",
    "spg-plus": "SPG-Net+, our design",
    "spg-plus-textured": "SPG-Net+ and patches",
}
# They get the true labels: a ceiling, not a competitor.
NOT_RANKED = ("spg-oracle", "spg-plus-oracle", "spg-plus-textured-oracle")

# The paper's Table 1: Cityscapes at 256×256, one random hole a picture, the whole composited picture measured
# [THE_PAPER.md, section 7]. The units of l1 and l2 are inferred, see `spg.evaluation.units`.
PAPER_SETTING = {"data": "cityscapes", "size": 256, "holes": "paper"}
PAPER_METRICS = ("l1", "l2", "ssim", "psnr")
# our name of the method → the paper's name, and its figures
PAPER_ROWS = {
    "patchmatch": ("PatchMatch", {"l1": 641.3, "l2": 169.3, "ssim": 0.9419, "psnr": 30.34}),
    "glcic": ("GL", {"l1": 598.0, "l2": 94.78, "ssim": 0.9576, "psnr": 33.57}),
    "spg": ("SPG-Net", {"l1": 392.4, "l2": 98.95, "ssim": 0.9591, "psnr": 34.26}),
}


def comparable(result):
    """Whether a result of `spg evaluate` was measured in Table 1's setting."""
    return all(result.get(key) == value for key, value in PAPER_SETTING.items())


# -------------------------------------------------------------------- methods


def methods(result, bold=True):
    """All means of every method; results older than a column go without it."""
    if not result["methods"]:
        return ""
    rows = _ranked_rows("method", result["methods"], measured(COLUMNS, result["methods"]), bold)
    return table(_shown(result, rows)) + _of_the_truth(result)


def measured(columns, entries):
    """The columns for which one of the entries (name -> {key: value}) has a value; a result may be older than one."""
    return {k: column for k, column in columns.items() if any(row.get(k) is not None for row in entries.values())}


def _with_newer(keys, result):
    """The keys of a view, and before the seconds the NEWER ones that the result has."""
    newer = [key for key in measured(COLUMNS, result["methods"]) if key in NEWER]
    last = [key for key in keys if key == "seconds_per_image"]
    return [*(key for key in keys if key not in last), *newer, *last]


def _of_the_truth(result):
    """A line: what the evaluator recognises in the true pictures, where it has looked."""
    true = result.get("recognised_true")
    if not true:
        return ""
    return f"\nRecognised in the true pictures: {number(true['recognised'], 3)} ({span(true['ci95'], 3)}).\n"


def table1(result, bold=True):
    """Table 1: our methods, the paper's row below the method it is of, and what training was spent on the nets."""
    columns = {key: COLUMNS[key] for key in _with_newer(TABLE1, result)}
    rows = _shown(result, _ranked_rows("method", result["methods"], columns, bold))
    if comparable(result):
        rows = [line for row in rows for line in (row, *_papers(row[0], columns))]
    return table(rows) + _of_the_truth(result) + budget(result)


def short(result, bold=True):
    """At most six methods under names that explain themselves, and six columns: for a front page.

    A value is bold if no method of the result has a better one, shown or not.
    """
    head, *rows = _ranked_rows("method", result["methods"], {key: COLUMNS[key] for key in TABLE1[:6]}, bold)
    return table([head, *([SHORT[name], *cells] for name, *cells in rows if name in SHORT)])


def _shown(result, rows):
    """The heading, and the rows of the methods that `spg.evaluation.tables.only` has chosen; all where it has not."""
    return rows[:1] + [row for row in rows[1:] if row[0] in result.get("shown", result["methods"])]


def _papers(name, columns):
    """The paper's row for a method of ours: a list of one row, or of none."""
    if name not in PAPER_ROWS:
        return []
    title, figures = PAPER_ROWS[name]
    return [[f"{title} (paper)", *(number(figures.get(key), columns[key][1]) for key in columns)]]


def budget(result):
    """A line: how many pictures each net saw, and for how long."""
    spent = [f"{model} {_spent(net)}" for model, net in (result.get("weights") or {}).items()]
    return f"\nTraining, pictures seen: {'; '.join(spent)}.\n" if spent else ""


def _spent(net):
    gpus = net.get("gpu_seconds", {})
    minutes = (net["seconds"] - sum(gpus.values())) / 60
    unit = f"{minutes * net['threads']:,.0f} core-minutes" if "threads" in net else f"{minutes:,.0f} minutes"
    return f"{net['pictures_seen']:,} in {unit}" + "".join(
        f" and {seconds / 60:,.0f} minutes on one {gpu}" for gpu, seconds in gpus.items()
    )


def intervals(result, bold=True):
    """The 95 % bootstrap interval of every mean, over pictures."""
    keys = [key for key in _with_newer(TABLE1, result) if key != "seconds_per_image"]
    rows = [[name, *(span(row["ci95"].get(key), COLUMNS[key][1]) for key in keys)] for name, row in _methods(result)]
    return "95 % intervals of the means:\n\n" + table([["method", *_headings(keys)], *rows])


def bins(result, bold=True):
    """Means by hole size."""
    sizes = {b: row["bins"][b]["n"] for b in BINS for _, row in _methods(result)[:1] if b in row.get("bins", {})}
    if not sizes:
        return ""
    cells = [(key, b) for key in BINNED for b in sizes]
    head = ["method", *(f"{COLUMNS[key][0]} {b}" for key, b in cells)]
    rows = [[n, *(number(row["bins"][b][key], COLUMNS[key][1]) for key, b in cells)] for n, row in _methods(result)]
    counted = ", ".join(f"{b} {n} pictures" for b, n in sizes.items())
    return f"By the hole's share of the picture ({counted}):\n\n" + table([head, *rows])


def _methods(result):
    return [(name, row) for name, row in result["methods"].items() if name in result.get("shown", result["methods"])]


# -------------------------------------------------------------------- differences


def paired(result, bold=True):
    """A − B over the same pictures and holes, with intervals; bold where A is better and the interval excludes 0."""
    found = [(a, b, row) for a, others in (result.get("paired") or {}).items() for b, row in others.items()]
    if not found:
        return ""
    keys = _with_newer(PAIRED, result)
    rows = [
        [f"{a} − {b}", *(_difference(row.get(key), *COLUMNS[key][1:], bold) for key in keys)] for a, b, row in found
    ]
    legend = "bold: the first is better, italic: it is worse, and the interval does not contain 0"
    caption = f"Differences over the same pictures, mean and 95 % interval ({legend}):\n\n"
    return caption + table([["A − B", *_headings(keys)], *rows])


def _difference(values, decimals, direction, bold):
    if values is None:
        return "–"
    value, low, high = values
    text = f"{signed(value, decimals)} [{signed(low, decimals)}, {signed(high, decimals)}]"
    mark = "" if not bold or low <= 0 <= high else "**" if value * direction > 0 else "*"
    return mark + text + mark


def margins(result, bold=True):
    """What each method is ahead of PatchMatch in the same run, beside the paper's margins over its PatchMatch."""
    ours = result["methods"]
    if "patchmatch" not in ours or not comparable(result):
        return ""
    base, (_, paper) = ours["patchmatch"], PAPER_ROWS["patchmatch"]
    rows = [[name, *_margin(row, base)] for name, row in _methods(result) if name != "patchmatch"]
    rows += [[f"{title} (paper)", *_margin(row, paper)] for title, row in PAPER_ROWS.values() if row is not paper]
    head = ["over PatchMatch", "l1 ×", "l2 ×", "SSIM +", "PSNR +"]
    return "Against PatchMatch in the same run:\n\n" + table([head, *rows])


def _margin(row, base):
    factors = [f"{row[key] / base[key]:.2f}" for key in ("l1", "l2")]
    return [*factors, signed(row["ssim"] - base["ssim"], 4), signed(row["psnr"] - base["psnr"], 2)]


# -------------------------------------------------------------------- classes found again


def recognised(result, bold=True):
    """By class: the share of the pixels asked for in which the evaluator finds the class; the true pictures last."""
    entries = {name: row.get("recognised_by_class") for name, row in _methods(result)}
    if not any(entries.values()):
        return ""
    entries["true pictures"] = result["recognised_true"]["by_class"]
    classes = list(dict.fromkeys(name for row in entries.values() for name in row))
    rows = [[name, *(_found(row.get(c)) for c in classes)] for name, row in entries.items()]
    return table([["recognised, with 95 % interval", *classes], *rows])


def _found(values):
    return "–" if values is None else f"{number(values[0], 3)} [{number(values[1], 3)}, {number(values[2], 3)}]"


# -------------------------------------------------------------------- layouts and nets


def layouts(result, bold=True):
    """SP-Net beside the naive fills, over the missing pixels."""
    entries = result.get("layouts") or {}
    return _ranked("layout", entries, measured(LAYOUT_COLUMNS, entries), bold)


def classes(result, bold=True):
    """Intersection over union by class: of the layouts in the hole, of the segmenter where the picture is known."""
    entries = {name: row["per_class"] for name, row in (result.get("layouts") or {}).items() if "per_class" in row}
    if not entries:
        return ""
    names = result.get("classes") or CLASSES  # a result that is older than class sets has the eight
    columns = {name: (name, 3, +1) for name in names}
    rows = _ranked_rows("IoU in the hole", entries, columns, bold)
    if result.get("segmenter"):
        known = result["segmenter"]["per_class"]
        rows.append(["segmenter, known pixels", *(number(known.get(name), 3) for name in names)])
    return table(rows)


def segmenter(result, bold=True):
    """The segmenter where the picture is known, and over the whole of it."""
    if not result.get("segmenter"):
        return ""
    keys = ("known_accuracy", "known_miou", "whole_accuracy", "whole_miou")
    head = ["segmenter", "accuracy", "95 % interval", "mIoU", "95 % interval"]
    row = result["segmenter"]
    cells = {key: [number(row[key], 3), span(row["ci95"][key], 3)] for key in keys}
    return table(
        [
            head,
            ["known pixels", *cells["known_accuracy"], *cells["known_miou"]],
            ["whole picture", *cells["whole_accuracy"], *cells["whole_miou"]],
        ]
    )


def weights(result, bold=True):
    """The nets that were measured: profile, training size, pictures seen, minutes."""
    nets = result.get("weights") or {}
    if not nets:
        return ""
    rows = [
        [model, net["profile"], str(net["size"]), f"{net['pictures_seen']:,}", _spent(net).partition(" in ")[2]]
        for model, net in nets.items()
    ]
    return table([["net", "profile", "size", "pictures seen", "training"], *rows], text_columns=2)


VIEWS = {
    view.__name__: view
    for view in (
        *(table1, methods, short, intervals, bins, margins, paired, recognised),
        *(layouts, classes, segmenter, weights),
    )
}


# -------------------------------------------------------------------- rows and cells


def _headings(keys):
    return [COLUMNS[key][0] for key in keys]


def _ranked(what, entries, columns, bold):
    return table(_ranked_rows(what, entries, columns, bold)) if entries else ""


def _ranked_rows(what, entries, columns, bold):
    """entries: dict name -> {key: value}; one row per name, the best of each ranked column bold."""
    rows = [[what, *(heading for heading, _, _ in columns.values())]]
    best = {key: _best(entries, key, *columns[key][1:]) if bold else None for key in columns}
    for name, values in entries.items():
        cells = [number(values.get(key), columns[key][1]) for key in columns]
        ranked = name not in NOT_RANKED
        marked = [f"**{c}**" if ranked and c == best[key] else c for key, c in zip(columns, cells, strict=True)]
        rows.append([name, *marked])
    return rows


def _best(entries, key, decimals, direction):
    """The best value as printed, so that what looks equal is marked alike; None where nothing competes."""
    values = [entry[key] for name, entry in entries.items() if name not in NOT_RANKED and entry.get(key) is not None]
    if not direction or len(values) < 2:
        return None
    return number(max(values) if direction > 0 else min(values), decimals)
