"""`spg.data.open`: the contract, the specs and splits, the partition of `train`, and what is refused."""

import os
from pathlib import Path

import data_trees as trees
import numpy as np
import pytest
import torch

import spg.data
from spg.data.contract import every_tenth, part_of_train, seeded_share
from spg.data.frames import TUNE_CITIES
from spg.data.streets import Streets

BUILDERS = {"cityscapes": trees.cityscapes, "camvid": trees.camvid, "folder": trees.folder}


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("cache", [True, False])
def test_contract(tmp_path, name, cache):
    BUILDERS[name](tmp_path)
    data = spg.data.open(f"{name}:{tmp_path}", "train", 8, cache=cache)
    assert (data.name, data.spec, data.split, data.size) == (name, f"{name}:{tmp_path}", "train", 8)
    assert len(data) == len(data.ids) == len(set(data.ids)) > 0
    assert data.ids == sorted(data.ids)
    for scene in (data[i] for i in range(len(data))):
        assert scene.image.dtype == scene.labels.dtype == np.uint8
        assert scene.image.shape == (3, 8, 8)
        assert scene.labels.shape == (8, 8)
        assert scene.labels.max() < 8
    with pytest.raises(IndexError):
        data[len(data)]


@pytest.mark.parametrize("name", BUILDERS)
def test_cache_and_plain_reader_give_the_same_bytes(tmp_path, name):
    BUILDERS[name](tmp_path)
    plain, cached = (spg.data.open(f"{name}:{tmp_path}", "fit", 16, cache=cache) for cache in (False, True))
    assert plain.ids == cached.ids
    for a, b in ((plain[i], cached[i]) for i in range(len(plain))):
        assert (a.image == b.image).all()
        assert (a.labels == b.labels).all()


@pytest.mark.parametrize("name", BUILDERS)
def test_fit_and_tune_divide_train(tmp_path, name):
    BUILDERS[name](tmp_path)
    train, fit, tune = (spg.data.open(f"{name}:{tmp_path}", split, 8) for split in ("train", "fit", "tune"))
    assert sorted(fit.ids + tune.ids) == train.ids
    assert 0 < len(tune) < len(fit)
    assert (tune[0].image == train[train.ids.index(tune.ids[0])].image).all()
    assert spg.data.open(f"{name}:{tmp_path}", "fit", 8).scenes.folder == train.scenes.folder  # one cache for all


def test_tune_of_cityscapes_is_whole_cities(tmp_path):
    trees.cityscapes(tmp_path, cities=("aachen", "erfurt", "monchengladbach"))
    tune = spg.data.open(f"cityscapes:{tmp_path}", "tune", 8, cache=False)
    assert {id.split("_")[0] for id in tune.ids} == set(TUNE_CITIES)
    assert len(tune) == 4


def test_a_part_without_frames_is_refused(tmp_path):
    trees.cityscapes(tmp_path, cities=("aachen",))
    with pytest.raises(ValueError, match=r"cityscapes:.*: the split 'tune' holds no scene \(of 2 in 'train'\)"):
        spg.data.open(f"cityscapes:{tmp_path}", "tune", 8)


def test_seeded_share_is_a_tenth_and_fixed():
    ids = [f"{i:03}" for i in range(200)]
    tune = seeded_share(ids, "tune")
    assert len(tune) == 20
    assert tune == sorted(tune)
    assert tune[:4] == ["017", "023", "078", "081"]
    assert tune != seeded_share(ids, "val")
    assert len(seeded_share(ids[:1], "tune")) == 1


def test_every_tenth_does_not_depend_on_how_many():
    ids = [str(i) for i in range(100)]
    assert every_tenth(ids)[:3] == every_tenth(ids[:35]) == ["9", "19", "29"]
    assert part_of_train(ids, "fit", every_tenth)[8:10] == ["8", "10"]


def test_folder_splits(tmp_path):
    trees.folder(tmp_path, n=20)
    ids = {
        s: spg.data.open(f"folder:{tmp_path}", s, 8, cache=False).ids for s in ("all", "train", "val", "fit", "tune")
    }
    assert sorted(ids["train"] + ids["val"]) == ids["all"]
    assert sorted(ids["fit"] + ids["tune"]) == ids["train"]
    assert len(ids["all"]) == 20
    assert len(ids["val"]) == 2


@pytest.mark.parametrize("split", ["train", "fit", "tune"])
def test_limit_takes_the_first(tmp_path, split):
    trees.camvid(tmp_path, n=24)
    spec = f"camvid:{tmp_path}"
    some, every = spg.data.open(spec, split, 8, limit=2), spg.data.open(spec, split, 8)
    assert some.ids == every.ids[:2]
    assert (some[1].image == every[1].image).all()
    assert len(spg.data.open(spec, split, 8, limit=1000)) == len(every)


def test_without_root_data_lie_in_spg_data(tmp_path, monkeypatch):
    trees.camvid(tmp_path / "camvid" / "CamVid", splits=("val",), n=1)
    monkeypatch.setenv("SPG_DATA", str(tmp_path))
    assert spg.data.open("camvid", "val", 8).ids == ["0001TP_000000"]
    monkeypatch.delenv("SPG_DATA")
    with pytest.raises(ValueError, match=r"where is camvid\? Say camvid:ROOT, or set SPG_DATA"):
        spg.data.open("camvid", "val", 8)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kitti", r"unknown data set 'kitti'; known: streets, cityscapes\[:ROOT\], camvid\[:ROOT\], folder:ROOT"),
        ("folder", "folder needs a ROOT that holds images/ and labels/: say folder:ROOT"),
        ("streets:/x", "'streets:/x': streets are drawn, not read, and take no ROOT"),
    ],
)
def test_wrong_specs_are_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        spg.data.open(spec, "train", 64)


@pytest.mark.parametrize(
    ("name", "known"), [("cityscapes", "train, val, fit, tune"), ("camvid", "train, val, test, fit, tune")]
)
def test_unknown_splits_are_refused(tmp_path, name, known):
    with pytest.raises(ValueError, match=f"{name} has no split 'dev'; it has {known}"):
        spg.data.open(f"{name}:{tmp_path}", "dev", 64)


@pytest.mark.parametrize("numbers", [{"size": 0}, {"size": 64.5}, {"size": 64, "limit": 0}])
def test_size_and_limit_must_count(tmp_path, numbers):
    with pytest.raises(ValueError, match="must be a whole number of at least 1, got"):
        spg.data.open(f"camvid:{tmp_path}", "val", **numbers)


@pytest.mark.parametrize("name", BUILDERS)
def test_missing_root_is_named_with_the_remedy(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"{name}: there is no folder .*nowhere; .*{name}:ROOT"):
        spg.data.open(f"{name}:{tmp_path / 'nowhere'}", "train", 8)


def test_streets_need_nothing():
    data = spg.data.open("streets", "val", 32, limit=3)
    assert (data.name, len(data)) == ("streets", 3)
    assert data[0].image.shape == (3, 32, 32)
    drawn = Streets(size=32, split="val", n=3)
    assert data.ids == list(drawn.ids)
    assert (data[2].image == drawn[2].image).all()
    assert (data[2].labels == drawn[2].labels).all()


def test_streets_drawn_by_processes_are_the_same():
    """And torch's own dice are left alone: a training is the same whether the cache was there or not."""
    before = torch.get_rng_state()
    data = spg.data.open("streets", "train", 8, limit=70)
    assert (torch.get_rng_state() == before).all()
    drawn = Streets(size=8, split="train", n=70)
    assert all((data[i].image == drawn[i].image).all() for i in (0, 33, 69))


def test_streets_fit_and_tune_divide_train():
    parts = {s: spg.data.open("streets", s, 16, limit=9, cache=False).ids for s in ("train", "fit", "tune")}
    assert all(len(ids) == 9 for ids in parts.values())
    assert not set(parts["fit"]) & set(parts["tune"])
    train = spg.data.open("streets", "train", 16, limit=90, cache=False).ids
    assert set(parts["fit"]) | set(parts["tune"]) <= set(train)


real = pytest.mark.skipif(
    not (Path(os.environ.get("SPG_DATA") or "nowhere") / "cityscapes").is_dir(),
    reason="needs $SPG_DATA/cityscapes, the real data set",
)


@real
def test_real_cityscapes():
    train = spg.data.open("cityscapes", "train", 64, cache=False)
    tune = spg.data.open("cityscapes", "tune", 64, cache=False)
    assert (len(train), len(tune)) == (2975, 203)
    val = spg.data.open("cityscapes", "val", 64, limit=20)
    shares = np.bincount(np.concatenate([val[i].labels.ravel() for i in range(len(val))]), minlength=8) / (20 * 64 * 64)
    assert shares.argmax() == 0  # road
    assert 0.25 < shares[0] < 0.5
