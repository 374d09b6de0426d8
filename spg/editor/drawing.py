"""What a person has drawn: the hole, the pixels of the layout decided in it, and the classes barred from it."""

import zlib

import numpy as np

PARTS = ("hole", "decided", "painted", "barred")


class Drawing:
    """Four uint8 H×W maps; all that an edit can change. The label map follows from them and SP-Net's prediction.

    hole: 1 = missing. decided: 1 where the layout was painted or sampled instead of predicted. painted: the class
    there. barred: bit c is set where class c must not be predicted. Outside the hole the last three are 0.
    """

    def __init__(self, hole):
        self.hole = hole.astype(np.uint8)
        self.decided, self.painted, self.barred = (np.zeros_like(self.hole) for _ in range(3))

    @property
    def shape(self):
        """(H, W)."""
        return self.hole.shape

    def dig(self, mask):
        """Make the pixels of mask missing. What was missing already keeps its layout."""
        self.hole[mask] = 1

    def close(self, mask):
        """Make the pixels of mask known again; what was drawn there is forgotten."""
        for part in PARTS:
            getattr(self, part)[mask] = 0

    def decide(self, mask, classes):
        """Set the layout in mask (inside the hole only) to a class, or to those of a map uint8 H×W."""
        mask = mask & (self.hole == 1)
        self.decided[mask] = 1
        self.painted[mask] = classes if np.isscalar(classes) else classes[mask]

    def leave(self, mask):
        """Leave the pixels of mask to SP-Net's prediction again."""
        self.decided[mask] = self.painted[mask] = 0

    def bar(self, mask, label):
        """Keep a class out of the prediction in mask."""
        self.barred[mask & (self.hole == 1)] |= np.uint8(1 << label)

    def freeze(self):
        """All four maps as compressed bytes: a few hundred for a picture of 256×256."""
        return zlib.compress(np.stack([getattr(self, part) for part in PARTS]).tobytes(), 1)

    def thaw(self, frozen):
        """Go back to what `freeze` gave."""
        maps = np.frombuffer(bytearray(zlib.decompress(frozen)), np.uint8).reshape(len(PARTS), *self.shape)
        for part, values in zip(PARTS, maps, strict=True):
            setattr(self, part, values)
