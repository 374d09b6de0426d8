"""SG-Net's task: fill the picture after the label map, and its ablation without one."""

import torch

from spg import losses, perceptual
from spg.generators import SGNet, complete
from spg.pyramid import SGNetPlus
from spg.tasks.design import C, Task, multi_scale


class SegmentationGuidance(Task):
    """SG-Net: (I0, S, R) → I_R on true label maps, judged by discriminators that see (S, candidate Î).

    guided=False is the ablation without segmentation: (I0, R) → I_R, its discriminators see (I0, Î).
    plus=True trains our own net of the same inputs and outputs, `spg.pyramid.SGNetPlus`.
    """

    def __init__(self, guided=True, plus=False):
        self.guided, self.plus = guided, plus

    def generator(self, profile, design):
        classes = C if self.guided else 0
        if self.plus:
            return SGNetPlus(classes, *design)
        return SGNet(classes, upsample=profile.upsample, **design._asdict())

    def discriminator(self, profile):
        return multi_scale(profile, (C if self.guided else 3) + 3)

    def prepare(self, profile, device):
        self.alexnet_weight, self.l1_weight = profile.alexnet, profile.l1
        if profile.alexnet:
            self.alexnet = losses.AlexNetLoss(perceptual.load(profile.perceptual, device), window=profile.patch)

    def generate(self, net, b):
        return net(b.i0, b.s if self.guided else None, b.hole)

    def candidates(self, b, i_r):
        """What D compares: the true picture and the filled one, each under the condition S (or I0)."""
        condition = b.s if self.guided else b.i0
        return [torch.cat([condition, i], 1) for i in (b.image, complete(b.i0, i_r, b.hole))]

    def terms(self, b, i_r):
        """Loss terms of this model's own, already weighted."""
        terms = {}
        if self.alexnet_weight:
            filled = complete(b.i0, i_r, b.hole)
            terms["alexnet"] = self.alexnet_weight * self.alexnet(b.image, filled, b.hole)
        if self.l1_weight:
            terms["l1"] = self.l1_weight * losses.hole_l1(i_r, b.image, b.hole)
        return terms

    def picture(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)
