"""What the votes of a study support: who is left out, preferences with intervals, strengths, agreement, side bias."""

import krippendorff
import numpy as np

from spg.engine.provenance import provenance
from spg.study import statistics
from spg.study.folder import CATCH
from spg.study.statistics import sign_test, wilson
from spg.study.votes import BallotBox, observer_of

RESAMPLES = 1000
ONE_SIDED = 0.95  # share of one side from which on a rater is named as one-sided
LEAST_DECIDED = 8  # decided votes from which on that is looked at: by chance, 1 in 128 would be
FAST = 0.5  # seconds: nobody has looked at two pictures in less


def analyse(study, votes_file, resamples=RESAMPLES, seed=0):
    """All that the protocol announces, as a JSON-ready dict. study: a `Study`; votes_file: its SQLite file.

    "observer" says who voted: people, or what stood in for them. Raises ValueError when there are no votes, or they
    belong to another study.
    """
    box = BallotBox(votes_file, study.id, observer_of(votes_file))
    votes, key = box.votes(), study.key()
    if strange := {vote.trial for vote in votes} - key["trials"].keys():
        raise ValueError(f"{votes_file} is damaged: it has votes on {min(strange)!r}, which is no trial of this study")
    excluded = exclusions(study, key, votes)
    kept = [vote for vote in votes if vote.rater not in excluded]
    if not kept:
        raise ValueError(f"{votes_file}: no votes to analyse ({len(excluded)} raters left out)")
    pairs = [vote for vote in kept if key["trials"][vote.trial]["kind"] == "pair"]
    about = {name: key[name] for name in ("data", "split", "size", "holes", "seed", "methods", "focus")}
    return {
        **{"kind": "study", "observer": box.observer, "study": study.id, **about, **provenance()},
        **{"weights": key.get("weights", {}), "rule": study.manifest["rule"]},
        "raters": len({vote.rater for vote in votes}),
        "excluded": [{"rater": rater, "why": why} for rater, why in sorted(excluded.items())],
        "catch": _catch(key, votes),
        "votes": len(pairs),
        "unsure": sum(vote.pick == "unsure" for vote in pairs),
        "left": _left(pairs),
        "one_sided": _one_sided(pairs),
        "median_seconds": _median_seconds(pairs),
        "fast": _fast(pairs),
        **preferences(Ballots.of(pairs, key), resamples, seed),
        "agreement": agreement(pairs),
    }


class Ballots:
    """Decided votes as arrays [n]: rater, image, trial (codes), first, second (numbers of methods), win (1: first).

    first is the method that comes first in `methods`.
    """

    def __init__(self, methods, rater, image, trial, first, second, win):
        self.methods = list(methods)
        columns = (rater, image, trial, first, second, win)
        self.rater, self.image, self.trial, self.first, self.second, self.win = (np.asarray(c, int) for c in columns)

    @classmethod
    def of(cls, votes, key):
        """From `Vote`s on pairs; "not sure" is left out."""
        rows, numbers = [], {}
        for vote in votes:
            trial = key["trials"][vote.trial]
            if vote.pick != "unsure":
                a, b = (key["methods"].index(trial[side]) for side in "ab")
                code = numbers.setdefault(vote.trial, len(numbers))
                rows.append((vote.rater, trial["scene"], code, min(a, b), max(a, b), (vote.pick == "a") == (a < b)))
        return cls(key["methods"], *zip(*rows, strict=True)) if rows else cls(key["methods"], *[[]] * 6)

    def where(self, keep):
        """Those votes only. keep: bool [n]."""
        columns = (self.rater, self.image, self.trial, self.first, self.second, self.win)
        return Ballots(self.methods, *(column[keep] for column in columns))

    def __len__(self):
        return len(self.win)


# -------------------------------------------------------------------- who is left out


def exclusions(study, key, votes):
    """rater → why, by the rule in study.json, fixed before the first vote."""
    rule, decks = study.manifest["rule"], study.manifest["decks"]
    out = {}
    for rater in sorted({vote.rater for vote in votes}):
        cast = [vote for vote in votes if vote.rater == rater]
        failed = sum(_failed(key, vote) for vote in cast)
        share = len(cast) / len(decks[rater // 2 % len(decks)])
        if failed > rule["may_fail"]:
            out[rater] = f"failed {failed} catch trials"
        elif share < rule["least_answered"]:
            out[rater] = f"answered {share:.0%} of the trials"
        elif _too_fast(cast, rule.get("least_seconds")):
            out[rater] = f"took {_median_seconds(cast):.2f} s in the median"
    return out


def _too_fast(votes, least):
    """Whether the median time of votes is below `least` seconds; never where either is not known."""
    median = _median_seconds(votes)
    return None not in (median, least) and median < least


def _failed(key, vote):
    trial = key["trials"][vote.trial]
    return trial["kind"] == "catch" and (vote.pick == "unsure" or trial[vote.pick] != CATCH[0])


def _catch(key, votes):
    seen = [vote for vote in votes if key["trials"][vote.trial]["kind"] == "catch"]
    return {"answered": len(seen), "failed": sum(_failed(key, vote) for vote in seen)}


# -------------------------------------------------------------------- who is preferred


def preferences(ballots, resamples=RESAMPLES, seed=0):
    """Keys "pairs" (each couple of methods), "overall" (each method against all it met) and "bradley_terry"."""
    couples = sorted(set(zip(ballots.first.tolist(), ballots.second.tolist(), strict=True)))
    names = ballots.methods
    pairs = []
    for a, b in couples:
        couple = ballots.where((ballots.first == a) & (ballots.second == b))
        pairs.append({"a": names[a], "b": names[b], **preference(couple, resamples, seed)})
    overall = {name: _overall(ballots, number, resamples, seed) for number, name in enumerate(names)}
    return {
        "pairs": pairs,
        "overall": {name: found for name, found in overall.items() if found},
        "bradley_terry": _strengths(ballots, resamples, seed) if len(names) > 2 and couples else None,
    }


def preference(ballots, resamples=RESAMPLES, seed=0):
    """The share of votes for the first method, with three intervals and two exact tests. ballots: one couple's.

    "bootstrap" is None where all votes agree: every resample would say the same.
    """
    rater, image, win = ballots.rater, ballots.image, ballots.win
    wins, n = int(win.sum()), len(win)
    decided = _majorities(ballots)
    return {
        **{"wins": wins, "n": n, "share": wins / n, "wilson": list(wilson(wins, n)), "p": sign_test(wins, n)},
        "design_effect": statistics.measured_design_effect(rater, image, win),
        "wilson_effective": list(statistics.clustered_wilson(rater, image, win)),
        "bootstrap": list(statistics.two_way_bootstrap(rater, image, win, resamples, seed)) if 0 < wins < n else None,
        "majorities": {"wins": sum(decided), "n": len(decided), "p": sign_test(sum(decided), len(decided))},
    }


def _majorities(ballots):
    """For each pair of pictures, whether most raters chose the first method; a tie decides nothing."""
    balance = np.bincount(ballots.trial, 2 * ballots.win - 1)
    return [bool(value > 0) for value in balance if value]


def _overall(ballots, number, resamples, seed):
    """A method against all others it met; its win is 1."""
    met = ballots.where((ballots.first == number) | (ballots.second == number))
    if not len(met):
        return None
    met.win = np.where(met.first == number, met.win, 1 - met.win)
    return preference(met, resamples, seed)


def _strengths(ballots, resamples, seed):
    m = len(ballots.methods)
    arrays = (ballots.first, ballots.second, ballots.win)
    wins = statistics.count_wins(*arrays, m)
    try:
        strengths = statistics.fit_strengths(wins)
    except ValueError:  # some methods never met, not even over a third
        return None
    counts = statistics.resampled(ballots.rater, ballots.image, resamples, seed)
    ends = statistics.strengths_interval(*arrays, m, counts)
    return {
        "strength": dict(zip(ballots.methods, strengths.tolist(), strict=True)),
        "bootstrap": dict(zip(ballots.methods, ends.tolist(), strict=True)),
        "half_wins_added": not statistics.is_connected(wins),
    }


# -------------------------------------------------------------------- raters


def agreement(votes):
    """How far raters agree on pairs that several saw: Krippendorff's α (nominal) and the share of agreeing couples of
    votes. {"alpha", "same", "pairs"}; None where no pair was decided by two raters. α is None where all chose alike.
    """
    counts = {}
    for vote in votes:
        if vote.pick != "unsure":
            counts.setdefault(vote.trial, [0, 0])["ab".index(vote.pick)] += 1
    table = np.array([row for row in counts.values() if sum(row) > 1])
    if not len(table):
        return None
    n = table.sum(1)
    same = (table * (table - 1)).sum() / (n * (n - 1)).sum()
    both = (table.sum(0) > 0).all()
    alpha = float(krippendorff.alpha(value_counts=table, level_of_measurement="nominal")) if both else None
    return {"alpha": alpha, "same": float(same), "pairs": len(table)}


def _one_sided(votes):
    """[{"rater", "left", "n"}] of those who nearly always chose one side: they may not have looked."""
    found = []
    for rater in sorted({vote.rater for vote in votes}):
        left = [(vote.pick == "a") != vote.mirrored for vote in votes if vote.rater == rater and vote.pick != "unsure"]
        if len(left) >= LEAST_DECIDED and max(np.mean(left), 1 - np.mean(left)) >= ONE_SIDED:
            found.append({"rater": rater, "left": sum(left), "n": len(left)})
    return found


def _left(votes):
    """The share of decided votes for the left side, with its interval: 1/2 where sides do not matter."""
    sides = [(vote.pick == "a") != vote.mirrored for vote in votes if vote.pick != "unsure"]
    return {"share": sum(sides) / len(sides), "wilson": list(wilson(sum(sides), len(sides)))} if sides else None


def _fast(votes):
    """Votes in less than FAST seconds, and the raters most of whose votes are such; None where nobody was timed."""
    timed = [vote for vote in votes if vote.seconds is not None]
    raters = sorted({vote.rater for vote in timed})
    medians = {rater: _median_seconds([vote for vote in timed if vote.rater == rater]) for rater in raters}
    fast = {"below": FAST, "votes": sum(vote.seconds < FAST for vote in timed), "timed": len(timed)}
    return fast | {"raters": [rater for rater in raters if medians[rater] < FAST]} if timed else None


def _median_seconds(votes):
    values = [vote.seconds for vote in votes if vote.seconds is not None]
    return float(np.median(values)) if values else None
