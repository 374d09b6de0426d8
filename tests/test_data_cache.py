"""The cache: complete or absent, never stale, shared by those who build it at once, never decoding again."""

import errno
import os
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import data_trees as trees
import numpy as np
import pytest

import spg.data
from spg.data import cache, frames


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SPG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tree(tmp_path):
    return trees.camvid(tmp_path / "camvid", splits=("train",), n=12)


def opened(tree, size=16, **options):
    return spg.data.open(f"camvid:{tree}", "train", size, **options)


def test_files_are_uint8_maps(home, tree):
    data = opened(tree)
    (folder,) = home.iterdir()
    images, labels = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("images", "labels"))
    assert (images.dtype, images.shape) == (np.uint8, (12, 3, 16, 16))
    assert (labels.dtype, labels.shape) == (np.uint8, (12, 16, 16))
    assert isinstance(data.scenes.images, np.memmap)
    assert (data[5].image == images[5]).all()
    data[5].image[:] = 0  # the caller's copy
    assert images[5].any()


def test_second_open_decodes_nothing(home, tree, monkeypatch):
    first = opened(tree)
    monkeypatch.setattr(frames, "open_rgb", lambda path: pytest.fail(f"decoded {path} again"))
    second = opened(tree)
    assert all((first[i].image == second[i].image).all() for i in range(12))


def change_content(tree):
    trees.save(trees.picture(99), tree / "train/0001TP_000003.png")


def change_time_only(tree):
    path = tree / "train/0001TP_000003.png"
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))


def remove_a_frame(tree):
    for folder in ("train", "trainannot"):
        (tree / folder / "0001TP_000003.png").unlink()


@pytest.mark.parametrize("change", [change_content, change_time_only, remove_a_frame])
def test_changed_files_make_a_new_cache(home, tree, change):
    opened(tree)
    change(tree)
    data = opened(tree)
    assert len(list(home.iterdir())) == 2
    plain = opened(tree, cache=False)
    assert data.ids == plain.ids
    assert (data[3].image == plain[3].image).all()


def test_each_size_has_its_own(home, tree):
    assert opened(tree, 8)[0].image.shape == (3, 8, 8)
    assert opened(tree, 16)[0].image.shape == (3, 16, 16)
    assert len(list(home.iterdir())) == 2


class Broken(Exception):
    pass


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Broken])
def test_interrupted_midway_leaves_nothing(home, tree, monkeypatch, stop):
    append, calls = cache.ArrayFile.append, []

    def stop_at_the_tenth(self, row):
        calls.append(1)
        if len(calls) == 10:
            raise stop
        append(self, row)

    monkeypatch.setattr(cache.ArrayFile, "append", stop_at_the_tenth)
    with pytest.raises(stop):
        opened(tree)
    assert list(home.iterdir()) == []
    monkeypatch.setattr(cache.ArrayFile, "append", append)
    assert len(opened(tree)) == 12


def test_full_disk_leaves_nothing_and_says_what_is_needed(home, tree, monkeypatch):
    def full(self, row):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.ArrayFile, "append", full)
    with pytest.raises(OSError, match=r"needs 0 MB in .*No space left on device; make room or set SPG_CACHE") as error:
        opened(tree)
    assert error.value.errno == errno.ENOSPC
    assert list(home.iterdir()) == []


def test_cache_folder_that_cannot_be_made(home, tree):
    home.write_text("a file is in the way")
    with pytest.raises(OSError, match="make room or set SPG_CACHE to another folder"):
        opened(tree)


def test_damaged_frames_are_left_out_named_and_counted(home, tree):
    trees.truncate(tree / "train/0001TP_000002.png")
    trees.truncate(tree / "trainannot/0001TP_000007.png", share=0)
    for _ in range(2):  # while building, and again when the cache is used
        with pytest.warns(
            UserWarning, match=r"2 of 12 frames are left out: .*TP_000002\.png .*annot/0001TP_000007\.png"
        ):
            data = opened(tree)
        assert len(data) == 10
        assert not {"0001TP_000002", "0001TP_000007"} & set(data.ids)
    plain = opened(tree, cache=False)
    assert (data[5].image == plain[plain.ids.index(data.ids[5])].image).all()
    assert data.scenes.images.shape == (10, 3, 16, 16)


def test_nothing_but_damaged_frames_is_an_error(home, tree):
    for path in (tree / "train").iterdir():
        trees.truncate(path, 0.2)
    with pytest.raises(ValueError, match=r"not one of 12 frames can be decoded; the first: .*TP_000000\.png cannot"):
        opened(tree)
    assert list(home.iterdir()) == []


def test_other_errors_are_not_skipped(home, tree):
    trees.save(np.full((16, 32), 77), tree / "trainannot/0001TP_000004.png")
    with pytest.raises(ValueError, match=r"0001TP_000004\.png: label ids \[77\]"):
        opened(tree)
    assert list(home.iterdir()) == []


def test_the_first_of_two_builders_wins(home, tree, monkeypatch):
    """While we write, another process finishes the same cache: ours is dropped, its one is used."""
    write = cache._write

    def overtaken(*args):
        write(*args)
        monkeypatch.setattr(cache, "_write", write)
        opened(tree)

    monkeypatch.setattr(cache, "_write", overtaken)
    assert len(opened(tree)) == 12
    assert len(list(home.iterdir())) == 1


def test_four_builders_at_once(home, tree):
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: len(opened(tree)), range(4))) == [12] * 4
    assert len(list(home.iterdir())) == 1


def test_pickle_carries_the_path_not_the_pictures(home, tree):
    data = opened(tree, 64)
    packed = pickle.dumps(data)
    assert len(packed) < 4000
    assert (pickle.loads(packed)[3].image == data[3].image).all()


def test_default_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("SPG_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.home() == tmp_path / "spg"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.home() == tmp_path / ".cache" / "spg"


def test_no_warning_without_reason(home, tree):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened(tree)


def test_array_file_checks_its_rows(tmp_path):
    with pytest.raises(ValueError, match=r"a\.npy takes uint8 rows of \(2,\), got uint8 \(3,\)"):  # noqa: SIM117
        with cache.ArrayFile(tmp_path / "a.npy", (2,)) as file:
            file.append(np.zeros(3, np.uint8))


def test_array_file_is_plain_npy(tmp_path):
    rows = np.arange(2 * 1200, dtype=np.uint8).reshape(1200, 2)
    with cache.ArrayFile(tmp_path / "a.npy", (2,)) as file:
        for row in rows:
            file.append(row)
    assert (np.load(tmp_path / "a.npy") == rows).all()
