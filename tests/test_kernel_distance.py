"""The kernel distance: zero for what is alike, its mean for what is not, and an interval that covers it."""

import numpy as np
import pytest

from spg.evaluation import kernel_distance as kid


def normal(seed, shape, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, shape)


def test_identical_sets_have_no_distance():
    x = normal(0, (20, 4))
    terms = kid.terms(x, x)
    assert kid.distance(terms) == 0 and kid.interval(terms) == (0, 0)


def test_it_is_the_formula_written_out():
    x, y = normal(0, (5, 3)), normal(1, (5, 3))
    total = sum(
        (a @ b / 3 + 1) ** 3 + (c @ d / 3 + 1) ** 3 - (a @ d / 3 + 1) ** 3 - (c @ b / 3 + 1) ** 3
        for i, (a, c) in enumerate(zip(x, y, strict=True))
        for j, (b, d) in enumerate(zip(x, y, strict=True))
        if i != j
    )
    assert kid.distance(kid.terms(x, y)) == pytest.approx(1000 * total / 20)


def test_it_is_unbiased():
    """Sets of one distribution: 0 on average over many small sets, also where a filling shares much with its truth."""
    for shared in (0.0, 0.9):
        found = []
        for seed in range(400):
            x, y, both = normal(2 * seed, (6, 4)), normal(2 * seed + 1, (6, 4)), normal(seed + 10**6, (6, 4))
            mix = shared**0.5
            x, y = ((1 - shared) ** 0.5 * v + mix * both for v in (x, y))
            found.append(kid.distance(kid.terms(x, y)))
        assert abs(np.mean(found)) < 3 * np.std(found) / 20
        assert min(found) < 0 < max(found)


def test_a_shift_is_found_and_its_interval_excludes_0():
    """k has the mean E(x·y/d + 1)³; of two normal sets, one shifted by m in each of d directions."""
    x, near, far = normal(0, (200, 4)), normal(1, (200, 4), 0.5), normal(2, (200, 4), 1.0)
    found = [kid.distance(kid.terms(x, y)) for y in (near, far)]
    assert 0 < found[0] < found[1]
    low, high = kid.interval(kid.terms(x, near))
    assert 0 < low < found[0] < high
    # m²=1: E k(y,y') = E(z+1)³ with z = y·y'/d of mean 1: (1+1)³ + 3·2·Var z, and the third moment
    big = normal(3, (2000, 4)), normal(4, (2000, 4), 1.0)
    a, b = (np.random.default_rng(s).normal(m, 1, (10**6, 4)) for s, m in ((5, 1.0), (6, 1.0)))
    c, d = (np.random.default_rng(s).normal(0, 1, (10**6, 4)) for s in (7, 8))
    expected = sum(((p * q).sum(1) / 4 + 1) ** 3 for p, q in ((a, b), (c, d))) - 2 * ((a * c).sum(1) / 4 + 1) ** 3
    assert kid.distance(kid.terms(*big)) == pytest.approx(1000 * expected.mean(), rel=0.1)


def test_a_scene_with_several_holes_is_paired_with_others_only():
    x, y = normal(0, (6, 3)), normal(1, (6, 3))
    single, joined = kid.terms(x, y), kid.terms(x, y, each=2)
    assert joined.shape == (3, 3) and (np.diag(joined) == 0).all()
    assert joined[0, 2] == pytest.approx(single[0:2, 4:6].mean())
    low, high = kid.interval(kid.terms(x[:3], y[:3]))  # one scene drawn three times has no pair
    assert np.isfinite([low, high]).all()
    assert np.isnan(kid.distance(kid.terms(x[:2], y[:2], each=2))) and np.isnan(kid.interval(joined[:1, :1])[0])


def test_a_patch_is_the_holes_box_and_a_margin():
    hole = np.zeros((40, 60), np.uint8)
    hole[10:26, 2:10] = 1
    assert kid.patch(hole) == [slice(8, 28), slice(0, 12)]


def test_features_see_the_patch_and_nothing_else():
    rng = np.random.default_rng(0)
    hole = np.zeros((64, 64), np.uint8)
    hole[16:40, 20:44] = 1
    picture = rng.integers(0, 256, (3, 64, 64), np.uint8)
    elsewhere, inside = picture.copy(), picture.copy()
    elsewhere[:, 50:] = 0
    inside[:, 20:30, 24:34] = 0
    features = kid.PatchFeatures()
    same, other, changed = features([picture, elsewhere, inside], hole)
    assert np.allclose(same, other, atol=1e-5) and not np.allclose(same, changed, atol=1e-2)
    assert same.shape == (1024,) and (same[:512] ** 2).mean() == pytest.approx(1, rel=1e-4)
    assert features.name == kid.about(features.name)["network"] == "stlpips-vgg"
