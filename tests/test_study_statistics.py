"""The statistics of a user study against known answers, and against raters whose preference we know."""

import numpy as np
import pytest
from scipy.stats import binomtest

from spg.study import paper
from spg.study.analysis import Ballots, preference, preferences
from spg.study.paper import coverage, icc, simulate
from spg.study.statistics import (
    clustered_wilson,
    design_effect,
    fit_strengths,
    measured_design_effect,
    power,
    resampled,
    sign_test,
    two_way_bootstrap,
    votes_needed,
    wilson,
)

CLUSTERED = {"preference": 0.7083, "rater_share": 0.1, "image_share": 0.1}


def naive(rater, image, win):
    return wilson(win.sum(), len(win))


def test_wilson_is_scipys_and_the_papers_interval_is_known():
    for wins, n in ((425, 600), (0, 7), (7, 7), (3, 11)):
        expected = binomtest(wins, n).proportion_ci(0.95, "wilson")
        assert wilson(wins, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson(425, 600) == pytest.approx((0.6707, 0.7433), abs=5e-5)
    with pytest.raises(ValueError, match="0 ≤ wins ≤ n"):
        wilson(8, 7)


def test_the_sign_test_is_exact():
    assert sign_test(0, 5) == pytest.approx(2 / 2**5) and sign_test(5, 10) == 1 and sign_test(0, 0) == 1


def test_power_is_the_chance_of_a_significant_outcome():
    n, p = 30, 0.7
    rng = np.random.default_rng(0)
    found = np.array([sign_test(wins, n) <= 0.05 for wins in range(n + 1)])[rng.binomial(n, p, 20_000)]
    assert power(n, p) == pytest.approx(np.mean(found), abs=0.01)
    assert power(n, 0.5) <= 0.05 and power(600, paper.SHARE) > 0.999


def test_votes_needed_is_where_power_stays():
    n = votes_needed(0.7083)
    assert n == 49 and power(n - 1, 0.7083) < 0.8
    assert all(power(more, 0.7083) >= 0.8 for more in range(n, 200))
    with pytest.raises(ValueError, match="do not show a preference"):
        votes_needed(0.5)


def test_design_effect_counts_both_ways_of_clustering():
    assert design_effect(600, 600, 600, 0.9, 0.9) == 1
    assert design_effect(600, 10, 60, 0.05, 0.02) == pytest.approx(1 + 59 * 0.05 + 9 * 0.02)


def test_the_measured_design_effect_finds_what_was_put_in():
    votes = icc(0.7083, 0.1)
    expected = design_effect(600, 20, 30, votes, votes)
    runs = [measured_design_effect(*simulate(np.random.default_rng(i), 20, 30, **CLUSTERED)) for i in range(200)]
    assert np.mean(runs) == pytest.approx(expected, rel=0.15)
    copies = np.repeat(np.arange(10), 5), np.arange(50), np.repeat(np.arange(10) % 2, 5)  # each rater always says one
    assert measured_design_effect(*copies) == pytest.approx(5 * 10 / 9, rel=1e-6)


def test_icc_of_two_votes():
    assert icc(0.7, 0.0) == pytest.approx(0, abs=1e-4) and icc(0.7, 1.0) == pytest.approx(1, abs=1e-3)
    assert icc(0.5, 0.5) == pytest.approx(1 / 3, abs=1e-4)  # P(both) = 1/4 + asin(ρ)/2π


def test_independent_raters_are_recovered_by_wilson_in_95_of_100_runs():
    assert coverage(naive, raters=30, images=20, preference=0.7083) >= 0.945


def test_clustered_raters_are_recovered_by_the_bootstrap_and_not_by_wilson():
    options = {"raters": 30, "images": 20, **CLUSTERED}
    assert coverage(lambda *v: two_way_bootstrap(*v, resamples=500), **options) >= 0.945
    assert coverage(clustered_wilson, **options) >= 0.92
    assert coverage(naive, **options) < 0.80  # what a study claims that forgets the clusters


def test_the_whole_preference_recovers_simulated_raters():
    """Through the function `spg study analyse` uses: the three intervals it prints, 200 studies of 600 votes."""
    held = np.zeros(3)
    for run in range(200):
        votes = simulate(np.random.default_rng([7, run]), 30, 20, 0.7083)
        ballots = Ballots("ab", votes.rater, votes.image, votes.image, votes.win * 0, votes.win * 0 + 1, votes.win)
        found = preference(ballots, resamples=300)
        held += [low <= 0.7083 <= high for low, high in (found[k] for k in ("wilson", "wilson_effective", "bootstrap"))]
    assert (held / 200 >= 0.94).all(), held / 200


def test_the_bootstrap_is_too_wide_where_nothing_clusters():
    votes = simulate(np.random.default_rng(0), 30, 20, 0.7083)
    low, high = two_way_bootstrap(*votes)
    independent = np.subtract(*naive(*votes)[::-1])
    assert (high - low) / independent == pytest.approx(np.sqrt(3), rel=0.15)  # Owen 2007


def test_every_vote_counts_once_on_average():
    counts = resampled([0, 0, 1, 2], [0, 1, 0, 1], 4000, seed=0)
    assert counts.mean(0) == pytest.approx(np.ones(4), abs=0.1)


def test_bradley_terry_gives_the_published_fit():
    """Citations among four journals of statistics (Stigler 1994), whose fit is in many textbooks (Agresti, R's
    BradleyTerry2): Biometrika 0, Communications −2.9491, JASA −0.4796, JRSS-B 0.2690."""
    counts = {(0, 1): (730, 33), (0, 2): (498, 320), (0, 3): (221, 284)}
    counts |= {(1, 2): (68, 813), (1, 3): (17, 276), (2, 3): (142, 325)}
    wins = np.zeros((4, 4))
    for (i, j), (one, other) in counts.items():
        wins[i, j], wins[j, i] = one, other
    strengths = fit_strengths(wins)
    assert strengths - strengths[0] == pytest.approx([0, -2.9491, -0.4796, 0.2690], abs=1e-4)


def test_two_methods_are_the_log_odds_and_who_always_wins_gets_half_a_win_against():
    strengths = fit_strengths([[0, 30], [10, 0]])
    assert strengths[0] - strengths[1] == pytest.approx(np.log(3))
    strengths = fit_strengths([[0, 4], [0, 0]])
    assert strengths[0] - strengths[1] == pytest.approx(np.log(4.5 / 0.5))
    with pytest.raises(ValueError, match="some never meet"):
        fit_strengths([[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_bradley_terry_intervals_hold_the_true_strengths():
    truth, held, runs = np.array([0.6, 0.0, -0.6]), 0, 20
    for run in range(runs):
        rng = np.random.default_rng([3, run])
        first, second = np.array([(0, 1), (0, 2), (1, 2)])[np.arange(300) % 3].T
        win = rng.random(300) < 1 / (1 + np.exp(truth[second] - truth[first]))
        ballots = Ballots("abc", np.zeros(300), np.arange(300), np.arange(300), first, second, win)
        ends = preferences(ballots, resamples=60)["bradley_terry"]["bootstrap"].values()
        held += np.mean([low <= theta <= high for (low, high), theta in zip(ends, truth, strict=True)])
    assert held / runs >= 0.85  # percentiles of 60 resamples


def test_the_papers_study_read_again():
    row = paper.clustered(10, 60, 0.1, resamples=200, runs=5)
    assert row["design_effect"] == pytest.approx(1 + 59 * row["icc"] + 9 * row["icc"])
    low, high = row["wilson_effective"]
    assert 0.5 < low < wilson(425, 600)[0] and high > wilson(425, 600)[1]
    assert pytest.approx(0.708, abs=5e-4) == paper.SHARE
    powers = paper.powers()
    assert np.shape(powers["power"]) == (len(powers["preferences"]), len(powers["sizes"]))
