"""Every method of the table, from nets of every model: who asks whom, with which labels, and how often."""

import numpy as np
import pytest
from tiny import Tiny
from tiny_nets import train

import spg
from spg import evaluation, weights
from spg.baselines.classical import available, patchmatch, textured
from spg.baselines.layouts import nearest_known
from spg.engine import checkpoints
from spg.holes import evaluation_hole
from spg.models import METHODS, MODELS, TEXTURED
from spg.weights import nets as methods

PATCHED = ("patchmatch-layout", *TEXTURED)
GUIDED = ("spg", "spg-oracle", "spg-plus", "spg-plus-oracle", *PATCHED)
needs_patches = pytest.mark.skipif(not available(), reason="PyPatchMatch is not installed")
NAMES = [pytest.param(name, marks=needs_patches if name in PATCHED else ()) for name in METHODS]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("run"), *MODELS)


@pytest.fixture(scope="module")
def nets(run):
    return weights.Nets(run)


@pytest.fixture
def question():
    scene = Tiny(32)[3]
    hole = evaluation_hole("tiny", "val", 32, "paper", 0, 3)
    return scene.image * (1 - hole), hole, scene.labels


def lineup(names, nets, **options):
    return methods.lineup(names, nets, train_scenes=Tiny(32), **options)


@pytest.mark.parametrize("name", NAMES)
def test_each_method_fills_and_keeps_what_is_known(name, nets, question):
    image, hole, labels = question
    filled = lineup([name], nets).methods[name](image, hole, labels)
    assert filled.dtype == np.uint8 and (filled[:, hole == 0] == image[:, hole == 0]).all()
    assert filled[:, hole == 1].any()


@pytest.mark.parametrize("name", NAMES)
def test_only_an_oracle_looks_under_the_hole_and_only_the_guided_look_at_labels(name, nets, question):
    image, hole, labels = question
    fill = lineup([name], nets).methods[name]
    hidden = np.where(hole == 1, (labels + 3) % 8, labels)
    known = np.where(hole == 0, (labels + 3) % 8, labels)
    first = fill(image, hole, labels)
    assert (fill(image, hole, hidden) != first).any() == name.endswith("-oracle")
    assert (fill(image, hole, known) != first).any() == (name in GUIDED)


def test_a_method_is_its_two_nets_in_a_row(run, nets, question):
    image, hole, labels = question
    for name in ("spg", "spg-plus"):
        whole = spg.load(run, design=name)(image, hole, labels)
        found = lineup([name], nets)
        assert (found.methods[name](image, hole, labels) == whole.image).all()
        spnet = name.replace("spg", "spnet")
        assert (found.layouts[spnet](image, hole, labels * (1 - hole))[hole == 1] == whole.labels[hole == 1]).all()


@needs_patches
def test_patches_come_last_and_leave_objects_alone(nets, question):
    image, hole, labels = question
    found = lineup(["spg-plus", "spg-plus-textured", "patchmatch-layout"], nets)
    painted, patched, copied = (fill(image, hole, labels) for fill in found.methods.values())
    layout = found.layouts["spnet-plus"](image, hole, labels * (1 - hole))
    assert (patched == textured(painted, hole, layout)).all()
    assert (copied == textured(patchmatch(image, hole), hole, layout, only=range(8))).all()


def test_an_inpainter_is_told_what_its_nets_need(run, nets, tmp_path):
    whole = nets.inpainter("spnet-plus", "sgnet-plus", segmenter=True)
    assert (whole.size, whole.segmenter_size, whole.soft) == (32, 32, False)
    tensors, about = checkpoints.load(nets.files["sgnet-plus"])
    softly = tmp_path / "sgnet-plus.safetensors"
    checkpoints.save(softly, tensors, about | {"profile": about["profile"] | {"soft": True}})
    assert weights.Nets({"sgnet-plus": softly}).inpainter(painter="sgnet-plus").soft
    assert nets.inpainter(painter="sgnet-plus").soft is nets.inpainter(painter="sgnet").soft is False
    assert nets.inpainter(painter="sgnet").segmenter_size is None


def test_predicted_labels_are_the_segmenters(run, nets, question):
    image, hole, labels = question
    found = lineup(["spg-plus"], nets, labels="predicted")
    whole = spg.load(run)(image, hole)
    filled = found.methods["spg-plus"](image, hole, labels)
    assert (filled == whole.image).all()
    assert (filled == found.methods["spg-plus"](image, hole, labels[::-1])).all()
    assert (found.segmenter(image, hole)[hole == 0] == whole.labels[hole == 0]).all()
    seen = found.segmenter(image, hole)
    assert (found.layouts["nearest"](image, hole, labels)[hole == 1] == nearest_known(seen, hole)[hole == 1]).all()
    assert lineup(["spg-plus"], nets).segmenter is None


def test_a_predicted_layout_is_what_the_evaluator_looks_for(run, nets, question):
    image, hole, labels = question
    names = ["telea", "noseg", "spg", "spg-oracle", f"pair={run}", f"gl={run}/glcic/glcic.safetensors"]
    found = lineup(names, nets)
    assert set(found.asked) == {"spg", "pair"}
    whole = spg.load(run, design="spg")(image, hole, labels)
    found.methods["spg"](image, hole, labels)
    assert (found.asked["spg"](image, hole, labels * (1 - hole))[hole == 1] == whole.labels[hole == 1]).all()
    looker = weights.load_evaluator(run / "segmenter" / "segmenter.safetensors")
    options = {"progress": False, "perceptual": None, "limit": 2}
    result = evaluation.evaluate(Tiny(32), found.methods, evaluator=looker.label, asked=found.asked, **options)
    assert all(0 <= row["recognised"] <= 1 for row in result["methods"].values())


def test_the_layouts_row_does_not_run_sp_net_again(nets, monkeypatch):
    asked = []
    predict = spg.Inpainter.predict
    monkeypatch.setattr(spg.Inpainter, "predict", lambda self, *a: asked.append(id(self)) or predict(self, *a))
    found = lineup(["spg", "telea", "spg-plus"], nets)
    options = {"progress": False, "perceptual": None, "limit": 3}
    together = evaluation.evaluate(Tiny(32), found.methods, layouts=found.layouts, **options)
    assert len(asked) == 6 and len(set(asked)) == 2
    alone = evaluation.evaluate(Tiny(32), {}, layouts=lineup([], nets).layouts, **options)
    assert len(asked) == 12 and alone["layouts"] == together["layouts"]
    assert list(alone["layouts"]) == ["nearest", "row", "spnet", "spnet-plus"]


def test_a_method_asks_anew_so_that_its_seconds_are_its_own(run, nets, question, monkeypatch):
    asked = []
    predict = spg.Inpainter.predict
    monkeypatch.setattr(spg.Inpainter, "predict", lambda self, *a: asked.append(1) or predict(self, *a))
    found = lineup(["spg", f"again={run}/sgnet/sgnet.safetensors"], nets)
    first, second = (found.methods[name](*question) for name in ("spg", "again"))
    assert len(asked) == 2 and (first == second).all()


def test_own_checkpoints(run, nets, question, tmp_path):
    gl = run / "glcic" / "glcic.safetensors"
    named = {"gl": gl, "pair": run, "plus": run / "sgnet-plus" / "sgnet-plus.safetensors"}
    found = lineup([f"{name}={path}" for name, path in named.items()], nets)
    assert list(found.methods) == list(found.own_weights) == ["gl", "pair", "plus"]
    assert found.own_weights["gl"].keys() == {"glcic"}
    assert found.own_weights["pair"].keys() == {"spnet-plus", "sgnet-plus"}  # the better pair
    same = lineup(["glcic", "spg-plus"], nets).methods
    for a, b in (("gl", "glcic"), ("pair", "spg-plus"), ("plus", "spg-plus")):
        assert (found.methods[a](*question) == same[b](*question)).all()
    assert list(lineup([f"gl={gl}"], None).methods) == ["gl"]  # it needs no other net
    with pytest.raises(ValueError, match=r"sgnet\.safetensors: this set of weights lacks spnet: train with"):
        lineup([f"a={run}/sgnet/sgnet.safetensors"], None)
    with pytest.raises(ValueError, match="holds a 'spnet' net; a method needs one that paints, or a folder with both"):
        lineup([f"a={run}/spnet/spnet.safetensors"], nets)
    with pytest.raises(ValueError, match="no weights 'nowhere'"):
        lineup(["a=nowhere"], nets)


def test_what_each_method_needs(run):
    assert methods.needed(["telea", "spg-oracle", "gfc"]) == ["gfc", "sgnet"]
    assert methods.needed(["spg-plus", "noseg-plus"]) == ["sgnet-plus", "sgnet-plus-noseg", "spnet-plus"]
    assert methods.needed([f"a={run}", f"b={run}/sgnet/sgnet.safetensors"]) == ["spnet"]
    with pytest.raises(
        ValueError, match=r"unknown method 'magic'; known: telea, .*, spg-plus-oracle, .*, or NAME=PATH"
    ):
        methods.needed(["magic"])
    with pytest.raises(ValueError, match="methods named twice: spg"):
        methods.needed(["spg", f"spg={run}"])


def test_a_set_that_lacks_a_net_is_named_with_the_training_that_makes_it(run, nets):
    half = weights.Nets({model: path for model, path in nets.files.items() if "plus" not in model})
    with pytest.raises(
        ValueError,
        match=r"method 'spg-plus': this set of weights lacks spnet-plus and sgnet-plus: "
        r"train with `spg train spnet-plus --data SPEC --out DIR`",
    ):
        lineup(["spg", "spg-plus"], half)
    with pytest.raises(
        ValueError, match="method 'glcic': this set of weights lacks glcic: train with `spg train glcic"
    ):
        lineup(["glcic"], None)
    assert list(lineup(["spg"], half).layouts) == ["nearest", "row", "spnet"]


def test_only_what_was_used_is_recorded(run):
    nets = weights.Nets(run)
    lineup(["noseg"], nets)
    assert nets.record().keys() == {"spnet", "spnet-plus", "sgnet-noseg"}  # the SP-Nets have rows of their own
    assert nets.record()["sgnet-noseg"].keys() >= {"file", "data", "size", "pictures_seen", "seconds", "sha256"}
