"""The plot of an ablation: every row's difference to its base, over pictures and seed by seed."""

from spg.ablation_tables import verdict
from spg.plots import CURVES, panels
from spg.views import COLUMNS, LAYOUT_COLUMNS

COLOURS = {"better": CURVES[0], "worse": CURVES[3], "undecided": "#888888"}
ROW, HEAD = 0.26, 1.0  # inches


def plot(grids, keys=("psnr", "boundary_lpips"), way="true"):
    """A Figure with a panel for each grid and measure: bars are 95 % intervals over pictures, small marks the seeds.

    grids: title → summary (`spg.ablations.summary`). way: the layout at the test, `true` or `predicted`, or `layout`
    for the rows that complete layouts. Blue is better than the base, orange worse, grey undecided (see `verdict`).
    """
    most = max(len(_shown(grid, keys[0], way)) for grid in grids.values())
    fig, axes = panels(len(keys) * len(grids), 2 + 2.5 * len(keys) * len(grids), HEAD + ROW * most)
    places = iter(axes)
    for title, grid in grids.items():
        for key in keys:
            _panel(next(places), _shown(grid, key, way), key, title, named=key == keys[0])
    return fig


def _shown(grid, key, way):
    """The rows that have a difference to show: name → one way of judging it."""
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
    axes.set(title=f"{heading}, row − base\n{title}", yticks=range(len(rows)), ylim=(max(len(rows), 1) - 0.5, -0.5))
    axes.set_yticklabels(rows if named else [])
