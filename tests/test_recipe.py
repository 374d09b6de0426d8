"""Recipes: every file reads, and a training through several stages resumes to the bit after kill -9."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tiny import Tiny

from spg import cli
from spg.engine import checkpoints
from spg.engine.machine import make_fabric
from spg.models import task
from spg.weights import recipe

ROOT = Path(__file__).resolve().parent.parent
TWO_STAGES = """
data = "streets"
limit = 6
profile = "smoke"

[spnet-plus]
width = 2
discriminator_width = 2

[[spnet-plus.stages]]
size = 32
pictures = 16
reason = "first"

[[spnet-plus.stages]]
size = 32
pictures = 400
window = 16
discriminate_from = 0.5
reason = "second"
"""
GROWING = """
data = "streets"
profile = "smoke"

[spnet-plus]
width = 4
downs = 3
grow = true
stages = [
  { size = 32, pictures = 8, reason = "small" },
  { size = 64, pictures = 8, reason = "large" },
]

[sgnet-plus]
width = 2
alexnet = 0.0
spnet = "spnet-plus"
guess = 1.0
stages = [{ size = 64, pictures = 8, reason = "only" }]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "FOLDER", tmp_path / "recipes")
    recipe.FOLDER.mkdir()
    return recipe.FOLDER


def cpu(profile):
    return make_fabric(profile, "cpu")


@pytest.mark.parametrize("name", recipe.names())
def test_every_recipe_reads_and_says_why(name):
    for one in recipe.read(name):
        assert one.stages and all(stage.reason.endswith(".") for stage in one.stages)
        for stage in one.stages:
            stage.profile  # noqa: B018, made without an error
            assert task(one.model).generator


def test_a_recipe_names_what_it_does_not_know(folder):
    (folder / "small.toml").write_text(TWO_STAGES)
    with pytest.raises(ValueError, match="no recipe 'large'; there are small"):
        recipe.read("large")
    with pytest.raises(ValueError, match="the recipe small makes no 'sgnet'; it makes spnet-plus"):
        recipe.read("small:sgnet")
    with pytest.raises(ValueError, match="vgg has no effect on spnet-plus"):
        recipe.read("small", {"vgg": 1.0})
    (folder / "odd.toml").write_text(TWO_STAGES + "\n[painter]\nwidth = 3\n")
    with pytest.raises(ValueError, match="painter is neither a model nor data or profile"):
        recipe.read("odd")
    (folder / "idle.toml").write_text(TWO_STAGES.replace("width = 2\n", "width = 2\nssim = 1.0\n", 1))
    with pytest.raises(ValueError, match="ssim has no effect on spnet-plus"):
        recipe.read("idle")


def test_a_stage_has_the_shared_settings_and_its_own(folder):
    (folder / "small.toml").write_text(TWO_STAGES)
    (one,) = recipe.read("small", {"pictures": (8,)})
    first, second = (stage.profile for stage in one.stages)
    assert first.width == second.width == 2 and first.pictures == second.pictures == (8,)
    assert (first.window, second.window) == (0, 16) and one.source == {"data": "streets", "split": "train", "limit": 6}


def test_a_net_grows_from_stage_to_stage_and_a_painter_learns_from_the_recipes_own_spnet(folder, tmp_path):
    (folder / "grown.toml").write_text(GROWING)
    spnet, painter = recipe.read("grown")
    designs = [(stage.profile.width, stage.profile.downs) for stage in spnet.stages]
    assert designs == [(8, 2), (4, 3)]
    with pytest.raises(FileNotFoundError, match="train spnet-plus first"):
        recipe.train(painter, tmp_path, Tiny, cpu, show=False)
    trained = recipe.train(spnet, tmp_path, Tiny, cpu, show=False)
    assert trained.about()["pictures_seen"] == 16 and trained.about()["recipe"] == "grown:spnet-plus"
    small, _ = checkpoints.load(tmp_path / "spnet-plus" / "stage-1" / "spnet-plus.safetensors")
    assert small.keys() < checkpoints.load(trained.state_file)[0]["G"].keys()
    painted = recipe.train(painter, tmp_path, Tiny, cpu, show=False)
    assert Path(painted.profile.spnet) == tmp_path / "spnet-plus" / "spnet-plus.safetensors"


def test_a_larger_batch_brings_its_learning_rate_and_average():
    (own,), (larger,) = (recipe.read("streets-128:sgnet-plus", s) for s in (None, {"batch": 32}))
    for a, b in zip(own.stages, larger.stages, strict=True):
        assert (a.profile.batch, b.profile.batch) == (8, 32)
        assert b.profile.learning_rate == pytest.approx(2 * a.profile.learning_rate)
        assert b.profile.average == pytest.approx(a.profile.average**4)
    (chosen,) = recipe.read("streets-128:sgnet-plus", {"batch": 32, "learning_rate": 1e-4})
    assert chosen.stages[0].profile.learning_rate == 1e-4


def test_the_next_stage_goes_on_with_all_nets(folder, tmp_path):
    (folder / "small.toml").write_text(TWO_STAGES.replace("pictures = 400", "pictures = 4").replace("0.5", "1.0"))
    (one,) = recipe.read("small")
    trainer = recipe.train(one, tmp_path, Tiny, cpu, show=False)
    first, _ = checkpoints.load(tmp_path / "spnet-plus" / "stage-1" / "spnet-plus.last.safetensors")
    before, now = checkpoints.flatten(first["D"]), trainer.nets["D"].module.state_dict()
    assert all(torch.equal(value, now[name]) for name, value in before.items())  # they do not play in this stage


COMMAND = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from spg import cli
from spg.weights import recipe
recipe.FOLDER = Path(sys.argv[1])
for out in sys.argv[2:]:
    if status := cli.main(["train", "--recipe", "small", "--resume", "--set", "save_every=0.5", "--out", out]):
        sys.exit(status)
"""


def start(folder, *outs):
    """Train into one folder after another, in one process of its own."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    arguments = [sys.executable, "-c", COMMAND, str(folder), *map(str, outs)]
    return subprocess.Popen(arguments, env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.DEVNULL)


def test_killed_in_its_second_stage_it_ends_with_the_same_bytes(tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "small.toml").write_text(TWO_STAGES)
    state = tmp_path / "killed" / "spnet-plus" / "spnet-plus.last.safetensors"
    process, until = start(tmp_path / "recipes", tmp_path / "killed"), time.monotonic() + 200
    while not state.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL, "it was to be killed before its end"
    assert 0 < checkpoints.about(state)["step"] < 100
    assert start(tmp_path / "recipes", tmp_path / "killed", tmp_path / "whole").wait(500) == 0
    nets = [checkpoints.load(tmp_path / w / "spnet-plus" / "spnet-plus.safetensors") for w in ("whole", "killed")]
    (one, _), (other, about) = ((checkpoints.flatten(tensors), about) for tensors, about in nets)
    assert about["stage"] == 2 and all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_command_wants_a_model_or_a_recipe(capsys):
    assert cli.main(["train"]) == 2 and "name a model to train, or a recipe" in capsys.readouterr().err
    assert cli.main(["train", "spnet"]) == 2 and "needs --data SPEC and --out DIR" in capsys.readouterr().err
    assert cli.main(["train", "--recipe", "streets-64", "--data", "streets"]) == 2
    assert "leave that out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["streets-128", "cityscapes-256", "faces-128"])
def test_the_twin_without_segmentation_has_the_same_stages(name):
    (net,), (twin,) = recipe.read(f"{name}:sgnet-plus"), recipe.read(f"{name}:sgnet-plus-noseg")
    shared = [s.profile.with_settings(coloured=False, sketched=0.0) for s in net.stages]  # what it cannot be told
    assert shared == [s.profile for s in twin.stages]
