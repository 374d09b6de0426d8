import sys
from collections import namedtuple

import numpy as np
import pytest

from spg.baselines import layouts
from spg.baselines.classical import default_patch_size, ns, patchmatch, telea, textured
from spg.holes import SAMPLERS
from spg.labels import BUILDING, ROAD, SKY, STREET, VEHICLE

Labelled = namedtuple("Labelled", "labels")

needs_patchmatch = pytest.mark.skipif(sys.version_info < (3, 11), reason="PyPatchMatch has no wheels for Python 3.10")
METHODS = [telea, ns, pytest.param(patchmatch, marks=needs_patchmatch)]


def stripes(height=64, width=64, period=12):
    """Vertical stripes: a texture diffusion must lose and patches can keep. uint8 3×H×W."""
    wave = ((np.arange(width) // (period // 2)) % 2 * 200 + 20).astype(np.uint8)
    return np.broadcast_to(wave, (3, height, width)).copy()


def a_hole(sampler="paper", size=64, seed=0):
    return SAMPLERS[sampler](np.random.default_rng(seed), size, size)


@pytest.mark.parametrize("fill", METHODS)
@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_known_pixels_stay_and_the_hidden_ones_have_no_say(fill, sampler):
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (3, 64, 64), dtype=np.uint8)
    hole = a_hole(sampler)
    other = np.where(hole, 255 - image, image)
    kept = image.copy(), hole.copy()
    filled = fill(image, hole)
    assert filled.dtype == np.uint8 and filled.shape == image.shape
    assert (filled[:, hole == 0] == image[:, hole == 0]).all()
    assert (filled == fill(other, hole)).all()
    assert (image == kept[0]).all() and (hole == kept[1]).all()


@pytest.mark.parametrize("fill", METHODS)
def test_a_flat_picture_is_filled_flat(fill):
    image = np.full((3, 64, 64), 90, np.uint8)
    hidden = np.where(a_hole(), 0, image).astype(np.uint8)
    assert (np.abs(fill(hidden, a_hole()).astype(int) - image) <= 6).all()  # Telea truncates as it marches


@pytest.mark.parametrize("fill", METHODS)
def test_same_input_same_output(fill):
    image = np.random.default_rng(2).integers(0, 256, (3, 48, 80), dtype=np.uint8)
    hole = SAMPLERS["paper"](np.random.default_rng(3), 48, 80)
    assert (fill(image, hole) == fill(image, hole)).all()


@needs_patchmatch
def test_patches_keep_a_texture_that_diffusion_loses():
    image, hole = stripes(96, 96), np.zeros((96, 96), np.uint8)
    hole[20:44, 20:44] = 1

    def error(filled):
        return np.abs(filled.astype(int) - image)[:, hole == 1].mean()

    assert error(patchmatch(image, hole)) < 15 < error(telea(image, hole))


@needs_patchmatch
def test_patch_size_depends_on_the_picture_and_can_be_chosen():
    assert default_patch_size(64, 64) == 3 and default_patch_size(128, 256) == 5 and default_patch_size(256, 127) == 3
    image, hole = np.random.default_rng(4).integers(0, 256, (3, 64, 64), dtype=np.uint8), a_hole()
    assert (patchmatch(image, hole) == patchmatch(image, hole, patch_size=3)).all()


@needs_patchmatch
def test_only_usable_pixels_are_copied():
    rng = np.random.default_rng(0)
    image, hole = rng.integers(0, 100, (3, 64, 64), dtype=np.uint8), np.zeros((64, 64), np.uint8)
    hole[24:40, 24:40] = 1
    image[:, 48:] += 150  # the lower rows are bright
    usable = np.zeros((64, 64))
    usable[48:] = 1
    assert (
        patchmatch(image, hole)[:, hole == 1].mean()
        < 100
        < 140
        < patchmatch(image, hole, usable=usable)[:, hole == 1].min()
    )
    with pytest.raises(ValueError, match="no known pixel is usable"):
        patchmatch(image, hole, usable=hole)


def a_street(hidden):
    """Sky over walls over road, each of a brightness of its own, with a hole over all three; hidden: what is in it."""
    labels = np.repeat([SKY, BUILDING, ROAD], 24)[:, None].repeat(72, 1).astype(np.uint8)
    hole = np.zeros((72, 72), np.uint8)
    hole[12:60, 24:48] = 1
    bright = np.select([labels == SKY, labels == BUILDING], [200, 120], 40)
    rng = np.random.default_rng(3)
    image = (bright + rng.integers(-15, 15, (3, 72, 72))).astype(np.uint8)
    return np.where(hole, hidden, image).astype(np.uint8), hole, labels, bright


@needs_patchmatch
def test_a_class_is_made_of_its_own_patches_and_borders_stay_where_the_layout_has_them():
    image, hole, labels, bright = a_street(hidden=255)
    filled = textured(image, hole, labels)
    assert (filled[:, hole == 0] == image[:, hole == 0]).all()
    assert (np.abs(filled.astype(int) - bright) <= 30).all()  # they are 80 apart
    assert (filled == textured(np.where(hole, 0, image).astype(np.uint8), hole, labels)).all()


@needs_patchmatch
def test_objects_and_what_has_too_little_to_copy_stay_as_they_were_painted():
    image, hole, labels, _ = a_street(hidden=255)
    labels[30:40, 30:40] = VEHICLE
    labels[(labels == SKY) & (hole == 0)] = BUILDING  # the hole alone has sky
    filled = textured(image, hole, labels)
    kept = (hole == 1) & np.isin(labels, [VEHICLE, SKY])
    assert (filled[:, kept] == 255).all() and (filled[:, (hole == 1) & ~kept] != 255).all()
    labels[:20, :20] = VEHICLE
    assert (textured(image, hole, labels, STREET, only=[VEHICLE])[:, 30:40, 30:40] != 255).any()


def test_patchmatch_without_its_package_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "patchmatch", None)
    with pytest.raises(ImportError, match="needs the package PyPatchMatch"):
        patchmatch(stripes(), a_hole())


@pytest.mark.parametrize("fill", [telea, ns])
def test_bad_holes_are_refused(fill):
    with pytest.raises(ValueError, match="empty"):
        fill(stripes(), np.zeros((64, 64), np.uint8))
    with pytest.raises(ValueError, match="only 1 \\(missing\\) and 0"):
        fill(stripes(), 255 * a_hole())
    with pytest.raises(ValueError, match="32×64 but the image is 64×64"):
        fill(stripes(), a_hole()[:32])


def test_nearest_known_by_hand():
    labels = np.array([[1, 0, 0, 0, 2]], np.uint8).repeat(3, axis=0)
    hole = np.zeros_like(labels)
    hole[:, 1:4] = 1
    hole[:, 2] = 0
    labels[:, 2] = 5
    labels[hole == 1] = 7  # what lies under the hole is not looked at
    filled = layouts.nearest_known(labels, hole)
    assert (filled[:, [0, 2, 4]] == [1, 5, 2]).all()
    assert set(filled[:, 1]) <= {1, 5} and set(filled[:, 3]) <= {5, 2}


def test_nearest_known_splits_a_hole_in_the_middle():
    labels = np.zeros((9, 40), np.uint8)
    labels[:, 20:] = 3
    hole = np.zeros_like(labels)
    hole[:, 10:30] = 1
    assert (layouts.nearest_known(labels, hole) == labels).all()


def test_row_prior_counts_rows():
    low = np.array([[4, 4, 1], [0, 0, 0]], np.uint8)
    high = np.array([[4, 1, 1], [0, 6, 6]], np.uint8)
    scenes = [Labelled(low), Labelled(low), Labelled(high)]
    assert layouts.row_prior(scenes).tolist() == [4, 0]
    assert layouts.row_prior(scenes[2:]).tolist() == [1, 6]
    assert layouts.row_prior([*scenes, *scenes[2:] * 9], limit=2).tolist() == [4, 0]


def test_row_prior_fills_the_hole_only():
    fill = layouts.RowPrior(np.array([4, 0], np.uint8))
    labels = np.array([[2, 2, 2], [3, 3, 3]], np.uint8)
    hole = np.array([[0, 1, 0], [0, 1, 1]], np.uint8)
    assert fill(labels, hole).tolist() == [[2, 4, 2], [3, 0, 0]]


def test_row_prior_says_what_is_wrong():
    with pytest.raises(ValueError, match="no scenes"):
        layouts.row_prior([])
    with pytest.raises(ValueError, match="counted at height 2 but the label map has 3 rows"):
        layouts.RowPrior([0, 1])(np.zeros((3, 3), np.uint8), np.eye(3, dtype=np.uint8))
