"""SG-Net's task: fill the picture after the label map, and its ablation without one."""

import torch

from spg import losses, perceptual
from spg.engine import checkpoints
from spg.engine.checkpoints import restore
from spg.generators import SGNet, complete
from spg.growing import inherit
from spg.profiles import at, from_dict
from spg.pyramid import SGNetPlus
from spg.tasks.design import C, Task, multi_scale, paper_design
from spg.tasks.prediction import SegmentationPrediction


class SegmentationGuidance(Task):
    """SG-Net: (I0, S, R) → I_R on true label maps, judged by discriminators that see (S, candidate Î).

    A profile that is `informed` shows them I0 as well, so that the hole's surroundings are told from its filling.
    guided=False is the ablation without segmentation: (I0, R) → I_R, its discriminators see (I0, Î).
    plus=True trains our own net of the same inputs and outputs, `spg.pyramid.SGNetPlus`. Both may begin as the twin,
    the same net without segmentation.
    """

    def __init__(self, guided=True, plus=False):
        self.guided, self.plus = guided, plus
        self.twin = ("sgnet-plus-noseg" if plus else "sgnet-noseg") if guided else None

    def generator(self, profile, design):
        classes = C if self.guided else 0
        if self.plus:
            return SGNetPlus(classes, *design, grained=profile.grained)
        return SGNet(classes, **paper_design(profile, design))

    def discriminator(self, profile):
        condition = C + 3 * profile.informed if self.guided else 3
        return multi_scale(profile, condition * profile.conditional + 3)

    def prepare(self, profile, device):
        super().prepare(profile, device)
        self.l1_weight, self.ssim_weight = profile.l1, profile.ssim
        self.known_weight, self.informed = profile.known, profile.informed
        self.perceptual = perceptual_losses(profile, device)
        self.guess, self.soft = profile.guess, profile.soft
        self.spnets = guessers(profile, device) if self.guided and profile.guess else {}

    def scene(self, b):
        """A share `guess` of the pictures gets SP-Net's layout in the hole, where it knows pictures this large.

        So that SG-Net meets SP-Net's mistakes before the test [our decision; the paper trains on true layouts only].
        """
        spnet = self.spnets.get(b.hole.shape[-1])
        if spnet is None:
            return b
        with torch.no_grad():
            s_r = spnet(b.i0, b.s0, b.hole)
        # as at the test: SP-Net's probabilities, or one class per pixel
        layout = s_r if self.soft else torch.zeros_like(s_r).scatter_(1, s_r.argmax(1, keepdim=True), 1)
        guessed = torch.rand(len(s_r), 1, 1, 1, device=s_r.device) < self.guess
        return b._replace(s=torch.where(guessed, complete(b.s0, layout, b.hole), b.s))

    def generate(self, net, b):
        return net(b.i0, b.s if self.guided else None, b.hole)

    def candidates(self, b, i_r):
        """What D compares: the true picture and the filled one, each under the condition S (or I0; informed: both)."""
        condition = [b.s] * self.guided + [b.i0] * (self.informed or not self.guided)
        return [self.under(condition, i) for i in (b.image, self.judged(b.i0, i_r, b.hole))]

    def terms(self, b, i_r):
        """Loss terms of this model's own, already weighted."""
        terms, where, judged = {}, self.where(b.hole), self.judged(b.i0, i_r, b.hole)
        for name, (weight, loss) in self.perceptual.items():
            terms[name] = weight * loss(b.image, judged, where)
        if self.l1_weight:
            terms["l1"] = self.l1_weight * losses.hole_l1(i_r, b.image, where)
        if self.known_weight:
            terms["known"] = self.known_weight * losses.hole_l1(i_r, b.image, 1 - b.hole)
        if self.ssim_weight:
            terms["ssim"] = self.ssim_weight * losses.hole_ssim(judged, b.image, where)
        return terms

    def picture(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)


def perceptual_losses(profile, device):
    """{name: (weight, loss)} of the AlexNet loss and of the same by VGG16, without those of weight 0."""
    whole = None if profile.masked else profile.sizes[-1]
    options = whole, profile.patch, profile.margin, profile.chroma
    terms = {"alexnet": (profile.alexnet, profile.perceptual), "vgg": (profile.vgg, "stlpips-vgg")}
    return {
        name: (weight, losses.AlexNetLoss(perceptual.load(network, device), *options))
        for name, (weight, network) in terms.items()
        if weight
    }


def guessers(profile, device):
    """The frozen SP-Net of a profile, by the side of the pictures it knows: {size: net}.

    SP-Net+ that has grown knows its smaller stages' sizes too: its inner levels are the net of that stage, trained on.
    """
    tensors, about = checkpoints.load(profile.spnet)
    if about["model"] not in ("spnet", "spnet-plus"):
        raise ValueError(f"spnet={profile.spnet!r} holds a {about['model']!r} net, no SP-Net")
    its, plus = from_dict(about["profile"]), about["model"] == "spnet-plus"
    smaller = [size for size in its.sizes if size < about["size"] and plus and its.grow]
    nets = {s: SegmentationPrediction(plus).generator(its, at(its, s)) for s in (*smaller, about["size"])}
    whole = restore(nets[about["size"]], tensors)
    for size in smaller:
        inherit(nets[size], whole)
    place = {"device": device, "memory_format": torch.channels_last}
    return {size: net.eval().requires_grad_(False).to(**place) for size, net in nets.items()}
