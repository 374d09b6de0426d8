"""What every task has in common: how the trainer asks for a net, and what a model may want of its own."""

import torch

from spg.discriminators import MultiScaleDiscriminator
from spg.generators import DILATIONS, complete
from spg.labels import CLASSES

C = len(CLASSES)


class Task:
    """A model's nets, inputs and losses. Subclasses say more; these are the defaults the paper's two nets keep.

    phases: shares of all pictures. Before the first only the generator learns, without discriminators; between the
    two only they do; after the second both. None: (judge_from, judge_from) of the profile.
    adversarial, weights: the form of the adversarial loss and the weights "adv" and "feature", where a model has its
    own; None: the profile's.
    data: name of the data set, set by the trainer before `prepare`.
    twin: the model, of the same layers with fewer inputs, that a training may start with; None: there is none.
    """

    phases = adversarial = weights = data = twin = None
    masked = conditional = True
    local = informed = False

    def discriminator(self, profile):
        """The module that judges; None: nobody does."""
        return None

    def prepare(self, profile, device):
        """Load what the losses need."""
        self.masked, self.conditional, self.local = profile.masked, profile.conditional, profile.local

    def judged(self, known, painted, hole):
        """What the losses see of a result: the completed picture or map, or (masked=False) all that was painted."""
        return complete(known, painted, hole) if self.masked else painted

    def where(self, hole):
        """Where the losses look: into the hole, or (masked=False) everywhere."""
        return hole if self.masked else torch.ones_like(hole)

    def scored(self, hole):
        """The pixels that D's scores must see to count: the hole (local=True), or None, and all of them count."""
        return hole if self.local else None

    def under(self, condition, candidate):
        """What D sees: the candidate under its condition, or (conditional=False) alone."""
        return torch.cat([*condition, candidate], 1) if self.conditional else candidate

    def scene(self, batch):
        """The batch as this model is to see it."""
        return batch


def multi_scale(profile, channels):
    """The paper's three PatchGANs for a candidate and its condition of so many channels."""
    return MultiScaleDiscriminator(channels, profile.discriminator_width, profile.scales)


def paper_design(profile, design):
    """Keyword arguments of `SPNet` and `SGNet`."""
    dilations = DILATIONS if profile.dilated else (1,) * len(DILATIONS)
    return {"upsample": profile.upsample, "dilations": dilations, "blind": profile.blind, **design._asdict()}
