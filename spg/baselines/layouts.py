"""Two naive ways to complete a label map. A segmentation network has to beat both."""

import numpy as np
from scipy.ndimage import distance_transform_edt  # scipy comes with scikit-image

from spg.holes import check_hole
from spg.labels import MOST, STREET, check_labels


def nearest_known(labels, hole, classes=STREET):
    """Give every missing pixel the class of the nearest known one (Euclidean).

    labels: uint8 H×W, of `classes`, not looked at where hole is 1; hole: H×W, 1 = missing. Returns uint8 H×W.
    """
    labels = check_labels(labels, classes=classes)
    hole = check_hole(hole, labels.shape)
    rows, columns = distance_transform_edt(hole, return_distances=False, return_indices=True)
    return labels[rows, columns]


def row_prior(scenes, limit=None):
    """The most frequent class of every row, counted over a training set's label maps.

    scenes: anything with len() and [i].labels (uint8 H×W, all of one height); limit: count the first
    `limit` only. Returns uint8 [H]; ties go to the lower class number. Raises ValueError if scenes is empty.
    """
    n = len(scenes) if limit is None else min(limit, len(scenes))
    if n == 0:
        raise ValueError("row_prior: no scenes to count; give it the training split")
    counts = sum(_row_counts(scenes[i].labels) for i in range(n))
    return counts.argmax(axis=1).astype(np.uint8)


def _row_counts(labels):
    """uint8 H×W -> int H×64: how often each class occurs in each row; there are no more of any set."""
    rows = np.arange(len(labels))[:, None] * MOST
    return np.bincount((rows + labels).ravel(), minlength=len(labels) * MOST).reshape(-1, MOST)


class RowPrior:
    """Fill a hole with each row's most frequent class. prior: uint8 [H], from `row_prior`."""

    def __init__(self, prior):
        self.prior = np.asarray(prior, np.uint8)

    def __call__(self, labels, hole):
        """labels: uint8 H×W; hole: H×W, 1 = missing. Returns uint8 H×W. ValueError for another height."""
        hole = check_hole(hole, labels.shape)
        if len(self.prior) != len(labels):
            raise ValueError(
                f"the row prior was counted at height {len(self.prior)} but the label map has {len(labels)} rows; "
                "count it on scenes of the same size"
            )
        return np.where(hole, self.prior[:, None], labels).astype(np.uint8)
