"""Your own pictures: ROOT/images/ and ROOT/labels/, a picture and its label map sharing a stem.

Pictures: any format PIL reads. Labels: PNG of class numbers 0..7, or painted in the colours of
`spg.labels.PALETTE`, each pixel exactly. The one folder is all there is, so its splits are drawn by
id: `val` a fixed tenth, `train` the rest, `all` both.
"""

from PIL import Image

from spg.data.frames import by_id, pair
from spg.data.splits import seeded_share
from spg.pictures import read_labels as read_labels

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


def tune(ids):
    """The ids of the part of `train` that chooses settings."""
    return seeded_share(ids, "tune")
