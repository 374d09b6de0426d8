"""The table of the paper's claims: its rule, and that its cells are the result files'."""

from pathlib import Path

import pytest

from spg.evaluation import replication, tables
from spg.evaluation.replication import Difference, verdict

RESULTS = Path(__file__).parent.parent / "figures" / "results"


@pytest.mark.parametrize(
    ("ours", "direction", "margin", "word"),
    [
        ((0.9, 0.7, 1.1), +1, 0.0, "yes"),
        ((0.9, 0.7, 1.1), +1, 1.05, "yes"),  # the paper's margin is within the interval
        ((0.9, 0.7, 1.1), +1, 3.9, "partly"),
        ((0.9, -0.1, 1.9), +1, 0.0, "no"),  # the interval holds 0
        ((-0.9, -1.1, -0.7), +1, 0.0, "no"),  # the other way round
        ((-0.9, -1.1, -0.7), -1, 1.0, "yes"),
        ((-0.9, -1.1, -0.7), -1, 1.2, "partly"),
    ],
)
def test_the_rule(ours, direction, margin, word):
    assert verdict(Difference(*ours), direction, margin) == word


def cells():
    lines = replication.table(RESULTS).splitlines()[2:]
    return {row[0]: row[1:] for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)}


def test_every_claim_has_its_row():
    claims = cells()
    assert len(claims) == 12 and all(len(row) == 5 for row in claims.values())
    assert {row[3] for row in claims.values()} <= {"yes", "partly", "no", "not tested"}
    (study,) = [row for claim, row in claims.items() if "people prefer" in claim]
    assert study[0].startswith("70.8%") and study[3] == "not tested"
    assert claims["l2 higher than GL"][0] == "+4.2"  # Table 1: 98.95 against 94.78


def test_cells_are_those_of_the_results():
    import json

    paired = json.loads((RESULTS / "cityscapes-256.json").read_text("utf-8"))["paired"]
    psnr = cells()["PSNR higher than PatchMatch"]
    assert psnr[0] == "+3.92 dB"
    for cell, design in zip(psnr[1:3], ("spg", "spg-plus"), strict=True):
        assert cell == Difference(*paired[design]["patchmatch"]["psnr"]).text(2, " dB")
    assert Difference(-1.234, -2.0, 0.5).text(2) == "−1.23 [−2.00, +0.50]"


def test_a_folder_of_results_renders_as_the_claims():
    assert tables.table(RESULTS) == replication.table(RESULTS)
