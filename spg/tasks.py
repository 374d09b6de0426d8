"""What is trained: for each model its nets, what goes in, what the discriminators see, and its own loss terms.

The trainer (`spg.training`) knows none of this; it plays generator against discriminators.
"""

import torch

from spg import losses, perceptual
from spg.discriminators import MultiScaleDiscriminator
from spg.generators import SGNet, SPNet, complete
from spg.labels import CLASSES
from spg.segmenter import Segmenter

C = len(CLASSES)


def _design(profile):
    return {"width": profile.width, "upsample": profile.upsample, "downs": profile.downs}


def _discriminator(profile, channels):
    return MultiScaleDiscriminator(channels, profile.discriminator_width, profile.scales)


class SegmentationPrediction:
    """SP-Net: (I0, S0, R) → S_R, judged by discriminators that see (I0, S0, candidate S)."""

    def generator(self, profile):
        return SPNet(C, **_design(profile))

    def discriminator(self, profile):
        return _discriminator(profile, 3 + C + C)

    def prepare(self, profile, device):
        self.weights = {"cross_entropy": profile.cross_entropy, "dice": profile.dice}

    def generate(self, net, b):
        return net(b.i0, b.s0, b.hole)

    def candidates(self, b, s_r):
        """What D compares: the true map and the completed one, each under the condition (I0, S0)."""
        return [torch.cat([b.i0, b.s0, s], 1) for s in (b.s, complete(b.s0, s_r, b.hole))]

    def terms(self, b, s_r):
        """Loss terms of this model's own, already weighted."""
        of = {"cross_entropy": losses.hole_cross_entropy, "dice": losses.hole_dice}
        return {name: weight * of[name](s_r, b.s, b.hole) for name, weight in self.weights.items() if weight}

    def picture(self, b, s_r):
        """The completed map as class numbers, N×H×W, for the log."""
        return complete(b.s0, s_r, b.hole).argmax(1)


class SegmentationGuidance:
    """SG-Net: (I0, S, R) → I_R on true label maps, judged by discriminators that see (S, candidate Î).

    guided=False is the ablation without segmentation: (I0, R) → I_R, its discriminators see (I0, Î).
    """

    def __init__(self, guided=True):
        self.guided = guided

    def generator(self, profile):
        return SGNet(C if self.guided else 0, **_design(profile))

    def discriminator(self, profile):
        return _discriminator(profile, (C if self.guided else 3) + 3)

    def prepare(self, profile, device):
        self.alexnet_weight, self.l1_weight = profile.alexnet, profile.l1
        if profile.alexnet:
            self.alexnet = losses.AlexNetLoss(perceptual.load(profile.perceptual, device))

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


class Segmentation:
    """The segmenter: (I0, R) → class probabilities, learned by cross-entropy on the known pixels; no discriminators."""

    def generator(self, profile):
        return Segmenter(C, profile.encoder)

    def discriminator(self, profile):
        return None

    def prepare(self, profile, device):
        pass

    def generate(self, net, b):
        return net(b.i0, b.hole)

    def terms(self, b, s):
        """Loss terms of this model's own: the cross-entropy where the picture is known."""
        return {"cross_entropy": losses.hole_cross_entropy(s, b.s, 1 - b.hole)}

    def picture(self, b, s):
        """The predicted map as class numbers, N×H×W, for the log."""
        return s.argmax(1)


MODELS = {
    "spnet": SegmentationPrediction,
    "sgnet": SegmentationGuidance,
    "sgnet-noseg": lambda: SegmentationGuidance(guided=False),
    "segmenter": Segmentation,
}


def task(model):
    """The task of a model name. Raises ValueError naming the known ones."""
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}; known: {', '.join(MODELS)}")
    return MODELS[model]()
