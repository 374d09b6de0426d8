"""What every task has in common: how the trainer asks for a net, and what a model may want of its own."""

from spg.discriminators import MultiScaleDiscriminator
from spg.labels import CLASSES

C = len(CLASSES)


class Task:
    """A model's nets, inputs and losses. Subclasses say more; these are the defaults the paper's two nets keep.

    phases: shares of all pictures. Before the first only the generator learns, without discriminators; between the
    two only they do; after the second both. None: (judge_from, judge_from) of the profile.
    adversarial, weights: the form of the adversarial loss and the weights "adv" and "feature", where a model has its
    own; None: the profile's.
    data: name of the data set, set by the trainer before `prepare`.
    """

    phases = adversarial = weights = data = None

    def discriminator(self, profile):
        """The module that judges; None: nobody does."""
        return None

    def prepare(self, profile, device):
        """Load what the losses need."""

    def scene(self, batch):
        """The batch as this model is to see it."""
        return batch


def multi_scale(profile, channels):
    """The paper's three PatchGANs for a candidate and its condition of so many channels."""
    return MultiScaleDiscriminator(channels, profile.discriminator_width, profile.scales)
