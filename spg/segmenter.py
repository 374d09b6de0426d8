"""DeepLabv3+ on the incomplete picture, so that a photo without labels works, as in the paper.

The paper runs a trained one there, too, and does not train it further [THE_PAPER.md, section 1].
"""

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


class Segmenter(nn.Module):
    """(I0 N×3×H×W, R N×1×H×W) → class probabilities N×classes×H×W, also inside the hole (not used there).

    DeepLabv3+ of segmentation-models-pytorch from random weights (nothing is downloaded); the hole is a fourth
    input channel [our decision]. Any size: padded to a multiple of 16, cropped back.
    """

    stride = 16

    def __init__(self, classes=8, encoder="mobilenet_v2"):
        super().__init__()
        import_torchvision()
        import segmentation_models_pytorch as smp  # imports torchvision: only where it is needed

        try:
            self.net = smp.DeepLabV3Plus(encoder, encoder_weights=None, in_channels=4, classes=classes)
        except KeyError as error:
            raise ValueError(f"unknown encoder {encoder!r} for the segmenter: {error.args[0]}") from error

    def forward(self, i0, hole):
        height, width = i0.shape[-2:]
        x = torch.cat([i0, hole], 1)
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        return self.net(x)[..., :height, :width].softmax(1)


# -------------------------------------------------------------------- torchvision without its compiled part
#
# pip gives torchvision's CUDA wheel beside a CPU build of torch. Its compiled library then does not load, the operators
# it would define are missing, and `import torchvision` stops with "operator torchvision::nms does not exist", although
# this project and segmentation-models-pytorch only need its Python part. Declaring the two operators, without a body,
# is enough.

# The operators torchvision attaches a fake kernel to at import, compiled part or not.
_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared = []  # torch forgets the declarations of a Library that is garbage-collected


def import_torchvision():
    """Import torchvision and return it, with or without its compiled operators.

    Where the compiled part loads, nothing is declared and this is a plain import. Raises ImportError
    if torchvision is not installed.
    """
    if "torchvision" in sys.modules:
        return sys.modules["torchvision"]
    spec = importlib.util.find_spec("torchvision")
    if spec is None:
        raise ImportError("torchvision is not installed: pip install torchvision")
    if not _compiled_part_loads(Path(spec.origin).parent):
        _declare_missing()
    return importlib.import_module("torchvision")


def _compiled_part_loads(folder):
    """Try what torchvision itself will try: load folder/_C.*. Loading it twice does no harm."""
    libraries = [folder / f"_C{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]
    for library in filter(Path.exists, libraries):
        try:
            torch.ops.load_library(str(library))
            return True
        except OSError:
            return False
    return False


def _declare_missing():
    # FRAGMENT, because only one DEF may exist per namespace and it is torchvision's to make.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
