"""What every data set hands out: a picture and its label map."""

from typing import NamedTuple

import numpy as np


class Scene(NamedTuple):
    """image: uint8 3×H×W, RGB. labels: uint8 H×W, classes 0..7 (see `spg.labels`)."""

    image: np.ndarray
    labels: np.ndarray
