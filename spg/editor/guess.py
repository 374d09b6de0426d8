"""SP-Net's opinion of a hole, asked once for each hole, with barred classes taken out."""

import hashlib
from collections import OrderedDict

import numpy as np

from spg.labels import CLASSES

KEPT = 3  # holes remembered: undo and redo across a change of the hole then cost nothing
LEAST = 1e-6  # a class that is not barred keeps this much, or a hole certain of a barred class had nothing left


class Guess:
    """Guess(net, picture, known): callable hole, barred → S_R float32 8×H×W, each pixel's sum 1.

    asked: how often SP-Net has really run.
    """

    def __init__(self, net, picture, known):
        self.net, self.picture, self.known = net, picture, known
        self.asked, self._memory = 0, OrderedDict()

    def __call__(self, hole, barred):
        return without(self._of(hole), barred)

    def _of(self, hole):
        key = hashlib.sha256(np.packbits(hole)).digest()
        if key not in self._memory:
            self._memory[key] = self.net.predict(self.picture, hole, self.known)[1]
            self.asked += 1
            while len(self._memory) > KEPT:
                self._memory.popitem(last=False)
        self._memory.move_to_end(key)
        return self._memory[key]


def without(s_r, barred):
    """S_R with the barred classes (bits of uint8 H×W) at zero and the others scaled to a sum of 1."""
    if not barred.any():
        return s_r
    bits = np.arange(len(CLASSES), dtype=np.uint8)[:, None, None]
    allowed = (barred[None] >> bits) & 1 == 0
    s_r = np.where(allowed, np.maximum(s_r, LEAST), 0)
    return s_r / s_r.sum(0, keepdims=True)


def entropy(s_r):
    """−Σ_c S_R log2 S_R in bits, float32 H×W: 0 where SP-Net is sure, log2 8 = 3 where it knows nothing."""
    return -(s_r * np.log2(np.maximum(s_r, 1e-9))).sum(0)
