"""Picture files to arrays: decode, convert to RGB, squeeze to a square. Knows no data set."""

import functools
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from spg.conversion import refuse_deep


class DamagedImage(ValueError):
    """A file that is there but cannot be decoded: truncated, empty, or not a picture."""


def open_picture(path):
    """Decode a file completely. Returns a PIL image; raises FileNotFoundError or DamagedImage, naming the file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: fetch it again, or take its frame out of the data set")
    try:
        with path.open("rb") as file:
            picture = Image.open(file)
            picture.load()  # Image.open reads the header only; a truncated file shows here
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # PIL raises SyntaxError for a broken PNG
        raise DamagedImage(f"{path} cannot be decoded ({error}): fetch it again, or delete it and its pair") from error
    return picture


@functools.cache  # once per folder, not once per picture
def _say_converted(folder, mode):
    warnings.warn(f"{folder}: pictures of mode {mode} (grey, palette or alpha) are converted to RGB", stacklevel=4)


def open_rgb(path):
    """Decode a file as RGB; grey, palette and alpha are converted, said once per folder. Returns a PIL image."""
    picture = open_picture(path)
    if picture.mode == "RGB":
        return picture
    refuse_deep(picture, path)
    _say_converted(str(Path(path).parent), picture.mode)
    return picture.convert("RGB")


def read_image(path, size=None):
    """Returns uint8 3×H×W, or 3×size×size when a size is given."""
    picture = open_rgb(path)
    return to_array(picture if size is None else squeeze_picture(picture, size))


def to_array(picture):
    """RGB PIL image -> uint8 3×H×W."""
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))


def squeeze_picture(picture, size):
    """Squeeze a PIL image to size×size by area averaging (bilinear along with any side that grows)."""
    if picture.size == (size, size):
        return picture
    shrinks = min(picture.size) >= size
    return picture.resize((size, size), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR)


def squeeze_labels(labels, size):
    """Squeeze a label map H×W to size×size: each new pixel takes the label at its centre."""
    height, width = labels.shape
    rows, columns = (((np.arange(size) + 0.5) * side / size).astype(int) for side in (height, width))
    return labels[rows[:, None], columns]


def read_ids(path):
    """Read a label PNG of one 8-bit channel (a palette's index counts as the id). Returns uint8 H×W."""
    picture = open_picture(path)
    if picture.mode not in ("L", "P"):
        raise ValueError(f"{path}: label ids are one 8-bit channel, this file is {picture.mode}; see folder:ROOT")
    return np.asarray(picture)
