"""What the browser is shown: a session's arrays as dicts of numbers and bytes, one for each trait of the widget."""

import numpy as np

from spg.editor import history
from spg.editor.guess import entropy
from spg.editor.variants import difference
from spg.labels import CLASSES, PALETTE


def scene(session, number):
    """The fixed part of a picture. number: goes up with every picture, so that late answers about another are known.

    record: what a record of its edits starts with, so that the browser can write one alone.
    """
    height, width = session.hole.shape
    classes = [{"name": name, "colour": PALETTE[c].tolist()} for c, name in enumerate(CLASSES)]
    pixels = np.ascontiguousarray(session.picture.transpose(1, 2, 0)).tobytes()
    record = history.beginning(session)
    shape = {"number": number, "height": height, "width": width}
    return {**shape, "classes": classes, "picture": pixels, "record": record}


def frame(session, number, seq):
    """The maps, one byte a pixel: class + 8·hole + 16·decided. seq: the last message of the browser they include."""
    drawing, record = session.drawing, session.history
    maps = session.layout + 8 * drawing.hole + 16 * drawing.decided
    barred = drawing.barred.tobytes() if drawing.barred.any() else b""
    state = {"undo": record.can_undo, "redo": record.can_redo, "edits": len(record.edits)}
    return {"seq": seq, "scene": number, "maps": maps.tobytes(), "barred": barred, **state}


def filled(session, number, seq, seconds):
    """The pixels of the box around the hole, and how long SG-Net (and SP-Net, where needed) took."""
    box, pixels = _cut(session.filled, session.hole)
    return {"seq": seq, "scene": number, "box": box, "pixels": pixels, "milliseconds": round(1000 * seconds)}


def chances(session, number):
    """S_R, and last its entropy over log2 8, in the box around the hole: planes h×w of 0..255."""
    s_r = session.probabilities
    planes = np.concatenate([s_r, entropy(s_r)[None] / np.log2(len(CLASSES))])
    planes = (planes.clip(0, 1) * 255).round().astype(np.uint8)
    top, left, bottom, right = box = _box(session.hole)
    return {"scene": number, "box": box, "planes": planes[:, top:bottom, left:right].tobytes()}


def kept(variants, obeyed, number):
    """The strip: each variant's pixels and obedience, and how much any two differ."""
    shown = []
    for variant, share in zip(variants, obeyed, strict=True):
        box, pixels = _cut(variant.filled, variant.hole)
        shown.append({"box": box, "pixels": pixels, "obeys": None if np.isnan(share) else round(share, 3)})
    return {"scene": number, "variants": shown, "difference": round(difference(variants), 3)}


def _box(hole):
    """[top, left, bottom, right] around the hole, all 0 where there is none."""
    if not hole.any():
        return [0, 0, 0, 0]
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    return [int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1]


def _cut(picture, hole):
    """The box around the hole and the picture's pixels in it, as bytes h×w×3."""
    top, left, bottom, right = box = _box(hole)
    return box, np.ascontiguousarray(picture[:, top:bottom, left:right].transpose(1, 2, 0)).tobytes()
