"""GFC's task: reconstruction, two adversaries, and a frozen parsing net [PAPER.md, Baselines' designs]."""

from typing import NamedTuple

import torch
import torch.nn.functional as F

from spg import losses
from spg.baselines.gfc import GFCDiscriminators, GFCGenerator
from spg.engine import checkpoints, shipped
from spg.engine.checkpoints import restore
from spg.generators import complete
from spg.segmenter import Segmenter
from spg.tasks.design import C, Task

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


def parser(data, size):
    """The `Parser` of a training: the shipped segmenter of that data set (else of any) nearest in size, in eval mode.

    GFC trains its own on the same pictures. Raises ValueError if none is shipped.
    """
    nets = {name: entry["nets"] for name, entry in shipped.registry().items()}
    sets = {name: of["segmenter"] for name, of in nets.items() if "segmenter" in of}
    if not sets:
        raise ValueError("GFC needs a parsing net, and no shipped set holds a segmenter: train one and `ship` it first")
    name = min(sets, key=lambda n: (sets[n]["data"].split(":")[0] != data, abs(sets[n]["size"] - size)))
    tensors, about = checkpoints.load(shipped.checked(sets[name]))
    net = restore(Segmenter(C, about["profile"]["encoder"]), tensors)
    return Parser(net.eval().requires_grad_(False), about["size"])


class GFC(Task):
    """GFC: (I0, R) → I_R, judged twice, and by whether a parsing net still finds the true classes.

    Its three stages (reconstruction; and the local adversary; and the global one and the parsing) become two:
    reconstruction and parsing for a fifth of the steps, then everything [our decision].
    """

    adversarial = "log"
    weights = {"adv": ADVERSARIAL, "feature": 0.0}  # noqa: RUF012, read only
    phases = (0.2, 0.2)

    def generator(self, profile, design):
        return GFCGenerator(profile.width)  # the same at every size: it does not grow

    def discriminator(self, profile):
        return GFCDiscriminators(profile.width)

    def prepare(self, profile, device):
        self.parser = parser(self.data, profile.sizes[-1])
        self.parser.net.to(device, memory_format=torch.channels_last)

    def generate(self, net, b):
        return net(b.i0, None, b.hole)

    def candidates(self, b, i_r):
        """What D compares: the true picture and the filled one, each with the hole that places the window."""
        return [torch.cat([i, b.hole], 1) for i in (b.image, complete(b.i0, i_r, b.hole))]

    def terms(self, b, i_r):
        """Loss terms of this model's own, already weighted: the whole picture's mean square error, and the parsing."""
        return {
            "reconstruction": (i_r - b.image).square().mean(),
            "parsing": PARSING * self.parser.loss(complete(b.i0, i_r, b.hole), b.s),
        }

    def picture(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)
