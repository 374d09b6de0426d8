"""SP-Net's task: complete the label map."""

from spg import losses
from spg.generators import SPNet, complete
from spg.pyramid import SPNetPlus
from spg.tasks.design import C, Task, multi_scale, paper_design


class SegmentationPrediction(Task):
    """SP-Net: (I0, S0, R) → S_R, judged by discriminators that see (I0, S0, candidate S).

    plus=True trains our own net of the same inputs and outputs, `spg.pyramid.SPNetPlus`.
    """

    def __init__(self, plus=False):
        self.plus = plus

    def generator(self, profile, design):
        if self.plus:
            return SPNetPlus(C, *design)
        return SPNet(C, **paper_design(profile, design))

    def discriminator(self, profile):
        return multi_scale(profile, (3 + C) * profile.conditional + C)

    def prepare(self, profile, device):
        super().prepare(profile, device)
        self.own_weights = {"cross_entropy": profile.cross_entropy, "dice": profile.dice}
        self.known_weight = profile.known

    def generate(self, net, b):
        return net(b.i0, b.s0, b.hole)

    def candidates(self, b, s_r):
        """What D compares: the true map and the completed one, each under the condition (I0, S0)."""
        return [self.under((b.i0, b.s0), s) for s in (b.s, self.judged(b.s0, s_r, b.hole))]

    def terms(self, b, s_r):
        """Loss terms of this model's own, already weighted."""
        where = self.where(b.hole)
        of = {"cross_entropy": losses.hole_cross_entropy, "dice": losses.hole_dice}
        terms = {name: weight * of[name](s_r, b.s, where) for name, weight in self.own_weights.items() if weight}
        if self.known_weight:
            terms["known"] = self.known_weight * losses.hole_cross_entropy(s_r, b.s, 1 - b.hole)
        return terms

    def picture(self, b, s_r):
        """The completed map as class numbers, N×H×W, for the log."""
        return complete(b.s0, s_r, b.hole).argmax(1)
