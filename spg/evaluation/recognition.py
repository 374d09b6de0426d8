"""Does a segmenter find in a picture what its layout asks for? `recognised` of a result, `obeyed` of `spg variants`."""

import numpy as np

from spg.evaluation import metrics
from spg.labels import STREET, check_labels


def seen(segment, picture, classes=STREET):
    """What a segmenter sees in a complete picture (uint8 3×H×W): labels uint8 H×W.

    segment: label(picture, hole) → uint8 H×W, numbers of `classes`. It takes a hole of at least a pixel, as in its
    training: the last one, at the lower right.
    """
    hole = np.zeros(picture.shape[1:], np.uint8)
    hole[-1, -1] = 1
    return check_labels(segment(picture, hole), "the segmenter's labels", classes=classes)


def share(found, asked, where):
    """Share of the pixels where `where` (H×W) is 1 in which the class found is the one asked for; NaN without any."""
    inside = np.asarray(where) == 1
    return float((found == asked)[inside].mean()) if inside.any() else float("nan")


def by_class(counts, classes=STREET):
    """name → [share, low, high] of the pixels that a class was asked for in which it was found; pooled over pictures.

    counts: n×C×C, one confusion a picture, rows the class asked for, columns the one found. The interval is a bootstrap
    over pictures. Those that the set lists; a class that no picture asks for is left out.
    """
    counts = np.asarray(counts)
    found = {}
    for k in classes.listed:
        asked, right = counts[:, k].sum(1), counts[:, k, k]
        if asked.any():
            found[classes.names[k]] = [float(right.sum() / asked.sum()), *metrics.ratio_interval(right, asked)]
    return found
