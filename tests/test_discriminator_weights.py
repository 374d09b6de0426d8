"""The discriminators of a training: found where they were left, dropped with the net they judged."""

import json

import pytest
import torch
from tiny import Tiny
from tiny_nets import PROFILE, result_of, train

from spg import weights
from spg.engine import checkpoints
from spg.engine.machine import make_fabric
from spg.models import task
from spg.training import Trainer


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("run"), "spnet", "sgnet")


def scores(net):
    with torch.no_grad():
        return [scale[-1] for scale in net(torch.ones(1, 11, 32, 32))]


def test_shipped_discriminators_judge_as_the_training_left_them(run, shelf):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    made = weights.ship_discriminators("tiny-32", run / "sgnet" / "sgnet.last.safetensors")
    (net, about), (same, _) = weights.load_discriminators("tiny-32"), weights.load_discriminators(run)
    assert about["model"] == "sgnet" and not net.training and (shelf / made["file"]).exists()
    torch.testing.assert_close(scores(net), scores(same), rtol=0.01, atol=0.01)
    assert made["file"] in (shelf / "MODEL_CARDS.md").read_text()
    (shelf / made["file"]).write_bytes(b"")
    with pytest.raises(ValueError, match="is damaged"):
        weights.load_discriminators("tiny-32")


def test_a_new_net_drops_the_discriminators_of_the_old(run, shelf, tmp_path):
    weights.ship("tiny-32", run, "MIT", [result_of(run, shelf / "r.json")])
    made = weights.ship_discriminators("tiny-32", run / "sgnet" / "sgnet.last.safetensors")
    new = {"sgnet": tmp_path / "sgnet.safetensors"}
    tensors, about = checkpoints.load(run / "sgnet" / "sgnet.safetensors")
    checkpoints.save(new["sgnet"], tensors, about | {"step": 2})
    weights.ship("tiny-32", new, None, [result_of(new, shelf / "n.json", ["spg-oracle"])])
    assert json.loads((shelf / "registry.json").read_text())["tiny-32"]["discriminators"] == {}
    assert not (shelf / made["file"]).exists()
    with pytest.raises(ValueError, match="is not the training of the sgnet that tiny-32 holds"):
        weights.ship_discriminators("tiny-32", run / "sgnet" / "sgnet.last.safetensors")


def test_where_there_are_none_the_remedy_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no discriminators of sgnet in .*name a folder that holds sgnet\.last"):
        weights.load_discriminators(tmp_path)
    alone = PROFILE.with_settings(adv=0.0, feature=0.0, l1=1.0)
    Trainer("sgnet", task("sgnet"), alone, Tiny, {"data": "tiny"}, tmp_path, make_fabric(alone, "cpu")).fit(show=False)
    with pytest.raises(ValueError, match="this sgnet was trained without discriminators"):
        weights.load_discriminators(tmp_path)
