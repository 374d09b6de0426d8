"""Windows: every missing pixel is filled once, at the scale of the nets, and nothing far from a hole is looked at."""

import numpy as np
import pytest

from spg.windows import plan, scale

SIZE = 64


def hole_of(shape, *boxes):
    """A hole of boxes (top, left, height, width)."""
    hole = np.zeros(shape, np.uint8)
    for top, left, height, width in boxes:
        hole[top : top + height, left : left + width] = 1
    return hole


def stripes(shape, every=10):
    hole = np.zeros(shape, np.uint8)
    hole[::every] = 1
    return hole


def dust(shape, n=300, seed=0):
    hole = np.zeros(shape, np.uint8)
    hole.flat[np.random.default_rng(seed).choice(hole.size, n, replace=False)] = 1
    return hole


def sides(window):
    return [s.stop - s.start for s in window.view], [s.stop - s.start for s in window.cell]


HOLES = {
    "one box": hole_of((500, 700), (200, 300, 40, 60)),
    "in a corner": hole_of((500, 700), (460, 0, 40, 60)),
    "a small and a large one": hole_of((500, 700), (10, 10, 5, 5), (250, 300, 120, 90)),
    "nearly everything": 1 - hole_of((500, 700), (0, 0, 3, 3)),
    "stripes": stripes((500, 700)),
    "dust": dust((500, 700)),
    "a scratch": hole_of((500, 700), (250, 20, 2, 640)),
    "a frame": hole_of((500, 700), (0, 0, 500, 700)) - hole_of((500, 700), (3, 3, 494, 694)),
    "half of it noise": np.random.default_rng(1).integers(0, 2, (300, 400), np.uint8),
    "higher than the nets, and narrow": hole_of((700, 40), (300, 10, 20, 20)),
    "the last pixel": hole_of((501, 703), (500, 702, 1, 1)),
}


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
def test_every_missing_pixel_has_a_cell_within_a_view_within_the_picture(hole):
    filled = np.zeros_like(hole)
    for window in plan(hole, SIZE):
        for cell, view, length in zip(window.cell, window.view, hole.shape, strict=True):
            assert 0 <= view.start <= cell.start < cell.stop <= view.stop <= length
        assert (hole[window.view][window.inner] == hole[window.cell]).all() and hole[window.cell].any()
        assert (hole[window.view] == 0).any()  # something to go by
        filled[window.cell] = 1
    assert (filled >= hole).all()


@pytest.mark.parametrize("shape", [(64, 64), (40, 50), (64, 200), (256, 64), (1, 2)])
def test_a_picture_that_is_not_larger_than_the_nets_is_seen_whole(shape):
    hole = hole_of(shape, (0, 0, 1, 1))
    for size in (SIZE, None):
        (window,) = plan(hole, size)
        assert not window.thin
        assert hole[window.view].shape == hole[window.cell].shape == shape and scale(shape, size) == 1
    assert len(plan(HOLES["dust"], None)) == 1


@pytest.mark.parametrize("side", [1, 10, 16, 20, 60, 100])
def test_a_hole_takes_a_quarter_of_its_window_or_less_of_one_that_is_not_shrunk(side):
    (window,) = plan(hole_of((500, 700), (200, 300, side, side // 2 + 1)), SIZE)
    view, cell = sides(window)
    assert view == [max(SIZE, 4 * side)] * 2 and cell == [side, side // 2 + 1]
    assert [s.start + s.stop for s in window.view] == pytest.approx([400 + side, 600 + side // 2 + 1], abs=1)


def test_a_window_ends_where_the_picture_does():
    (window,) = plan(HOLES["in a corner"], SIZE)
    assert window.view == (slice(260, 500), slice(0, 240))
    (window,) = plan(hole_of((500, 700), (100, 100, 150, 150)), SIZE)
    assert window.view == (slice(0, 500), slice(0, 600))


def test_near_groups_share_a_window_and_far_ones_do_not():
    assert len(plan(hole_of((500, 700), (200, 200, 10, 10), (200, 213, 10, 10)), SIZE)) == 1
    assert len(plan(hole_of((500, 700), (100, 100, 10, 10), (300, 500, 10, 10)), SIZE)) == 2


@pytest.mark.parametrize("name", ["stripes", "dust", "a scratch", "a frame", "half of it noise"])
def test_a_fine_hole_is_never_shrunk_away(name):
    windows = plan(HOLES[name], SIZE)
    assert {scale(window.shape, SIZE) for window in windows} == {1}
    assert len(windows) <= 2.5 * HOLES[name].size / (SIZE / 2) ** 2  # and the nets do not look more often than that


@pytest.mark.parametrize("name", ["stripes", "dust", "a scratch", "a frame", "half of it noise"])
def test_what_is_next_to_known_pixels_everywhere_is_thin(name):
    assert all(window.thin for window in plan(HOLES[name], SIZE))


def test_a_hole_is_thin_to_a_width_of_eight_pixels_and_by_all_of_it():
    lines = {width: plan(hole_of((500, 700), (100, 100, width, 300)), SIZE) for width in (8, 9)}
    assert [{window.thin for window in windows} for windows in lines.values()] == [{True}, {False}]
    blob = hole_of((500, 700), (200, 200, 60, 60), (195, 200, 5, 5), (228, 260, 2, 300))  # and a line that runs into it
    by_blob = [window for window in plan(blob, SIZE) if blob[window.cell].sum() > 60 * 3 or not window.thin]
    assert by_blob and not any(window.thin for window in by_blob)
    covered = np.zeros_like(blob)
    for window in plan(blob, SIZE):
        covered[window.cell] += window.thin
    assert not covered[204:256, 204:256].any() and covered[228:230, 320:560].all()


def test_thin_parts_come_first_so_that_the_nets_know_them():
    hole = hole_of((500, 700), (200, 200, 60, 60), (300, 100, 3, 500))
    thin = [window.thin for window in plan(hole, SIZE)]
    assert thin == sorted(thin, reverse=True) and {*thin} == {True, False}


def test_what_is_large_is_not_taken_for_fine():
    blob = hole_of((500, 700), (200, 200, 90, 110), (210, 190, 60, 130))
    assert len(plan(blob, SIZE)) == 1


def test_the_nets_see_no_panorama_at_once():
    assert scale((64, 6400), SIZE) == 0.04
    views = [window.shape for window in plan(hole_of((60, 6400), (20, 3000, 20, 20)), SIZE)]
    assert views == [(60, 80)]


def test_a_large_picture_takes_memory_for_its_bytes_alone():
    hole = np.zeros((6000, 8000), np.uint8)
    hole[3000:3040, 100:160] = hole[10:20, 7000:7010] = 1
    assert [window.shape for window in plan(hole, 256)] == [(256, 256)] * 2
