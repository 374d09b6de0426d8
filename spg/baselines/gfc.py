"""GFC: generative face completion (Li et al., CVPR 2017), in our words and made to serve every picture size.

Layers as in THE_PAPER.md, section 9; every width is scaled by width/64.
"""

import torch
import torch.nn.functional as F
from torch import nn

from spg.discriminators import window
from spg.generators import convolution

STAGES = (1, 2, 4, 8)  # VGG's 64, 128, 256, 512 at width 64
DILATIONS = (2, 4)
CELLS = 4  # side of the map under a discriminator's last convolution, GFC's for its 64 px window


def pair(c_in, c_between, c_out):
    """VGG's two 3×3 convolutions, each with batch normalisation and ReLU."""
    return convolution(c_in, c_between, 3), convolution(c_between, c_out, 3)


class GFCGenerator(nn.Module):
    """The encoder-decoder: (I0, R) → I_R, colours N×3×H×W in [-1, 1] (tanh); S is ignored and may be None.

    Four times two 3×3 convolutions and a 2×2 max pooling, widths width·(1, 2, 4, 8); two dilated 3×3 convolutions
    where GFC has a fully connected layer, which would fix the size; the same stages mirrored, with nearest-neighbour
    up-sampling for unpooling. Batch normalisation, which GFC can do without as it starts from VGG's weights, and the
    hole as a fourth input channel (GFC fills it with noise) [all of these our decision]. Any size: padded to a
    multiple of 16, the output cropped back.
    """

    stride = 2 ** len(STAGES)
    guided = False  # takes no label map

    def __init__(self, width=64):
        super().__init__()
        w = [width * k for k in STAGES]
        down, up = zip([4, *w], w, strict=False), zip(w[::-1], [*w[-2::-1], w[0]], strict=True)
        self.encoder = nn.Sequential(*(nn.Sequential(*pair(a, b, b), nn.MaxPool2d(2)) for a, b in down))
        self.middle = nn.Sequential(*(convolution(w[-1], w[-1], 3, dilation=d) for d in DILATIONS))
        self.decoder = nn.Sequential(*(nn.Sequential(nn.Upsample(scale_factor=2), *pair(a, a, b)) for a, b in up))
        self.out = nn.Conv2d(w[0], 3, 3, padding=1)

    def forward(self, i0, s, hole):
        height, width = i0.shape[-2:]
        x = torch.cat([i0, hole], 1)
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        return self.out(self.decoder(self.middle(self.encoder(x)))).tanh()[..., :height, :width]


def critic(widths):
    """4×4 stride-2 convolutions of these widths, LeakyReLU 0.2, and a 4×4 convolution to one score: N×3×h×w → N×1.

    DCGAN's layers, without normalisation as in GFC's released nets. The maps are pooled to 4×4 cells before the last
    one, so that one net serves every size of a progressive training [our decision].
    """
    pairs = zip([3, *widths], widths, strict=False)
    layers = [nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)) for a, b in pairs]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(CELLS), nn.Conv2d(widths[-1], 1, CELLS), nn.Flatten())


class GFCDiscriminators(nn.Module):
    """Two critics that never meet: of the hole's window (four halvings) and of the picture (five).

    N×4×H×W (candidate picture, then the hole R, which only says where the window is) → [[local], [global]], scores
    N×1 (logits): the form of `spg.discriminators`, two "scales" without features.
    """

    def __init__(self, width=64):
        super().__init__()
        widths = [width * k for k in (*STAGES, STAGES[-1])]
        self.local_critic, self.global_critic = critic(widths[:-1]), critic(widths)

    def forward(self, x):
        image, hole = x[:, :3], x[:, 3:]
        return [[self.local_critic(window(image, hole))], [self.global_critic(image)]]
