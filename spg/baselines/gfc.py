"""GFC: generative face completion (Li et al., CVPR 2017), in our words and made to serve every picture size.

Layers as in THE_PAPER.md, section 9; every width is scaled by width/64.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from spg import losses
from spg.discriminators import window
from spg.engine import checkpoints, shipped
from spg.generators import complete, convolution
from spg.labels import STREET, recorded, refuse_other_set
from spg.segmenter import Segmenter
from spg.tasks import Task

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


# -------------------------------------------------------------------- what it is trained on

# GFC adds up gradients of *sums* over its 128 px picture: ½ Σ of squares for the reconstruction, 300 times each
# score's cross-entropy, 0.05 times the parsing's summed over pixels (its released training code). We take means, so
# everything is divided by what multiplies our mean square there: ½·3·128² [our decision].
SUM = 0.5 * 3 * 128**2
ADVERSARIAL, PARSING = 300 / SUM, 0.05 * 128**2 / SUM  # 0.0122 and 0.0333


class Parser(NamedTuple):
    """A frozen segmenter, and the side of the pictures it has learned from."""

    net: Segmenter
    size: int

    def loss(self, filled, s):
        """Mean cross-entropy of the classes seen in Î (N×3×H×W in [-1, 1]) with S (one-hot, N×C×H×W).

        The net is told that nothing is missing. Pictures larger than it knows are shrunk to its size, and S to
        shares of classes [our decision]. Known pixels are given, so the gradient is the filling's alone.
        """
        shrink = min(1.0, self.size / min(s.shape[-2:]))
        shape = [round(n * shrink) for n in s.shape[-2:]]
        filled, s = (F.interpolate(x, size=shape, mode="area") for x in (filled, s))
        nothing, everything = torch.zeros_like(s[:, :1]), torch.ones_like(s[:, :1])
        return losses.hole_cross_entropy(self.net(filled, nothing), s, everything)


def parser(path, classes=STREET):
    """The `Parser` of a segmenter's checkpoint, in eval mode. Raises ValueError where it holds another net.

    classes: the set that it must know.
    """
    tensors, about = checkpoints.load(path)
    if about["model"] != "segmenter":
        raise ValueError(f"parser={str(path)!r} holds a {about['model']!r} net, no segmenter")
    remedy = "train a segmenter on this data and name it, --set parser=FILE"
    refuse_other_set(classes, recorded(about, path), f"parser={str(path)!r}", remedy)
    net = checkpoints.restore(Segmenter(len(classes), about["profile"]["encoder"]), tensors)
    return Parser(net.eval().requires_grad_(False), about["size"])


def nearest_segmenter(data, size, classes=STREET):
    """The file of the shipped segmenter of that data set, else of any with its classes, nearest in size.

    Raises ValueError where there is none.
    """
    nets = {name: entry["nets"] for name, entry in shipped.registry().items()}
    sets = {name: of["segmenter"] for name, of in nets.items() if "segmenter" in of}
    sets = {name: net for name, net in sets.items() if recorded(net, name).same(classes)}
    if not sets:
        raise ValueError(
            f"GFC needs a parsing net of {classes}, and no shipped set holds a segmenter: train one with "
            "`spg train segmenter` and name it, --set parser=FILE"
        )
    name = min(sets, key=lambda n: (sets[n]["data"].split(":")[0] != data, abs(sets[n]["size"] - size)))
    return shipped.checked(sets[name])


class GFC(Task):
    """GFC: (I0, R) → I_R, with two discriminators and a parsing net that is to find the true classes.

    Its three stages (reconstruction; and the local adversary; and the global one and the parsing) become two:
    reconstruction and parsing for a fifth of the steps, then everything [our decision].
    """

    adversarial = "log"
    weights = {"adv": ADVERSARIAL, "feature": 0.0}  # noqa: RUF012, read only
    phases = (0.2, 0.2)
    labelled = False

    @property
    def reads(self):
        return super().reads | {"width", "parser"}

    def generator(self, profile, design):
        return GFCGenerator(profile.width)  # the same at every size: it does not grow

    def discriminator(self, profile):
        return GFCDiscriminators(profile.width)

    def prepare(self, profile, device):
        self.parser = parser(profile.parser or self._nearest(profile.sizes[-1]), self.classes)
        self.parser.net.to(device, memory_format=torch.channels_last)

    def _nearest(self, size):
        return nearest_segmenter(self.data, size, self.classes)

    def generate(self, net, b):
        return net(b.i0, None, b.hole)

    def discriminator_inputs(self, b, i_r):
        """What D compares: the true picture and the filled one, each with the hole that places the window."""
        return [torch.cat([i, b.hole], 1) for i in (b.image, complete(b.i0, i_r, b.hole))]

    def loss_terms(self, b, i_r):
        """Loss terms of this model's own, already weighted: the whole picture's mean square error, and the parsing."""
        return {
            "reconstruction": (i_r - b.image).square().mean(),
            "parsing": PARSING * self.parser.loss(complete(b.i0, i_r, b.hole), b.s),
        }

    def preview(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)
