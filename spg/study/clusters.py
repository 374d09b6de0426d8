"""Votes are not independent: a rater has a taste, and an image favours a method. What that does to the interval.

Everywhere: rater, image: integer codes [n]; win: [n], 1 where the first method was chosen, 0 where the second.
"""

import numpy as np

from spg.study.binomial import wilson

RESAMPLES = 2000


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
