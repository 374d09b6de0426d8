"""The user study of the paper, read again: 425 of 600 comparisons for SPG-Net [PAPER.md, User study].

The paper gives no interval, and does not say how many raters and images took part, as far as we know. What we do not
know we vary.
"""

import numpy as np

from spg.study.binomial import design_effect, power, sign_test, votes_needed, wilson
from spg.study.clusters import clustered_wilson, two_way_bootstrap
from spg.study.simulation import icc, simulate

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
