"""Exported nets: the same numbers as PyTorch's at any size, half the bytes, and a manifest that says what is what."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from spg import cli, generators_plus
from spg.engine import checkpoints
from spg.generators_plus import SGNetPlus, SPNetPlus, push_pull, smooth_by_class
from spg.labels import CLASSES
from spg.weights import load_net, resolve
from spg.weights.exporting import FILL
from spg.weights.finding import sha256

SETS = ("streets-64", "streets-128")  # the paper's design, and SPG-Net+ with colours and a segmenter
SIZES = [(16, 16), (17, 96), (33, 47), (64, 64), (75, 100), (96, 128), (130, 61), (128, 128), (40, 200), (192, 176)]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder with a subfolder for each set."""
    pytest.importorskip("onnx", reason="no onnx: pip install 'spg-net[onnx]'")
    folder = tmp_path_factory.mktemp("exported")
    for name in SETS:
        assert cli.main(["export", name, "--out", str(folder / name)]) in (0, None)
    return folder


def scene(height, width, seed):
    """I0, S, R and a colour that is asked for: patches of classes, a ragged hole, and noise."""
    generator = torch.Generator().manual_seed(seed)

    def patches(levels, side):
        small = torch.randint(0, levels, (1, -(-height // side), -(-width // side)), generator=generator)
        return small.repeat_interleave(side, 1).repeat_interleave(side, 2)[:, :height, :width]

    hole = (patches(3, 11) == 0).float()[None]
    hole[..., 0, 0] = 0
    s = F.one_hot(patches(len(CLASSES), 7), len(CLASSES)).permute(0, 3, 1, 2).float()
    image = torch.rand(1, 3, height, width, generator=generator) * 2 - 1
    outline = hole * (patches(2, 9) == 0).float()[None]
    colour = torch.cat([(torch.rand(1, 3, 1, 1, generator=generator) * 2 - 1) * outline, outline], 1)
    return {"image": image * (1 - hole), "labels": s, "hole": hole, "colour": colour}


def given(name, inputs, seen):
    """The inputs of a net by name: to an SP-Net, labels are 0 in the hole."""
    labels = {"labels": seen["labels"] * (1 - seen["hole"])} if name.startswith("spnet") else {}
    return {key: (seen | labels)[key] for key in inputs}


def differences(path, name, net, entry, sizes=SIZES, each=2):
    """(largest difference, share of pixels whose likeliest class differs) for each size."""
    runtime = pytest.importorskip("onnxruntime", reason="no onnxruntime: pip install 'spg-net[onnx]'")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for number, size in enumerate(list(sizes) * each):
        inputs = given(name, entry["inputs"], scene(*size, number))
        with torch.inference_mode():
            wanted = net(*inputs.values()).numpy()
        found = session.run(None, {key: value.numpy() for key, value in inputs.items()})[0]
        assert found.shape == wanted.shape == (1, next(iter(entry["outputs"].values()))[1], *size)
        yield size, np.abs(found - wanted).max(), (found.argmax(1) != wanted.argmax(1)).mean()


@pytest.mark.parametrize("name", SETS)
def test_onnx_runtime_gives_what_pytorch_gives_at_any_size(exported, name):
    manifest = json.loads((exported / name / "manifest.json").read_text())
    for model, entry in manifest["nets"].items():
        net = FillAlone() if model == FILL else load_net(resolve(name)[model], model)[0]
        for size, largest, elsewhere in differences(exported / name / entry["file"], model, net, entry):
            assert largest <= 1e-5, (model, size)
            assert model.startswith("sgnet") or model == FILL or elsewhere <= 1e-3, (model, size)


class FillAlone:
    """What `class-fill.onnx` must be."""

    def __call__(self, i0, s, hole):
        return smooth_by_class(i0, s, hole)


@pytest.mark.parametrize("name", SETS)
def test_the_manifest_says_what_is_there_in_half_the_bytes(exported, name):
    manifest = json.loads((exported / name / "manifest.json").read_text())
    assert manifest["licence"] == "MIT" and [c["name"] for c in manifest["classes"]] == list(CLASSES)
    models = {"spnet", "sgnet"} if name == "streets-64" else {"spnet-plus", "sgnet-plus", "segmenter", FILL}
    assert set(manifest["nets"]) == models
    for model, entry in manifest["nets"].items():
        path = exported / name / entry["file"]
        assert (entry["bytes"], entry["sha256"]) == (path.stat().st_size, sha256(path))
        if model != FILL:
            assert entry["size"] == int(name.rpartition("-")[2]) and entry["data"] == "streets"
            assert entry["weights_sha256"] == sha256(resolve(name)[model])
            weights = sum(p.numel() for p in load_net(resolve(name)[model])[0].parameters())
            assert 2 * weights < entry["bytes"] < 2 * weights + 600_000  # the rest is the graph, unrolled


def test_a_training_of_ones_own_is_rounded_as_a_shipped_net_is(tmp_path):
    pytest.importorskip("onnx")
    tensors, about = checkpoints.load(resolve("streets-64")["spnet"])
    exact = {key: v.float() * (1 + 1e-5) if v.is_floating_point() else v for key, v in tensors.items()}
    checkpoints.save(tmp_path / "mine" / "spnet.safetensors", exact, about)
    assert cli.main(["export", str(tmp_path / "mine"), "--out", str(tmp_path / "out")]) in (0, None)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["licence"] is None and manifest["set"] is None
    entry = manifest["nets"]["spnet"]
    assert entry["bytes"] < 1_000_000
    net, _ = load_net(tmp_path / "mine" / "spnet.safetensors")
    found = list(differences(tmp_path / "out" / "spnet.onnx", "spnet", net, entry, [(64, 64)], 1))
    assert found[0][1] < 1e-2


def test_what_cannot_be_exported_is_said(capsys, tmp_path):
    assert cli.main(["export", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no weights" in capsys.readouterr().err and not (tmp_path / "out").exists()


# -------------------------------------------------------------------- what made the nets exportable changes no result


def recursive(x, weight):
    """Push-pull as it is defined."""
    if min(x.shape[-2:]) == 1:
        return x.sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp_min(1e-3) + 0 * x
    coarse = recursive(*(F.avg_pool2d(v, 2, ceil_mode=True, count_include_pad=False) for v in (x, weight)))
    coarse = F.interpolate(coarse, size=x.shape[-2:], mode="bilinear")
    return (x + 1e-3 * coarse) / (weight + 1e-3)


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (32, 128), (1, 1), (1, 9), (96, 160)])
def test_push_pull_is_its_definition_bit_by_bit(size):
    seen = scene(*size, 0)
    known = 1 - seen["hole"]
    assert torch.equal(push_pull(seen["image"], known), recursive(seen["image"], known))


@pytest.mark.parametrize("size", [(33, 47), (100, 75), (17, 200), (5, 3)])
def test_at_odd_sizes_the_last_pixels_count_as_their_cell(size):
    seen = scene(*size, 0)
    known = 1 - seen["hole"]
    torch.testing.assert_close(push_pull(seen["image"], known), recursive(seen["image"], known), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(64, 64), (33, 47), (1, 9), (16, 300), (128, 96)])
def test_the_graph_for_all_sizes_gives_the_same_bits(size, monkeypatch):
    seen = scene(*size, 1)
    known = 1 - seen["hole"]
    wanted = push_pull(seen["image"], known), smooth_by_class(*list(seen.values())[:3])
    monkeypatch.setattr(generators_plus, "_exporting", lambda: True)
    found = push_pull(seen["image"], known), smooth_by_class(*list(seen.values())[:3])
    assert all(map(torch.equal, found, wanted))


@pytest.mark.parametrize("name", ["streets-128", "cityscapes-256", "photos-256"])
def test_shipped_nets_are_bit_identical_to_the_definition_at_their_own_size(name, monkeypatch):
    spnet, about = load_net(resolve(name)["spnet-plus"])
    sgnet, _ = load_net(resolve(name)["sgnet-plus"])
    seen = scene(about["size"], about["size"], 3)
    i0, s, hole = seen["image"], seen["labels"], seen["hole"]

    def both():
        with torch.inference_mode():
            return spnet(i0, s * (1 - hole), hole), sgnet(i0, s, hole)

    found = both()
    monkeypatch.setattr(generators_plus, "push_pull", recursive)
    monkeypatch.setattr(
        generators_plus, "_pooled", lambda x, cell: F.avg_pool2d(x, cell, ceil_mode=True, count_include_pad=False)
    )
    assert all(map(torch.equal, found, both()))


@pytest.mark.parametrize("net", [SPNetPlus, SGNetPlus])
def test_the_grain_is_the_same_as_ever_and_in_no_checkpoint(net):
    made = net(width=4, downs=2, grained=True)
    tile = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(made.grain, tile) and "grain" not in made.state_dict()
    x = torch.ones(1, made.inner.stem[0].in_channels - 1, 80, 100)
    at = made.hole_at + 1
    assert torch.equal(made.eval().sees(x)[:, at : at + 1], tile.repeat(1, 1, 2, 2)[..., :80, :100])
