"""The evaluator: a second segmenter of a shipped set, which looks at fillings and takes no part in them."""

import json

import numpy as np
import pytest
from tiny import Tiny
from tiny_nets import result_of, train

from spg import weights
from spg.cli import main
from spg.weights.nets import find_evaluator


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("run"), "spnet", "sgnet", "segmenter")


def ship(run, name, shelf):
    nets = {model: run / model / f"{model}.safetensors" for model in ("spnet", "sgnet")}
    weights.ship(name, nets, "MIT", [result_of(nets, shelf / "r.json")])


@pytest.fixture
def shipped(run, shelf):
    """A set with an evaluator. Returns its registry entry."""
    ship(run, "tiny-32", shelf)
    return weights.ship_evaluator("tiny-32", run / "segmenter" / "segmenter.safetensors")


def test_a_shipped_evaluator_is_the_default_of_its_data(run, shelf, shipped):
    assert shipped["file"] == "tiny-32-evaluator.safetensors"
    assert shipped["file"] in (shelf / "MODEL_CARDS.md").read_text()
    assert find_evaluator(data="tiny", size=64) == find_evaluator("tiny-32") == shelf / shipped["file"]
    assert find_evaluator(data="other") is None and weights.load_evaluator(data="other") is None
    found = weights.load_evaluator(data="tiny")
    assert found.record["sha256"] == shipped["sha256"]
    image, hole = Tiny(32)[0].image, np.zeros((32, 32), np.uint8)
    hole[4:9, 4:9] = 1
    same = weights.load_evaluator(run / "segmenter")
    assert (found.label(image, hole) == same.label(image, hole)).mean() > 0.9  # half precision
    (shelf / shipped["file"]).write_bytes(b"")
    with pytest.raises(ValueError, match="is damaged"):
        weights.load_evaluator("tiny-32")


def test_it_is_no_net_of_the_set(shelf, shipped):
    entry = json.loads((shelf / "registry.json").read_text())["tiny-32"]
    assert set(entry["nets"]) == {"spnet", "sgnet"} and "segmenter" not in weights.shipped_nets("tiny-32")


def test_what_is_no_evaluator_is_named(run, shelf):
    ship(run, "bare-32", shelf)
    with pytest.raises(ValueError, match="the shipped set bare-32 has no evaluator: name a segmenter"):
        weights.load_evaluator("bare-32")
    with pytest.raises(ValueError, match="holds no segmenter to be the evaluator: train one with `spg train segm"):
        weights.load_evaluator(run / "spnet")
    with pytest.raises(ValueError, match="holds a 'spnet' net; an evaluator is a segmenter"):
        weights.ship_evaluator("bare-32", run / "spnet" / "spnet.safetensors")


def test_spg_evaluate_says_when_there_is_none_and_takes_the_one_named(run, shelf, tmp_path, capsys):
    out = tmp_path / "r.json"
    arguments = ["evaluate", "--data", "streets", "--methods", "telea", "--holes", "objects", "--size", "32"]
    arguments += ["--limit", "2", "--out", str(out)]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "no evaluator is shipped for streets, so `recognised` is left out: --evaluator names one" in said.err
    assert "recognised" not in said.out and json.loads(out.read_text())["evaluator"] is None
    assert main([*arguments, "--evaluator", str(run), "--pictures", str(tmp_path / "p")]) == 0
    result = json.loads(out.read_text())
    assert result["evaluator"]["file"] == "segmenter.safetensors" and result["methods"]["telea"]["kid"] is not None
    assert 0 <= result["methods"]["telea"]["recognised"] <= 1 and result["recognised_true"]["by_class"]
    assert (tmp_path / "p" / "telea" / "0000.png").exists()
    assert "Recognised in the true pictures" in capsys.readouterr().out
