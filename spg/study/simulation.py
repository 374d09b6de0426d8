"""Raters whose preference we know, because we made them: to see whether an interval keeps what it promises."""

from typing import NamedTuple

import numpy as np
from scipy.stats import multivariate_normal, norm


class SimulatedVotes(NamedTuple):
    """rater, image: int [n]; win: [n], 1 where the first method was chosen."""

    rater: np.ndarray
    image: np.ndarray
    win: np.ndarray


def simulate(rng, raters, images, preference, rater_share=0.0, image_share=0.0, per_rater=None):
    """Votes of so many raters on so many images, each choosing the first method with chance `preference` overall.

    A vote is a win where μ + u + v + e > 0, with u of the rater, v of the image and e of this vote, normal, of
    variances rater_share, image_share and the rest of 1; μ = Φ⁻¹(preference), so that the overall chance is exact.
    per_rater: so many images each, drawn anew for each rater; None: every rater sees every image.
    """
    u = rng.normal(0, np.sqrt(rater_share), raters)
    v = rng.normal(0, np.sqrt(image_share), images)
    rater = np.repeat(np.arange(raters), per_rater or images)
    image = np.concatenate([rng.permutation(images)[:per_rater] for _ in range(raters)])
    e = rng.normal(0, np.sqrt(1 - rater_share - image_share), len(rater))
    return SimulatedVotes(rater, image, (norm.ppf(preference) + u[rater] + v[image] + e > 0).astype(int))


def icc(preference, share):
    """The correlation of two votes, as 0 and 1, whose latent values share so much of their variance; in [0, 1].

    What `spg.study.binomial.design_effect` asks for.
    """
    both = multivariate_normal.cdf([norm.ppf(preference)] * 2, cov=[[1, share], [share, 1]], allow_singular=True)
    return float((both - preference**2) / (preference * (1 - preference)))


def coverage(interval, runs=200, seed=0, **options):
    """The share of runs in which interval(rater, image, win) → (low, high) holds the true preference.

    options: of `simulate`; each run draws its own raters and images.
    """
    held = 0
    for run in range(runs):
        low, high = interval(*simulate(np.random.default_rng([seed, run]), **options))
        held += low <= options["preference"] <= high
    return held / runs
