"""Data: one contract for drawn and real scenes. `open` is all that training and evaluation need."""

from spg.data.cache import cached
from spg.data.contract import PARTS, Dataset, Scene
from spg.data.frames import Selection, digest
from spg.data.report import check
from spg.data.sources import classes_of_spec, files, parse, root, whole_split

__all__ = ["Dataset", "Scene", "check", "classes_of_spec", "files", "open", "root"]


def open(spec, split, size, limit=None, cache=True):
    """Open a data set: len(data), data[i] -> Scene(image uint8 3×size×size, labels uint8 size×size).

    spec: `streets` (drawn, needs nothing), `cityscapes[:ROOT]`, `camvid[:ROOT]`, `faces[:ROOT]` or
    `folder:ROOT` (images/ and labels/); without ROOT it is $SPG_DATA/<name>. split: `train`, `val`, ... of that
    data set, or `fit` and `tune`, the fixed parts of `train` to choose settings with. size: side in pixels; frames are
    squeezed. limit: only the first so many scenes. cache: decode once into a memory map (see `spg.data.cache`), or
    at each access. Raises ValueError or FileNotFoundError, naming the thing and the remedy.
    """
    _check_numbers(size, limit)
    source = parse(spec)
    whole = whole_split(source, split)
    reader = source.reader(whole, size, None if limit is None else limit * (10 if split in PARTS else 1))
    ids = source.select(reader.ids, split)[:limit]
    if not ids:
        raise ValueError(f"{spec}: the split {split!r} holds no scene (of {len(reader)} in {whole!r})")
    if limit is not None:
        reader = Selection(reader, ids, digest([reader.fingerprint(), ids]))
    scenes = cached(reader, source.name, whole, size, drawn=source.root is None) if cache else reader
    return Dataset(source.name, spec, split, size, ids, scenes, source.classes)


def _check_numbers(size, limit):
    for what, number in (("size", size), ("limit", 1 if limit is None else limit)):
        if number != int(number) or number < 1:
            raise ValueError(f"{what} must be a whole number of at least 1, got {number}")
