"""Simulated raters for a whole study: programs with the decks and orders that people get. To test an analysis."""

import numpy as np

from spg.study.drawing import CATCH
from spg.study.session import Session
from spg.study.votes import BallotBox, Vote

OBSERVER = "simulated raters, not people"


def vote(study, path, strengths, raters=10, seed=0, taste=0.0, careless=()):
    """Let simulated raters answer their decks, into the file path. Returns the `BallotBox`.

    strengths: method → log-odds, as in Bradley and Terry's model: P(a over b) = 1 / (1 + exp(θ_b − θ_a)). taste:
    standard deviation of each rater's own addition to each θ. careless: numbers of raters who press any key, and
    the wrong one where it can be told.
    """
    box = BallotBox(path, study.id, OBSERVER)
    rng, key = np.random.default_rng(seed), study.key()["trials"]
    for number in range(raters):
        session = Session(study, box, f"simulated {number}")
        own = {name: theta + rng.normal(0, taste) for name, theta in strengths.items()}
        own |= {CATCH[0]: np.inf, CATCH[1]: -np.inf}
        votes = []
        left = set(session.left)
        for trial in (trial for trial in key if trial in left):  # not in the rater's order, which no seed fixes
            a, b = key[trial]["a"], key[trial]["b"]
            chance = 1 / (1 + np.exp(own[b] - own[a]))
            if number in careless:
                chance = 0.5 if 0 < chance < 1 else 1 - chance
            pick = "a" if rng.random() < chance else "b"
            votes.append(Vote(session.rater, trial, pick, session.mirrored, float(rng.lognormal(1.0, 0.4))))
        box.cast_all(votes)
    return box
