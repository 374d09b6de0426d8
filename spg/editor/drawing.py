"""What a person has drawn, the steps that led there, and its maps as runs for JSON."""

import math
import zlib
from collections import deque

import numpy as np

PARTS = ("hole", "decided", "painted", "barred")
FROZEN = (*PARTS, "asked")
DEPTH = 200  # steps that can be undone; older ones stay in the record only, so that memory stays flat


class Drawing:
    """The hole, what was decided in it and what is barred: all that an edit can change, as five maps H×W.

    The label map follows from them and from SP-Net's prediction.

    hole: 1 = missing. decided: 1 where the layout was painted or sampled instead of predicted. painted: the class
    there. barred: bit c is set where class c must not be predicted. asked: k where the k-th of `colours`, RGB, is asked
    for, 0 where none is. Outside the hole the last four are 0. All are uint8; of more than eight classes, barred is
    wider.
    """

    def __init__(self, hole, classes=8):
        self.kinds = dict.fromkeys(FROZEN, np.dtype(np.uint8)) | {"barred": np.min_scalar_type(2**classes - 1)}
        self.hole, self.colours = hole.astype(np.uint8), []
        for part in FROZEN[1:]:
            setattr(self, part, np.zeros(hole.shape, self.kinds[part]))

    @property
    def shape(self):
        """(H, W)."""
        return self.hole.shape

    def dig(self, mask):
        """Make the pixels of mask missing. What was missing already keeps its layout."""
        self.hole[mask] = 1

    def close(self, mask):
        """Make the pixels of mask known again; what was drawn there is forgotten."""
        for part in FROZEN:
            getattr(self, part)[mask] = 0

    def decide(self, mask, classes, colour=None):
        """Set the layout in mask (inside the hole only) to a class, or to those of a map uint8 H×W.

        colour: RGB that is asked for there.
        """
        mask = mask & (self.hole == 1)
        self.decided[mask] = 1
        self.painted[mask] = classes if np.isscalar(classes) else classes[mask]
        self.ask(mask, colour)

    def ask(self, mask, colour):
        """Ask for a colour, RGB, in mask; None: for none."""
        if not mask.any():
            return
        if colour is not None and colour not in self.colours:
            self._forget()
            self.colours = [*self.colours, colour]
        self.asked[mask] = 0 if colour is None else self.colours.index(colour) + 1

    def _forget(self):
        """Drop the colours that are asked for nowhere: a byte has room for 255."""
        used = [number for number in np.unique(self.asked) if number]
        self.colours = [self.colours[number - 1] for number in used]
        renumbered = np.zeros(256, np.uint8)
        renumbered[used] = range(1, len(used) + 1)
        self.asked = renumbered[self.asked]

    def leave(self, mask):
        """Leave the pixels of mask to SP-Net's prediction again."""
        self.decided[mask] = self.painted[mask] = self.asked[mask] = 0

    def bar(self, mask, label):
        """Keep a class out of the prediction in mask."""
        self.barred[mask & (self.hole == 1)] |= self.kinds["barred"].type(1 << label)

    def freeze(self):
        """All maps as compressed bytes: a few hundred for a picture of 256×256. What they ask for is after them."""
        maps = b"".join(getattr(self, part).tobytes() for part in FROZEN)
        return zlib.compress(maps + bytes(np.ravel(self.colours).astype(np.uint8)), 1)

    def thaw(self, frozen):
        """Go back to what `freeze` gave."""
        stored, start, shape = bytearray(zlib.decompress(frozen)), 0, self.shape
        for part in FROZEN:
            setattr(self, part, np.frombuffer(stored, self.kinds[part], math.prod(shape), start).reshape(shape))
            start += getattr(self, part).nbytes
        self.colours = np.frombuffer(stored, np.uint8, offset=start).reshape(-1, 3).tolist()


class History:
    """The edits done so far, and the frozen drawings around them."""

    def __init__(self):
        self.edits = []
        self._before = deque(maxlen=DEPTH)
        self._undone = []

    def add(self, edit, before):
        """An edit was done; before: the drawing frozen before it. What was undone is gone."""
        self.edits.append(edit)
        self._before.append(before)
        self._undone.clear()

    @property
    def can_undo(self):
        """Whether there is a step to undo."""
        return bool(self._before)

    @property
    def can_redo(self):
        """Whether there is a step to do again."""
        return bool(self._undone)

    def undo(self, now):
        """now: the drawing frozen as it is. Returns the one to go back to."""
        self._undone.append((self.edits.pop(), now))
        return self._before.pop()

    def redo(self, now):
        """now: the drawing frozen as it is. Returns the one to go on to."""
        edit, after = self._undone.pop()
        self.edits.append(edit)
        self._before.append(now)
        return after


# ------------------------------------------------------------ maps as runs


def encode_runs(array):
    """Whole numbers H×W → [value, count, value, count, …] in reading order."""
    flat = array.ravel()
    wide = np.uint64 if flat.dtype == np.uint64 else np.int64
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    counts = np.diff(np.r_[starts, flat.size])
    return np.stack([flat[starts].astype(wide), counts.astype(wide)], 1).ravel().tolist()


def decode_runs(runs, shape, what="map", kind=np.uint8):
    """The inverse. Raises ValueError naming `what` when the runs do not make a map of this shape and kind."""
    most = np.iinfo(kind).max
    try:
        pairs = np.asarray(runs, np.uint64 if most > np.iinfo(np.int64).max else np.int64).reshape(-1, 2)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{what}: not a list [value, count, value, count, …] of whole numbers") from error
    values, counts = pairs.T
    if (counts < 1).any() or counts.sum() != shape[0] * shape[1] or (values < 0).any() or (values > most).any():
        raise ValueError(f"{what}: the runs hold {counts.sum()} pixels, the picture has {shape[0] * shape[1]}")
    return np.repeat(values.astype(kind), counts.astype(np.int64)).reshape(shape)
