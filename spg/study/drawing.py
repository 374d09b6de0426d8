"""Which two fillings of which scene are shown: balanced, and fixed by a seed."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

CATCH = ("truth", "noise")  # what a catch trial shows instead of two methods


class Trial(NamedTuple):
    """A comparison of the fillings a and b (names of methods, or CATCH) of scene number `scene`."""

    scene: int
    a: str
    b: str


def couples(methods, focus=None):
    """All pairs of methods, or those with the one in focus. Raises ValueError for an unknown focus or fewer than 2."""
    if len(methods) < 2:
        raise ValueError(f"a comparison needs two methods at least, got {', '.join(methods) or 'none'}")
    if focus is not None and focus not in methods:
        raise ValueError(f"focus {focus!r} is none of the methods: {', '.join(methods)}")
    return [pair for pair in combinations(methods, 2) if focus in (None, *pair)]


def draw(methods, scenes, pairs, catch, seed, focus=None, differ=lambda scene, a, b: True):
    """(pairs `Trial`s of two methods, catch `Trial`s). The pairs go round all couples, so their numbers differ by one
    at most; a scene comes back only when all others have been as often; of a couple's trials half show a first.

    scenes: how many there are. differ(scene, a, b): whether the two pictures differ; where they do not, another
    scene is taken. Raises ValueError, saying how many pairs there could be, when there are not enough scenes.
    """
    rng = np.random.default_rng(seed)
    scene_order, uses = rng.permutation(scenes), np.zeros(scenes, int)
    left = {couple: list(scene_order) for couple in couples(methods, focus)}
    trials = []
    for number in range(pairs):
        couple = list(left)[number % len(left)]
        scene = _take(left[couple], uses, lambda scene, couple=couple: differ(scene, *couple))
        if scene is None:
            raise ValueError(
                f"{scenes} scenes are not enough for {pairs} pairs of {' and '.join(couple)} and the like: "
                f"{len(left)} couples of methods, each once a scene, less those whose pictures are alike"
            )
        trials.append(Trial(int(scene), *couple))
    return _swap_half(trials, rng), _swap_half([_catch(scene_order, uses) for _ in range(catch)], rng)


def _take(scenes, uses, fits):
    """Remove and return the first of the least used scenes that fits; None where none does."""
    for scene in sorted(scenes, key=lambda scene: uses[scene]):
        scenes.remove(scene)
        if fits(scene):
            uses[scene] += 1
            return scene
    return None


def _catch(scene_order, uses):
    scene = min(scene_order, key=lambda scene: uses[scene])
    uses[scene] += 1
    return Trial(int(scene), *CATCH)


def _swap_half(trials, rng):
    """Of every two trials of a couple, one at random shows b first."""
    coins = {}
    for number, trial in enumerate(trials):
        pending = coins.setdefault(frozenset(trial[1:]), [])
        if not pending:
            pending.extend(rng.permutation(2))
        if pending.pop():
            trials[number] = Trial(trial.scene, trial.b, trial.a)
    return trials


def deal(trials, catch, per_rater=None):
    """Decks: lists of trials, each of at most per_rater pairs and all catch trials, in no order yet. None: one deck."""
    size = per_rater or len(trials)
    return [[*trials[start : start + size], *catch] for start in range(0, len(trials), size)]
