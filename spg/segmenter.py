"""DeepLabv3+ on the incomplete picture, so that a photo without labels works, as in the paper.

The paper runs a trained one there, too, and does not train it further [THE_PAPER.md, section 1].
"""

import torch
import torch.nn.functional as F
from torch import nn

from spg.engine.torchvision_shim import import_safely


class Segmenter(nn.Module):
    """(I0 N×3×H×W, R N×1×H×W) → class probabilities N×classes×H×W, also inside the hole (not used there).

    DeepLabv3+ of segmentation-models-pytorch from random weights (nothing is downloaded); the hole is a fourth
    input channel [our decision]. Any size: padded to a multiple of 16, cropped back.
    """

    stride = 16

    def __init__(self, classes=8, encoder="mobilenet_v2"):
        super().__init__()
        import_safely()
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
