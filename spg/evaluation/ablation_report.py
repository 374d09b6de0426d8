"""What an ablation has shown, from its summary (`spg.evaluation.ablations.summary`): tables in markdown, and a plot."""

from spg.engine.markdown import number, signed, table
from spg.evaluation.views import COLUMNS, LAYOUT_COLUMNS, measured

WAYS = {"true": "true layout at the test", "predicted": "SP-Net's layout at the test"}
COLOURS = {"better": "#0072B2", "worse": "#D55E00", "undecided": "#888888"}  # two of `spg.plots.CURVES`, and grey
ROW, HEAD = 0.26, 1.0  # inches
PARTS = (*WAYS, "layouts")
SHOWN = ("l1", "psnr", "ssim", "lpips", "boundary_lpips", "sharpness", "kid", "recognised")


def ablations(result, parts=PARTS):
    """One table a way of testing: each row's mean ± sd over seeds, and its difference to the base.

    parts: those of PARTS to show.
    """
    tables = [_pictures(result["rows"], way, title) for way, title in WAYS.items() if way in parts]
    tables.append(_layouts(result["rows"]) if "layouts" in parts else "")
    return "\n".join(text for text in tables if text) + "\n" + budget(result)


def budget(result):
    """A line: what each row was trained for."""
    profile = result["profile"]
    seeds = max(len(row["seeds"]) for row in result["rows"].values())
    return (
        f"Profile {profile['name']}, {sum(profile['pictures']):,} pictures a training at {profile['sizes'][-1]} px, "
        f"width {profile['width']}; at most {seeds} seeds. Mean ± sd over seeds; in brackets, the 95 % interval over "
        "pictures of the difference to the base. **Bold**: better than the base; the interval does not contain 0 and "
        "every seed has that sign. *Italic*: worse. With SP-Net's layout, a base is compared with itself given the "
        "true one.\n"
    )


def verdict(entry, key, direction):
    """Say `better`, `worse` or `undecided` of a row against its base, by one metric; None where there is no difference.

    Decided is what holds for other pictures (the interval does not contain 0) and in every training (each seed's
    difference has the same sign) [our decision: an interval over pictures knows nothing of another training].
    direction: 1 where more is better, -1 where less is, 0 where neither is.
    """
    found = entry["difference"].get(key)
    if not found or not direction:
        return None
    value, low, high = found
    agree = all(seed * value > 0 for seed in entry["by_seed"][key])
    if low <= 0 <= high or not agree:
        return "undecided"
    return "better" if value * direction > 0 else "worse"


def _pictures(rows, way, title):
    rows = {name: row for name, row in rows.items() if way in row}
    shown = [key for key in SHOWN if any(key in row[way]["mean"] for row in rows.values())]
    body = [[name, row["question"], *_cells(row[way], shown, COLUMNS)] for name, row in rows.items()]
    return table([[title, "what differs", *(COLUMNS[key][0] for key in shown)], *body]) if body else ""


def _layouts(rows):
    rows = {name: row for name, row in rows.items() if "layout" in row}
    columns = measured(LAYOUT_COLUMNS, {name: row["layout"]["mean"] for name, row in rows.items()})
    body = [[name, row["question"], *_cells(row["layout"], columns, columns)] for name, row in rows.items()]
    return table([["layout", "what differs", *(heading for heading, _, _ in columns.values())], *body]) if body else ""


def _cells(entry, keys, columns):
    return [_cell(entry, key, *columns[key][1:]) for key in keys]


def _cell(entry, key, decimals, direction):
    mean, sd, difference = (entry[part].get(key) for part in ("mean", "sd", "difference"))
    text = number(mean, decimals) + (f" ± {number(sd, decimals)}" if sd is not None else "")
    if not difference:
        return text
    value, low, high = difference
    mark = {"better": "**", "worse": "*"}.get(verdict(entry, key, direction), "")
    change = f"{signed(value, decimals)} [{signed(low, decimals)}, {signed(high, decimals)}]"
    return f"{text} ({mark}{change}{mark})"


# -------------------------------------------------------------------- the plot


def plot(grids, keys=("psnr", "boundary_lpips"), way="true"):
    """Draw every row's difference to its base, with a panel for each grid and metric. Returns the Figure.

    Bars are 95 % intervals over pictures, small marks the seeds.

    grids: title → summary (`spg.evaluation.ablations.summary`). way: the layout at the test, `true` or `predicted`, or
    `layout` for the rows that complete layouts. Blue is better than the base, orange worse, grey undecided (see
    `verdict`).
    """
    from spg.plots import panels  # matplotlib; the tables need none

    most = max(len(_shown(grid, keys[0], way)) for grid in grids.values())
    fig, axes = panels(len(keys) * len(grids), 2 + 2.5 * len(keys) * len(grids), HEAD + ROW * most)
    places = iter(axes)
    for title, grid in grids.items():
        for key in keys:
            _panel(next(places), _shown(grid, key, way), key, title, named=key == keys[0])
    return fig


def _shown(grid, key, way):
    """The rows that have a difference to show: name → one way of testing it."""
    rows = {name: row[way] for name, row in grid["rows"].items() if way in row}
    return {name: entry for name, entry in rows.items() if entry["difference"].get(key)}


def _panel(axes, rows, key, title, named):
    heading, _, direction = {**COLUMNS, **LAYOUT_COLUMNS}[key]
    for place, entry in enumerate(rows.values()):
        mean, low, high = entry["difference"][key]
        colour = COLOURS[verdict(entry, key, direction)]
        axes.plot([low, high], [place] * 2, color=colour, linewidth=3, alpha=0.5, solid_capstyle="butt")
        axes.plot(entry["by_seed"][key], [place] * len(entry["by_seed"][key]), "|", color=colour, markersize=7)
        axes.plot(mean, place, "o", color=colour, markersize=4)
    axes.axvline(0, color="black", linewidth=1)
    axes.locator_params(axis="x", nbins=4)
    axes.set(title=f"{heading}\nrow − base, {title}", yticks=range(len(rows)), ylim=(max(len(rows), 1) - 0.5, -0.5))
    axes.set_yticklabels(rows if named else [])
