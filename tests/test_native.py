"""What a window gains: the same holes in pictures of their own size, seen whole and in windows, and its report."""

import json

import numpy as np
import pytest
from data_trees import cityscapes
from tiny_nets import train

from spg.cli import main
from spg.evaluation import native, tables


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return cityscapes(tmp_path_factory.mktemp("city"), cities=("ulm",), width=320, height=240)


def test_frames_are_read_at_their_own_size(tree):
    assert [picture.shape for picture in native.frames(f"cityscapes:{tree}", "train")] == [(3, 240, 320)] * 2
    assert len(native.frames(f"cityscapes:{tree}", "train", limit=1)) == 1
    with pytest.raises(ValueError, match="streets is drawn at any size"):
        native.frames("streets", "val")


class Net:
    """Fills with the true picture where it sees the whole picture, and with black in windows."""

    segmenter, size, device, share = True, 32, "cpu", 4

    def __init__(self, truth):
        self.truth, self.asked = truth, []

    def __call__(self, image, hole):
        self.asked.append((self.share, hole))
        filled = image * (1 - hole) if self.share else self.truth
        return type("Filled", (), {"image": filled})


def test_every_view_is_measured_on_the_same_holes(tree):
    (picture,) = native.frames(f"cityscapes:{tree}", "train", limit=1)
    net = Net(picture)
    result = native.measure_windows(net, [picture], "cityscapes", holes=3)
    for share in native.SHARES.values():
        views = [hole for asked, hole in net.asked if asked == share]
        assert len(views) == 3 and all((a == b[1]).all() for a, b in zip(views, net.asked, strict=False))
    sides = [(hole.any(1).sum(), hole.any(0).sum()) for _, hole in net.asked]
    assert np.min(sides) >= 64 and np.max(sides) <= 200 and len(set(sides[:3])) == 3
    whole, *views = result["rows"].values()
    assert whole["lpips"] == 0 and whole["psnr"] == 100
    assert all(row["lpips"] > 0.1 and row["difference"] == (0, 0, 0) for row in views)
    assert whole["difference"][0] == pytest.approx(-views[0]["lpips"])
    assert "| a window of 4 times the hole |" in native.report(result)


def test_what_cannot_be_measured_is_named(tree):
    small = np.zeros((3, 200, 300), np.uint8)
    with pytest.raises(ValueError, match="300×200 is no larger than the holes"):
        native.measure_windows(Net(small), [small], "x")
    with pytest.raises(ValueError, match="0 holes"):
        native.measure_windows(Net(small), [small], "x", holes=0)
    blind = Net(small)
    blind.segmenter = None
    with pytest.raises(ValueError, match="no segmenter among these weights"):
        native.measure_windows(blind, [small], "x")


def test_the_command_writes_a_result_that_becomes_a_table(tree, tmp_path, capsys):
    nets = [str(train(tmp_path / "runs", "spnet", "sgnet", "segmenter"))]
    command = ["windows", "--data", f"cityscapes:{tree}", "--split", "train", "--holes", "1", "--weights", *nets]
    assert main([*command, "--out", str(tmp_path / "windows.json")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("cityscapes · n = 1 · seed 0 · LPIPS by stlpips") and "shrunk whole" in printed
    result = json.loads((tmp_path / "windows.json").read_text("utf-8"))
    assert result["kind"] == "windows" and result["commit"] and {"spnet", "sgnet"} <= result["weights"].keys()
    assert tables.table(tmp_path / "windows.json") in printed
