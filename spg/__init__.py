"""SPG-Net, step by step: segmentation prediction and guidance for image inpainting (Song et al., BMVC 2018).

net = spg.load("streets-64")
out = net(image, hole, labels=None)  # hole: 1 = missing
out.image, out.labels
"""

from importlib.metadata import version

from spg.inpainting import Filled, Inpainter
from spg.weights import load

__all__ = ["Filled", "Inpainter", "load"]
__version__ = version("spg-net")
