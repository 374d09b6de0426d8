"""Shipping: halves, hashes, sizes, numbers that belong to the nets, and cards that agree with the registry."""

import json

import pytest
import torch
from tiny_nets import MEANS, result_of, train

import spg
from spg import weights
from spg.engine import checkpoints, shipped
from spg.models import METHODS, models
from spg.weights import shipping


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("run"), "spnet", "sgnet", "segmenter")


@pytest.fixture(scope="module")
def extra(tmp_path_factory):
    return train(tmp_path_factory.mktemp("extra"), "sgnet-noseg")


def entry(shelf, name="tiny-32"):
    return json.loads((shelf / "registry.json").read_text())[name]


def test_shipping_halves_hashes_and_describes(run, shelf):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    found = entry(shelf)
    assert found["nets"].keys() == {"spnet", "sgnet", "segmenter"} and found["licence"] == "MIT"
    assert found["nets"]["sgnet"]["source_sha256"] == weights.record(run)["sgnet"]["sha256"]
    (measured,) = found["metrics"]
    assert measured["methods"] == {"spg": MEANS, "spg-oracle": MEANS}  # telea needs no shipping
    assert measured["layouts"] == {"spnet": {"hole_accuracy": 0.7, "hole_miou": 0.4}}
    net, full = spg.load("tiny-32"), spg.load(run)
    name, value = next(iter(net.sgnet.named_parameters()))
    torch.testing.assert_close(value, dict(full.sgnet.named_parameters())[name], rtol=1e-3, atol=1e-4)
    file = shelf / found["nets"]["sgnet"]["file"]
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"tiny-32-sgnet.safetensors is damaged \(its sha256 differs"):
        spg.load("tiny-32")


def test_nets_of_several_runs_are_added_to_a_set(run, extra, shelf):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    noseg = result_of([run, extra], shelf / "noseg.json", ["noseg"], holes="centre")
    found = weights.ship("tiny-32", extra, None, [noseg])
    assert found["nets"].keys() == {"spnet", "sgnet", "segmenter", "sgnet-noseg"} and found["licence"] == "MIT"
    assert [list(m["methods"]) for m in found["metrics"]] == [["spg", "spg-oracle"], ["noseg"]]
    assert weights.resolve("tiny-32").keys() == found["nets"].keys()
    at_once = [result_of([run, extra], shelf / "all.json", ["spg", "noseg"])]
    assert weights.ship("other-32", [run, extra], "MIT", at_once)["nets"].keys() == found["nets"].keys()


def test_a_file_on_the_shelf_is_shared_and_replaced_in_both_sets(run, extra, shelf):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    nets = entry(shelf)["nets"]
    parts = [shelf / nets["spnet"]["file"], run / "sgnet"]
    weights.ship("two-32", parts, "MIT", [result_of(parts, shelf / "two.json")])
    assert (
        entry(shelf, "two-32")["nets"]["spnet"] == nets["spnet"] and not (shelf / "two-32-spnet.safetensors").exists()
    )
    assert (shelf / entry(shelf, "two-32")["nets"]["sgnet"]["file"]).name == "two-32-sgnet.safetensors"
    again = train(shelf / "again", "spnet", "sgnet")
    for file in weights.find_nets(again).values():  # trained alike, they may be the same to the byte
        tensors, about = checkpoints.load(file)
        checkpoints.save(file, tensors, about | {"seconds": 1e6})
    weights.ship("tiny-32", again, None, [result_of(again, shelf / "again.json")])
    assert entry(shelf, "two-32")["nets"]["spnet"] == entry(shelf)["nets"]["spnet"] != nets["spnet"]
    (left,) = entry(shelf, "two-32")["metrics"]
    assert left["methods"].keys() == {"spg-oracle"} and not left["layouts"]  # the others were of the SP-Net before
    assert spg.load("two-32").size == 32


def test_numbers_measured_again_on_what_is_shipped_replace_the_old(run, shelf):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    again = result_of("tiny-32", shelf / "again.json", ["spg"], commit="y")
    predicted = result_of("tiny-32", shelf / "predicted.json", ["spg"], labels="predicted", segmenter={"known_miou": 1})
    found = weights.ship("tiny-32", [], None, [again, predicted])["metrics"]
    assert [(list(m["methods"]), m["labels"], m["commit"]) for m in found] == [
        (["spg-oracle"], "true", "x"),
        (["spg"], "true", "y"),
        (["spg"], "predicted", "x"),
    ]
    assert found[2]["segmenter"]["known_miou"] == 1 and "segmenter" not in found[1]


def test_numbers_of_nets_that_were_replaced_go(run, extra, shelf, tmp_path):
    weights.ship("tiny-32", [run, extra], "MIT", [result_of([run, extra], shelf / "r.json", ["spg", "noseg"])])
    tensors, about = checkpoints.load(run / "sgnet" / "sgnet.safetensors")
    newer = tmp_path / "newer" / "sgnet.safetensors"
    checkpoints.save(newer, tensors, {**about, "step": about["step"] + 1})
    files = weights.find_nets(run) | {"sgnet": newer}
    found = weights.ship("tiny-32", [newer], None, [result_of(files, shelf / "new.json", ["spg-oracle"])])
    assert [list(m["methods"]) for m in found["metrics"]] == [["noseg"], ["spg-oracle"]]
    assert found["nets"]["sgnet"]["step"] == about["step"] + 1


def test_what_may_not_be_shipped_is_named_and_nothing_is_written(run, shelf, monkeypatch):
    result = result_of(run, shelf / "r.json")
    with pytest.raises(ValueError, match="tiny-32 is a new set: say its licence with --licence"):
        weights.ship("tiny-32", run, None, [result])
    with pytest.raises(ValueError, match="no result measures sgnet and spnet: run `spg evaluate`"):
        weights.ship("tiny-32", run, "MIT", [])
    several = shelf / "several.json"
    several.write_text(json.dumps(json.loads(result.read_text()) | {"each": 4}))
    with pytest.raises(
        ValueError, match=r"several\.json has 4 holes a picture, cards have one: evaluate without --each"
    ):
        weights.ship("tiny-32", run, "MIT", [several])
    several.unlink()
    oracle = result_of(run, shelf / "oracle.json", ["spg-oracle"])
    oracle.write_text(json.dumps(json.loads(oracle.read_text()) | {"layouts": {}}))
    with pytest.raises(ValueError, match="no result measures spnet"):  # its layouts would have been enough
        weights.ship("tiny-32", run, "MIT", [oracle])
    result.write_text(result.read_text().replace(weights.record(run)["sgnet"]["sha256"], "0" * 64))
    with pytest.raises(
        ValueError, match=r"r\.json was measured with another sgnet: evaluate these nets with --weights"
    ):
        weights.ship("tiny-32", run, "MIT", [result])
    monkeypatch.setattr(shipping, "LARGEST", 1e6)
    with pytest.raises(ValueError, match=r"segmenter\.safetensors takes [\d.]+ MB in half precision, at most 16 are"):
        weights.ship("tiny-32", run, "MIT", [result])
    assert {p.name for p in shelf.iterdir()} <= {"r.json", "oracle.json"}


def test_the_history_of_a_net_is_told_in_a_sentence(run):
    about = checkpoints.about(run / "sgnet" / "sgnet.safetensors")
    assert shipping.history(about) == "Trained on tiny in one stage: 4 pictures in all, 0 minutes."
    first = about | {"model": "sgnet-noseg", "pictures_seen": 1000, "seconds": 300.0}
    second = about | {"start": first, "pictures_seen": 1500, "seconds": 480.0, "gpu": "H200"}
    assert shipping.history(second) == (
        "Trained on tiny in 2 stages, the first as sgnet-noseg: "
        "1,500 pictures in all, 8 minutes, 3 of them on one H200."
    )


def test_a_recipe_is_recorded_with_the_commit_that_ran_it(run, shelf):
    result = result_of(run, shelf / "r.json")
    found = weights.ship("tiny-32", run, "MIT", [result], recipe="tiny-32")["nets"]
    assert {model: net["recipe"] for model, net in found.items()} == {m: f"tiny-32:{m}" for m in found}
    assert all(net["commit"] and "history" not in net for net in found.values())
    assert "`spg train --recipe tiny-32:sgnet` at commit" in (shelf / "MODEL_CARDS.md").read_text()
    alone = weights.ship("tiny-32", run / "spnet", None, [result], recipe="other:spnet")["nets"]
    assert alone["spnet"]["recipe"] == "other:spnet" and alone["sgnet"]["recipe"] == "tiny-32:sgnet"
    with pytest.raises(ValueError, match="--recipe tiny-32:spnet does not make sgnet: name its own, tiny-32:sgnet, or"):
        weights.ship("tiny-32", run / "sgnet", None, [result], recipe="tiny-32:spnet")


def test_a_net_that_began_at_an_earlier_commit_says_so():
    about = {"commit": "b2", "start": {"commit": "a1"}}
    origin = shipping._origin("tiny-32", "sgnet", about)
    assert origin == {"recipe": "tiny-32:sgnet", "commit": "b2", "began": "a1"}
    assert shipping._how(origin).endswith("at commit b2; the stages before a new discriminator at a1.")
    later = {"commit": "c3", "start": about}
    assert shipping._origin("tiny-32", "sgnet", later)["began"] == "a1, b2"


# -------------------------------------------------------------------- what is in the repository


def test_every_shipped_net_is_small_and_described():
    files = [net for e in weights.registry().values() for net in e["nets"].values()]
    sizes = [path.stat().st_size for path in shipped.FOLDER.glob("*.safetensors")]
    assert max(sizes) <= shipping.LARGEST and sum(sizes) <= 80e6
    others = [file for e in weights.registry().values() for file in e.get("discriminators", {}).values()]
    others += [entry["evaluator"] for entry in weights.registry().values() if "evaluator" in entry]
    assert {p.name for p in shipped.FOLDER.glob("*.safetensors")} == {file["file"] for file in files + others}
    assert all(("history" in net) != ("recipe" in net and "commit" in net) for net in files)
    assert shipped.REGISTRY.stat().st_size <= 60_000


def test_no_folder_of_the_trainers_machine_is_told(run):
    about = checkpoints.about(run / "sgnet" / "sgnet.safetensors") | {"data": "cityscapes:/elsewhere/a"}
    about["profile"]["spnet"] = "/elsewhere/runs/h/spnet/spnet.safetensors"
    told = shipping._without_folders(about | {"start": about | {"start": about}})
    assert told["data"] == told["start"]["data"] == told["start"]["start"]["data"] == "cityscapes"
    assert told["start"]["profile"]["spnet"] == "h/spnet/spnet.safetensors"
    assert "/elsewhere" not in json.dumps(told) and about["data"] == "cityscapes:/elsewhere/a"


def test_the_registry_repeats_what_each_file_says_of_itself():
    for name, found in shipped.registry().items():
        for model, net in found["nets"].items():
            about = checkpoints.about(shipped.checked(net))
            assert net.items() >= shipping.registered(about).items(), f"{name}, {model}"
            assert net.get("history", "").startswith(shipping.history(about)) or "recipe" in net


def test_every_shipped_net_has_its_numbers():
    for name, e in weights.registry().items():
        assert e["licence"] and e["nets"]
        measured = {m for part in e["metrics"] for method in part["methods"] for m in models(method)}
        measured |= {model for part in e["metrics"] for model in part["layouts"]}
        assert measured | {"segmenter"} >= e["nets"].keys(), f"{name}: not every net was measured"
        assert all(row["lpips"] > 0 for part in e["metrics"] for row in part["methods"].values())
        if "cityscapes" in {net["data"] for net in e["nets"].values()}:
            assert "non-commercial" in e["licence"]


def test_the_cards_agree_with_the_registry():
    text = (shipped.FOLDER / "MODEL_CARDS.md").read_text("utf-8")
    assert text == weights.cards(weights.registry()), "run: spg ship, which renders the cards"
    for name, e in weights.registry().items():
        assert f"## {name}\n" in text and e["licence"] in text
        assert all(
            net["sha256"] in text and net.get("history", net.get("recipe")) in text for net in e["nets"].values()
        )


def test_cards_have_a_word_for_every_model():
    from spg.models import MODELS
    from spg.weights.shipping import WHAT

    assert WHAT.keys() == MODELS.keys() and {m for name in METHODS for m in models(name)} < MODELS.keys()
