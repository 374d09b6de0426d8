"""The vocabulary of edits: dicts that are checked, done to a drawing, written to JSON, and done again from there.

    {"do": "brush", "on": "layout", "put": "vehicle", "size": 9, "points": [[x, y], …]}
    {"do": "lasso", "on": "hole", "put": "hole", "points": [[x, y], …]}
    {"do": "fill", "on": "layout", "put": "predicted", "at": [x, y]}
    {"do": "predict"}   {"do": "another", "seed": 3}   {"do": "remove", "at": [x, y]}
    {"do": "restore", "hole": runs, "decided": runs, "painted": runs, "barred": runs}

On the layout one puts a class or "predicted" (SP-Net's choice again), on the hole "hole" or "known".
"""

import numpy as np

from spg.editor import raster, variants
from spg.editor.drawing import PARTS, decode_runs, encode_runs
from spg.labels import CLASSES, OTHER, PERSON, SIGN, VEHICLE

PUT = {"layout": (*CLASSES, "predicted"), "hole": ("hole", "known")}
MOST_POINTS = 20_000
THINGS = (SIGN, PERSON, VEHICLE, OTHER)  # what can stand in a street; the rest is the street
RIM = 1 / 32  # of the shorter side: labels and paint are not sharp to the pixel


class Refused(ValueError):
    """An edit that cannot be done here; nothing was changed. Its text is shown in the editor's status line."""


def check_edit(edit, shape):
    """Return the edit with nothing but its own keys, all of the right kind, or raise ValueError naming what is not."""
    if not isinstance(edit, dict) or edit.get("do") not in KEYS:
        do = edit.get("do") if isinstance(edit, dict) else edit
        raise ValueError(f"unknown edit {do!r}; known: {', '.join(KEYS)}")
    wanted = ("do", *KEYS[edit["do"]])
    missing = [key for key in wanted if key not in edit]
    if missing:
        raise ValueError(f"the edit {edit['do']!r} lacks {', '.join(missing)}")
    return {key: CHECKS[key](edit[key], edit, shape) for key in wanted}


def _check_on(on, edit, shape):
    if on not in PUT:
        raise ValueError(f"an edit is on the {' or the '.join(PUT)}, not {on!r}")
    return on


def _check_put(put, edit, shape):
    known = PUT[_check_on(edit.get("on"), edit, shape)]
    if put not in known:
        raise ValueError(f"unknown class {put!r} for the {edit['on']}; known: {', '.join(known)}")
    return put


def _check_size(size, edit, shape):
    if not _whole(size) or not 1 <= size <= raster.LARGEST_BRUSH:
        raise ValueError(f"a brush is 1 to {raster.LARGEST_BRUSH} pixels across, got {size!r}")
    return size


def _check_points(points, edit, shape):
    if not isinstance(points, list) or not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(f"{edit['do']}: expected a list of 1 to {MOST_POINTS} points [x, y]")
    return [_check_at(point, edit, shape) for point in points]


def _check_at(point, edit, shape):
    if not isinstance(point, (list, tuple)) or len(point) != 2 or not all(map(_whole, point)):
        raise ValueError(f"{edit['do']}: a point is two whole numbers [x, y], got {point!r}")
    if not all(-raster.FARTHEST <= n <= side + raster.FARTHEST for n, side in zip(point, shape[::-1], strict=True)):
        raise ValueError(f"{edit['do']}: the point {point!r} is too far outside a picture of {shape[1]}×{shape[0]}")
    return list(point)


def _check_seed(seed, edit, shape):
    if not _whole(seed) or not 0 <= seed < 2**32:
        raise ValueError(f"a seed is a whole number from 0 to 2^32 − 1, got {seed!r}")
    return seed


def _whole(number):
    return isinstance(number, int) and not isinstance(number, bool)


def _check_runs(name):
    return lambda values, edit, shape: encode_runs(_decode(values, shape, name))


def _decode(values, shape, name):
    decoded = decode_runs(values, shape, name)
    highest = {"hole": 1, "decided": 1, "painted": len(CLASSES) - 1, "barred": 255}[name]
    if decoded.max() > highest:
        raise ValueError(f"{name}: values go from 0 to {highest}, found {decoded.max()}")
    return decoded


KEYS = {
    "brush": ("on", "put", "size", "points"),
    "lasso": ("on", "put", "points"),
    "fill": ("on", "put", "at"),
    "predict": (),
    "another": ("seed",),
    "remove": ("at",),
    "restore": PARTS,
}
CHECKS = {
    "do": lambda do, edit, shape: do,
    "on": _check_on,
    "put": _check_put,
    "size": _check_size,
    "points": _check_points,
    "at": _check_at,
    "seed": _check_seed,
    **{part: _check_runs(part) for part in PARTS},
}


# ------------------------------------------------------------ what they do


def do_edit(edit, drawing, layout, s_r):
    """Do a checked edit to the drawing. Returns a sentence on what happened; raises Refused and changes nothing.

    layout, s_r: functions giving the label map (uint8 H×W) and SP-Net's S_R as they are now, called where needed.
    """
    if edit["do"] in ("brush", "lasso", "fill"):
        return _put(edit, drawing, _mask(edit, drawing, layout))
    return {"predict": _predict, "another": _another, "remove": _remove, "restore": _restore}[edit["do"]](
        edit, drawing, layout, s_r
    )


def _mask(edit, drawing, layout):
    if edit["do"] == "brush":
        return raster.brush(drawing.shape, edit["points"], edit["size"])
    if edit["do"] == "lasso":
        return raster.lasso(drawing.shape, edit["points"])
    values = layout().copy()
    if edit["on"] == "layout":
        values[drawing.hole == 0] = 255  # a fill does not leave the hole, and starts in it
        x, y = edit["at"]
        if not (0 <= x < values.shape[1] and 0 <= y < values.shape[0]) or values[y, x] == 255:
            return np.zeros(drawing.shape, bool)
    return raster.fill(values, edit["at"])


def _put(edit, drawing, mask):
    if edit["on"] == "hole":
        return _dig(drawing, mask) if edit["put"] == "hole" else _close(drawing, mask)
    inside = mask & (drawing.hole == 1)
    if not inside.any():
        remedy = "draw the hole there first" if drawing.hole.any() else "there is no hole yet, draw one"
        raise Refused(f"Outside the hole the layout is known: {remedy}")
    if edit["put"] == "predicted":
        drawing.leave(inside)
        return f"{inside.sum()} pixels are SP-Net's again"
    drawing.decide(inside, CLASSES.index(edit["put"]))
    return f"{edit['put']}: {inside.sum()} pixels"


def _dig(drawing, mask):
    if not mask.any():
        raise Refused("That is outside the picture")
    if (mask | (drawing.hole == 1)).all():
        raise Refused("The whole picture would be missing: leave something to go by")
    drawing.dig(mask)
    return f"The hole is {drawing.hole.mean():.0%} of the picture"


def _close(drawing, mask):
    if not (mask & (drawing.hole == 1)).any():
        raise Refused("Nothing is missing there")
    drawing.close(mask)
    return f"The hole is {drawing.hole.mean():.0%} of the picture" if drawing.hole.any() else "Nothing is missing now"


def _predict(edit, drawing, layout, s_r):
    _need_hole(drawing)
    drawing.leave(drawing.hole == 1)
    return "The layout is SP-Net's prediction"


def _another(edit, drawing, layout, s_r):
    _need_hole(drawing)
    drawing.decide(drawing.hole == 1, variants.another(s_r(), edit["seed"]))
    return f"Another layout, number {edit['seed']}"


def find_object(layout, at):
    """The object at a point of layout (uint8 H×W): (mask bool H×W with its rim, class). Raises Refused without one."""
    x, y = at
    if not (0 <= x < layout.shape[1] and 0 <= y < layout.shape[0]):
        raise Refused(f"({x}, {y}) is outside the picture")
    label = int(layout[y, x])
    if label not in THINGS:
        names = ", ".join(CLASSES[c] for c in THINGS)
        raise Refused(f"This is {CLASSES[label]}: only objects can be removed ({names})")
    return raster.grow(raster.fill(layout, at), max(2, round(min(layout.shape) * RIM))), label


def _remove(edit, drawing, layout, s_r):
    mask, label = find_object(layout(), edit["at"])
    _dig(drawing, mask)
    drawing.leave(mask)
    drawing.bar(mask, label)
    return f"Removed: {CLASSES[label]}, {mask.sum()} pixels with its rim"


def _restore(edit, drawing, layout, s_r):
    maps = {part: _decode(edit[part], drawing.shape, part) for part in PARTS}
    if maps["hole"].all():
        raise Refused("The whole picture would be missing: leave something to go by")
    for part, values in maps.items():
        setattr(drawing, part, values if part == "hole" else values * maps["hole"])
    return "A kept layout is back"


def _need_hole(drawing):
    if not drawing.hole.any():
        raise Refused("There is no hole yet: draw one, or remove an object")
