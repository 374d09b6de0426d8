"""Frames: pairs of a picture file and a label file, and the reader that decodes them one by one."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from spg.data.scene import Scene
from spg.labels import CAMVID_TABLE, CITYSCAPES_TABLE, PALETTE
from spg.pictures import open_rgb, squeeze_labels, squeeze_picture, to_array

DECODING = 1  # raise it when the same files would give other bytes: caches of the old number are not used again
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
