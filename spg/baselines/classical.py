"""Classical inpainting, without learning: diffusion from the hole's rim, and patches of the same picture.

Telea: A. Telea, An image inpainting technique based on the fast marching method, 2004. Navier–Stokes:
M. Bertalmio et al., Navier–Stokes, fluid dynamics, and image and video inpainting, 2001. Both OpenCV's: colours flow
inwards, no texture.
PatchMatch: C. Barnes et al., PatchMatch: a randomized correspondence algorithm for structural image editing, SIGGRAPH
2009; the coarse-to-fine filling of the PyPI package PyPatchMatch (MIT). With a layout, it copies from its own class
alone.
"""

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt  # scipy comes with scikit-image

from spg.holes import check_hole
from spg.labels import STREET

ENOUGH = 0.5  # known pixels of a class for each missing one; with fewer, copying is wallpaper [our decision]
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


def default_patch_size(height, width):
    """Radius of the compared patches: 5 from 128 pixels on (THE_PAPER.md, section 9), 3 below."""
    return 5 if min(height, width) >= 128 else 3


def patchmatch(image, hole, patch_size=None, seed=0, usable=None):
    """Fill by patches. image: uint8 3×H×W; hole: H×W, 1 = missing. Returns uint8 3×H×W.

    patch_size: radius, patches are (2·patch_size + 1)² pixels; None: `default_patch_size`. Colours
    under the hole are not looked at. The search is random but starts from `seed`: same input, same
    output. usable: H×W, where known pixels may be compared and copied; None: everywhere. Raises ValueError where no
    pixel may be, ImportError where PyPatchMatch is not installed or its library does not load.
    """
    package = _package()
    hole = check_hole(hole, image.shape[1:])
    package.set_random_seed(seed)
    pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
    patch_size = patch_size or default_patch_size(*hole.shape)
    unused = None if usable is None else _unused(hole, usable)
    filled = package.inpaint(pixels, hole, global_mask=unused, patch_size=patch_size).transpose(2, 0, 1)
    return np.where(hole, filled, image)


def _unused(hole, usable):
    usable = (np.asarray(usable) != 0) & (hole == 0)
    if not usable.any():
        raise ValueError("no known pixel is usable: there is nothing to copy")
    return (~usable & (hole == 0)).astype(np.uint8)


def textured(image, hole, labels, classes=STREET, only=None, seed=0):
    """Fill by patches of the same class: PatchMatch, guided by a layout. Returns uint8 3×H×W.

    image: uint8 3×H×W; hole: H×W, 1 = missing; labels: H×W, complete. The missing pixels of a class are made of its
    known ones, and these alone are compared, so no car gets into the sky and borders stay where the layout has them.
    only: the classes to be filled; None: those that are no objects (road, building, sky): an object is no texture.
    The others stay as `image` has them, and so does a class with less than `ENOUGH` known pixels for a missing one.
    seed: see `patchmatch`, which also says what is raised.
    """
    hole = check_hole(hole, image.shape[1:])
    for label in set(range(len(classes))).difference(classes.objects) if only is None else only:
        missing, there = (labels == label) & (hole == 1), (labels == label) & (hole == 0)
        if 0 < ENOUGH * missing.sum() <= there.sum():
            image = patchmatch(image, missing.astype(np.uint8), seed=seed, usable=there)
    return image


def available():
    """Whether the package and its compiled library are there."""
    try:
        return bool(_package())
    except ImportError:
        return False


def _package():
    """Import PyPatchMatch only where it is wanted: it loads a compiled library, and has none for Python 3.10."""
    try:
        import patchmatch
    except ImportError as error:
        raise ImportError(
            "patchmatch needs the package PyPatchMatch (Python 3.11 or newer): pip install PyPatchMatch, "
            "or go without patches"
        ) from error
    if not patchmatch.patchmatch_available:
        raise ImportError("PyPatchMatch has no compiled library for this machine: go without patches")
    return patchmatch
