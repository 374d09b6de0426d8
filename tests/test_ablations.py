"""Ablations: every row differs from its base as it says, is trained once, and is compared with the right one."""

import json

import numpy as np
import pytest
import torch
from tiny import Tiny

from spg import cli
from spg.engine import checkpoints
from spg.evaluation import ablation_report, ablations, tables
from spg.evaluation.ablation_report import COLOURS, plot, verdict
from spg.evaluation.ablations import ROWS, Setting, chosen, parse_seeds, run, summary
from spg.models import task
from spg.profiles import at, profile
from spg.samples import Batch, TrainingSamples, batches

SMALL = {"sizes": (32,), "pictures": (8,), "batch": 4, "width": 2, "discriminator_width": 2, "downs": 2}


@pytest.fixture
def tiny_data(monkeypatch):
    monkeypatch.setattr(ablations.data, "open", lambda spec, split, size, limit=None: Tiny(size, limit or 12))


def one_batch():
    return Batch.of(*next(batches(TrainingSamples(Tiny(32)), 0, 1, 4)))


def players(row):
    p = profile("smoke", **SMALL | row.settings)
    its = task(row.model)
    its.prepare(p, torch.device("cpu"))
    return its, its.generator(p, at(p, 32)), its.discriminator(p)


@pytest.mark.parametrize("name", [name for name in ROWS if not ROWS[name].guess])
def test_every_row_plays_one_step(name):
    its, net, judge = players(ROWS[name])
    b = one_batch()
    output = its.generate(net, b)
    real, fake = (judge(x) for x in its.discriminator_inputs(b, output))
    assert (
        len(real)
        == len(fake)
        == (1 if name == "one-scale" or ROWS[name].settings.get("discriminator") == "segmenting" else 3)
    )
    assert all(torch.isfinite(v) for v in its.loss_terms(b, output).values())


@pytest.mark.parametrize("name", ["spnet-no-image", "spnet-no-hole-channel", "no-hole-channel"])
def test_a_blind_net_does_not_react_to_what_it_is_denied(name):
    _, net, _ = players(ROWS[name])
    b, net = one_batch(), net.eval()
    changed = {"image": (1 - 2 * b.hole) * 0.3 + b.i0 * 0, "hole": 1 - b.hole}[ROWS[name].settings["blind"]]
    inputs = [b.i0, b.s0 if name.startswith("spnet") else b.s, b.hole]
    other = list(inputs)
    other[0 if name == "spnet-no-image" else 2] = changed
    assert torch.equal(net(*inputs), net(*other))
    seeing = players(ROWS["spnet" if name.startswith("spnet") else "spg"])[1].eval()
    assert not torch.equal(seeing(*inputs), seeing(*other))


def test_without_dilation_the_middle_sees_its_neighbours_only():
    dilations = {
        name: {m.dilation[0] for m in players(ROWS[name])[1].middle.modules() if isinstance(m, torch.nn.Conv2d)}
        for name in ("spg", "no-dilation")
    }
    assert dilations == {"spg": {2, 4, 8}, "no-dilation": {1}}


def test_losses_on_the_whole_picture_see_what_is_painted_outside_the_hole():
    for name, expected in (("spg", False), ("whole-picture", True)):
        its, net, _ = players(ROWS[name])
        b = one_batch()
        output = its.generate(net, b).detach().requires_grad_()
        (sum(its.loss_terms(b, output).values()) + its.discriminator_inputs(b, output)[1].square().sum()).backward()
        assert bool((output.grad * (1 - b.hole)).abs().sum() > 0) == expected


def test_losses_on_the_known_pixels_see_them_and_leave_the_hole_to_the_others():
    b = one_batch()
    for name in ("spnet-known-pixels", "known-pixels"):
        its, net, _ = players(ROWS[name])
        output = its.generate(net, b).detach().requires_grad_()
        known = its.loss_terms(b, output)["known"]
        (gradient,) = torch.autograd.grad(known, output)
        assert (gradient * b.hole == 0).all() and (gradient * (1 - b.hole)).abs().sum() > 0
    assert its.loss_terms(b, b.image + 0.1)["known"].item() == pytest.approx(20 * 0.1, rel=1e-4)
    assert its.loss_terms(b, torch.where(b.hole == 1, b.image + 1, b.image))["known"].item() == 0


def test_an_unconditional_discriminator_sees_the_candidate_alone():
    its, net, _ = players(ROWS["unconditional"])
    b = one_batch()
    assert [x.shape[1] for x in its.discriminator_inputs(b, its.generate(net, b))] == [3, 3]


def test_local_scores_count_in_the_hole_only():
    b = one_batch()
    assert players(ROWS["spg"])[0].score_mask(b.hole) is None
    assert players(ROWS["local-scores"])[0].score_mask(b.hole) is b.hole


def test_a_row_brings_what_it_is_compared_with():
    assert chosen(["no-alexnet"]) == ["spnet", "spg", "no-alexnet"]
    assert chosen(["plus-no-segmentation"]) == ["spnet-plus", "spg-plus", "plus-no-segmentation"]
    assert chosen(["spnet-no-image"]) == ["spnet", "spnet-no-image"]
    twins = ["plus-no-segmentation", "plus-no-segmentation-on", "plus-as-twin"]
    assert chosen(["plus-as-twin"]) == ["spnet-plus", *twins]
    assert chosen() == list(ROWS)
    with pytest.raises(ValueError, match="no row 'no-alex'; the rows are spnet, "):
        chosen(["no-alex"])
    with pytest.raises(ValueError, match="got 'x'"):
        parse_seeds("0,x")


def test_rows_measured_with_true_layouts_alone_train_no_spnet(tmp_path, tiny_data):
    assert chosen(["objects-patches"], true_only=True) == ["objects", "objects-patches"]
    with pytest.raises(ValueError, match="there is no 'spnet-plus': choose other rows by --only"):
        chosen(["spnet-plus"], true_only=True)
    p = profile("smoke", **SMALL | {"alexnet": 0.0})
    test = Setting(limit=3, holes="objects", true_only=True, evaluator=lambda image, hole: np.zeros_like(hole))
    run("tiny", p, [0, 1], tmp_path, ["objects-patches", "objects-paper-holes"], test)
    result = summary(tmp_path, [0, 1], p)
    assert (
        list(result["rows"]) == ["objects", "objects-patches", "objects-paper-holes"] and result["holes"] == "objects"
    )
    assert all("predicted" not in row and "recognised" in row["true"]["mean"] for row in result["rows"].values())
    about = checkpoints.about(tmp_path / "0" / "objects-patches" / "sgnet-plus.safetensors")["profile"]
    assert about["discriminator"] == "patches" and about["holes"] == ablations.OBJECTS["holes"]
    assert "recognised" in tables.table([result]) and "SP-Net's layout" not in tables.table([result]).split("\n")[0]


def test_the_plus_rows_meet_the_layouts_of_their_own_spnet(tmp_path, tiny_data):
    p = profile("smoke", **SMALL | {"alexnet": 0.0})
    run("tiny", p, [0], tmp_path, ["plus-predicted-layouts", "plus-probabilities"], Setting(limit=3))
    rows = summary(tmp_path, [0], p)["rows"]
    assert list(rows) == ["spnet-plus", "spg-plus", "plus-predicted-layouts", "plus-probabilities"]
    files = [tmp_path / "0" / name / "sgnet-plus.safetensors" for name in rows if name.startswith("plus")]
    profiles = [checkpoints.about(file)["profile"] for file in files]
    assert [(its["guess"], its["soft"]) for its in profiles] == [(1.0, False), (1.0, True)]
    assert all(its["spnet"].endswith("spnet-plus/spnet-plus.safetensors") for its in profiles)


def test_a_row_goes_on_from_another_for_as_many_pictures_as_its_base(tmp_path, tiny_data):
    p = profile("smoke", **SMALL | {"pictures": (16,), "alexnet": 0.0})
    run("tiny", p, [0], tmp_path, ["plus-as-twin"], Setting(limit=3))
    rows = summary(tmp_path, [0], p)["rows"]
    files = {name: tmp_path / "0" / name / f"{ROWS[name].model}.safetensors" for name in rows}
    seen = {name: checkpoints.about(file)["pictures_seen"] for name, file in files.items()}
    assert seen == {"spnet-plus": 16, "plus-no-segmentation": 16, "plus-no-segmentation-on": 20, "plus-as-twin": 20}
    worth = rows["plus-as-twin"]["true"]["mean"]["psnr"] - rows["plus-no-segmentation-on"]["true"]["mean"]["psnr"]
    assert rows["plus-as-twin"]["true"]["difference"]["psnr"][0] == pytest.approx(worth, abs=1e-4)


def test_rows_are_trained_once_and_compared(tmp_path, tiny_data, monkeypatch):
    p = profile("smoke", **SMALL | {"alexnet": 0.0})
    for seeds in ([0], [0, 1]):  # the second call leaves out seed 0
        run("tiny", p, seeds, tmp_path, ["no-segmentation", "predicted-layouts"], Setting(limit=3))
    monkeypatch.setattr(ablations, "train", None)  # nothing is left to train
    run("tiny", p, [0, 1], tmp_path, ["no-segmentation", "predicted-layouts"], Setting(limit=3))
    result = summary(tmp_path, [0, 1], p)
    assert list(result["rows"]) == ["spnet", "spg", "no-segmentation", "predicted-layouts"]
    row = result["rows"]["no-segmentation"]
    assert set(row) >= {"question", "seeds", "true"}
    assert row["predicted"]["mean"] == row["true"]["mean"]  # it looks at no layout
    files = [
        [json.loads((tmp_path / str(s) / n / "result.json").read_text())["methods"]["true"] for s in (0, 1)]
        for n in ("no-segmentation", "spg")
    ]
    means = [[r["psnr"] for r in rs] for rs in files]
    assert row["true"]["mean"]["psnr"] == pytest.approx(np.mean(means[0]))
    assert row["true"]["sd"]["psnr"] == pytest.approx(np.std(means[0], ddof=1))
    assert row["true"]["difference"]["psnr"][0] == pytest.approx(np.mean(means[0]) - np.mean(means[1]), abs=1e-4)
    by_seed = [a - b for a, b in zip(*means, strict=True)]
    assert row["true"]["by_seed"]["psnr"] == pytest.approx(by_seed, abs=1e-4)
    base = result["rows"]["spg"]
    assert base["true"]["difference"] == {}
    for way in ("true", "predicted"):
        worth = row[way]["mean"]["psnr"] - base[way]["mean"]["psnr"]
        assert row[way]["difference"]["psnr"][0] == pytest.approx(worth, abs=1e-4)
    mistakes = base["predicted"]["mean"]["psnr"] - base["true"]["mean"]["psnr"]
    assert base["predicted"]["difference"]["psnr"][0] == pytest.approx(mistakes, abs=1e-4)
    assert result["rows"]["spnet"]["layout"]["mean"]["hole_accuracy"] > 0
    about = json.loads((tmp_path / "0" / "predicted-layouts" / "result.json").read_text())
    assert about["row"] == "predicted-layouts"
    text = tables.table([result])
    assert "SG-Net's design without a layout" in text
    assert "at most 2 seeds" in text
    settings = [f"{k}={v[0] if isinstance(v, tuple) else v}" for k, v in {**SMALL, "alexnet": 0.0}.items()]
    command = ["ablate", "--data", "tiny", "--profile", "smoke", "--seeds", "0,1", "--only", "no-segmentation"]
    assert cli.main([*command, "--out", str(tmp_path), "--set", *settings]) == 0
    assert json.loads((tmp_path / "ablations.json").read_text())["rows"] == result["rows"]
    assert (tmp_path / "ablations.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("difference", "by_seed", "direction", "said"),
    [
        ([1.0, 0.5, 1.5], [1.2, 0.8], 1, "better"),
        ([1.0, 0.5, 1.5], [1.2, 0.8], -1, "worse"),
        ([1.0, -0.5, 2.5], [1.2, 0.8], 1, "undecided"),  # other pictures might say otherwise
        ([1.0, 0.5, 1.5], [2.2, -0.2], 1, "undecided"),  # another training does
        ([1.0, 0.5, 1.5], [1.2, 0.8], 0, None),
        (None, None, 1, None),
    ],
)
def test_a_row_is_decided_for_other_pictures_and_in_every_training(difference, by_seed, direction, said):
    entry = {"difference": {"psnr": difference}, "by_seed": {"psnr": by_seed}}
    assert verdict(entry, "psnr", direction) == said


def test_bold_is_better_and_italic_is_worse_as_in_every_other_table():
    entry = {"mean": {"psnr": 30.0, "lpips": 0.04}, "sd": {"psnr": 0.1, "lpips": 0.01}}
    entry["difference"] = {"psnr": [1.0, 0.5, 1.5], "lpips": [0.01, 0.005, 0.015]}
    entry["by_seed"] = {"psnr": [1.2, 0.8], "lpips": [0.012, 0.008]}
    rows = {"no-l1": {"true": entry, "question": "?", "seeds": [0, 1]}}
    result = {"rows": rows, "profile": {"name": "quick", "pictures": [8], "sizes": [64], "width": 8}}
    text = ablation_report.ablations(result)
    assert "(**+1.00 [+0.50, +1.50]**)" in text and "(*+0.0100 [+0.0050, +0.0150]*)" in text
    assert "**Bold**: better than the base" in text and "*Italic*: worse" in text


def test_the_plot_shows_each_row_that_has_a_difference():
    there = {"difference": {"psnr": [1.0, 0.5, 1.5]}, "by_seed": {"psnr": [1.2, 0.8]}}
    rows = {"spg": {"true": {"difference": {}, "by_seed": {}}}, "no-l1": {"true": there}, "spnet": {"layout": {}}}
    (axes,) = plot({"a": {"rows": rows}}, keys=("psnr",)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no-l1"]
    interval, seeds, mean, _ = axes.lines
    assert [list(line.get_xdata()) for line in (interval, seeds)] == [[0.5, 1.5], [1.2, 0.8]]
    assert mean.get_color() == COLOURS["better"]
    plot({"none": {"rows": {}}})


def test_nothing_done_yet_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no row is done under"):
        summary(tmp_path, [0], profile("smoke"))


def test_the_command_names_an_unknown_row(tmp_path, capsys):
    assert cli.main(["ablate", "--data", "streets", "--only", "nothing", "--out", str(tmp_path)]) == 2
    assert "no row 'nothing'" in capsys.readouterr().err
