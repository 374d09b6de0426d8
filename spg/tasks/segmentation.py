"""The segmenter's task: label a picture with a hole in it."""

from spg import losses
from spg.segmenter import Segmenter
from spg.tasks.design import C, Task


class Segmentation(Task):
    """The segmenter: (I0, R) → class probabilities, learned on the known pixels; no discriminators."""

    def generator(self, profile, design):
        return Segmenter(C, profile.encoder)

    def generate(self, net, b):
        return net(b.i0, b.hole)

    def terms(self, b, s):
        """Loss terms of this model's own: SP-Net's two, where the picture is known.

        Dice, because signs and persons are together two pixels in a hundred.
        """
        known = 1 - b.hole
        return {"cross_entropy": losses.hole_cross_entropy(s, b.s, known), "dice": losses.hole_dice(s, b.s, known)}

    def picture(self, b, s):
        """The predicted map as class numbers, N×H×W, for the log."""
        return s.argmax(1)
