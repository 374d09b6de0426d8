"""The vocabulary of edits: dicts that are checked, done to a drawing, written to JSON, and done again from there.

    {"do": "brush", "on": "layout", "put": "vehicle", "size": 9, "points": [[x, y], …]}
    {"do": "lasso", "on": "hole", "put": "hole", "points": [[x, y], …]}
    {"do": "fill", "on": "layout", "put": "predicted", "at": [x, y]}
    {"do": "predict"}   {"do": "another", "seed": 3}   {"do": "remove", "at": [x, y], "shadow": true}
    {"do": "colour", "put": "vehicle", "colour": [200, 30, 30]}
    {"do": "restore", "hole": runs, "decided": runs, "painted": runs, "barred": runs}

On the layout one puts a class or "predicted" (SP-Net's choice again), on the hole "hole" or "known". A class that is
put may have a "colour", RGB 0..255, that SG-Net is asked for. The edit "colour" asks for one, or with null for none,
wherever the class was put. "shadow": true removes an object with its shadow.
"""

import numpy as np

from spg.editor import raster, variants
from spg.editor.drawing import PARTS, decode_runs, encode_runs
from spg.editor.objects import Refused, find_object
from spg.editor.words import Said, class_named, percent
from spg.holes import beside
from spg.labels import STREET

PUT = {"layout": ("predicted",), "hole": ("hole", "known")}  # on the layout, the classes too
MOST_POINTS = 20_000
MOST_COLOURS = 255  # that one drawing can ask for


def check_edit(edit, shape, classes=STREET):
    """Return the edit with nothing but its own keys, all of the right kind, or raise ValueError naming what is not.

    shape: (H, W) of the picture. classes: the set of its layout.
    """
    if not isinstance(edit, dict) or edit.get("do") not in KEYS:
        do = edit.get("do") if isinstance(edit, dict) else edit
        raise ValueError(f"unknown edit {do!r}; known: {', '.join(KEYS)}")
    wanted = ("do", *KEYS[edit["do"]])
    missing = [key for key in wanted if key not in edit]
    if missing:
        raise ValueError(f"the edit {edit['do']!r} lacks {', '.join(missing)}")
    allowed = (key for key in MAY.get(edit["do"], ()) if key in edit)
    return {key: CHECKS[key](edit[key], edit, shape, classes) for key in (*wanted, *allowed)}


def _check_on(on, edit, shape, classes):
    if on not in PUT:
        raise ValueError(f"an edit is on the {' or the '.join(PUT)}, not {on!r}")
    return on


def _check_put(put, edit, shape, classes):
    on = "layout" if edit["do"] == "colour" else _check_on(edit.get("on"), edit, shape, classes)
    known = (*classes.names, *PUT[on]) if on == "layout" else PUT[on]
    if put not in known:
        raise ValueError(f"unknown class {put!r} for the {on}; known: {', '.join(known)}")
    return put


def _check_size(size, edit, shape, classes):
    if not _whole(size) or not 1 <= size <= raster.LARGEST_BRUSH:
        raise ValueError(f"a brush is 1 to {raster.LARGEST_BRUSH} pixels across, got {size!r}")
    return size


def _check_points(points, edit, shape, classes):
    if not isinstance(points, list) or not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(f"{edit['do']}: expected a list of 1 to {MOST_POINTS} points [x, y]")
    return [_check_at(point, edit, shape, classes) for point in points]


def _check_at(point, edit, shape, classes):
    if not isinstance(point, (list, tuple)) or len(point) != 2 or not all(map(_whole, point)):
        raise ValueError(f"{edit['do']}: a point is two whole numbers [x, y], got {point!r}")
    if not all(-raster.FARTHEST <= n <= side + raster.FARTHEST for n, side in zip(point, shape[::-1], strict=True)):
        raise ValueError(f"{edit['do']}: the point {point!r} is too far outside a picture of {shape[1]}×{shape[0]}")
    return list(point)


def _check_seed(seed, edit, shape, classes):
    if not _whole(seed) or not 0 <= seed < 2**32:
        raise ValueError(f"a seed is a whole number from 0 to 2^32 − 1, got {seed!r}")
    return seed


def _check_colour(colour, edit, shape, classes):
    if colour is None:
        return None
    if not isinstance(colour, list) or len(colour) != 3 or not all(_whole(n) and 0 <= n <= 255 for n in colour):
        raise ValueError(f"a colour is [red, green, blue] of whole numbers 0 to 255, got {colour!r}")
    return colour


def _check_colours(colours, edit, shape, classes):
    if not isinstance(colours, list) or len(colours) > MOST_COLOURS:
        raise ValueError(f"colours: expected a list of at most {MOST_COLOURS}")
    return [_check_colour(colour, edit, shape, classes) for colour in colours]


def _check_shadow(wanted, edit, shape, classes):
    if not isinstance(wanted, bool):
        raise ValueError(f"shadow is true or false, got {wanted!r}")
    return wanted


def _whole(number):
    return isinstance(number, int) and not isinstance(number, bool)


def _check_runs(name):
    return lambda values, edit, shape, classes: encode_runs(_decode(values, shape, name, classes))


def _decode(values, shape, name, classes):
    count = len(classes)
    highest = {"hole": 1, "decided": 1, "painted": count - 1, "barred": 2**count - 1, "asked": 255}[name]
    decoded = decode_runs(values, shape, name, np.min_scalar_type(highest))
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
    "colour": ("put", "colour"),
    "restore": PARTS,
}
PUTS = ("brush", "lasso", "fill")
MAY = {**dict.fromkeys(PUTS, ("colour",)), "remove": ("shadow",), "restore": ("asked", "colours")}
CHECKS = {
    "do": lambda do, edit, shape, classes: do,
    "on": _check_on,
    "put": _check_put,
    "size": _check_size,
    "points": _check_points,
    "at": _check_at,
    "seed": _check_seed,
    "colour": _check_colour,
    "colours": _check_colours,
    "shadow": _check_shadow,
    **{part: _check_runs(part) for part in (*PARTS, "asked")},
}


# ------------------------------------------------------------ what they do


def do_edit(edit, drawing, layout, s_r, picture=None, classes=STREET):
    """Do a checked edit to the drawing. Returns a sentence on what happened; raises Refused and changes nothing.

    layout, s_r: functions giving the label map (uint8 H×W) and SP-Net's S_R as they are now, called where needed.
    picture: uint8 3×H×W, in which shadows are looked for. classes: the set of the layout.
    """
    if edit["do"] in PUTS:
        return _put(edit, drawing, _mask(edit, drawing, layout), classes)
    if edit["do"] == "remove":
        return _remove(edit, drawing, layout, picture, classes)
    return {"predict": _predict, "another": _another, "colour": _colour, "restore": _restore}[edit["do"]](
        edit, drawing, s_r, classes
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


def _put(edit, drawing, mask, classes):
    if edit["on"] == "hole":
        return _dig(drawing, mask) if edit["put"] == "hole" else _close(drawing, mask)
    inside = mask & (drawing.hole == 1)
    if not inside.any():
        raise Refused(Said("put.outside" if drawing.hole.any() else "put.no_hole"))
    if edit["put"] == "predicted":
        drawing.leave(inside)
        return Said("put.predicted", n=int(inside.sum()))
    drawing.decide(inside, classes.names.index(edit["put"]), edit.get("colour"))
    return Said("put", kind=class_named(edit["put"]), n=int(inside.sum()))


def _dig(drawing, mask):
    if not mask.any():
        raise Refused(Said("hole.outside"))
    if (mask | (drawing.hole == 1)).all():
        raise Refused(Said("hole.all"))
    drawing.dig(mask)
    return _size(drawing)


def _size(drawing):
    share = drawing.hole.mean()
    return Said("hole.size", percent=percent(share, 0 if share >= 0.01 else 1))


def _close(drawing, mask):
    if not (mask & (drawing.hole == 1)).any():
        raise Refused(Said("hole.not_there"))
    drawing.close(mask)
    return _size(drawing) if drawing.hole.any() else Said("hole.closed")


def _predict(edit, drawing, s_r, classes):
    _need_hole(drawing)
    drawing.leave(drawing.hole == 1)
    return Said("predicted")


def _another(edit, drawing, s_r, classes):
    _need_hole(drawing)
    drawing.decide(drawing.hole == 1, variants.another(s_r(), edit["seed"]))
    return Said("another.number", n=edit["seed"])


def _remove(edit, drawing, layout, picture, classes):
    before = layout()
    mask, label = find_object(before, edit["at"], picture if edit.get("shadow") else None, classes)
    _dig(drawing, mask)
    drawing.leave(mask)
    drawing.bar(mask, label)
    others = classes.objects if len(classes.objects) < len(classes) else ()  # or nothing would be left to be behind it
    for other in others:
        drawing.bar(mask & ~beside(before, mask, other), other)
    key = "removed.shadow" if edit.get("shadow") and classes.ground is not None else "removed"
    return Said(key, kind=class_named(classes.names[label]), n=int(mask.sum()))


def _colour(edit, drawing, s_r, classes):
    mask = (drawing.decided == 1) & (drawing.painted == classes.names.index(edit["put"]))
    if not mask.any():
        raise Refused(Said("coloured.nothing", kind=class_named(edit["put"])))
    drawing.ask(mask, edit["colour"])
    return Said("coloured" if edit["colour"] else "coloured.any", kind=class_named(edit["put"]))


def _restore(edit, drawing, s_r, classes):
    maps = {part: _decode(edit[part], drawing.shape, part, classes) for part in PARTS}
    if maps["hole"].all():
        raise Refused(Said("hole.all"))
    for part, values in maps.items():
        setattr(drawing, part, (values if part == "hole" else values * maps["hole"]).astype(drawing.kinds[part]))
    drawing.asked = np.zeros_like(drawing.hole)
    if "asked" in edit:
        asked = _decode(edit["asked"], drawing.shape, "asked", classes) * maps["hole"] * maps["decided"]
        for number, colour in enumerate(edit.get("colours", ()), 1):
            drawing.ask(asked == number, colour)
    return Said("restored")


def _need_hole(drawing):
    if not drawing.hole.any():
        raise Refused(Said("no_hole"))
