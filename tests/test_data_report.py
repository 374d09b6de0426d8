"""`spg.data.check`, the text of `spg data SPEC`."""

import os
from pathlib import Path

import data_trees as trees
import numpy as np
import pytest

import spg.data
from spg.data import download


def test_report_of_cityscapes(tmp_path, monkeypatch):
    monkeypatch.setenv("SPG_CACHE", str(tmp_path / "cache"))
    root = trees.cityscapes(tmp_path / "data")
    spec = f"cityscapes:{root}"
    folder = spg.data.open(spec, "train", 8).scenes.folder
    text = spg.data.check(spec)
    assert text.startswith(f"{spec} in {root}; caches go to {tmp_path / 'cache'}\n")
    assert "train: 6 frames, fit 4, tune 2 (32×16)" in text
    assert f"  cached at 8 px: {folder}" in text
    assert "val: not usable. cityscapes val in" in text
    assert "unpack leftImg8bit_trainvaltest.zip" in text


def test_shares_are_those_of_the_labels(tmp_path):
    root = trees.folder(tmp_path, n=4)
    for path in (root / "labels").iterdir():
        trees.save(np.repeat([[0, 0, 0, 4]], 16, 0).repeat(8, 1), path)
    text = spg.data.check(f"folder:{root}")
    assert "pixels over 4 of them: road 75.0 %, building 0.0 %, sign 0.0 %, vegetation 0.0 %, sky 25.0 %" in text


def test_damaged_files_are_named(tmp_path):
    root = trees.folder(tmp_path, n=3)
    trees.truncate(root / "images/photo 01.png")
    assert "photo 01.png cannot be decoded" in spg.data.check(f"folder:{root}")


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"camvid train in .*: no pictures and no label files; fetch it"):
        spg.data.check(f"camvid:{tmp_path}")


@pytest.mark.skipif(
    not (Path(os.environ.get("SPG_DATA") or "nowhere") / "camvid").is_dir(),
    reason="needs $SPG_DATA/camvid, the real set",
)
def test_real_camvid():
    assert "(480×360)" in spg.data.check("camvid")
    folder = next(Path(os.environ["SPG_DATA"], "camvid").rglob("trainannot")).parent
    for name in download.PIXELS:
        download.check_picture(folder / name, name)  # warns, and pytest shows it, where the pixels differ
