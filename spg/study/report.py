"""The result of `spg study analyse`, and of the paper's study read again, as markdown and as a plot."""

from matplotlib.lines import Line2D

from spg.engine.markdown import number, span, table
from spg.plots import CURVES, figure

PREFERENCE = ("share", "95 % Wilson", "effective n, Wilson", "bootstrap", "p", "majorities", "p of majorities")
REPORT = ("pairs", "overall", "strengths")
PAPER_REPORT = ("votes", "clusters", "power")


def report(result, parts=REPORT):
    """Markdown of a result of `spg.study.analysis.analyse`. Its first line says who voted.

    parts: those of REPORT to show.
    """
    tables = {"pairs": _pairs, "overall": _overall, "strengths": _strengths}
    shown = [_head(result), *(make(result) for name, make in tables.items() if name in parts), _raters(result)]
    return "\n".join(text for text in shown if text)


def _head(result):
    left_out = "; ".join(f"rater {row['rater']} {row['why']}" for row in result["excluded"]) or "nobody"
    plural = "s" if result["raters"] > 1 else ""
    return (
        f"Observer: **{result['observer']}**. {result['votes']} votes on pairs ({result['unsure']} not sure) of "
        f"{result['raters']} rater{plural} on {result['data']} {result['split']} at {result['size']} pixels. "
        f"Left out: {left_out}.\n"
    )


def _pairs(result):
    rows = [[f"{row['a']} over {row['b']}", *_preference(row)] for row in result["pairs"]]
    return table([["preference", *PREFERENCE], *rows]) if rows else ""


def _overall(result):
    if len(result["pairs"]) < 2:
        return ""
    rows = [[name, *_preference(row)] for name, row in result["overall"].items()]
    return "Each method against all it met:\n\n" + table([["method", *PREFERENCE], *rows])


def _preference(row):
    decided = row["majorities"]
    return [
        f"{row['wins']} of {row['n']} = {row['share']:.1%}",
        span(row["wilson"], 3),
        f"{row['n'] / row['design_effect']:.0f}: {span(row['wilson_effective'], 3)}",
        span(row["bootstrap"], 3),
        f"{row['p']:.2g}",
        f"{decided['wins']} of {decided['n']}",
        f"{decided['p']:.2g}",
    ]


def _strengths(result):
    found = result["bradley_terry"]
    if not found:
        return ""
    ranked = sorted(found["strength"], key=found["strength"].get, reverse=True)
    rows = [[name, number(found["strength"][name], 2), span(found["bootstrap"][name], 2)] for name in ranked]
    note = " Some methods always won: half a win was added each way." if found["half_wins_added"] else ""
    return f"Bradley-Terry strengths (log-odds, mean 0).{note}\n\n" + table([["method", "strength", "95 %"], *rows])


def _raters(result):
    lines = [f"Catch trials: {result['catch']['failed']} of {result['catch']['answered']} failed."]
    if result["left"]:
        left = result["left"]
        lines.append(f"The left side was chosen in {left['share']:.1%} (95 % Wilson {span(left['wilson'], 3)}).")
    lines += [
        f"Rater {one['rater']} chose the left side in {one['left']} of {one['n']} votes: look at whether they looked."
        for one in result.get("one_sided", ())  # results of earlier versions say nothing of it
    ]
    if result["median_seconds"] is not None:
        lines.append(f"Median time per vote: {result['median_seconds']:.1f} s.")
    if result.get("fast") and result["fast"]["votes"]:  # results of earlier versions say nothing of it
        lines.append(_fast(result["fast"]))
    if result["agreement"]:
        same = result["agreement"]
        lines.append(
            f"Agreement over {same['pairs']} pairs: {same['same']:.1%} of couples of votes agree, "
            f"Krippendorff's α = {number(same['alpha'], 2)}."
        )
    return " ".join(lines) + "\n"


def _fast(fast):
    raters = f"; most votes of rater{'s'[: len(fast['raters']) > 1]} {', '.join(map(str, fast['raters']))} are such"
    return (
        f"{fast['votes']} of {fast['timed']} timed votes took less than {fast['below']:g} s, faster than a person looks"
        f"{raters if fast['raters'] else ''}."
    )


def paper_report(result, parts=PAPER_REPORT):
    """Markdown of `spg.study.paper.reanalyse`. parts: those of PAPER_REPORT to show; votes always."""
    naive = result["naive"]
    head = (
        f"The paper: {naive['wins']} of {naive['n']} = {naive['share']:.1%}. As if votes were independent: 95 % Wilson "
        f"interval {span(naive['wilson'], 3)}, exact two-sided p = {naive['p']:.1g}.\n"
    )
    tables = {"clusters": _clusters, "power": _power}
    return "\n".join([head, *(make(result[name]) for name, make in tables.items() if name in parts)])


def _clusters(rows):
    head = ["raters × images", "share of variance", "vote correlation", "design effect", "effective n"]
    head += ["Wilson", "simulated: Wilson", "simulated: bootstrap"]
    cells = [
        [
            f"{row['raters']} × {row['images']}",
            *(number(row["latent_share"], 2), number(row["icc"], 3), number(row["design_effect"], 1)),
            *(number(row["effective_n"], 0), span(row["wilson_effective"], 3)),
            *(span(row["simulated_wilson"], 3), span(row["simulated_bootstrap"], 3)),
        ]
        for row in rows
    ]
    return "If so much of the variance lies between raters, and as much between images:\n\n" + table([head, *cells])


def _power(powers):
    head = ["true preference", *(f"n = {n}" for n in powers["sizes"]), "n for 80 %"]
    rows = [
        [f"{preference:.1%}", *(number(value, 2) for value in row), str(needed)]
        for preference, row, needed in zip(powers["preferences"], powers["power"], powers["needed"], strict=True)
    ]
    return "The chance that the exact test finds the preference at 5 %, votes independent:\n\n" + table([head, *rows])


# -------------------------------------------------------------------- the plot


INTERVALS = (
    ("bootstrap", "bootstrap over raters and images", CURVES[1]),
    ("wilson_effective", "Wilson, effective n", CURVES[2]),
    ("wilson", "Wilson, independent votes", CURVES[0]),
)


def plot(result):
    """A Figure of each preference with its intervals, and of the methods' strengths; its title says who voted."""
    strengths = result["bradley_terry"]
    rows = result["pairs"]
    fig = figure(6.4 + 3.2 * bool(strengths), 1.3 + 0.55 * max(len(rows), 2))
    grid = fig.subplots(1, 1 + bool(strengths), width_ratios=(2, 1)[: 1 + bool(strengths)], squeeze=False)[0]
    _plot_preferences(grid[0], rows)
    if strengths:
        _plot_strengths(grid[1], strengths)
    fig.suptitle(f"Observer: {result['observer']}, {result['votes']} votes", fontsize=10)
    return fig


def _plot_preferences(axes, rows):
    for place, row in enumerate(rows):
        for shift, (key, _, colour) in zip((0.18, 0, -0.18), INTERVALS, strict=True):
            if row[key]:
                axes.plot(row[key], [place + shift] * 2, color=colour, linewidth=3)
        axes.plot(row["share"], place, "o", color="black", markersize=4)
    axes.axvline(0.5, color="#777777", linewidth=0.8)
    axes.set(yticks=range(len(rows)), yticklabels=[f"{row['a']} over {row['b']}" for row in rows], xlim=(0, 1))
    axes.set(xlabel="share of votes for the first", ylim=(len(rows) - 0.5, -0.5))
    axes.spines[["top", "right"]].set_visible(False)
    lines = [Line2D([], [], color=colour, linewidth=3, label=name) for _, name, colour in INTERVALS]
    axes.legend(handles=lines, frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)


def _plot_strengths(axes, found):
    ranked = sorted(found["strength"], key=found["strength"].get)
    for place, name in enumerate(ranked):
        axes.plot(found["bootstrap"][name], [place] * 2, color=CURVES[1], linewidth=3)
        axes.plot(found["strength"][name], place, "o", color="black", markersize=4)
    axes.set(yticks=range(len(ranked)), yticklabels=ranked, xlabel="Bradley-Terry strength, log-odds")
    axes.spines[["top", "right"]].set_visible(False)


# kind of a result -> what its first line names, and what renders the rest: see `spg.evaluation.tables.table`
KINDS = {
    "study": (("data", "split", "size", "holes", "seed", "commit"), report, REPORT),
    "study-paper": (("commit",), paper_report, PAPER_REPORT),
}
