"""Finding and loading trained nets."""

import json

import pytest
import torch
from tiny_nets import result_of, train

import spg
from spg import weights
from spg.engine import checkpoints, shipped
from spg.generators_plus import SGNetPlus, SPNetPlus
from spg.models import DESIGNS
from spg.weights.finding import on_gpus


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
    assert weights.default() == "photos-256"  # somebody's photo
    with pytest.raises(ValueError, match="none shipped that hold spnet and unet"):
        weights.default("streets", 64, ["spnet", "unet"])


def entry_of(net, data="tiny", size=32):
    return {"nets": {model: {"data": data, "size": size} for model in net.split()}}


def test_the_shipped_default_fits_data_models_and_size(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sets = {
        "a": entry_of("spnet sgnet", size=64),
        "b": entry_of("spnet sgnet glcic", size=256),
        "c": entry_of("spnet-plus sgnet-plus", "streets", 512),
        "d": entry_of("segmenter", "other"),
        "e": entry_of("spnet-plus sgnet-plus", size=256),
    }
    monkeypatch.setattr(shipped, "REGISTRY", tmp_path / "registry.json")
    shipped.REGISTRY.write_text(json.dumps(sets))
    assert weights.default() == "e"  # the largest of real pictures, and of equals the newest
    assert weights.default("tiny", 64) == weights.default(size=100) == "a"
    assert weights.default(size=100, models=["glcic"]) == "b"
    assert weights.default("streets") == "c"
    with pytest.raises(ValueError, match="no weights for other: none under runs/, none shipped that hold spnet-plus"):
        weights.default("other")


def test_the_better_pair_is_taken_unless_told_otherwise(run, tmp_path):
    both = weights.find_nets(run) | weights.find_nets(train(tmp_path, "spnet-plus", "sgnet-plus"))
    net = spg.load(both)
    assert isinstance(net.spnet, SPNetPlus) and isinstance(net.sgnet, SGNetPlus) and net.segmenter is not None
    for net in (spg.load(both, design="spg"), spg.load({m: p for m, p in both.items() if m != "sgnet-plus"})):
        assert not isinstance(net.spnet, SPNetPlus) and not isinstance(net.sgnet, SGNetPlus)
    with pytest.raises(ValueError, match="lacks sgnet-plus: train with `spg train sgnet-plus --data SPEC --out DIR`"):
        spg.load(tmp_path / "spnet-plus")
    with pytest.raises(ValueError, match="lacks spnet-plus and sgnet-plus"):
        spg.load(run, design="spg-plus")
    with pytest.raises(ValueError, match="unknown design 'best'; known: spg-plus, spg"):
        spg.load(both, design="best")


def test_places_add_up_unless_they_disagree(run, tmp_path):
    found = weights.resolve([run / "spnet", run / "sgnet" / "sgnet.safetensors"])
    assert found.keys() == {"spnet", "sgnet"} and spg.load(list(found.values())).size == 32
    copy = tmp_path / "spnet.safetensors"
    copy.write_bytes(found["spnet"].read_bytes())
    with pytest.raises(ValueError, match=r"spnet lies in two places, .* and .*: name the files you mean"):
        weights.resolve([run, tmp_path])


def test_a_run_without_segmenter_borrows_a_shipped_one_of_its_data(run, shelf):
    two = {model: run / model / f"{model}.safetensors" for model in ("spnet", "sgnet")}
    assert weights.with_segmenter(two) == two  # nothing is shipped
    result = result_of(run, shelf / "r.json")
    weights.ship("other-32", run, "MIT", [result])
    entries = weights.registry()
    entries["other-32"]["nets"]["segmenter"]["data"] = "other"
    shipped.REGISTRY.write_text(json.dumps(entries))
    assert weights.with_segmenter(two)["segmenter"].name == "other-32-segmenter.safetensors"
    weights.ship("tiny-32", run, "MIT", [result])
    assert weights.with_segmenter(two)["segmenter"].name == "tiny-32-segmenter.safetensors"
    own = {**two, "segmenter": run / "segmenter" / "segmenter.safetensors"}
    assert weights.with_segmenter(own) == own


def test_nets_of_two_folders_pair_up_if_no_folder_has_both(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "runs" / "a" / "one", "spnet")
    train(tmp_path / "runs" / "b" / "two", "sgnet")
    found = weights.default("tiny", 32)
    assert {model: path.parts[1] for model, path in found.items()} == {"spnet": "a", "sgnet": "b"}


def test_minutes_on_a_gpu_are_counted_apart():
    first = {"seconds": 100.0}
    second = {"seconds": 130.0, "gpu": "H200", "start": first}
    third = {"seconds": 150.0, "start": second}
    assert on_gpus(first) == {}
    assert on_gpus(third) == {"gpu_seconds": {"H200": 30.0}}
    assert on_gpus(third | {"gpu": "H200"}) == {"gpu_seconds": {"H200": 50.0}}


def test_every_shipped_set_loads():
    assert "streets-64" in weights.registry()  # what the README, the tour and the package's docstring load
    for name, entry in weights.registry().items():
        pairs = [design for design, pair in DESIGNS.items() if set(pair) <= entry["nets"].keys()]
        assert pairs and all(spg.load(name, design=design).size for design in pairs)
        for model, file in weights.shipped_nets(name).items():
            weights.load_net(file, model)
