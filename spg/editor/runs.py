"""Maps as runs, for JSON: [value, count, value, count, …] in reading order."""

import numpy as np


def encode(array):
    """uint8 H×W → list of whole numbers."""
    flat = array.ravel()
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    counts = np.diff(np.r_[starts, flat.size])
    return np.stack([flat[starts].astype(np.int64), counts], 1).ravel().tolist()


def decode(runs, shape, what="map"):
    """The inverse. Raises ValueError naming `what` when the runs do not make a uint8 map of this shape."""
    try:
        pairs = np.asarray(runs, np.int64).reshape(-1, 2)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{what}: not a list [value, count, value, count, …] of whole numbers") from error
    values, counts = pairs.T
    if (counts < 1).any() or counts.sum() != shape[0] * shape[1] or (values < 0).any() or (values > 255).any():
        raise ValueError(f"{what}: the runs hold {counts.sum()} pixels, the picture has {shape[0] * shape[1]}")
    return np.repeat(values.astype(np.uint8), counts).reshape(shape)
