"""The kernel distance between fillings and true pictures, over patches around the hole (`kid` of a result).

M. Bińkowski, D. Sutherland, M. Arbel and A. Gretton, Demystifying MMD GANs, ICLR 2018: the unbiased squared maximum
mean discrepancy of two sets of features under the polynomial kernel k(x, y) = (x·y / d + 1)³. It compares the sets,
not a picture with its own truth: 0 where the fillings are distributed as the true pictures are, however each one fills
its hole. An estimate of 0 falls below 0 as often as above.

Ours differs in three ways [our decision]. The network is the VGG16 that the package carries instead of Inception.
A picture is represented by the patch around its hole, resized to SIDE pixels. Pairs of the same scene are left out of
all three sums (Gretton et al., JMLR 2012, lemma 6), because a filling shares its surroundings with its truth.
"""

import numpy as np
import torch
import torch.nn.functional as F

from spg import perceptual
from spg.evaluation import metrics
from spg.pictures import to_float

NETWORK = "stlpips-vgg"
SIDE = 64  # pixels of a patch, as the network sees it
MARGIN = 1 / 8  # of the longer side of the hole's box: what the patch shows around it
STAGES = (3, 4)  # of the network's five, counted from 0: their means over a patch are its features
SCALE = 1000  # what results are multiplied by


class PatchFeatures:
    """(pictures, hole) → features N×d of their patches, float64 NumPy; d = 1024 for VGG16's last two stages.

    pictures: list of uint8 3×H×W; hole: uint8 H×W. The features of a stage are scaled to a mean square of 1, so that
    x·y / d is the mean of two cosines, and no picture counts for more than another.
    """

    def __init__(self, device="cpu", network=NETWORK):
        self.distance, self.device = perceptual.load(network, device), device
        self.name = self.distance.name

    @torch.inference_mode()
    def __call__(self, pictures, hole):
        rows, columns = patch(hole)
        x = torch.from_numpy(np.stack([picture[:, rows, columns] for picture in pictures])).to(self.device)
        x = F.interpolate(to_float(x), (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
        stages = self.distance.features(x.clamp(-1, 1))
        pooled = [F.normalize(stages[k].mean((2, 3)), dim=1) * stages[k].shape[1] ** 0.5 for k in STAGES]
        return torch.cat(pooled, 1).double().cpu().numpy()


def patch(hole):
    """Two slices: the box of the hole and a margin, within the picture."""
    slices = []
    boxes = [np.flatnonzero(hole.any(axis)) for axis in (1, 0)]
    margin = max(1, round(MARGIN * max(box[-1] - box[0] + 1 for box in boxes)))
    for box, length in zip(boxes, hole.shape, strict=True):
        slices.append(slice(max(0, box[0] - margin), min(length, box[-1] + 1 + margin)))
    return slices


def kernel(x, y):
    """(x·y / d + 1)³ for all pairs: n×d, m×d → n×m."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def terms(truth, filled, each=1):
    """What each pair of scenes contributes to the distance, n×n with a diagonal of 0.

    truth, filled: features in the same order. each: so many of them, one after the other, are of one scene, which
    counts as the mean over its pairs with another.
    """
    cross = kernel(truth, filled)
    pairs = kernel(truth, truth) + kernel(filled, filled) - cross - cross.T
    n = len(pairs) // each
    scenes = pairs.reshape(n, each, n, each).mean((1, 3))
    np.fill_diagonal(scenes, 0)
    return scenes


def distance(terms):
    """The kernel distance, times SCALE; NaN for fewer than two scenes. terms: as above, or a difference of two."""
    n = len(terms)
    return SCALE * float(terms.sum()) / (n * (n - 1)) if n > 1 else float("nan")


def interval(terms, seed=0, resamples=metrics.RESAMPLES, level=0.95):
    """Bootstrap interval of `distance` over scenes: (low, high), NaN for fewer than two scenes.

    A scene drawn twice is not paired with itself: that pair would be nearer than any two scenes are.
    """
    n = len(terms)
    if n < 2:
        return float("nan"), float("nan")
    drawn = metrics.draws(n, seed, resamples).astype(float)
    sums = np.einsum("ri,ri->r", drawn @ terms, drawn)
    pairs = n**2 - (drawn**2).sum(1)
    there = pairs > 0  # of very few scenes, one may be drawn every time
    return metrics.percentiles(SCALE * sums[there] / pairs[there], level)


def about(network):
    """What a result says of its `kid`."""
    return {"network": network, "side": SIDE, "margin": MARGIN, "stages": [k + 1 for k in STAGES], "scale": SCALE}
