"""Outlines painted by hand: what they are, where they stand, and whether a perfect segmenter finds them."""

import json
from collections import Counter

import numpy as np
import pytest
from tiny import Tiny

from spg.cli import main
from spg.editor.measure import KINDS
from spg.evaluation import shapes
from spg.evaluation.tables import table
from spg.holes import check_hole
from spg.labels import CLASSES

STREET = np.full((64, 64), 1, np.uint8)  # a house front over a road
STREET[44:] = 0


def test_there_are_twenty_as_a_user_draws_them():
    found = shapes.shapes()
    assert Counter(s["class"] for s in found) == {"vehicle": 7, "person": 7, "vegetation": 6}
    assert len({(s["class"], s["name"]) for s in found}) == 20
    for s in found:
        size = s["width"] if s["class"] == "vehicle" else s["height"]
        low, high = {"vehicle": (0.2, 0.35), "person": (0.2, 0.4), "vegetation": (0.3, 0.6)}[s["class"]]
        assert low <= size <= high, s["name"]
        assert np.ptp(s["points"], axis=0).tolist() == [1, 1] and len(s["points"]) > 20


@pytest.mark.parametrize("number", range(20))
def test_a_shape_is_painted_and_its_hole_is_around_it(number):
    inside = shapes.place(STREET, number)
    layout, hole = shapes.painted(STREET, number, inside)
    label = CLASSES.index(shapes.shape(number)["class"])
    assert check_hole(hole, (64, 64)).dtype == layout.dtype == np.uint8
    assert (layout[inside] == label).all() and (layout[~inside] == STREET[~inside]).all()
    assert (hole[inside] == 1).all() and 0.01 < inside.mean() < hole.mean() < 0.35
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    box = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    assert (rows[0] - box[0][0], columns[0] - box[1][0]) <= (4, 4) and hole[box[0][0], box[1][0]] == 1
    assert rows[-1] >= 44  # it stands on the road
    assert (shapes.painted(STREET, number + 20, inside)[0] == layout).all()


def test_a_shape_keeps_off_the_objects_that_are_there():
    full = STREET.copy()
    car = shapes.place(STREET, 0)
    full[car] = 6
    moved = shapes.place(full, 0)
    assert (moved & car).mean() < 0.3 * car.mean()


class Painter:
    """Paints the layout's class as a grey, that `read` reads off."""

    def paint(self, image, hole, layout):
        return np.where(hole == 1, 10 * layout, image).astype(np.uint8)


def read(picture, hole):
    return (picture[0] // 10).clip(0, 7)


def test_a_perfect_segmenter_finds_all_and_a_blind_one_nothing(tmp_path):
    scenes = Tiny(64, n=4)
    result = shapes.measure_shapes(Painter(), read, scenes, each=6, folder=tmp_path)
    assert result["n"] == 24 and [row["shape"] for row in result["rows"][:2]] == ["saloon", "standing"]
    assert result["recognised"] == {label: [1, 1, 1] for label in ("vehicle", "person", "vegetation")}
    assert len({(row["shape"], row["class"]) for row in result["rows"]}) == 20
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 3 * 24 and names[0].startswith("0000-person-")
    blind = shapes.measure_shapes(Painter(), lambda picture, hole: 0 * hole, scenes, each=6)
    assert all(values == [0, 0, 0] for values in blind["recognised"].values())
    text = table(result, kinds=KINDS)
    assert "tiny · split train · 64×64 · n = 24" in text and "| vehicle | 9 | 1.000 | 1.000 to 1.000 |" in text


def test_a_scene_counts_as_the_mean_of_its_shapes_of_a_class():
    rows = [{"scene": s, "class": "person", "recognised": v} for s, v in ((0, 0.0), (0, 1.0), (1, 1.0))]
    mean, low, high = shapes._by_class(rows)["person"]
    assert mean == 0.75 and 0.5 <= low <= high <= 1


def test_the_command(tmp_path, capsys):
    arguments = ["variants", "--data", "streets", "--size", "32", "--weights", "streets-64"]
    out = tmp_path / "r.json"
    assert main([*arguments, "--shapes", "--samples", "2", "--evaluator", "streets-64", "--out", str(out)]) == 2
    assert "the shipped set streets-64 has no evaluator" in capsys.readouterr().err
    assert main([*arguments, "--pictures", str(tmp_path), "--out", str(out)]) == 2
    assert "--pictures goes with --shapes or --colours" in capsys.readouterr().err
    assert main([*arguments, "--colours", "--out", str(out)]) == 2
    assert "this SG-Net takes none" in capsys.readouterr().err and not out.exists()
    from spg.weights import shipped_nets

    looker = str(shipped_nets("streets-128")["segmenter"])
    assert main([*arguments, "--shapes", "--samples", "2", "--evaluator", looker, "--out", str(out)]) == 0
    result = json.loads(out.read_text())
    assert result["n"] == 2 and result["evaluator"]["file"] == "streets-128-segmenter.safetensors"
    assert "| hand-painted |" in capsys.readouterr().out
