"""Does a segmenter find in a picture what its layout asks for? `recognised` of a result, `obeyed` of `spg variants`."""

import numpy as np

from spg.evaluation import metrics
from spg.labels import CLASSES, PERSON, SIGN, VEGETATION, VEHICLE, check_labels

LISTED = (VEHICLE, PERSON, VEGETATION, SIGN)  # listed class by class: objects, and what can be painted as one


def seen(segment, picture):
    """What a segmenter sees in a complete picture (uint8 3×H×W): labels uint8 H×W.

    segment: label(picture, hole) → uint8 H×W. It takes a hole of at least a pixel, as in its training: the last one,
    at the lower right.
    """
    hole = np.zeros(picture.shape[1:], np.uint8)
    hole[-1, -1] = 1
    return check_labels(segment(picture, hole), "the segmenter's labels")


def share(found, asked, where):
    """Share of the pixels where `where` (H×W) is 1 in which the class found is the one asked for; NaN without any."""
    inside = np.asarray(where) == 1
    return float((found == asked)[inside].mean()) if inside.any() else float("nan")


def by_class(counts, classes=LISTED):
    """name → [share, low, high] of the pixels that a class was asked for in which it was found; pooled over pictures.

    counts: n×C×C, one confusion a picture, rows the class asked for, columns the one found. The interval is a bootstrap
    over pictures. A class that no picture asks for is left out.
    """
    counts = np.asarray(counts)
    found = {}
    for k in classes:
        asked, right = counts[:, k].sum(1), counts[:, k, k]
        if asked.any():
            found[CLASSES[k]] = [float(right.sum() / asked.sum()), *metrics.ratio_interval(right, asked)]
    return found
