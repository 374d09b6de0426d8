"""What every data set hands out, whatever it comes from: scenes, a data set of them, and the parts of `train`.

Every data set's `train` is divided into `fit` (to train on while choosing settings) and `tune` (to choose them by), so
that `val` is never looked at before the end. The parts are fixed: who is in which depends on the ids alone.
"""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from spg.labels import STREET, ClassSet

PARTS = ("fit", "tune")  # of train


class Scene(NamedTuple):
    """image: uint8 3×H×W, RGB. labels: uint8 H×W, class numbers (see `spg.labels`)."""

    image: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Scenes of one split at one size: len(data), data[i] -> Scene (image uint8 3×size×size, labels uint8 size×size).

    name: `streets`, `cityscapes`, `camvid`, `faces` or `folder`; spec, split, size: as given to `open`. ids: one
    name per scene, in a fixed order. scenes: where they are read from, with an ids and an [i] too. classes: what the
    numbers of its label maps mean.
    """

    name: str
    spec: str
    split: str
    size: int
    ids: list
    scenes: Any = field(repr=False)
    classes: ClassSet = field(default=STREET, repr=False)

    def __post_init__(self):
        row_of = {id: row for row, id in enumerate(self.scenes.ids)}
        object.__setattr__(self, "ids", [id for id in self.ids if id in row_of])  # a cache leaves out damaged frames
        object.__setattr__(self, "_rows", [row_of[id] for id in self.ids])

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        return self.scenes[self._rows[i]]

    @property
    def images(self):
        """All pictures, uint8 N×3×size×size; a cached data set has them."""
        return self.scenes.images[self._rows]

    @property
    def labels(self):
        """All label maps, uint8 N×size×size."""
        return self.scenes.labels[self._rows]


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
    """Every tenth id. For scenes drawn without end: who is chosen must not depend on how many there are."""
    return ids[9::10]
