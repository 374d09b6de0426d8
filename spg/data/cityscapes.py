"""Cityscapes (Cordts et al. 2016) in its official tree, at any resolution, PNG or JPEG pictures.

    ROOT/leftImg8bit/<split>/<city>/<id>_leftImg8bit.png|jpg
    ROOT/gtFine/<split>/<city>/<id>_gtFine_labelIds.png

The labels of its `test` split are not public, so only `train` and `val` are read; the paper tests on `val`
[PAPER.md, Data]. Licence: non-commercial research, from www.cityscapes-dataset.com after registration.
"""

from spg.data.frames import by_id, pair
from spg.labels import CITYSCAPES_TABLE, group_ids
from spg.pictures import read_ids

SPLITS = ("train", "val")
REMEDY = (
    "unpack leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip of www.cityscapes-dataset.com (free registration)"
    " there, or name another folder as cityscapes:ROOT"
)
# Whole cities, so that no street is in both parts: 94 + 109 = 203 of the 2,975 train frames [our decision].
TUNE_CITIES = ("monchengladbach", "erfurt")

_IMAGE, _LABELS = "_leftImg8bit", "_gtFine_labelIds"


def find(root, split):
    """List a split's frames in the order of their ids. Raises FileNotFoundError if a part of the tree is missing."""
    images = [p for p in root.glob(f"leftImg8bit/{split}/*/*{_IMAGE}.*") if p.suffix in (".png", ".jpg")]
    labels = root.glob(f"gtFine/{split}/*/*{_LABELS}.png")
    return pair(
        by_id(images, lambda p: p.stem.removesuffix(_IMAGE)),
        by_id(labels, lambda p: p.stem.removesuffix(_LABELS)),
        where=f"cityscapes {split} in {root}",
    )


def read_labels(path):
    """labelIds PNG -> uint8 H×W in 0..7."""
    return group_ids(read_ids(path), CITYSCAPES_TABLE, where=path)


def tune(ids):
    """The ids of the part of `train` that chooses settings."""
    return [id for id in ids if id.split("_")[0] in TUNE_CITIES]
