"""Finding, checking and shipping trained nets."""

import json

import pytest
import torch
from tiny import Tiny

import spg
from spg import checkpoints, shipped, weights
from spg.profiles import profile
from spg.tasks import task
from spg.training import Trainer, make_fabric

PROFILE = profile("smoke", sizes=(32,), pictures=(4,), width=2, discriminator_width=2, alexnet=0.0)


def result_of(run, path):
    """A result file as `spg evaluate` would write of these nets."""
    means = {"l1": 1.0, "l2": 1.0, "ssim": 0.9, "psnr": 30.0, "lpips": 0.1, "hole_l1": 5.0}
    about = {
        "data": "tiny",
        "split": "val",
        "size": 32,
        "holes": "paper",
        "n": 3,
        "perceptual": "stlpips",
        "commit": "x",
    }
    spnet = {"hole_accuracy": 0.7, "hole_miou": 0.4, "per_class": {}}
    rows = {"methods": {"spg": means, "spg-oracle": means}, "layouts": {"spnet": spnet}}
    path.write_text(json.dumps({**about, **rows, "weights": weights.record(run)}))
    return path


def train(out, *models):
    for model in models:
        trainer = Trainer(model, task(model), PROFILE, Tiny, {"data": "tiny"}, out / model, make_fabric(PROFILE, "cpu"))
        trainer.fit(show=False)
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("run"), "spnet", "sgnet", "segmenter")


def test_a_run_loads_as_it_was_trained(run):
    net = spg.load(run)
    state, about = checkpoints.load(run / "spnet" / "spnet.safetensors")
    assert net.size == about["size"] == 32
    assert all(torch.equal(v, state[k]) for k, v in net.spnet.state_dict().items())
    assert not net.spnet.training and net.segmenter is not None


def test_nets_in_one_folder_and_in_their_own(run, tmp_path):
    for model in ("spnet", "sgnet"):
        (tmp_path / f"{model}.safetensors").write_bytes((run / model / f"{model}.safetensors").read_bytes())
    assert weights.find_nets(tmp_path).keys() == {"spnet", "sgnet"}
    assert weights.find_nets(run).keys() == {"spnet", "sgnet", "segmenter"}


def test_what_is_missing_is_named(run, tmp_path):
    with pytest.raises(ValueError, match=r"no weights 'nothing'.*neither a shipped set \(.*\) nor a folder"):
        spg.load("nothing")
    (tmp_path / "spnet.safetensors").write_bytes((run / "spnet" / "spnet.safetensors").read_bytes())
    with pytest.raises(ValueError, match="lacks sgnet: train with `spg train sgnet"):
        spg.load(tmp_path)


def test_other_models_classes_and_widths_are_named(run, tmp_path):
    file = run / "sgnet" / "sgnet.safetensors"
    with pytest.raises(ValueError, match="holds a 'sgnet' net, not 'spnet'"):
        weights.load_net(file, "spnet")
    tensors, about = checkpoints.load(file)
    other = tmp_path / "other.safetensors"
    checkpoints.save(other, tensors, {**about, "classes": ["skin", "hair"]})
    with pytest.raises(ValueError, match=r"trained for the classes \['skin', 'hair'\], this version has \['road'"):
        weights.load_net(other)
    checkpoints.save(other, tensors, {**about, "profile": {**about["profile"], "width": 4}})
    with pytest.raises(ValueError, match=r"its tensors do not fit its profile \(another width\?\)"):
        weights.load_net(other)


def test_the_default_is_the_newest_fitting_run(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no weights for tiny: none under runs/, none shipped"):
        weights.default("tiny", 32)
    train(tmp_path / "runs" / "old", "spnet", "sgnet")
    train(tmp_path / "runs" / "new", "spnet", "sgnet")
    assert {path.parent.parent.name for path in weights.default("tiny", 32).values()} == {"new"}
    train(tmp_path / "runs" / "newest", "sgnet")  # half a run does not count
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "spnet.safetensors").write_bytes(b"cut off")
    assert {path.parent.parent.name for path in weights.default("tiny", 32).values()} == {"new"}
    assert spg.load(weights.default("tiny", 32)).size == 32
    with pytest.raises(ValueError, match="none under runs/"):
        weights.default("other", 32)
    with pytest.raises(ValueError, match="none under runs/"):
        weights.default("tiny", 64)


def test_without_runs_a_shipped_set_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert weights.default("streets", 64) == "streets-64"
    assert weights.default() == "cityscapes-64"  # somebody's photo


def test_a_run_without_segmenter_borrows_a_shipped_one_of_its_data(run, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "REGISTRY", tmp_path / "registry.json")
    two = {model: run / model / f"{model}.safetensors" for model in ("spnet", "sgnet")}
    assert weights.with_segmenter(two) == two  # nothing is shipped
    result = result_of(run, tmp_path / "r.json")
    weights.ship("other-32", run, "", "", result)
    entries = weights.registry()
    entries["other-32"]["nets"]["segmenter"]["data"] = "other"
    shipped.REGISTRY.write_text(json.dumps(entries))
    assert weights.with_segmenter(two)["segmenter"].name == "other-32-segmenter.safetensors"
    weights.ship("tiny-32", run, "", "", result)
    assert weights.with_segmenter(two)["segmenter"].name == "tiny-32-segmenter.safetensors"
    own = {**two, "segmenter": run / "segmenter" / "segmenter.safetensors"}
    assert weights.with_segmenter(own) == own


def test_nets_of_two_folders_pair_up_if_no_folder_has_both(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "runs" / "a" / "one", "spnet")
    train(tmp_path / "runs" / "b" / "two", "sgnet")
    found = weights.default("tiny", 32)
    assert {model: path.parts[1] for model, path in found.items()} == {"spnet": "a", "sgnet": "b"}


def test_shipping_halves_and_hashes(run, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "REGISTRY", tmp_path / "registry.json")
    result = result_of(run, tmp_path / "r.json")
    weights.ship("tiny-32", run, "spg train …", "MIT", result)
    entry = json.loads((tmp_path / "registry.json").read_text())["tiny-32"]
    assert entry["nets"].keys() == {"spnet", "sgnet", "segmenter"} and entry["licence"] == "MIT"
    assert entry["metrics"]["spg"]["lpips"] == 0.1 and entry["metrics"]["spnet"]["hole_miou"] == 0.4
    net = spg.load("tiny-32")
    full = spg.load(run)
    name, value = next(iter(net.sgnet.named_parameters()))
    torch.testing.assert_close(value, dict(full.sgnet.named_parameters())[name], rtol=1e-3, atol=1e-4)
    file = tmp_path / entry["nets"]["sgnet"]["file"]
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"tiny-32-sgnet.safetensors is damaged \(its sha256 differs"):
        spg.load("tiny-32")


def test_a_result_of_other_nets_is_refused(run, tmp_path):
    path = result_of(run, tmp_path / "r.json")
    path.write_text(path.read_text().replace(weights.record(run)["sgnet"]["sha256"], "0" * 64))
    with pytest.raises(ValueError, match=r"the result is not of the nets in .*: evaluate those with --weights"):
        weights.ship("tiny-32", run, "", "", path)


def test_every_shipped_set_loads_and_is_described():
    assert "streets-64" in weights.registry()  # what the README, the tour and the package's docstring load
    for name, entry in weights.registry().items():
        assert {"licence", "recipe", "metrics", "nets"} <= entry.keys()
        assert all((shipped.FOLDER / net["file"]).stat().st_size <= 16e6 for net in entry["nets"].values())
        assert entry["metrics"]["spg"]["lpips"] > 0
        spg.load(name)
