"""The user study of the paper, read again: 425 of 600 comparisons for SPG-Net [THE_PAPER.md, section 8].

The paper gives no interval. How many raters and images took part we do not know, so we vary it.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import multivariate_normal, norm

from spg.study.statistics import (
    clustered_wilson,
    design_effect,
    power,
    sign_test,
    two_way_bootstrap,
    votes_needed,
    wilson,
)

WINS, N = 425, 600
SHARE = WINS / N
SHARES = (0.0, 0.05, 0.1, 0.2)  # of the latent variance that lies between raters, and as much between images
DESIGNS = ((5, 120), (10, 60), (20, 30), (30, 20), (60, 10))  # raters × images = 600 votes
SIZES = (20, 50, 100, 200, 400, 600)
PREFERENCES = (0.55, 0.6, 0.65, SHARE, 0.8)


def reanalyse(resamples=500, seed=0, runs=20):
    """The re-analysis as a JSON-ready dict: "naive", "clusters" (a list) and "power".

    "clusters": for each number of raters and each share of variance that lies between raters and between images, the
    design effect, Wilson's interval at the effective number of votes, and what the two-way bootstrap gives on
    simulated votes of that kind: the mean of its ends over so many runs, moved to the paper's share.
    """
    return {
        "kind": "study-paper",
        "naive": {"wins": WINS, "n": N, "share": SHARE, "wilson": list(wilson(WINS, N)), "p": sign_test(WINS, N)},
        "clusters": [clustered(*design, share, resamples, seed, runs) for design in DESIGNS for share in SHARES],
        "power": powers(),
    }


def clustered(raters, images, share, resamples=500, seed=0, runs=20):
    """One row of "clusters": every rater sees every image once, raters × images = 600."""
    votes = icc(SHARE, share)
    effect = design_effect(N, raters, images, votes, votes)
    low, high = wilson(WINS / effect, N / effect)
    simulated = np.mean([_width(raters, images, share, resamples, (seed, run)) for run in range(runs)], axis=0)
    return {
        **{"raters": raters, "images": images, "latent_share": share, "icc": votes, "design_effect": effect},
        **{"effective_n": N / effect, "wilson_effective": [low, high]},
        **{
            "simulated_bootstrap": (SHARE + simulated[:2]).tolist(),
            "simulated_wilson": (SHARE + simulated[2:]).tolist(),
        },
    }


def _width(raters, images, share, resamples, seed):
    """How far the ends of the two intervals lie from the share, in one simulated study: [4]."""
    votes = simulate(np.random.default_rng(seed), raters, images, SHARE, share, share)
    ends = (*two_way_bootstrap(*votes, resamples), *clustered_wilson(*votes))
    return np.array(ends) - votes.win.mean()


def powers():
    """{"sizes", "preferences", "power": preference × size, "needed": votes for 80 %}, votes independent."""
    return {
        **{"sizes": list(SIZES), "preferences": list(PREFERENCES)},
        "power": [[power(n, preference) for n in SIZES] for preference in PREFERENCES],
        "needed": [votes_needed(preference) for preference in PREFERENCES],
    }


# -------------------------------------------------------------------- simulated votes: do intervals keep their promise?


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

    What `spg.study.statistics.design_effect` asks for.
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
