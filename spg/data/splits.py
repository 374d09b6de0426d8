"""The parts a split is divided into, fixed forever: who is in which part depends on the ids alone.

Every data set's `train` is divided into `fit` (to train on while choosing settings) and `tune` (to choose
them by), so that `val` is never looked at before the end.
"""

import hashlib
import math

PARTS = ("fit", "tune")  # of train


def seeded_share(ids, name, share=0.1):
    """A fixed, arbitrary `share` of ids, at least one, in their order. name: sets the draws apart."""
    chosen = sorted(ids, key=lambda id: hashlib.sha256(f"{name}/{id}".encode()).digest())
    chosen = set(chosen[: math.ceil(share * len(ids))])
    return [id for id in ids if id in chosen]


def part_of_train(ids, part, tune):
    """Returns the ids of `fit` or `tune`. tune: the data set's function ids -> ids of its tuning part."""
    chosen = set(tune(ids))
    return [id for id in ids if (id in chosen) == (part == "tune")]


def every_tenth(ids):
    """For scenes drawn independently and without end: who is chosen must not depend on how many there are."""
    return ids[9::10]
