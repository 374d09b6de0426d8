"""Diffusion fills: colours flow from the hole's rim inwards, no texture, no learning.

Telea: A. Telea, An image inpainting technique based on the fast marching method, 2004. Navier–Stokes:
M. Bertalmio et al., Navier–Stokes, fluid dynamics, and image and video inpainting, 2001. Both OpenCV's.
"""

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt  # scipy comes with scikit-image

from spg.holes import check_hole

RADIUS = 3  # pixels around a point that decide its colour; OpenCV's customary value [our decision]


def telea(image, hole, radius=RADIUS):
    """Fill by fast marching. image: uint8 3×H×W; hole: H×W, 1 = missing. Returns uint8 3×H×W."""
    return _fill(image, hole, radius, cv2.INPAINT_TELEA)


def ns(image, hole, radius=RADIUS):
    """Fill by Navier–Stokes flow. image: uint8 3×H×W; hole: H×W, 1 = missing. Returns uint8 3×H×W."""
    return _fill(image, hole, radius, cv2.INPAINT_NS)


def _fill(image, hole, radius, method):
    hole = check_hole(hole, image.shape[1:])
    # Where a hole touches the picture's edge OpenCV reads colours from under it: let it find the nearest known ones.
    rows, columns = distance_transform_edt(hole, return_distances=False, return_indices=True)
    pixels = np.ascontiguousarray(image[:, rows, columns].transpose(1, 2, 0))
    filled = cv2.inpaint(pixels, hole, radius, method).transpose(2, 0, 1)
    return np.where(hole, filled, image)  # I0 + R·I_R: known pixels are not the method's business
