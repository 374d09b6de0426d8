"""Take an object away: its pixels and their rim become the hole, and its class is not predicted there."""

from spg.editor import raster
from spg.editor.refusal import Refused
from spg.labels import CLASSES, OTHER, PERSON, SIGN, VEHICLE

THINGS = (SIGN, PERSON, VEHICLE, OTHER)  # what can stand in a street; the rest is the street
RIM = 1 / 32  # of the shorter side: labels and paint are not sharp to the pixel


def find_object(layout, at):
    """layout: uint8 H×W. Returns (mask bool H×W with its rim, class). Raises Refused where there is no object."""
    x, y = at
    if not (0 <= x < layout.shape[1] and 0 <= y < layout.shape[0]):
        raise Refused(f"({x}, {y}) is outside the picture")
    label = int(layout[y, x])
    if label not in THINGS:
        names = ", ".join(CLASSES[c] for c in THINGS)
        raise Refused(f"This is {CLASSES[label]}: only objects can be removed ({names})")
    return raster.grow(raster.fill(layout, at), max(2, round(min(layout.shape) * RIM))), label
