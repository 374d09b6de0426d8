"""SPG-Net, step by step: segmentation prediction and guidance for image inpainting (Song et al., BMVC 2018).

>>> net = spg.load("streets-64")
>>> out = net(image, hole, labels=None)  # hole: 1 = missing
>>> out.image, out.labels
"""

from importlib import import_module
from importlib.metadata import version

__version__ = version("spg-net")
__all__ = ["Filled", "Inpainter", "SegmentationEditor", "load"]
_HOMES = {
    "load": "spg.weights",
    "Inpainter": "spg.inpainting",
    "Filled": "spg.inpainting",
    "SegmentationEditor": "spg.editor",
}


def __getattr__(name):
    """Import the names when they are first used, so that `spg --help` need not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spg' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
