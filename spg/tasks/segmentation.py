"""The segmenter's task: label a picture with a hole in it."""

from spg import losses
from spg.segmenter import Segmenter
from spg.tasks.design import C, Task


class Segmentation(Task):
    """The segmenter: (I0, R) → class probabilities, learned by cross-entropy on the known pixels; no discriminators."""

    def generator(self, profile, design):
        return Segmenter(C, profile.encoder)

    def generate(self, net, b):
        return net(b.i0, b.hole)

    def terms(self, b, s):
        """Loss terms of this model's own: the cross-entropy where the picture is known."""
        return {"cross_entropy": losses.hole_cross_entropy(s, b.s, 1 - b.hole)}

    def picture(self, b, s):
        """The predicted map as class numbers, N×H×W, for the log."""
        return s.argmax(1)
