"""SP-Net and SG-Net: one generator design, two jobs.

Letters as in the paper: I image, S label map (one-hot or probabilities), R hole (1 = missing);
I0 = I·(1−R) and S0 = S·(1−R) are what is known; I_R and S_R are what a net paints.
"""

import torch
import torch.nn.functional as F
from torch import nn

DILATIONS = (2, 2, 2, 4, 4, 4, 8, 8, 8)  # of the nine residual blocks [THE_PAPER.md, section 3]


def known(x, hole):
    """x·(1−R): what is left of x (N×C×H×W) when the hole (N×1×H×W, 1 = missing) is cut out."""
    return x * (1 - hole)


def complete(x0, x_r, hole):
    """x0 + R·x_R, i.e. Î = I0 + R·I_R and S = S0 + R·S_R: known values come out bit-identical."""
    return x0 + hole * x_r


def convolution(c_in, c_out, kernel, stride=1, dilation=1):
    """Convolution (zero-padded to keep the size, or halve it) → batch normalisation → ReLU."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, dilation * (kernel // 2), dilation, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


def upsampling(c_in, c_out, mode):
    """Double the size with a 3×3 convolution → batch normalisation → ReLU.

    mode: `nearest` (repeat pixels, then convolve: no checkerboard in short trainings; our decision)
    or `transposed` (the transposed convolution).
    """
    if mode == "nearest":
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *convolution(c_in, c_out, 3))
    if mode == "transposed":
        up = nn.ConvTranspose2d(c_in, c_out, 3, stride=2, padding=1, output_padding=1, bias=False)
        return nn.Sequential(up, nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))
    raise ValueError(f"unknown upsampling {mode!r}; use 'nearest' or 'transposed'")


class ResidualBlock(nn.Module):
    """ReLU(x + BN(conv(ReLU(BN(conv x))))), both 3×3 convolutions dilated. N×C×H×W in and out."""

    def __init__(self, channels, dilation):
        super().__init__()
        self.first = convolution(channels, channels, 3, dilation=dilation)
        second = convolution(channels, channels, 3, dilation=dilation)
        self.second = second[:-1]  # its ReLU comes after the addition

    def forward(self, x):
        return F.relu(x + self.second(self.first(x)))


class Generator(nn.Module):
    """Four stride-2 convolutions, nine dilated residual blocks, four ×2 upsamplings, one 7×7 convolution.

    Channels width·(1, 2, 4, 8) down, 8·width in the middle, width·(8, 4, 2, 1) up: the paper's 64..512 at
    width 64. Batch normalisation and ReLU after every convolution but the last [THE_PAPER.md, section 3].
    dilations: of the residual blocks; all 1: the ablation without dilation.
    blind: name of an input that is replaced by zeros, `image` or `hole`: the ablations without it.
    downs: halvings, 4 in the paper; fewer (a named departure) keep the middle from shrinking to 4×4 at 64 px.
    Input N×in_channels×H×W of any size: padded to a multiple of `stride`, the output cropped back.
    """

    def __init__(self, in_channels, out_channels, width=64, upsample="nearest", downs=4, dilations=DILATIONS, blind=""):
        super().__init__()
        self.blind = blind
        widths = [width * 2**i for i in range(downs)]
        self.stride = 2**downs
        self.down = nn.Sequential(
            *(
                convolution(c_in, c_out, 7 if i == 0 else 3, stride=2)
                for i, (c_in, c_out) in enumerate(zip([in_channels, *widths], widths, strict=False))
            )
        )
        self.middle = nn.Sequential(*(ResidualBlock(widths[-1], d) for d in dilations))
        ups = widths[::-1]
        self.up = nn.Sequential(
            *(upsampling(c_in, c_out, upsample) for c_in, c_out in zip([widths[-1], *ups], ups, strict=False))
        )
        self.out = nn.Conv2d(width, out_channels, 7, padding=3)

    def inputs(self, image, labels, hole):
        """What the net sees, joined: N×in_channels×H×W; labels: None where it is given none."""
        image = torch.zeros_like(image) if self.blind == "image" else image
        hole = torch.zeros_like(hole) if self.blind == "hole" else hole
        return torch.cat([image, hole] if labels is None else [image, labels, hole], 1)

    def place(self, name, smaller):
        """What a layer of a smaller generator is called here: `down` is counted from the outside, `up` from within."""
        part, number, *rest = name.split(".")
        if part == "down":
            number = str(int(number) + len(self.down) - len(smaller.down))
        return ".".join([part, number, *rest])

    def forward(self, x):
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        x = self.out(self.up(self.middle(self.down(x))))
        return x[..., :height, :width]


class SPNet(Generator):
    """Segmentation prediction: (I0, S0, R) → S_R, class probabilities N×classes×H×W (softmax).

    The hole is an input channel of its own: without it black and missing look the same [our decision].
    """

    def __init__(self, classes=8, **design):
        super().__init__(3 + classes + 1, classes, **design)

    def forward(self, i0, s0, hole):
        return super().forward(self.inputs(i0, s0, hole)).float().softmax(1)


class SGNet(Generator):
    """Segmentation guidance: (I0, S, R) → I_R, colours N×3×H×W in [-1, 1] (tanh).

    classes=0 builds the ablation without segmentation: S is then ignored and may be None. The guided net can begin
    as that one, trained (`spg.engine.checkpoints.adopt`; our decision).
    """

    def __init__(self, classes=8, **design):
        super().__init__(3 + classes + 1, 3, **design)
        self.classes = classes
        self.guided = classes > 0

    def as_here(self, name, value):
        """A tensor of the net without segmentation as it lies here: the classes, which count for 0, before the hole."""
        if name != "down.0.0.weight":
            return value
        classes = value.new_zeros(len(value), self.classes, *value.shape[2:])
        return torch.cat([value[:, :-1], classes, value[:, -1:]], 1)

    def forward(self, i0, s, hole):
        return super().forward(self.inputs(i0, s if self.guided else None, hole)).float().tanh()
