"""Metrics of a filling: one value a picture, and what can be said about their mean.

Images are float 3×H×W in [0, 1]; hole: H×W, 1 = missing. l1, l2, PSNR and SSIM are in the units we inferred for the
paper's Table 1 [THE_PAPER.md, section 7]. They are taken over the *whole* composited picture, most of which
is known, so they are mild. The metrics of the hole alone beside them are not. `recognised` asks a segmenter whether it
finds what the layout asks for.
"""

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from spg.labels import STREET, check_labels

PSNR_CAP = 100.0  # dB; what identical pictures get, so that a mean over pictures stays finite
BAND = 5  # pixels on either side of a class border that `boundary_lpips` looks at [our decision]
RESAMPLES = 2000
FARTHEST = -1, 2  # what is beyond was never brought to [0, 1]; noise and what a net puts a little beyond it are within


def _check(truth, result):
    """Raise ValueError for two shapes, integers, whose differences wrap around, 0..255 as floats, and NaN."""
    if np.shape(truth) != np.shape(result):
        raise ValueError(f"metrics take two images of one shape, got {np.shape(truth)} and {np.shape(result)}")
    for image in map(np.asarray, (truth, result)):
        if not np.issubdtype(image.dtype, np.floating):
            raise ValueError(f"metrics take float images in [0, 1], got {image.dtype}: divide 0..255 by 255")
        if np.isnan(image).any():
            raise ValueError("metrics take images in [0, 1], and this one holds NaN: look for what made it")
        if image.size and not (image.min() >= FARTHEST[0] and image.max() <= FARTHEST[1]):
            found = f"[{image.min():.3g}, {image.max():.3g}]"
            raise ValueError(f"metrics take images in [0, 1], got values in {found}: divide 0..255 by 255")


def _missing(hole):
    """Where a hole is 1, bool H×W; ValueError for other values than 0 and 1, such as a mask's 255, and for no 1."""
    hole = np.asarray(hole)
    if not np.isin(hole, (0, 1)).all() or not hole.any():
        found = f"values in [{hole.min()}, {hole.max()}]" if hole.size else "none"
        raise ValueError(f"metrics take a hole that is 1 where something is missing and 0 elsewhere, got {found}")
    return hole == 1


def l1(truth, result):
    """255²·mean |Δ| of two 3×H×W images in [0, 1]; the paper's unit, inferred. ValueError for others, as all below."""
    _check(truth, result)
    return 255.0**2 * float(np.abs(truth - result).mean())


def l2(truth, result):
    """255²·mean Δ² of two 3×H×W images in [0, 1]: the mean squared error of 0..255 images."""
    _check(truth, result)
    return 255.0**2 * float(((truth - result) ** 2).mean())


def psnr(truth, result):
    """−10·log10 mean Δ² in dB, of two 3×H×W images in [0, 1]; at most PSNR_CAP, which identical images get."""
    _check(truth, result)
    error = float(((truth - result) ** 2).mean())
    return min(PSNR_CAP, -10 * np.log10(error)) if error > 0 else PSNR_CAP


def ssim(truth, result):
    """Structural similarity of two 3×H×W images in [0, 1], at least 11×11; 1 = identical.

    As Wang et al. 2004: Gaussian window σ = 1.5 (11×11), K = .01, .03, population covariance; per RGB channel,
    averaged [our decision]. PatchMatch on 133 Cityscapes validation frames gives .9377 (PSNR 29.55) where the
    paper's row says .9419 (30.34); scikit-image's uniform 7×7 window gives .9371, so the row cannot tell them apart.
    """
    _check(truth, result)
    return float(
        structural_similarity(
            truth, result, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def hole_l1(truth, result, hole):
    """255²·mean |Δ| over the missing pixels only."""
    missing = _missing(hole)
    return l1(truth[:, missing], result[:, missing])


def hole_psnr(truth, result, hole):
    """PSNR in dB over the missing pixels only, capped as `psnr`."""
    missing = _missing(hole)
    return psnr(truth[:, missing], result[:, missing])


def sharpness(truth, result, hole):
    """Gradient energy of the result in the hole, as a share of the truth's: 1 as sharp, less is blur, more is noise.

    Σ of squared differences to the right and lower neighbour (known neighbours included, so a seam counts) over the
    missing pixels [our decision]. NaN where the truth is flat.
    """
    _check(truth, result)
    of_truth, of_result = (_gradient_energy(x, _missing(hole)) for x in (truth, result))
    return float(of_result / of_truth) if of_truth > 0 else float("nan")


def _gradient_energy(x, missing):
    across, down = np.diff(x, axis=2) ** 2, np.diff(x, axis=1) ** 2
    return (across * missing[:, :-1]).sum() + (down * missing[:-1]).sum()


def tint(truth, result, hole):
    """Mean a* of the result minus that of the truth over the missing pixels, CIELAB: above 0 magenta, below 0 green.

    A guess errs both ways; a net that errs one way on the mean of many pictures has a tint [our decision].
    """
    _check(truth, result)
    of_truth, of_result = (rgb2lab(x[:, _missing(hole)], channel_axis=0)[1] for x in (truth, result))
    return float((of_result - of_truth).mean())


def mean_colour(picture, inside):
    """Mean colour of a uint8 3×H×W picture where inside (H×W) is 1: float [3] in 0..255."""
    return picture[:, np.asarray(inside) == 1].mean(1)


def delta_e(picture, inside, colour):
    """ΔE (CIE 2000) between a colour and the mean colour of a uint8 3×H×W picture where inside (H×W) is 1.

    colour: RGB in 0..255. 0 is the same colour, 2 just seen side by side, 100 black against white.
    """
    came, asked = (rgb2lab(np.asarray(c, float)[None] / 255)[0] for c in (mean_colour(picture, inside), colour))
    return float(deltaE_ciede2000(asked, came))


def boundary_band(labels, width=BAND):
    """labels: uint8 H×W -> bool H×W: within `width` pixels (Euclidean) of a border between two classes.

    A border runs between pixels; the ones on either side of it are at distance 0.
    """
    border = np.zeros(labels.shape, bool)
    down, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    border[1:] |= down
    border[:-1] |= down
    border[:, 1:] |= right
    border[:, :-1] |= right
    if not border.any():
        return border
    distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance <= width


def boundary_lpips(distance_map, labels, hole, width=BAND):
    """Mean of a spatial distance map H×W over the missing pixels near class borders of the true labels.

    NaN where the hole meets no border: such an image says nothing and is left out of means.
    """
    band = boundary_band(labels, width) & _missing(hole)
    return float(distance_map[band].mean()) if band.any() else float("nan")


def mean(values):
    """Mean of the finite values; NaN if there is none."""
    values = _finite(values)
    return float(values.mean()) if values.size else float("nan")


def interval(values, seed=0, resamples=RESAMPLES, level=0.95):
    """Bootstrap interval of the mean over images, percentile method, seeded. Returns (low, high).

    values: one number per image; NaN is left out. (NaN, NaN) if there is none.
    """
    values = _finite(values)
    if not values.size:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (resamples, len(values)))].mean(axis=1)
    return percentiles(means, level)


def paired_difference(a, b, seed=0, resamples=RESAMPLES, level=0.95):
    """Mean of a − b over the images both have a value for, and its bootstrap interval: (mean, low, high).

    a, b: one number per image, same images in the same order. The interval of the difference is the one to
    read when two methods filled the same holes: the pictures' own spread cancels. ValueError if lengths differ.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"a paired difference needs the same images twice, got {a.shape} and {b.shape} values")
    return mean(a - b), *interval(a - b, seed, resamples, level)


def confusion(truth, result, hole, classes=STREET):
    """Missing pixels counted by class of a set: int C×C, rows the true class, columns the given one."""
    missing, count = _missing(hole), len(classes)
    if max(truth[missing].max(), result[missing].max()) >= count:
        raise ValueError(f"the label maps hold numbers that are no class: there are {count}, 0..{count - 1}")
    pairs = truth[missing].astype(int) * count + result[missing]
    return np.bincount(pairs, minlength=count**2).reshape(count, count)


def hole_accuracy(counts):
    """Share of missing pixels with the right class. counts: ...×C×C from `confusion`, summed over images."""
    return np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1))


def class_ious(counts):
    """Intersection over union of each class: ...×C×C -> ...×C; NaN for a class in neither truth nor result."""
    both = np.diagonal(counts, axis1=-2, axis2=-1)
    either = counts.sum(axis=-1) + counts.sum(axis=-2) - both
    with np.errstate(invalid="ignore"):
        return np.where(either > 0, both / either, np.nan)


def hole_miou(counts):
    """Mean of `class_ious` over the classes that occur: ...×C×C -> ..."""
    return np.nanmean(class_ious(counts), axis=-1)


def border_length(labels, hole):
    """Length of the class borders in the hole, in pixel edges: neighbours that are both missing and of two classes.

    labels, hole: uint8 H×W. A layout's length over the truth's is 1 for a right one and small for round blobs.
    """
    missing = np.asarray(hole) == 1
    down = (labels[1:] != labels[:-1]) & missing[1:] & missing[:-1]
    right = (labels[:, 1:] != labels[:, :-1]) & missing[:, 1:] & missing[:, :-1]
    return int(down.sum() + right.sum())


def seen(segment, picture, classes=STREET):
    """What a segmenter sees in a complete picture (uint8 3×H×W): labels uint8 H×W.

    segment: label(picture, hole) → uint8 H×W, numbers of `classes`. It takes a hole of at least a pixel, as in its
    training: the last one, at the lower right.
    """
    hole = np.zeros(picture.shape[1:], np.uint8)
    hole[-1, -1] = 1
    return check_labels(segment(picture, hole), "the segmenter's labels", classes=classes)


def recognised(found, asked, where):
    """Share of the pixels where `where` (H×W) is 1 in which the class found is the one asked for; NaN without any."""
    inside = np.asarray(where) == 1
    return float((found == asked)[inside].mean()) if inside.any() else float("nan")


def recognised_by_class(counts, classes=STREET):
    """name → [share, low, high] of the pixels that a class was asked for in which it was found; pooled over pictures.

    counts: n×C×C, one confusion a picture, rows the class asked for, columns the one found. The interval is a bootstrap
    over pictures. Those that the set lists; a class that no picture asks for is left out.
    """
    counts = np.asarray(counts)
    found = {}
    for k in classes.listed:
        asked, right = counts[:, k].sum(1), counts[:, k, k]
        if asked.any():
            found[classes.names[k]] = [float(right.sum() / asked.sum()), *ratio_interval(right, asked)]
    return found


def ratio_interval(above, below, seed=0, resamples=RESAMPLES, level=0.95):
    """Bootstrap interval over images of Σ above / Σ below: (low, high); NaN where all of below is 0.

    above, below: one number per image. A resample whose sum below is 0 says nothing and is left out.
    """
    drawn = draws(len(above), seed, resamples)
    top, bottom = drawn @ np.asarray(above, float), drawn @ np.asarray(below, float)
    there = bottom > 0
    return percentiles(top[there] / bottom[there], level) if there.any() else (float("nan"), float("nan"))


def draws(n, seed, resamples):
    """How often each of n images is drawn: resamples×n."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)


def counts_interval(statistic, counts, seed=0, resamples=RESAMPLES, level=0.95):
    """Bootstrap interval over images of `hole_accuracy` or `hole_miou`: (low, high).

    counts: n×C×C, one confusion per image. Images are drawn with replacement, their counts summed, and the
    statistic taken of the sum, as over the data set.
    """
    counts = np.asarray(counts)
    drawn = draws(len(counts), seed, resamples)
    return percentiles(statistic(np.tensordot(drawn, counts, axes=1)), level)


def _finite(values):
    values = np.asarray(values, float)
    return values[np.isfinite(values)]


def percentiles(samples, level=0.95):
    """The ends of the interval that holds this share of the samples: (low, high)."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(samples, [tail, 100 - tail])
    return float(low), float(high)
