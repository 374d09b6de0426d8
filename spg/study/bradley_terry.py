"""Several methods on one scale (R. A. Bradley and M. E. Terry, Biometrika 1952), fitted by the package choix."""

import choix
import numpy as np
from scipy.sparse.csgraph import connected_components


def fit(wins):
    """Strengths of m methods, [m] with mean 0, from wins m×m: wins[i, j] times i was chosen over j.

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

    counts: resamples × n, see `spg.study.clusters.resampled`; a resample in which two methods never meet is left out.
    """
    found = []
    for row in counts:
        try:
            found.append(fit(count_wins(first, second, win, methods, row)))
        except ValueError:
            continue
    return np.percentile(found, [2.5, 97.5], axis=0).T if found else np.full((methods, 2), np.nan)
