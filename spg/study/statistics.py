"""What votes support: a share with interval, test and power, votes that cluster, and several methods on one scale.

Votes are not independent: a rater has a taste, and an image favours a method. Everywhere: rater, image: integer codes
[n]; win: [n], 1 where the first method was chosen, 0 where the second.
"""

import math

import choix
import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom, binomtest, norm

RESAMPLES = 2000


# -------------------------------------------------------------------- a share of independent votes


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


# -------------------------------------------------------------------- votes that cluster


def two_way_bootstrap(rater, image, win, resamples=RESAMPLES, seed=0, confidence=0.95):
    """Percentile interval of the share of wins when raters and images are both drawn anew: (low, high).

    The pigeonhole bootstrap (A. B. Owen, Annals of Applied Statistics 2007): raters and images are resampled
    independently, and a vote counts as often as its rater times its image was drawn. It errs on the wide side: where
    votes do not cluster at all its variance is three times too large. With a single rater, only images vary.
    """
    counts = resampled(rater, image, resamples, seed)
    shares = (counts @ np.asarray(win, float))[counts.sum(1) > 0] / counts.sum(1)[counts.sum(1) > 0]
    tail = 50 * (1 - confidence)
    return tuple(float(v) for v in np.percentile(shares, [tail, 100 - tail]))


def resampled(rater, image, resamples, seed):
    """How often each vote counts in each resample, float32 resamples × n."""
    rng = np.random.default_rng(seed)
    return np.prod([_drawn(rng, codes, resamples) for codes in (rater, image)], axis=0, dtype=np.float32)


def _drawn(rng, codes, resamples):
    """How often the cluster of each vote was drawn, resamples × n; each of k clusters once on average."""
    _, where = np.unique(codes, return_inverse=True)
    k = where.max() + 1
    return rng.multinomial(k, np.full(k, 1 / k), size=resamples).astype(np.float32)[:, where]


def measured_design_effect(rater, image, win):
    """The variance of the share, raters and images clustering, over that of independent votes; at least 1.

    Variance: the two-way cluster-robust one (A. C. Cameron, J. Gelbach and D. Miller 2011), between raters + between
    images − between votes, each with its factor k/(k − 1). With a single rater there is no variance between raters
    to be seen, so none is counted.
    """
    win = np.asarray(win, float)
    share = win.mean()
    if len(win) < 2 or share in (0, 1):
        return 1.0
    cell = np.unique(np.stack([rater, image]), axis=1, return_inverse=True)[1]
    between = [_between(codes, win - share) for codes in (rater, image, cell)]
    variance = between[0] + between[1] - between[2]
    return max(1.0, float(variance / (len(win) * share * (1 - share))))


def _between(codes, rest):
    _, where = np.unique(codes, return_inverse=True)
    sums = np.bincount(where.ravel(), rest)
    k = len(sums)
    return (sums**2).sum() * k / (k - 1) if k > 1 else 0.0


def clustered_wilson(rater, image, win, confidence=0.95):
    """Wilson's interval of the share at the effective number of votes, n / `measured_design_effect`: (low, high)."""
    effective = len(win) / measured_design_effect(rater, image, win)
    return wilson(np.mean(win) * effective, effective, confidence)


# -------------------------------------------------------------------- several methods on one scale


def fit_strengths(wins):
    """Strengths of m methods, [m] with mean 0, from wins m×m: wins[i, j] times i was chosen over j.

    The model of R. A. Bradley and M. E. Terry (Biometrika 1952), fitted by the package choix:
    P(i over j) = 1 / (1 + exp(θ_j − θ_i)). Maximum likelihood where it exists: there must be no group of methods
    that always wins (see `is_connected`). Else every pair that met is given half a win each way more [our decision].
    """
    wins = np.asarray(wins, float)
    if not is_connected(wins):
        wins = wins + 0.5 * (wins + wins.T > 0)
        if not is_connected(wins):
            raise ValueError("Bradley-Terry needs a chain of comparisons between any two methods; some never meet")
    strengths = choix.ilsr_pairwise_dense(wins, max_iter=1000)
    return strengths - strengths.mean()


def is_connected(wins):
    """Whether every method has, over a chain of others, beaten every other: then the likelihood has a maximum."""
    return connected_components(np.asarray(wins) > 0, connection="strong")[0] == 1


def count_wins(first, second, win, methods, counts=None):
    """Matrix m×m of wins. first, second: codes [n] of the two methods; win: [n], 1 where first was chosen.

    counts: [n], how often each vote counts; None: once.
    """
    wins = np.zeros((methods, methods))
    winner, loser = np.where(win, first, second), np.where(win, second, first)
    np.add.at(wins, (winner, loser), 1.0 if counts is None else counts)
    return wins


def strengths_interval(first, second, win, methods, counts):
    """95 % percentile interval of every strength over resamples, [m] × (low, high).

    counts: resamples × n, see `resampled`; a resample in which two methods never meet is left out.
    """
    found = []
    for row in counts:
        try:
            found.append(fit_strengths(count_wins(first, second, win, methods, row)))
        except ValueError:
            continue
    return np.percentile(found, [2.5, 97.5], axis=0).T if found else np.full((methods, 2), np.nan)
