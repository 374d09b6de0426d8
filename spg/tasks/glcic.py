"""GL's task: fill the picture by its hole's mean square error and one adversary [PAPER.md, Baselines' designs]."""

import torch

from spg.baselines.glcic import GLCompletion, GLDiscriminator
from spg.generators import complete
from spg.tasks.design import Task


def hole_mse(i_r, image, hole):
    """Mean over the batch of Σ R·(I_R − I)² / (3·Σ R), colours taken in [0, 1] as GL does, so that its 4e-4 fits.

    i_r, image: N×3×H×W in [-1, 1]; hole: N×1×H×W, 1 = missing. Each picture weighs the same [our decision].
    """
    square = ((i_r - image) / 2).square().mean(1, keepdim=True)
    return ((hole * square).sum((1, 2, 3)) / hole.sum((1, 2, 3))).mean()


class GLCIC(Task):
    """GL: (I0, R) → I_R, judged on the filled picture and on the hole's window of it."""

    adversarial = "log"  # GL's binary cross-entropy
    weights = {"adv": 4e-4, "feature": 0.0}  # noqa: RUF012, read only
    phases = (0.18, 0.20)  # completion net alone, then its discriminator alone, then both

    def generator(self, profile, design):
        return GLCompletion(profile.width)  # the same at every size: it does not grow

    def discriminator(self, profile):
        return GLDiscriminator(profile.width)

    def generate(self, net, b):
        return net(b.i0, None, b.hole)

    def candidates(self, b, i_r):
        """What D compares: the true picture and the filled one, each with the hole that places the window."""
        return [torch.cat([i, b.hole], 1) for i in (b.image, complete(b.i0, i_r, b.hole))]

    def terms(self, b, i_r):
        """Loss terms of this model's own, already weighted."""
        return {"mse": hole_mse(i_r, b.image, b.hole)}

    def picture(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)
