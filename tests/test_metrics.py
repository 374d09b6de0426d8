import numpy as np
import pytest

from spg.evaluation import metrics


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    truth = rng.random((3, 32, 40))
    return truth, np.clip(truth + 0.1 * rng.standard_normal(truth.shape), 0, 1)


def one_hole(height=32, width=40):
    hole = np.zeros((height, width), np.uint8)
    hole[8:16, 10:20] = 1
    return hole


def test_units_are_the_papers():
    truth, result = np.zeros((3, 16, 16)), np.full((3, 16, 16), 2 / 255)
    assert metrics.l1(truth, result) == pytest.approx(255 * 2)  # 255²·mean|Δ|
    assert metrics.l2(truth, result) == pytest.approx(4)  # mean squared error of 0..255 images
    assert metrics.psnr(truth, result) == pytest.approx(20 * np.log10(255 / 2))


@pytest.mark.parametrize("metric", ["l1", "l2", "psnr", "ssim", "hole_l1", "hole_psnr", "sharpness", "tint"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: (255 * x).astype(np.uint8), "got uint8: divide 0..255 by 255"),
        (lambda x: (255 * x).astype(int), "got int64"),
        (lambda x: 255 * x, r"got values in \[.*\]: divide 0..255 by 255"),
        (lambda x: np.where(np.indices(x.shape).sum(0) == 22, np.nan, x), "holds NaN"),
    ],
)
def test_what_is_no_image_in_0_to_1_is_refused(pair, metric, spoil, message):
    truth, result = pair
    hole = [one_hole()] if metric in ("hole_l1", "hole_psnr", "sharpness", "tint") else []
    for images in ((truth, spoil(result)), (spoil(truth), result)):
        with pytest.raises(ValueError, match=message):
            getattr(metrics, metric)(*images, *hole)


def test_identical_images():
    image = np.random.default_rng(0).random((3, 16, 16))
    assert metrics.l1(image, image) == metrics.l2(image, image) == 0
    assert metrics.psnr(image, image) == metrics.PSNR_CAP
    assert metrics.ssim(image, image) == pytest.approx(1)


def test_psnr_cap_is_below_nothing_an_8_bit_image_can_reach():
    truth = np.zeros((3, 64, 64))
    result = truth.copy()
    result[0, 0, 0] = 1 / 255
    assert metrics.psnr(truth, result) < metrics.PSNR_CAP


def test_ssim_by_its_definition(pair):
    """The mean of luminance × contrast-structure in Gaussian windows, written out."""
    from scipy.ndimage import gaussian_filter

    def blur(x):
        return gaussian_filter(x, (0, 1.5, 1.5), truncate=3.5)

    x, y = pair
    mx, my = blur(x), blur(y)
    vx, vy, vxy = blur(x * x) - mx**2, blur(y * y) - my**2, blur(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    assert metrics.ssim(x, y) == pytest.approx(similarity[:, 5:-5, 5:-5].mean(), abs=1e-9)


def test_hole_measures_look_at_the_hole_only(pair):
    truth, result = pair
    hole = one_hole()
    before = metrics.hole_l1(truth, result, hole), metrics.hole_psnr(truth, result, hole)
    result[:, hole == 0] = 0.5
    assert (metrics.hole_l1(truth, result, hole), metrics.hole_psnr(truth, result, hole)) == before
    result[:, 10, 12] = 1 - truth[:, 10, 12].round()
    assert metrics.hole_l1(truth, result, hole) > before[0]


def test_hole_l1_is_the_whole_one_scaled_by_the_area(pair):
    truth, result = pair
    hole = one_hole()
    composite = np.where(hole, result, truth)
    assert metrics.l1(truth, composite) == pytest.approx(metrics.hole_l1(truth, result, hole) * hole.mean())


def test_boundary_band_is_within_five_pixels_of_a_border():
    labels = np.zeros((30, 30), np.uint8)
    labels[:, 15:] = 4  # the border runs between columns 14 and 15
    band = metrics.boundary_band(labels)
    assert band.all(axis=0).nonzero()[0].tolist() == list(range(9, 21))
    assert (band.any(axis=0) == band.all(axis=0)).all()


def test_boundary_lpips_averages_the_band_in_the_hole():
    labels = np.zeros((30, 30), np.uint8)
    labels[:, 15:] = 4
    hole = np.zeros((30, 30), np.uint8)
    hole[10:20, 5:15] = 1
    distances = np.full((30, 30), 100.0)
    distances[10:20, 9:15] = np.arange(6)
    assert metrics.boundary_lpips(distances, labels, hole) == pytest.approx(2.5)


def test_boundary_lpips_without_a_border_is_nan_and_left_out():
    flat, hole = np.zeros((30, 30), np.uint8), np.zeros((30, 30), np.uint8)
    hole[3:6, 3:6] = 1
    value = metrics.boundary_lpips(np.ones((30, 30)), flat, hole)
    assert np.isnan(value)
    assert metrics.mean([value, 2, 4]) == 3
    assert np.isnan(metrics.mean([value]))
    assert np.isnan(metrics.interval([value])).all()


def test_interval_agrees_with_theory_and_is_seeded():
    values = np.random.default_rng(1).normal(10, 2, 400)
    low, high = metrics.interval(values)
    assert (low, high) == metrics.interval(values) != metrics.interval(values, seed=1)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_paired_difference_cancels_the_spread_between_pictures():
    rng = np.random.default_rng(2)
    pictures = rng.normal(30, 5, 200)
    a, b = pictures + 0.5 + 0.1 * rng.standard_normal(200), pictures
    difference, low, high = metrics.paired_difference(a, b)
    assert difference == pytest.approx(0.5, abs=0.03) and 0.45 < low < difference < high < 0.55
    assert metrics.interval(a)[0] < metrics.interval(b)[1]  # unpaired, the two could not be told apart


def test_paired_difference_needs_the_same_images():
    with pytest.raises(ValueError, match="same images twice"):
        metrics.paired_difference([1, 2], [1, 2, 3])


def test_confusion_counts_the_hole_by_hand():
    truth = np.array([[0, 0, 1], [1, 2, 7]], np.uint8)
    result = np.array([[0, 1, 1], [1, 1, 0]], np.uint8)
    hole = np.array([[1, 1, 1], [1, 1, 0]], np.uint8)  # the last pixel, wrong, is known
    counts = metrics.confusion(truth, result, hole)
    assert counts.shape == (8, 8) and counts.sum() == 5
    assert metrics.hole_accuracy(counts) == pytest.approx(3 / 5)
    ious = metrics.class_ious(counts)
    assert ious[:3] == pytest.approx([1 / 2, 2 / 4, 0])
    assert np.isnan(ious[3:]).all()  # in neither truth nor result: left out of the mean
    assert metrics.hole_miou(counts) == pytest.approx((1 / 2 + 2 / 4 + 0) / 3)


def test_counts_interval_holds_the_statistic():
    rng = np.random.default_rng(3)
    hole = np.ones((8, 8), np.uint8)
    truth = rng.integers(0, 8, (60, 8, 8)).astype(np.uint8)
    result = np.where(rng.random(truth.shape) < 0.7, truth, (truth + 1) % 8)
    counts = [metrics.confusion(t, r, hole) for t, r in zip(truth, result, strict=True)]
    for statistic in (metrics.hole_accuracy, metrics.hole_miou):
        low, high = metrics.counts_interval(statistic, counts)
        assert low < statistic(np.sum(counts, axis=0)) < high and high - low < 0.1
        assert (low, high) == metrics.counts_interval(statistic, counts)


def test_tint_is_the_way_from_green_to_magenta():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.6, (3, 8, 8))
    hole = np.zeros((8, 8), np.uint8)
    hole[2:6, 2:6] = 1
    magenta, green = (truth + k * np.array([0.1, -0.1, 0.1])[:, None, None] for k in (1, -1))
    assert metrics.tint(truth, truth, hole) == 0
    assert metrics.tint(truth, magenta, hole) > 5 > -5 > metrics.tint(truth, green, hole)
    assert metrics.tint(truth, np.where(hole == 1, truth, magenta), hole) == 0  # what is known does not count
    grey = np.full((3, 8, 8), 0.5)
    assert abs(metrics.tint(grey, grey * 0.6, hole)) < 0.01  # darker is no tint


def test_sharpness_known_answers():
    hole = np.zeros((8, 8), np.uint8)
    hole[2:6, 2:6] = 1
    truth = np.tile(np.arange(8) % 2, (3, 8, 1)).astype(float)  # stripes
    assert metrics.sharpness(truth, truth, hole) == 1
    half = np.where(hole == 1, 0.5 + (truth - 0.5) / 2, truth)
    across, down = 4 * (3 * 0.5**2 + 0.75**2), 4 * 0.25**2  # three steps of ½ and one of ¾ a row; one of ¼ a column
    assert metrics.sharpness(truth, half, hole) == pytest.approx((across + down) / 16)
    noisy = np.where(hole == 1, 2 * truth - 0.5, truth)
    assert metrics.sharpness(truth, noisy, hole) > 1
    assert np.isnan(metrics.sharpness(np.zeros_like(truth), noisy, hole))


def test_border_length_counts_edges_between_missing_pixels():
    labels = np.zeros((4, 4), np.uint8)
    labels[1:3, 1:3] = 5
    whole = np.ones((4, 4), np.uint8)
    assert metrics.border_length(labels, whole) == 8
    assert metrics.border_length(labels, 0 * whole) == metrics.border_length(0 * labels, whole) == 0
    left = whole.copy()
    left[:, 2:] = 0
    assert metrics.border_length(labels, left) == 4  # two on its left, one above, one below


def test_the_interval_of_a_ratio_of_sums():
    assert metrics.ratio_interval([2, 4, 6], [1, 2, 3]) == (2, 2)
    low, high = metrics.ratio_interval([0, 1] * 50, [1, 1] * 50)
    assert 0.38 < low < 0.45 and 0.55 < high < 0.62
    assert metrics.ratio_interval([1, 0], [1, 0]) == (1, 1)  # a resample without the first says nothing
    assert all(np.isnan(metrics.ratio_interval([0, 0], [0, 0])))


def test_a_segmenter_is_shown_the_whole_picture_with_a_hole_of_one_pixel():
    shown = []

    def segment(picture, hole):
        shown.append(hole)
        return picture[0]

    picture = np.full((3, 6, 8), 3, np.uint8)
    assert (metrics.seen(segment, picture) == 3).all()
    assert shown[0].sum() == shown[0][-1, -1] == 1
    with pytest.raises(ValueError, match=r"the segmenter's labels: label ids \[9\]"):
        metrics.seen(segment, np.full((3, 6, 8), 9, np.uint8))


def test_the_recognised_share_is_of_the_hole():
    asked = np.array([[6, 6, 0, 0]], np.uint8)
    found = np.array([[6, 5, 0, 1]], np.uint8)
    for hole, share in (([[1, 1, 0, 0]], 0.5), ([[1, 0, 1, 0]], 1.0), ([[1, 1, 1, 1]], 0.5), ([[0, 1, 0, 1]], 0.0)):
        assert metrics.recognised(found, asked, np.array(hole)) == share
    assert np.isnan(metrics.recognised(found, asked, np.zeros((1, 4))))


def test_classes_are_pooled_over_pictures():
    hole = np.ones((1, 4), np.uint8)
    pairs = [([6, 6, 6, 0], [6, 6, 6, 0]), ([6, 0, 0, 3], [0, 0, 0, 3])]  # asked, found
    counts = [metrics.confusion(np.array([a], np.uint8), np.array([f], np.uint8), hole) for a, f in pairs]
    found = metrics.recognised_by_class(counts)
    assert set(found) == {"vehicle", "vegetation"} and found["vehicle"][0] == 0.75
    assert found["vehicle"][1:] == [0, 1] and found["vegetation"] == [1, 1, 1]


@pytest.mark.parametrize("hole", [255 * one_hole(), 0 * one_hole(), np.full((32, 40), np.nan), np.zeros((0, 40))])
def test_holes_that_are_none_are_refused(pair, hole):
    labels = np.zeros((32, 40), np.uint8)
    for metric in (metrics.hole_l1, metrics.hole_psnr, metrics.sharpness, metrics.tint):
        with pytest.raises(ValueError, match="a hole that is 1 where something is missing"):
            metric(*pair, hole)
    with pytest.raises(ValueError, match="a hole that is 1"):
        metrics.confusion(labels, labels, hole)


def test_two_shapes_are_no_pair():
    for metric in (metrics.l1, metrics.l2, metrics.psnr, metrics.ssim):
        with pytest.raises(ValueError, match="of one shape"):
            metric(np.zeros((3, 16, 16)), np.zeros((3, 16, 1)))


def test_a_label_that_is_no_class_is_not_counted_as_another():
    labels = np.zeros((32, 40), np.uint8)
    with pytest.raises(ValueError, match=r"no class: there are 8"):
        metrics.confusion(labels, labels + 9, one_hole())
