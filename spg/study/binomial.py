"""A share of independent votes: its interval, its test, and how many votes it takes to see a preference."""

import math

import numpy as np
from scipy.stats import binom, binomtest, norm


def wilson(wins, n, confidence=0.95):
    """Wilson's score interval (E. B. Wilson, JASA 1927) of a share: (low, high), both in [0, 1].

    wins, n: counts, n > 0. They need not be whole numbers: n may be an effective number of votes, which is why this
    is not left to `scipy.stats.binomtest`; for whole numbers the two agree. Raises ValueError outside 0 ≤ wins ≤ n.
    """
    if not 0 <= wins <= n or n <= 0:
        raise ValueError(f"a share needs 0 ≤ wins ≤ n and n > 0, got {wins} of {n}")
    z = float(norm.ppf(0.5 + confidence / 2))
    share = float(wins / n)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def sign_test(wins, n):
    """p of the two-sided exact test that neither is preferred (share 1/2). wins of n, whole numbers; 1 for n = 0."""
    return float(binomtest(int(wins), int(n), 0.5).pvalue) if n else 1.0


def design_effect(n, raters, images, rater_icc, image_icc):
    """How many times larger the variance of the share is than that of n independent votes.

    n votes spread evenly over so many raters and images; icc: the correlation of two votes of one rater, of two
    votes on one image (Kish 1965, one term per way of clustering): 1 + (n/raters − 1)·ρ_r + (n/images − 1)·ρ_i.
    """
    return 1 + (n / raters - 1) * rater_icc + (n / images - 1) * image_icc


def power(n, preference, level=0.05):
    """The chance that the exact two-sided test of n independent votes finds a preference: p at most level.

    preference: the true share, in [0, 1]. Exact: the sum over all outcomes, no simulation.
    """
    return float(binom.pmf(_significant(n, level), n, preference).sum())


def _significant(n, level):
    """The numbers of wins of n at which the test says yes. By symmetry p is twice the lower tail."""
    wins = np.arange(n + 1)
    tail = 2 * binom.cdf(np.minimum(wins, n - wins), n, 0.5)
    return wins[tail <= level]


def votes_needed(preference, chance=0.8, level=0.05, most=100_000):
    """The smallest n from which on `power` stays at least chance.

    The exact test's power has saw teeth, so n may fall below it again: we look for the last tooth. Raises
    ValueError where most votes are not enough, as for a preference of 1/2.
    """
    if power(most, preference, level) < chance:
        raise ValueError(f"{most} votes do not show a preference of {preference} with a chance of {chance}")
    high = 8
    while not all(power(n, preference, level) >= chance for n in range(high, high + 32)):
        high *= 2
    return next(n + 1 for n in range(high, 0, -1) if power(n, preference, level) < chance)
