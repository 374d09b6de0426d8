"""Does the paper replicate? One row per claim: what the paper says, what we measured, and a verdict by a fixed rule.

The numbers are those of the result files in one folder; the paper's are in `spg.evaluation.views`. The rule, `verdict`:
*yes* if our difference has the paper's direction, its 95 % interval does not contain 0, and reaches the paper's margin
where it gives one; *partly* if all but the last holds; *no* otherwise. It is applied to the paper's design where that
was measured, else to ours.
"""

from pathlib import Path
from typing import NamedTuple

from spg.engine import markdown
from spg.engine.writing import read_json
from spg.evaluation import metrics
from spg.evaluation.views import COLUMNS, PAPER_METRICS, PAPER_ROWS

HEAD = ("the paper's claim", "in the paper", "its design, trained here", "our design", "replicates?", "lesson")
RIVALS = {"patchmatch": "PatchMatch", "glcic": "GL"}
TABLE_1, BORDERS = "[08](notebooks/08_table_1.ipynb)", "[07](notebooks/07_train_sgnet.ipynb)"
STUDY, EDITING = "[10](notebooks/10_user_study.ipynb)", "[11](notebooks/11_edit_the_segmentation.ipynb)"
FACES = "[14](notebooks/14_other_classes.ipynb)"


class Difference(NamedTuple):
    """The mean of a paired difference, and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    def text(self, decimals, unit=""):
        """`+0.90 [+0.71, +1.08] dB`"""
        mean, low, high = (markdown.signed(value, decimals) for value in self)
        return f"{mean} [{low}, {high}]{unit}"


def verdict(ours, direction, margin=0.0):
    """yes, partly or no. ours: a `Difference`; direction: the sign of the paper's; margin: its size, 0 if not given."""
    clear = ours.low > 0 if direction > 0 else ours.high < 0
    if not clear:
        return "no"
    return "yes" if max(abs(ours.low), abs(ours.high)) >= margin else "partly"


def table(folder):
    """All claims as a markdown table. folder: of the result files, such as figures/results."""
    read = {path.stem: read_json(path) for path in Path(folder).glob("*.json")}
    rows = [*_table_1(read["cityscapes-256"]["paired"]), _borders(read["cityscapes-256"]["paired"])]
    rows += [_study(read["study-paper"]["naive"], read["study-cityscapes"])]
    rows += [_editing(read["variants-cityscapes-256"]["rows"]), _faces(read["faces-128"]["paired"]["spg-plus"])]
    return markdown.table([HEAD, *rows], text_columns=len(HEAD))


def _table_1(paired):
    """A row per rival and column of the paper's Table 1."""
    return [_margin(paired, rival, key) for rival in RIVALS for key in PAPER_METRICS]


def _margin(paired, rival, key):
    heading, decimals, _ = COLUMNS[key]
    unit = " dB" if key == "psnr" else ""
    margin = PAPER_ROWS["spg"][1][key] - PAPER_ROWS[rival][1][key]
    spg, plus = (Difference(*paired[design][rival][key]) for design in ("spg", "spg-plus"))
    return [
        f"{heading} {'higher' if margin > 0 else 'lower'} than {RIVALS[rival]}",
        markdown.signed(margin, decimals) + unit,
        *(difference.text(decimals, unit) for difference in (spg, plus)),
        verdict(spg, margin, abs(margin)),
        TABLE_1,
    ]


def _borders(paired):
    spg = Difference(*paired["spg"]["noseg"]["boundary_lpips"])
    plus = Difference(*paired["spg-plus"]["noseg-plus"]["boundary_lpips"])
    cells = [f"boundary LPIPS {difference.text(3)}" for difference in (spg, plus)]
    return ["sharper class borders than without segmentation", "said", *cells, verdict(spg, -1), BORDERS]


def _study(paper, study):
    """The user study: no people were asked here, so there is no verdict, whatever LPIPS in their place prefers."""
    ours = study["overall"][study["focus"]]
    return [
        f"people prefer it in {paper['share']:.1%} of {paper['n']} comparisons",
        _percent(paper["share"], paper["wilson"]),
        "–",
        f"LPIPS in place of people: {_percent(ours['share'], ours['wilson'])} of {ours['n']}",
        "not tested",
        STUDY,
    ]


def _percent(share, ends):
    return f"{share:.1%} [{ends[0]:.1%}, {ends[1]:.1%}]"


def _editing(rows):
    """How much more often a picture shows its own layout's class than another's, where two layouts of a hole differ."""
    values = [[row[key] for row in rows if row["own"] is not None] for key in ("own", "other")]
    ours = Difference(*metrics.paired_difference(*values))
    text = f"share of pixels with their layout's class, not another's: {ours.text(2)}"
    return ["another layout gives another filling", "shown", "–", text, verdict(ours, +1), EDITING]


def _faces(paired):
    """The second data set: against GFC, which comes from faces, and against the same net without segmentation."""
    gfc, alone = (Difference(*paired[rival]["lpips"]) for rival in ("gfc", "noseg-plus"))
    text = f"LPIPS {gfc.text(3)} against GFC, {alone.text(3)} without segmentation"
    return ["faces, its second data set", "shown", "–", text, verdict(Difference(*map(max, gfc, alone)), -1), FACES]
