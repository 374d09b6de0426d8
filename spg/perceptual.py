"""The AlexNet distance: how different two pictures look to a network (THE_PAPER.md, section 5, eq. (3): LPIPS).

R. Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric, CVPR 2018:

    d(x, y) = Σ_l 1/(H_l W_l) Σ_hw Σ_c w_lc (Φ̂^l(x) − Φ̂^l(y))²

Φ^l: features of layer l, Φ̂^l: the same with unit length over channels, w_l: learned, non-negative.
Two networks, told apart by `.name`; their numbers must not be compared with one another:

- `stlpips`: the shift-tolerant AlexNet of A. Ghildyal and F. Liu (ECCV 2022), whose weights lie in the
  PyPI package stlpips-pytorch (BSD-2). Needs no download: our default.
- `stlpips-vgg`: their shift-tolerant VGG16, from the same package: a second metric, for nets trained by the first.
"""

import functools
import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from spg.engine.machine import may_look

# The mean and spread of natural images in [-1, 1], per RGB channel, as the weights were trained.
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
TOLERANCE = 1e-3  # how far outside [-1, 1] rounding may take an input


class PerceptualDistance(nn.Module):
    """LPIPS over a frozen network: gradients reach the pictures, never the weights.

    network: module, N×3×H×W -> list of N×C_l×H_l×W_l features. weights: list of [C_l] tensors.
    smallest: the smallest side, in pixels, that every layer of the network can take.
    """

    def __init__(self, network, weights, name, smallest):
        super().__init__()
        self.network, self.name, self.smallest = network, name, smallest
        self.weights = nn.ParameterList([w.detach().view(1, -1, 1, 1) for w in weights])
        self.register_buffer("shift", torch.tensor(SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(SCALE).view(1, 3, 1, 1))
        self.requires_grad_(False).train(False)

    def train(self, mode=True):
        return super().train(False)  # a frozen metric: a trainer's net.train() must not reach it

    def forward(self, x, y):
        """x, y: N×3×H×W in [-1, 1] -> float32 [N], 0 = alike. ValueError: out of range, shapes, too small."""
        return self.pool(self.layers(x, y))

    def maps(self, x, y):
        """x, y: N×3×H×W in [-1, 1] -> float32 N×1×H×W: where they differ, layers enlarged and summed."""
        return self.spread(self.layers(x, y), x.shape[-2:])

    def layers(self, x, y):
        """x, y: N×3×H×W in [-1, 1] -> list of N×1×H_l×W_l, Σ_c w_lc (Φ̂^l(x) − Φ̂^l(y))² at every place."""
        if x.shape != y.shape:
            raise ValueError(f"{self.name} compares two N×3×H×W batches, got {tuple(x.shape)} and {tuple(y.shape)}")
        return self.compare(self.features(x), self.features(y))

    def features(self, x):
        """x: N×3×H×W in [-1, 1] -> list of Φ̂^l(x), N×C_l×H_l×W_l: kept, they serve many comparisons of one picture."""
        self._check(x)
        with torch.autocast(x.device.type, enabled=False):  # 1e-10 below, and squares, need float32
            return self._features(x)

    def compare(self, a, b):
        """a, b: `features` of two batches -> their layers."""
        with torch.autocast(a[0].device.type, enabled=False):
            triples = zip(a, b, self.weights, strict=True)
            return [((x - y) ** 2 * w).sum(1, keepdim=True) for x, y, w in triples]

    @staticmethod
    def pool(layers):
        """Layers of N×1×H_l×W_l -> [N], the mean over each layer's places, summed over layers."""
        return sum(layer.mean(dim=(1, 2, 3)) for layer in layers)

    @staticmethod
    def spread(layers, size):
        """Layers of N×1×H_l×W_l -> N×1×H×W, each enlarged bilinearly to size (H, W), summed."""
        return sum(F.interpolate(layer, size=size, mode="bilinear", align_corners=False) for layer in layers)

    def _features(self, x):
        features = self.network((x.float() - self.shift) / self.scale)
        # linalg.vector_norm has a zero gradient at zero, where a written-out square root has none
        return [f / (torch.linalg.vector_norm(f, dim=1, keepdim=True) + 1e-10) for f in features]

    def _check(self, x):
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(f"{self.name} compares two N×3×H×W batches, got {tuple(x.shape)}")
        if min(x.shape[-2:]) < self.smallest:
            raise ValueError(
                f"{self.name} needs at least {self.smallest}×{self.smallest} pixels, got {x.shape[2]}×{x.shape[3]}; "
                "enlarge both images first (torch.nn.functional.interpolate)"
            )
        if torch.is_grad_enabled() and not may_look(x.device):
            return  # a training on a GPU, which would wait here at every step
        low, high = (float(v) for v in x.detach().aminmax())
        if low < -1 - TOLERANCE or high > 1 + TOLERANCE:
            raise ValueError(
                f"{self.name} takes images in [-1, 1], got values in [{low:g}, {high:g}]; "
                "bring 0..255 there by image / 127.5 - 1, and 0..1 by image * 2 - 1"
            )


class Blur(nn.Module):
    """Halve the size after a binomial blur [1 2 1]⊗[1 2 1]/16, with two reflected pixels around.

    N×C×H×W -> N×C×(H+3)//2×(W+3)//2. Blurring before subsampling is what makes the network tolerate shifts.
    """

    def __init__(self):
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", torch.outer(row, row).view(1, 1, 3, 3))

    def forward(self, x):
        channels = x.shape[1]
        padded = F.pad(x, (2, 2, 2, 2), mode="reflect")
        return F.conv2d(padded, self.kernel.expand(channels, 1, 3, 3), stride=2, groups=channels)


class Stages(nn.Module):
    """A network cut into `stages`: what each gives is a layer Φ^l."""

    def forward(self, x):
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class ShiftTolerantAlexNet(Stages):
    """AlexNet's five convolutions with every stride replaced by a blur (Ghildyal and Liu 2022).

    N×3×H×W, normalised -> the five N×C_l×H_l×W_l features after each ReLU, C = 64, 192, 384, 256, 256.
    """

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(3, 64, 11, padding=2), Blur(), nn.ReLU()),
                nn.Sequential(nn.MaxPool2d(3, 1), Blur(), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU()),
                nn.Sequential(nn.MaxPool2d(3, 1), Blur(), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
                nn.Sequential(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
                nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
            ]
        )


class ShiftTolerantVGG(Stages):
    """VGG16's thirteen convolutions with every pooling's stride replaced by a blur (Ghildyal and Liu 2022).

    N×3×H×W, normalised -> the five N×C_l×H_l×W_l features before each pooling, C = 64, 128, 256, 512, 512.
    """

    def __init__(self):
        super().__init__()
        widths = (3, 64, 128, 256, 512, 512)
        self.stages = nn.ModuleList(self._stage(*widths[k : k + 2], k) for k in range(5))

    @staticmethod
    def _stage(c_in, c_out, k):
        layers = [nn.MaxPool2d(2, 1), Blur()] if k else []
        for n in range(2 if k < 2 else 3):
            layers += [nn.Conv2d(c_out if n else c_in, c_out, 3, padding=1), nn.ReLU()]
        return nn.Sequential(*layers)


def load(name="stlpips", device="cpu"):
    """The `PerceptualDistance` called name, one per device, shared by all callers.

    Raises ValueError for an unknown name, and ImportError for a missing package.
    """
    if name not in _LOADERS:
        raise ValueError(f"unknown perceptual network {name!r}; known: {', '.join(_LOADERS)}")
    return _load(name, str(torch.device(device)))


@functools.cache
def _load(name, device):
    return _LOADERS[name]().to(device)


def _load_stlpips():
    return _published(ShiftTolerantAlexNet(), "alex", name="stlpips", smallest=21)


def _load_stlpips_vgg():
    return _published(ShiftTolerantVGG(), "vgg", name="stlpips-vgg", smallest=18)


def _published(network, file, **options):
    """The `PerceptualDistance` over a network whose convolutions are, in their order, those of a file of stlpips."""
    package = importlib.util.find_spec("stlpips_pytorch")  # found, not imported: its import needs torchsummary
    if package is None:
        raise ImportError("the AlexNet distance needs the weights in stlpips-pytorch: pip install stlpips-pytorch")
    path = Path(package.origin).parent / "weights" / "vST0.0" / f"{file}_shift_tolerant.pth"
    state = torch.load(path, map_location="cpu", weights_only=True)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    keys = [k.removesuffix(".weight") for k in state if k.startswith("net.") and k.endswith(".weight")]
    for convolution, key in zip(convolutions, keys, strict=True):
        convolution.load_state_dict({p: state[f"{key}.{p}"] for p in ("weight", "bias")})
    weights = [state[f"lin{i}.model.1.weight"] for i in range(5)]
    return PerceptualDistance(network, weights, **options)


_LOADERS = {"stlpips": _load_stlpips, "stlpips-vgg": _load_stlpips_vgg}
