"""The plot of a study: each preference with its intervals, and the methods' strengths on one scale."""

from matplotlib.lines import Line2D

from spg.plots import CURVES, figure

KINDS = (("bootstrap", "bootstrap over raters and images", CURVES[1]),)
KINDS += (("wilson_effective", "Wilson, effective n", CURVES[2]), ("wilson", "Wilson, independent votes", CURVES[0]))


def plot(result):
    """A Figure of a result of `spg.study.analysis.analyse`; its title says who voted."""
    strengths = result["bradley_terry"]
    rows = result["pairs"]
    fig = figure(6.4 + 3.2 * bool(strengths), 1.3 + 0.55 * max(len(rows), 2))
    grid = fig.subplots(1, 1 + bool(strengths), width_ratios=(2, 1)[: 1 + bool(strengths)], squeeze=False)[0]
    _preferences(grid[0], rows)
    if strengths:
        _strengths(grid[1], strengths)
    fig.suptitle(f"Observer: {result['observer']}, {result['votes']} votes", fontsize=10)
    return fig


def _preferences(axes, rows):
    for place, row in enumerate(rows):
        for shift, (key, _, colour) in zip((0.18, 0, -0.18), KINDS, strict=True):
            if row[key]:
                axes.plot(row[key], [place + shift] * 2, color=colour, linewidth=3)
        axes.plot(row["share"], place, "o", color="black", markersize=4)
    axes.axvline(0.5, color="#777777", linewidth=0.8)
    axes.set(yticks=range(len(rows)), yticklabels=[f"{row['a']} over {row['b']}" for row in rows], xlim=(0, 1))
    axes.set(xlabel="share of votes for the first", ylim=(len(rows) - 0.5, -0.5))
    axes.spines[["top", "right"]].set_visible(False)
    lines = [Line2D([], [], color=colour, linewidth=3, label=name) for _, name, colour in KINDS]
    axes.legend(handles=lines, frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)


def _strengths(axes, found):
    ranked = sorted(found["strength"], key=found["strength"].get)
    for place, name in enumerate(ranked):
        axes.plot(found["bootstrap"][name], [place] * 2, color=CURVES[1], linewidth=3)
        axes.plot(found["strength"][name], place, "o", color="black", markersize=4)
    axes.set(yticks=range(len(ranked)), yticklabels=ranked, xlabel="Bradley-Terry strength, log-odds")
    axes.spines[["top", "right"]].set_visible(False)
