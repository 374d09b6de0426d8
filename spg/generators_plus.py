"""SPG-Net+: the paper's two steps as we would build them today, `spnet-plus` and `sgnet-plus` (all our decision).

Departures from `spg.generators`, each because the same hours of training then buy more:
- skip connections, so that the known surroundings reach the hole without passing the narrow middle;
- the nets correct a smooth fill (`smooth`) instead of painting from nothing; with a layout, class by class;
- SG-Net+ can begin as its trained counterpart without segmentation, and learn from there what a layout is good for;
- every level sees the picture at its own size and adds its own correction to the coarser levels' result;
- it may refine its features once more before it paints from them (`Refinement`);
- so a level can be added without disturbing those already trained (`spg.engine.checkpoints`);
- both may be given grain in the hole, to make texture and outlines of: where all it sees is smooth, a net that treats
  every place alike can only paint smoothly;
- SG-Net+ may be asked for a colour inside an outline;
- what it paints on the ground may be given the grain that the known ground has, see `roughness`.
"""

import functools
import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from spg.generators import DILATIONS, ResidualBlock, convolution

INNER = 2  # the halvings of the innermost level, a small U-Net; every further one is an outer level of its own
NARROWEST = 16  # channels of the outermost level, at least
WIDER = 3  # times as many channels within a refinement
TILE = 64  # side of the grain that is repeated over the picture
LEVELS = 10  # halvings of `push_pull` in an exported net: as many as a side of 1024 pixels has
FINE, ROUGHEST = 5, 0.06  # `roughness`: side of the cells in pixels; what a pixel counts at most: lines are no grain
GIVEN = 0.6  # share of that roughness which the painted ground gets: by eye, rather too smooth than too rough
TRACE = 1e-3  # how much of the coarser level a wholly known pixel takes: enough to divide by, too little to see


# -------------------------------------------------------------------- smooth fills: what the nets correct
#
# Push-pull (Gortler et al. 1996): average the known pixels coarser and coarser, then carry the averages back down to
# where nothing is known. It costs a few milliseconds, and gradients may flow through it.


def push_pull(x, weight):
    """x (N×C×H×W) where weight (N×1×H×W or N×C×H×W, in [0, 1]) is 1, a smooth continuation where it is 0.

    x must be 0 where weight is. Where nothing at all is known, the result is 0. A graph that is exported for all sizes
    has `LEVELS` halvings, of which it uses what a size needs; the results are the same.
    """
    levels = [(x, weight)]
    while len(levels) <= LEVELS if _exporting() else min(levels[-1][0].shape[-2:]) > 1:
        levels.append(tuple(_pooled(v, 2) for v in levels[-1]))
    filled = _mean(*levels.pop())
    for x, weight in reversed(levels):
        finer = (x + TRACE * _up(filled, x)) / (weight + TRACE)
        filled = torch.where(_is_line(x), _mean(x, weight), finer) if _exporting() else finer
    return filled


def _exporting():
    """Whether this call becomes a graph for all sizes, in which nothing may depend on this one's."""
    return torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export()


def _mean(x, weight):
    """The mean of what is known, everywhere: N×C×H×W."""
    return x.sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp_min(TRACE) + 0 * x


def _is_line(x):
    """Whether a side of x is one pixel, as a tensor: a Python number would be fixed in an exported graph."""
    return sum((torch.arange(side).amax() == 0).to(torch.uint8) for side in x.shape[-2:]) > 0


def _pooled(x, cell):
    """Means over cells of so many pixels; the last row and column are repeated where a cell goes beyond them."""
    height, width = x.shape[-2:]
    if _exporting() or height % cell or width % cell:
        x = F.pad(x, (0, -width % cell, 0, -height % cell), mode="replicate")
    return F.avg_pool2d(x, cell)


def smooth(x0, hole):
    """x0 (N×C×H×W, 0 in the hole) with the hole N×1×H×W filled smoothly: colours, or the shares of labels."""
    return x0 + hole * push_pull(x0, 1 - hole)


def smooth_by_class(i0, s, hole, cell=4):
    """I0 with the hole filled class by class: a road pixel takes its colour from road pixels only.

    i0 N×3×H×W, s N×C×H×W the completed map, hole N×1×H×W. Where s holds probabilities, the colour is the expected one.
    Borders between the classes are as sharp as the map's. cell: see `class_colours`.
    """
    return choose(i0, class_colours(i0, s, hole, cell), s, hole)


def choose(i0, colours, s, hole):
    """I0 with the hole filled by the colours (N×C×3×H×W) of the classes that s (N×C×H×W) says are there."""
    return i0 + hole * (colours * s[:, :, None]).sum(1)


def likeliest(s):
    """s (N×C×H×W) with each pixel's largest share made 1 and the rest 0; classes that tie for it share it."""
    top = (s == s.amax(1, keepdim=True)).to(s.dtype)
    return top / top.sum(1, keepdim=True)


def class_colours(i0, s, hole, cell=4):
    """What each class would look like at each pixel, N×C×3×H×W: a smooth continuation of where it is known.

    The colours are averaged over cells of so many pixels first, which costs little and saves most of the work. A class
    that shows nowhere outside the hole has the colour that `smooth` gives.
    """
    n, classes, *shape = s.shape
    seen = s * (1 - hole)
    per_class = (i0[:, None] * seen[:, :, None]).reshape(n, -1, *shape)
    per_class, weight = _pooled(per_class, cell), _pooled(seen, cell)
    colours = push_pull(per_class, weight.repeat_interleave(3, 1))
    colours = F.interpolate(colours, size=shape, mode="bilinear").view(n, classes, 3, *shape)
    nowhere = (seen.sum((2, 3)) == 0)[:, :, None, None, None]
    return torch.where(nowhere, push_pull(i0, 1 - hole)[:, None], colours)


def roughness(i0, where, hole):
    """How much brightness varies from pixel to pixel in a region: a standard deviation N×1×H×W, for the hole too.

    i0 N×3×H×W; where N×1×H×W: the region, in [0, 1]. Each known pixel is compared with the mean of its 5×5 neighbours,
    where all of these are known and in the region. For normal noise σ = √(π/2)·E|x|, and 25/24 for the pixel itself.
    """
    seen = where * (1 - hole)
    around = functools.partial(F.avg_pool2d, kernel_size=FINE, stride=1, padding=FINE // 2)
    light, share = i0.mean(1, keepdim=True), around(seen)
    varies = (light - around(light * seen) / share.clamp_min(TRACE)).abs().clamp_max(ROUGHEST)
    within = seen * (share > 1 - TRACE)
    mean = push_pull(_pooled(varies * within, 4), _pooled(within, 4))
    return _up(mean, i0) * (math.pi / 2 * FINE**2 / (FINE**2 - 1)) ** 0.5


# -------------------------------------------------------------------- the nets


def _up(x, like):
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear")


def grain():
    """A tile 1×1×`TILE`×`TILE` of normal random numbers, always the same."""
    return torch.randn(1, 1, TILE, TILE, generator=torch.Generator().manual_seed(0))


def _tiled(tile, like):
    height, width = like.shape[-2:]
    rows, columns = height // TILE + 1, width // TILE + 1  # -(-n // TILE) would be another number in an exported graph
    return tile.repeat(1, 1, rows, columns)[..., :height, :width].to(like)


class InnerLevel(nn.Module):
    """A U-Net of two halvings around nine dilated residual blocks: N×in×H×W → features N×width×H×W.

    Channels width, 2·width, 4·width; the blocks are the paper's, at a quarter of the size.
    """

    def __init__(self, in_channels, width):
        super().__init__()
        self.stem = convolution(in_channels, width, 3)
        self.down = nn.ModuleList(convolution(width * 2**i, width * 2 ** (i + 1), 3, stride=2) for i in range(INNER))
        self.middle = nn.Sequential(*(ResidualBlock(width * 2**INNER, d) for d in DILATIONS))
        self.up = nn.ModuleList(convolution(width * 2 ** (i + 1), width * 2**i, 3) for i in range(INNER))
        self.join = nn.ModuleList(convolution(width * 2 ** (i + 1), width * 2**i, 3) for i in range(INNER))

    def forward(self, x, from_outside=0.0):
        skips = [self.stem(x) + from_outside]
        for down in self.down:
            skips.append(down(skips[-1]))
        x = self.middle(skips.pop())
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            skip = skips.pop()
            x = join(torch.cat([_up(up(x), skip), skip], 1))
        return x


class OuterLevel(nn.Module):
    """One level around a coarser one: what it sees goes in, what the coarser one knows comes out and is refined.

    in_channels: of the net's input; width: of this level; coarser: channels of the features of the level inside.
    """

    def __init__(self, in_channels, width, coarser):
        super().__init__()
        self.stem = convolution(in_channels, width, 3)
        self.down = nn.Conv2d(width, coarser, 3, stride=2, padding=1)
        nn.init.zeros_(self.down.weight)  # at first the levels inside do not notice the new one
        nn.init.zeros_(self.down.bias)
        self.up = convolution(coarser, width, 3)
        self.join = convolution(2 * width, width, 3)

    def forward(self, seen, coarse):
        return self.join(torch.cat([_up(self.up(coarse), seen), seen], 1))


class Refinement(nn.Module):
    """A level's features with detail added to them: x + conv(ReLU(BN(conv x))), `WIDER` channels between. N×C×H×W.

    What comes from the level inside is smooth, and one convolution makes no window frames of it.
    """

    def __init__(self, channels):
        super().__init__()
        self.widen = convolution(channels, WIDER * channels, 3)
        self.narrow = nn.Conv2d(WIDER * channels, channels, 3, padding=1)
        nn.init.zeros_(self.narrow.weight)  # a trained net does not notice it at first
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x):
        return x + self.narrow(self.widen(x))


class Pyramid(nn.Module):
    """N×in_channels×H×W → corrections N×out_channels×H×W, the sum over levels of each level's own.

    downs: halvings in all, the inner U-Net's two and one for every outer level; width: the channels at half size, so
    that a level has width·2^(k−1) channels at 1/2^k of the size, as the paper's generator has (at least 16).
    refined: how often each level's features are refined before its head (`Refinement`).
    """

    grained, hole_at = False, 3

    def __init__(self, in_channels, out_channels, width, downs, refined=0):
        super().__init__()
        if downs < INNER:
            raise ValueError(f"a pyramid has at least {INNER} halvings, got downs={downs}")
        widths = [max(NARROWEST, width * 2**k // 2) for k in range(downs - INNER + 1)][::-1]  # from the inside out
        self.stride = 2**downs
        self.inner = InnerLevel(in_channels, widths[0])
        self.outer = nn.ModuleList(OuterLevel(in_channels, w, c) for c, w in pairwise(widths))
        self.refine = nn.ModuleList(nn.Sequential(*(Refinement(w) for _ in range(refined))) for w in widths)
        self.heads = nn.ModuleList(nn.Conv2d(w, out_channels, 3, padding=1) for w in widths)
        for head in self.heads:
            nn.init.zeros_(head.weight)  # a new level begins by changing nothing
            nn.init.zeros_(head.bias)
        self.register_buffer("grain", grain(), persistent=False)

    def sees(self, x):
        """What a level sees of the input at its own size; the hole is channel `hole_at`."""
        if not self.grained:
            return x
        hole, after = self.hole_at, self.hole_at + 1
        tile = self.grain.roll(tuple(torch.randint(TILE, (2,)).tolist()), (2, 3)) if self.training else self.grain
        return torch.cat([x[:, :after], _tiled(tile, x) * x[:, hole:after], x[:, after:]], 1)

    def forward(self, x):
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        sizes = [x]
        for _ in self.outer:
            sizes.append(F.avg_pool2d(sizes[-1], 2))
        sizes = [self.sees(x) for x in sizes]
        seen, outside = [], 0.0  # from the outside in …
        for level, x in zip(reversed(self.outer), sizes, strict=False):
            seen.append(level.stem(x) if not seen else level.stem(x) + outside)
            outside = level.down(seen[-1])
        features = self.refine[0](self.inner(sizes[-1], outside))
        result = self.heads[0](features)
        for level, refine, head in zip(self.outer, self.refine[1:], self.heads[1:], strict=True):  # … and back out
            here = seen.pop()
            features = refine(level(here, features))
            result = _up(result, here) + head(features)
        return result[..., :height, :width]


class SPNetPlus(Pyramid):
    """(I0, S0, R) → S_R, class probabilities N×classes×H×W: corrections to the smooth fill of S0, as logits.

    grained: every level sees `grain` in the hole, so that it can draw a shape where the surroundings leave it open.
    """

    def __init__(self, classes=8, width=16, downs=4, grained=False):
        super().__init__(3 + classes + 1 + grained, classes, width, downs)
        self.grained, self.hole_at = grained, 3 + classes

    def forward(self, i0, s0, hole):
        shares = smooth(s0, hole)
        logits = super().forward(torch.cat([smooth(i0, hole), shares, hole], 1))
        return (logits.float() + shares.clamp_min(0.01).log()).softmax(1)


class SGNetPlus(Pyramid):
    """(I0, S, R, colour) → I_R, colours N×3×H×W: corrections to the fill of I0 class by class, cut off at ±1.

    It sees three fills: one that knows no classes, the colours *expected* under S, and the *crisp* ones of S's
    likeliest classes, the same where S is one-hot. How much of each goes into I_R it says for every pixel, so it may
    hedge where S is unsure and commit where S is sure. Untrained, it gives the expected ones.

    classes=0 is the net without segmentation: it corrects the first fill; S is ignored and may be None. What the
    guided net has beside it comes last, so that it can begin as that net, trained (`spg.engine.checkpoints.adopt`).

    grained: every level sees `grain` in the hole, of its own at its own size. Shifted at random in training, so that
    no place has a grain to remember; at the test always the same, and so is the picture.

    coloured: every level sees `colour`, N×4×H×W: a colour in [-1, 1] inside an object's outline, and the outline, both
    0 elsewhere. None asks for no colour.

    ground: number of the class that gets grain, `GIVEN` of what it has where it is known; None: none does. Not in
    training, where pixel losses would only see an error in it.
    """

    def __init__(self, classes=8, width=16, downs=4, grained=False, coloured=False, ground=None, refined=0):
        channels = 4 + grained + (6 + classes if classes else 0) + 4 * coloured
        super().__init__(channels, 3 + (2 if classes else 0), width, downs, refined)
        self.guided, self.grained, self.coloured = classes > 0, grained, coloured
        self.ground = ground if self.guided else None
        if self.guided:
            self.heads[0].bias.data[3] = 1.0  # the share of the expected colours

    def as_here(self, name, value):
        """A tensor of a net without grain as it lies here: the grain, which counts for 0, after the hole."""
        extra = 4 * self.coloured
        most = self.inner.stem[0].in_channels - 1
        without = {4, most, most - extra}  # channels of a net without segmentation and of its own kind that have none
        if not self.grained or not name.endswith("stem.0.weight") or value.shape[1] not in without:
            return value
        return torch.cat([value[:, :4], torch.zeros_like(value[:, :1]), value[:, 4:]], 1)

    def forward(self, i0, s, hole, colour=None):
        blurred = smooth(i0, hole)
        if self.coloured and colour is None:
            colour = torch.zeros_like(hole).expand(-1, 4, -1, -1)
        asked = [colour] if self.coloured else []
        if self.guided:
            i_r = self._guided(i0, s, hole, blurred, asked)
        else:
            i_r = blurred + super().forward(torch.cat([blurred, hole, *asked], 1)).float()
        if self.training:
            return i_r  # a clamp would stop the gradient of colours cut off
        if self.ground is not None:
            ground = s[:, [self.ground]]
            i_r = i_r + GIVEN * ground * roughness(i0, ground, hole) * _tiled(self.grain, i0)
        return i_r.clamp(-1, 1)

    def _guided(self, i0, s, hole, blurred, asked):
        colours = class_colours(i0, s, hole)
        expected, crisp = (choose(i0, colours, layout, hole) for layout in (s, likeliest(s)))
        painted = super().forward(torch.cat([blurred, hole, expected, crisp, s, *asked], 1)).float()
        correction, of_expected, of_crisp = painted.split([3, 1, 1], 1)
        return blurred + of_expected * (expected - blurred) + of_crisp * (crisp - blurred) + correction
