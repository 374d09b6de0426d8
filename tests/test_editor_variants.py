"""`spg variants`: do six layouts of one hole differ, and does each picture obey its layout?"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from spg import data
from spg.cli import main
from spg.editor.measure import KINDS, LISTED, measure
from spg.evaluation.tables import table
from spg.holes import evaluation_hole


class Obedient:
    """A net whose picture is its layout, in grey, and whose segmenter reads it off: nothing is ever disobeyed."""

    segmenter = True

    def predict(self, picture, hole, known):
        return known, np.full((8, *hole.shape), 1 / 8, np.float32)

    def paint(self, picture, hole, layout, probabilities=None):
        return np.where(hole == 1, 10 * layout, picture).astype(np.uint8)

    def segment(self, picture, hole):
        return (picture[0] // 10).clip(0, 7)


def test_a_net_that_always_obeys_is_measured_as_such():
    scenes = data.open("streets", "test", 32, 2)
    result = measure(Obedient(), scenes, samples=3)
    assert result["rows"] == measure(Obedient(), scenes, samples=3)["rows"]  # the same call, the same numbers
    row = result["rows"][0]
    assert row["obeyed"] == row["own"] == 1 and row["other"] == 0
    assert 0.5 < row["difference"] < 1 and row["lpips"] > 0 and row["truth"] < 1
    assert result["mean"]["lpips"] == pytest.approx(np.mean([r["lpips"] for r in result["rows"]]))


def test_scenes_without_an_object_are_left_out_of_the_variants_too(capsys):
    scenes = data.open("streets", "test", 32, 6)
    there = [
        i for i in range(6) if evaluation_hole("streets", "test", 32, "objects", 0, i, scenes[i].labels) is not None
    ]
    result = measure(Obedient(), scenes, holes="objects", samples=2)
    assert [row["scene"] for row in result["rows"]] == there
    assert (result["n"], result["left_out"]) == (len(there), 6 - len(there))


def test_what_cannot_be_measured_is_said():
    scenes, blind = data.open("streets", "test", 32, 1), Obedient()
    with pytest.raises(ValueError, match="2 samples are the least, got 1"):
        measure(blind, scenes, samples=1)
    blind.segmenter = None
    with pytest.raises(ValueError, match="no segmenter among these weights: train one with `spg train segmenter"):
        measure(blind, scenes)


def run(tmp_path, *arguments):
    """The result of `spg variants`, and what it printed goes to the caller's capture."""
    out = tmp_path / "variants.json"
    assert main(["variants", *arguments, "--out", str(out)]) == 0
    return json.loads(out.read_text())


def test_a_streets_scene(tmp_path, capsys):
    arguments = ("--data", "streets", "--split", "test", "--size", "64", "--limit", "7", "--weights", "streets-64")
    result = run(tmp_path, *arguments)
    row = result["rows"][6]  # its hole is a fifth of the picture
    assert result["samples"] == 6 and set(result["weights"]) == {"spnet", "sgnet", "segmenter"}
    assert row["difference"] > 0.05 and row["lpips"] > 0.02 and row["obeyed"] > 0.5 and row["own"] > row["other"]
    assert "| scene 6 |" in capsys.readouterr().out


def test_frankfurt_frames(tmp_path, capsys):
    root = os.environ.get("SPG_DATA")
    if not root or not (Path(root) / "cityscapes").is_dir():
        pytest.skip("no Cityscapes here: set SPG_DATA")
    mean = run(tmp_path, "--data", "cityscapes", "--size", "256", "--limit", "3", "--weights", "cityscapes-256")["mean"]
    with capsys.disabled():
        print(f"\n[editor] six variants, means of three frankfurt frames, cityscapes-256: {mean}")
    assert mean["difference"] > 0.05 and mean["lpips"] > 0.02 and 0.5 < mean["obeyed"] < 1


def test_many_scenes_are_shown_as_their_mean():
    row = {"hole": 0.1, "difference": 0.3, "lpips": 0.1, "obeyed": 0.8, "own": 0.6, "other": None, "truth": 1.0}
    n = LISTED + 1
    many = {"kind": "variants", "n": n, "samples": 6, "mean": row, "rows": [{"scene": i, **row} for i in range(n)]}
    last = table(many, kinds=KINDS).splitlines()[-1]
    assert last == f"| mean of {n} scenes | 0.10 | 0.30 | 0.100 | 0.80 | 0.60 | – | 1.00 |"
