"""The paper's three PatchGAN discriminators on three scales of the same input, and a discriminator that segments.

Both return a list over scales of lists over layers: the features and, last, the scores. The first is that of
THE_PAPER.md, section 4.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from spg.losses import bounding_boxes, cut


class PatchGAN(nn.Module):
    """4×4 convolutions, stride 2, 2, 2, 1, 1, channels width·(1, 2, 4, 8) and 1, LeakyReLU 0.2.

    Instance normalisation on the middle three and padding 2, as in pix2pixHD [our decision]. N×C×H×W in;
    out: the list of the four layers' features and, last, the map of scores (logits), N×1×h×w.
    """

    def __init__(self, in_channels, width=64):
        super().__init__()
        widths = [in_channels, width, 2 * width, 4 * width, 8 * width]
        self.layers = nn.ModuleList(
            self._layer(widths[i], widths[i + 1], stride, normalise=i > 0) for i, stride in enumerate((2, 2, 2, 1))
        )
        self.score = nn.Conv2d(widths[-1], 1, 4, padding=2)

    @staticmethod
    def _layer(c_in, c_out, stride, normalise):
        norm = [nn.InstanceNorm2d(c_out)] if normalise else []
        return nn.Sequential(nn.Conv2d(c_in, c_out, 4, stride, 2), *norm, nn.LeakyReLU(0.2))

    def forward(self, x):
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return [*features, self.score(x)]


class MultiScaleDiscriminator(nn.Module):
    """One PatchGAN on the input at full, 1/2 and 1/4 size: k = 1..scales, coarser as k grows.

    N×C×H×W in; out: per scale PatchGAN's list, scores last. Halving by 3×3 average pooling, as in pix2pixHD.
    """

    def __init__(self, in_channels, width=64, scales=3):
        super().__init__()
        self.scales = nn.ModuleList(PatchGAN(in_channels, width) for _ in range(scales))

    def forward(self, x):
        outputs = []
        for k, discriminator in enumerate(self.scales):
            if k:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            outputs.append(discriminator(x))
        return outputs


def window(x, hole):
    """Cut half the picture's height and width (rounded up) out of x, around the hole. N×C×H×W → N×C×⌈H/2⌉×⌈W/2⌉.

    Centred on the bounding box of the hole (N×1×H×W, 1 = missing) and shifted inside the picture, so that it holds
    all of a hole of the paper's, whose sides are at most half the picture's [our decision; GL and GFC use one fixed
    size for one fixed picture size]. Raises ValueError if a hole is empty.
    """
    sides = [-(-n // 2) for n in x.shape[-2:]]
    boxes = bounding_boxes(hole).long()
    corners = (boxes[:, :2] + boxes[:, 2:] + 1 - boxes.new_tensor(sides)) // 2
    last = boxes.new_tensor(x.shape[-2:]) - boxes.new_tensor(sides)
    return cut(x, corners.clamp_min(0).minimum(last), sides)


class SegmentingDiscriminator(nn.Module):
    """Gives every pixel one of C classes or the class *painted*: a small U-Net with spectral normalisation.

    After OASIS (Schönfeld, Sushko et al., "You Only Need Adversarial Supervision for Semantic Image Synthesis", ICLR
    2021); for SPG-Net+ [our decision]. It sees the picture N×3×H×W alone, no layout: the layout is what it is to find.
    Out: one list, the features of nine layers and, last, logits N×(C+1)×H×W, *painted* being class C. Its outermost
    level has half of `width` channels: enough to see speckle, which a smaller map would average away. The innermost
    one, at a sixteenth of the size, sees a whole car at once, which texture alone does not make.
    """

    def __init__(self, classes=8, width=32):
        super().__init__()
        widths = [width // 2, width, 2 * width, 4 * width, 4 * width]
        self.stem = _normed(3, widths[0], 3, 1)
        self.down = nn.ModuleList(_normed(a, b, 4, 2) for a, b in pairwise(widths))
        self.middle = _normed(widths[-1], widths[-1], 3, 1)
        self.up = nn.ModuleList(_normed(b + a, a, 3, 1) for a, b in list(pairwise(widths))[::-1])
        self.score = nn.Conv2d(widths[0], classes + 1, 1)

    def forward(self, x):
        features = [F.leaky_relu(self.stem(x), 0.2)]
        for layer in self.down:
            features.append(F.leaky_relu(layer(features[-1]), 0.2))
        skips = features[-2::-1]
        features[-1] = x = F.leaky_relu(self.middle(features[-1]), 0.2)
        for layer, skip in zip(self.up, skips, strict=True):
            x = torch.cat([F.interpolate(x, size=skip.shape[-2:], mode="nearest"), skip], 1)
            features.append(x := F.leaky_relu(layer(x), 0.2))
        return [[*features, self.score(x)]]


def _normed(c_in, c_out, kernel, stride):
    """A convolution whose largest gain is held at 1 (Miyato et al. 2018), so that it cannot run ahead of G."""
    return spectral_norm(nn.Conv2d(c_in, c_out, kernel, stride, 1))
