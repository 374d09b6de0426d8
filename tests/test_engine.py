"""What computes the nets: ONNX Runtime and bfloat16 give PyTorch's pictures; PyTorch is there where they are not."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from editor_scene import brush, street

import spg
from spg import weights
from spg.cli import main
from spg.data.streets import draw
from spg.editor import app, record
from spg.editor.session import Session
from spg.editor.variants import another
from spg.inpainting import best_engine
from spg.labels import VEHICLE
from spg.pictures import png
from spg.weights import exporting

SIZES = {"streets-128": [(128, 128), (96, 160), (101, 77), (300, 420)], "photos-256": [(256, 256), (181, 333)]}


@pytest.fixture
def onnx(monkeypatch):
    """ONNX Runtime, and no GPU."""
    pytest.importorskip("onnx", reason="no onnx: pip install 'spg-net[onnx]'")
    pytest.importorskip("onnxruntime", reason="no onnxruntime: pip install 'spg-net[onnx]'")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def cache(onnx, tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("SPG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "graphs"


def window(height, width, seed):
    """Picture, labels and hole of a part of a drawn street: two objects' outlines and a rectangle are missing."""
    image, labels = draw(seed, seed, max(height, width))
    image, labels = image[:, -height:, :width], labels[-height:, :width]
    hole = np.zeros((height, width), np.uint8)
    hole[height // 2 : 7 * height // 8, width // 3 : 2 * width // 3] = 1
    hole[: height // 4, : width // 5] = 1
    hole[(labels == VEHICLE) & (np.arange(width) < width // 3)] = 1
    return np.ascontiguousarray(image), np.ascontiguousarray(labels), hole


def elsewhere(a, b):
    """The share of pixels that differ."""
    return float((np.asarray(a) != np.asarray(b)).mean())


def apart(a, b):
    """The largest difference in grey levels."""
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("name", SIZES)
def test_onnx_runtime_gives_pytorchs_pictures_within_a_grey_level(onnx, name):
    torchs, onnxs = (spg.load(name, "cpu", engine=engine) for engine in ("torch", "onnx"))
    assert onnxs.engine == "onnx" and isinstance(onnxs.sgnet, exporting.Exported)
    assert (onnxs.coloured, onnxs.size, onnxs.soft) == (torchs.coloured, torchs.size, torchs.soft)
    for seed, size in enumerate(SIZES[name], 5009):
        image, labels, hole = window(*size, seed)
        (full, s_r), (same, chances) = (net.predict(image, hole, labels) for net in (torchs, onnxs))
        assert np.abs(s_r - chances).max() <= 1e-3 and elsewhere(full, same) <= 1e-3
        assert elsewhere(torchs.segment(image, hole), onnxs.segment(image, hole)) <= 1e-3
        assert apart(*(net.paint(image, hole, full, s_r) for net in (torchs, onnxs))) <= 1, size
        sampled = another(s_r, seed)
        assert elsewhere(sampled, another(chances, seed)) <= 1e-3
        layout = np.where(hole == 1, sampled, labels)
        assert elsewhere(layout[hole == 1], full[hole == 1]) > 0.01
        asked = [np.dstack([np.full((*size, 3), 140), 255 * hole]).astype(np.uint8)] if torchs.coloured else []
        assert apart(*(net.paint(image, hole, layout, None, *asked) for net in (torchs, onnxs))) <= 1, size


def test_graphs_are_made_once_and_belong_to_their_weights(cache, monkeypatch, capsys):
    made = spg.load("streets-64", engine="onnx")
    assert "Getting spnet, sgnet, segmenter ready" in capsys.readouterr().err
    graphs = sorted(path.name for path in cache.iterdir())
    assert len(graphs) == 3 and all(name.endswith(".onnx") for name in graphs)
    monkeypatch.setattr(exporting, "_traced", None)  # would fail
    for engine in ("onnx", None):
        again = spg.load("streets-64", engine=engine)
        assert again.engine == "onnx" and apart(filled(made), filled(again)) == 0
    assert capsys.readouterr().err == ""
    assert exporting._graph("spnet", weights.resolve("streets-128")["spnet-plus"]).name not in graphs
    monkeypatch.setattr(exporting, "_exporter", lambda: "another version")
    assert spg.load("streets-64", engine=None).engine == best_engine()


def filled(net):
    image, hole, labels = street()
    return net(image, hole, labels).image


def test_two_processes_that_need_the_same_graphs(cache):
    code = "import spg; assert spg.load('streets-64', engine='onnx').engine == 'onnx'"
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        said = process.communicate()[1].decode()
        assert process.returncode == 0, said
    assert len(list(cache.iterdir())) == 3
    assert spg.load("streets-64", engine=None).engine == "onnx"


def test_what_is_measured_goes_by_pytorch(cache):
    weights.prepare("streets-64")
    assert spg.load("streets-64", engine=None).engine == "onnx"
    assert spg.load("streets-64").engine == "torch"
    nets = weights.Nets("streets-64")
    assert nets.inpainter("spnet", "sgnet").engine == "torch" and list(nets.record()) == ["spnet", "sgnet"]


def test_without_the_packages_pytorch_computes_and_nothing_is_said(cache, monkeypatch):
    weights.prepare("streets-64")
    monkeypatch.setattr(exporting, "_has", lambda package: False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weights.prepare("streets-128")
        assert spg.load("streets-64", engine=None).engine == best_engine()
    with pytest.raises(ImportError, match="onnxruntime"):
        spg.load("streets-64", engine="onnx")
    assert len(list(cache.iterdir())) == 3


def test_a_net_that_cannot_be_exported_is_warned_of(cache, monkeypatch):
    monkeypatch.setattr(exporting, "LIKE", 0)
    with pytest.warns(UserWarning, match=r"PyTorch computes.* differs from the net by"):
        weights.prepare("streets-64")
    assert list(cache.iterdir()) == [] and spg.load("streets-64", engine=None).engine == best_engine()
    with pytest.raises(ValueError, match="differs from the net"):
        spg.load("streets-64", engine="onnx")
    nets = weights.Nets("streets-128")
    with pytest.raises(ValueError, match="ONNX Runtime cannot compute sgnet-plus-noseg"):
        nets.inpainter(painter="sgnet-plus-noseg", engine="onnx")


def test_a_damaged_graph_is_made_again(cache):
    weights.prepare("streets-64")
    damaged = next(cache.glob("sgnet-*"))
    damaged.write_bytes(damaged.read_bytes()[:5000])
    with pytest.warns(UserWarning, match="could not be opened, and was removed"):
        assert spg.load("streets-64", engine=None).engine == best_engine()
    assert spg.load("streets-64", engine="onnx").engine == "onnx" and damaged.stat().st_size > 5000


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="unknown engine 'onxx'; known: torch, bfloat16, onnx"):
        spg.load("streets-64", engine="onxx")
    with pytest.raises(ValueError, match="unknown engine"):
        spg.Inpainter(None, None, engine="onxx")


# -------------------------------------------------------------------- bfloat16


@pytest.mark.parametrize("name", ["streets-64", "streets-128"])
def test_bfloat16_is_near_float32(name):
    exact, rough = (spg.load(name, "cpu", engine=engine) for engine in ("torch", "bfloat16"))
    image, labels, hole = window(exact.size, exact.size, 5034)
    pictures = [net.paint(image, hole, labels).astype(float)[:, hole == 1] for net in (exact, rough)]
    assert 0 < np.abs(pictures[0] - pictures[1]).mean() <= 0.3
    layouts = [net.predict(image, hole, labels) for net in (exact, rough)]
    assert layouts[1][1].dtype == np.float32 and elsewhere(layouts[0][0], layouts[1][0]) <= 0.01
    assert elsewhere(exact.segment(image, hole), rough.segment(image, hole)) <= 0.02


def test_processors_with_amx_take_bfloat16(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    monkeypatch.setattr(exporting, "_has", lambda package: False)
    assert best_engine() == "bfloat16" and best_engine("cuda") == "torch"
    assert spg.load("streets-64", "cpu", engine=None).engine == "bfloat16"
    assert spg.load("streets-64", "cpu").engine == "torch"
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert best_engine() == "torch"
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")  # PyTorch 2.4
    assert best_engine() == "torch"


# -------------------------------------------------------------------- the commands


def test_a_folder_makes_the_graphs_and_one_picture_does_not(cache, tmp_path):
    image, hole, _ = street()
    for folder, pixels in (("photos", image.transpose(1, 2, 0)), ("holes", 255 * hole)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(png(pixels))

    def inpaint(*arguments, end="", out="out"):
        paths = [str(tmp_path / f"photos{end}"), "--hole", str(tmp_path / f"holes{end}"), "--weights", "streets-64"]
        assert main(["inpaint", *paths, "--out", str(tmp_path / f"{out}{end}"), *arguments]) == 0
        return (tmp_path / out / "a.png").read_bytes()

    plain = inpaint("--engine", "torch")
    alone = inpaint(end="/a.png", out="alone")
    assert not cache.exists() and (plain == alone or best_engine() != "torch")
    folder = inpaint(out="folder")
    assert len(list(cache.iterdir())) == 3
    assert folder == inpaint(end="/a.png", out="again") == inpaint("--engine", "onnx", out="onnx")


def test_a_record_is_replayed_by_what_computed_it(cache, tmp_path):
    image, hole, labels = street()
    for engine in ("onnx", "torch"):
        session = Session(spg.load("streets-64", engine=engine), image, hole, labels)
        session.edit(brush([[36, 30], [50, 30]]))
        session.edit({"do": "another", "seed": 3})
        assert session.document().get("engine") == (None if engine == "torch" else engine)
        record.save(session, tmp_path / engine)
        saved = str(tmp_path / engine / "edits.json"), "--image", str(tmp_path / engine / "original.png")
        assert main(["replay", *saved, "--weights", "streets-64", "--out", str(tmp_path / f"{engine}-again")]) == 0
    assert (
        apart(*(np.asarray(record.open_file(tmp_path / engine / "picture.png")) for engine in ("onnx", "torch"))) <= 1
    )


def test_the_editor_makes_the_graphs_unless_it_is_told_what_computes(cache):
    editor = app.open_editor(weights="streets-64", engine="torch")
    assert editor.net.engine == "torch" and not cache.exists()
    editor.close()
    editor = app.open_editor(weights="streets-64")
    assert editor.net.engine == "onnx" and len(list(cache.iterdir())) == 3
    editor.close()
