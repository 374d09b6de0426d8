"""The object that `spg.data.open` returns, whatever the data come from."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Dataset:
    """Scenes of one split at one size: len(data), data[i] -> Scene (image uint8 3×size×size, labels uint8 size×size).

    name: `streets`, `cityscapes`, `camvid` or `folder`; spec, split, size: as given to `open`. ids: one name
    per scene, in a fixed order. scenes: where they are read from, with ids and [i] of its own.
    """

    name: str
    spec: str
    split: str
    size: int
    ids: list
    scenes: Any = field(repr=False)

    def __post_init__(self):
        row_of = {id: row for row, id in enumerate(self.scenes.ids)}
        object.__setattr__(self, "ids", [id for id in self.ids if id in row_of])  # a cache leaves out damaged frames
        object.__setattr__(self, "_rows", [row_of[id] for id in self.ids])

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        return self.scenes[self._rows[i]]
