"""What a profile says of a net's design, as the nets' own arguments."""

from spg.discriminators import MultiScaleDiscriminator
from spg.labels import CLASSES

C = len(CLASSES)


def design(profile):
    """Keyword arguments of `SPNet` and `SGNet`."""
    return {"width": profile.width, "upsample": profile.upsample, "downs": profile.downs}


def discriminator(profile, channels):
    """The three PatchGANs for a candidate and its condition of so many channels."""
    return MultiScaleDiscriminator(channels, profile.discriminator_width, profile.scales)
