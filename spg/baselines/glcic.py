"""GL: globally and locally consistent image completion (Iizuka et al., SIGGRAPH 2017), in our words.

Layers as in THE_PAPER.md, section 9; every width is scaled by width/64, so that width=64 is the paper's net.
GL's optional post-processing (Telea's fill, then a Poisson blend) is left out [our decision].
"""

import torch
import torch.nn.functional as F
from torch import nn

from spg.discriminators import window
from spg.generators import complete, convolution
from spg.tasks import Task

DILATIONS = (2, 4, 8, 16)
CELLS = 4  # side of the map before the discriminator's fully connected layers, the paper's at 256 px


def deconvolution(c_in, c_out):
    """Double the size with a 4×4 transposed convolution → batch normalisation → ReLU."""
    up = nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(up, nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


class GLCompletion(nn.Module):
    """The completion net: (I0, R) → I_R, colours N×3×H×W in [-1, 1]; S is ignored and may be None.

    Two halvings to 1/4, six 3×3 convolutions of which four dilated 2, 4, 8, 16, two doublings; batch normalisation
    and ReLU after every convolution but the last. It ends in tanh, GL's sigmoid on our range. Any size: padded to a
    multiple of 4, the output cropped back. The missing pixels are 0, mid-grey; GL puts the data set's mean colour
    there [our decision].
    """

    stride = 4
    guided = False  # takes no label map

    def __init__(self, width=64):
        super().__init__()
        w = width
        self.net = nn.Sequential(
            convolution(4, w, 5),
            convolution(w, 2 * w, 3, stride=2),
            convolution(2 * w, 2 * w, 3),
            convolution(2 * w, 4 * w, 3, stride=2),
            *(convolution(4 * w, 4 * w, 3) for _ in range(2)),
            *(convolution(4 * w, 4 * w, 3, dilation=d) for d in DILATIONS),
            *(convolution(4 * w, 4 * w, 3) for _ in range(2)),
            deconvolution(4 * w, 2 * w),
            convolution(2 * w, 2 * w, 3),
            deconvolution(2 * w, w),
            convolution(w, w // 2, 3),
            nn.Conv2d(w // 2, 3, 3, padding=1),
        )

    def forward(self, i0, s, hole):
        height, width = i0.shape[-2:]
        x = torch.cat([i0, hole], 1)
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        return self.net(x).tanh()[..., :height, :width]


def critic(widths, out):
    """5×5 stride-2 convolutions of these widths → batch normalisation → ReLU, then fully connected: N×3×h×w → N×out.

    The maps are pooled to 4×4 cells before the fully connected layer: nothing changes at the paper's 256 px, and
    one net serves every size of a progressive training [our decision].
    """
    layers = [convolution(a, b, 5, stride=2) for a, b in zip([3, *widths], widths, strict=False)]
    flat = [nn.AdaptiveAvgPool2d(CELLS), nn.Flatten(), nn.Linear(widths[-1] * CELLS**2, out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *flat)


class GLDiscriminator(nn.Module):
    """Local critic on the hole's window, global critic on the picture, joined into one score (a logit).

    N×4×H×W (candidate picture, then the hole R, which only says where the window is) → [[score]], score N×1: the
    form of `spg.discriminators`, one scale, no features. Widths width·(1, 2, 4, 8, 8) → 16·width for the window,
    width·(1, 2, 4, 8, 8, 8) → 16·width for the picture, which GL shrinks first where it is larger than 256 px.
    """

    def __init__(self, width=64):
        super().__init__()
        widths = [width * k for k in (1, 2, 4, 8, 8, 8)]
        self.local_critic, self.global_critic = critic(widths[:5], 16 * width), critic(widths, 16 * width)
        self.score = nn.Linear(32 * width, 1)

    def forward(self, x):
        image, hole = x[:, :3], x[:, 3:]
        seen = [self.local_critic(window(image, hole)), self.global_critic(image)]
        return [[self.score(torch.cat(seen, 1))]]


# -------------------------------------------------------------------- what it is trained on


def hole_mse(i_r, image, hole):
    """Mean over the batch of Σ R·(I_R − I)² / (3·Σ R), colours taken in [0, 1] as GL does, so that its 4e-4 fits.

    i_r, image: N×3×H×W in [-1, 1]; hole: N×1×H×W, 1 = missing. Each picture weighs the same [our decision].
    """
    square = ((i_r - image) / 2).square().mean(1, keepdim=True)
    return ((hole * square).sum((1, 2, 3)) / hole.sum((1, 2, 3))).mean()


class GLCIC(Task):
    """GL: (I0, R) → I_R; its discriminator sees the filled picture and the hole's window of it."""

    adversarial = "log"  # GL's binary cross-entropy
    weights = {"adv": 4e-4, "feature": 0.0}  # noqa: RUF012, read only
    labelled = False
    phases = (0.18, 0.20)  # completion net alone, then its discriminator alone, then both

    @property
    def reads(self):
        return super().reads | {"width"}

    def generator(self, profile, design):
        return GLCompletion(profile.width)  # the same at every size: it does not grow

    def discriminator(self, profile):
        return GLDiscriminator(profile.width)

    def generate(self, net, b):
        return net(b.i0, None, b.hole)

    def discriminator_inputs(self, b, i_r):
        """What D compares: the true picture and the filled one, each with the hole that places the window."""
        return [torch.cat([i, b.hole], 1) for i in (b.image, complete(b.i0, i_r, b.hole))]

    def loss_terms(self, b, i_r):
        """Loss terms of this model's own, already weighted."""
        return {"mse": hole_mse(i_r, b.image, b.hole)}

    def preview(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)
