"""Your own pictures: ROOT/images/ and ROOT/labels/, a picture and its label map sharing a stem.

Pictures: any format PIL reads. Labels: PNG of class numbers 0..7, or painted in the colours of
`spg.labels.PALETTE`, each pixel exactly. The one folder is all there is, so its splits are drawn by
id: `val` a fixed tenth, `train` the rest, `all` both.
"""

import numpy as np
from PIL import Image

from spg.data.frames import by_id, pair
from spg.data.pictures import open_picture
from spg.data.splits import seeded_share
from spg.labels import CLASSES, PALETTE, check_labels

SPLITS = ("all", "train", "val")
REMEDY = "a folder data set is folder:ROOT with ROOT/images/ and ROOT/labels/ (PNG, same stems)"


def find(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError naming pictures without labels."""
    Image.init()  # fills Image.EXTENSION
    images = [p for p in (root / "images").glob("*") if p.suffix.lower() in Image.EXTENSION]
    labels = [p for p in (root / "labels").glob("*") if p.suffix.lower() == ".png"]
    frames = pair(by_id(images, lambda p: p.stem), by_id(labels, lambda p: p.stem), where=f"folder {root}")
    val = set(seeded_share([frame.id for frame in frames], "val"))
    return [frame for frame in frames if split == "all" or (frame.id in val) == (split == "val")]


def read_labels(path):
    """Label PNG of class numbers or of palette colours -> uint8 H×W in 0..7."""
    picture = open_picture(path)
    if picture.mode in ("RGB", "RGBA"):
        return _from_colours(picture, path)
    if picture.mode == "P":  # an index means a class, unless the colours say that it was painted
        try:
            return _from_colours(picture, path)
        except ValueError:
            pass
    return check_labels(np.asarray(picture).astype(np.int64), where=path)


def _from_colours(picture, path):
    """Each pixel's class by its exact colour, or ValueError naming the first colour that is none."""
    colours = np.asarray(picture.convert("RGB")).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    codes = PALETTE.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    order = np.argsort(codes)
    nearest = order[np.searchsorted(codes, colours, sorter=order).clip(max=len(codes) - 1)]
    strange = codes[nearest] != colours
    if strange.any():
        code = int(colours[strange][0])
        raise ValueError(
            f"{path}: colour {(code >> 16, code >> 8 & 255, code & 255)} is no class; paint labels without smoothing "
            f"in the colours of spg.labels.PALETTE, or store class numbers 0..{len(CLASSES) - 1}"
        )
    return nearest.astype(np.uint8)


def tune(ids):
    """The ids of the part of `train` that chooses settings."""
    return seeded_share(ids, "tune")
