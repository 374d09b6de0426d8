"""From a spec such as `cityscapes:ROOT` to what reads it. The specs are the project's: see `spg.data.open`."""

import contextlib
import functools
import os
from pathlib import Path
from typing import NamedTuple

from spg.data.contract import PARTS, every_tenth, part_of_train
from spg.data.frames import TREES, FrameReader, Selection, digest
from spg.engine import places
from spg.labels import STREET

NAMES = ("streets", *TREES)
STREETS_SPLITS = ("train", "val", "test")
SPECS = "streets, cityscapes[:ROOT], camvid[:ROOT], folder:ROOT, faces[:ROOT]"


class Source(NamedTuple):
    """A parsed spec. name: one of NAMES. root: the folder it lies in, None for `streets`."""

    name: str
    root: Path | None

    @property
    def splits(self):
        """Names of the splits, without the parts `fit` and `tune` that `train` is divided into."""
        return STREETS_SPLITS if self.root is None else TREES[self.name].splits

    @property
    def classes(self):
        """The `ClassSet` of its label maps. Raises ValueError for a classes.json that makes none."""
        return STREET if self.root is None else TREES[self.name].classes(self.root)

    def reader(self, split, size, n=None):
        """Returns the plain reader of a whole split: ids, [i] -> Scene, fingerprint(). n: scenes of `streets`."""
        if self.root is None:
            return _read_streets(split, size, n)
        tree = TREES[self.name]
        if not self.root.is_dir():
            raise FileNotFoundError(f"{self.name}: there is no folder {self.root}; {tree.remedy}")
        try:
            read = functools.partial(tree.read_labels, classes=self.classes)
            return FrameReader(tree.find(self.root, split), size, read, self.classes)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error}; {tree.remedy}") from None

    def select(self, ids, split):
        """The ids of a split or of a part of `train`. ids: those of the split that `whole_split` names."""
        tune = every_tenth if self.root is None else TREES[self.name].tune
        return part_of_train(ids, split, tune) if split in PARTS else ids


def parse(spec):
    """Returns the Source of a spec. Raises ValueError for an unknown one, or one whose ROOT is needed and not known."""
    name, _, root = spec.partition(":")
    if name not in NAMES:
        raise ValueError(f"unknown data set {spec!r}; known: {SPECS}")
    if name == "streets":
        if root:
            raise ValueError(f"{spec!r}: streets are drawn, not read, and take no ROOT; say just streets")
        return Source(name, None)
    if not root:
        root = _default_root(name)
    return Source(name, places.expanded(root))


def files(spec):
    """Every file that a data set is read from, which no result may replace; none of drawn scenes. Raises as `parse`."""
    source = parse(spec)
    for split in source.splits if source.root else ():
        with contextlib.suppress(FileNotFoundError):  # a split that is not there
            for frame in TREES[source.name].find(source.root, split):
                yield from frame.files()
    if source.root:
        yield source.root / "classes.json"


def root(spec):
    """The folder that a data set lies in, None of drawn scenes. Raises as `parse`."""
    return parse(spec).root


def classes_of_spec(spec):
    """The class set of a data set, which need not be opened for that. Raises ValueError as `parse` does."""
    return parse(spec).classes


def _default_root(name):
    if name == "folder":
        raise ValueError("folder needs a ROOT that holds images/ and labels/: say folder:ROOT")
    if not os.environ.get("SPG_DATA"):
        raise ValueError(f"where is {name}? Say {name}:ROOT, or set SPG_DATA to the folder that holds {name}/")
    return Path(os.environ["SPG_DATA"]) / name


def whole_split(source, split):
    """The split a name belongs to: `train` for its parts. Raises ValueError for a name the data set does not have."""
    known = [*source.splits, *PARTS]
    if split not in known:
        raise ValueError(f"{source.name} has no split {split!r}; it has {', '.join(known)}")
    return "train" if split in PARTS else split


def _read_streets(split, size, n):
    from spg.data import streets  # much code: read it only when it is asked for

    scenes = streets.Streets(size=size, split=split, **({} if n is None else {"n": n}))
    return Selection(scenes, scenes.ids, digest(["streets", streets.version, split, size, len(scenes.ids)]))
