"""Smooth fills: known pixels stay, the hole continues what surrounds it."""

import pytest
import torch

from spg.generators_plus import likeliest, push_pull, smooth, smooth_by_class


def hole_in_the_middle(n=1, side=32):
    hole = torch.zeros(n, 1, side, side)
    hole[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    return hole


def two_halves(side=32):
    """A picture whose left half is -0.5 and class 0, its right half 0.5 and class 1."""
    s = torch.zeros(1, 3, side, side)
    s[:, 0, :, : side // 2], s[:, 1, :, side // 2 :] = 1, 1
    return (s[:, 1:2] - s[:, :1]).expand(-1, 3, -1, -1) / 2, s


@pytest.mark.parametrize("shape", [(32, 32), (33, 47), (1, 9)])
def test_a_constant_is_continued(shape):
    hole = (torch.rand(2, 1, *shape, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    filled = smooth(0.3 * (1 - hole).expand(-1, 3, -1, -1), hole)
    assert torch.allclose(filled, torch.full_like(filled, 0.3), atol=2e-3)


def test_known_pixels_stay_as_they_are():
    image, s = two_halves()
    hole = hole_in_the_middle()
    i0 = image * (1 - hole)
    for filled in (smooth(i0, hole), smooth_by_class(i0, s, hole)):
        assert torch.equal(filled * (1 - hole), i0)


def test_the_fill_lies_between_its_surroundings_and_varies_smoothly():
    image, _ = two_halves()
    hole = hole_in_the_middle()
    filled = smooth(image * (1 - hole), hole)
    assert filled.abs().max() <= 0.5 + 1e-3
    row = filled[0, 0, 16, 8:24]
    assert (row.diff() > -1e-3).all()
    assert row.diff().max() < 0.25  # no edge: the step of 1 is spread out


def test_by_class_the_border_is_as_sharp_as_the_maps():
    image, s = two_halves()
    hole = hole_in_the_middle()
    filled = smooth_by_class(image * (1 - hole), s, hole)
    assert torch.allclose(filled, image, atol=5e-3)


def test_a_class_seen_nowhere_takes_the_smooth_colour():
    image, s = two_halves()
    hole = hole_in_the_middle()
    s = s * (1 - hole)
    s[:, 2:3] = hole
    i0 = image * (1 - hole)
    assert torch.allclose(smooth_by_class(i0, s, hole), smooth(i0, hole), atol=1e-6)


def test_probabilities_mix_the_colours():
    image, s = two_halves()
    hole = hole_in_the_middle()
    s = s * (1 - hole)
    s[:, :2] += 0.5 * hole
    filled = smooth_by_class(image * (1 - hole), s, hole)
    assert (filled * hole).abs().max() < 0.02  # half of -0.5 and half of 0.5


def test_nothing_known_gives_zero():
    zeros = torch.zeros(1, 3, 16, 16)
    assert torch.equal(push_pull(zeros, zeros[:, :1]), zeros)
    assert torch.equal(smooth_by_class(zeros, torch.ones(1, 1, 16, 16), torch.ones(1, 1, 16, 16)), zeros)


def test_the_likeliest_class_takes_all_and_a_tie_is_shared():
    s = torch.tensor([[0.2, 0.4, 1.0], [0.5, 0.4, 0.0], [0.3, 0.2, 0.0]])[None, :, None]
    assert torch.equal(likeliest(s)[0, :, 0].T, torch.tensor([[0, 1, 0], [0.5, 0.5, 0], [1, 0, 0]]))
