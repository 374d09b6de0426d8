"""The object under a pointer: where it ends, its rim and its shadow, so that all of it goes."""

import numpy as np

from spg.editor import raster
from spg.editor.words import Said, class_named
from spg.holes import grow, rim_of
from spg.labels import OTHER, PERSON, SIGN, STREET, VEGETATION, VEHICLE

DARK = 0.82  # a shadow is darker than so much of the ground's median
REACH = 0.6  # of the object's height: so far beside and below it a shadow is looked for

OWN = {  # the colours in which drawn streets have them, RGB: medians of 2,700 objects, clustered [our decision]
    SIGN: [[83, 92, 153], [175, 37, 43], [207, 169, 99], [164, 84, 80], [123, 121, 130]],
    VEGETATION: [[73, 101, 61], [45, 61, 50], [115, 133, 77], [94, 90, 57], [132, 106, 56], [124, 74, 43]],
    PERSON: [[122, 65, 55], [62, 64, 63], [75, 92, 79], [64, 68, 98], [146, 107, 62], [146, 128, 122]],
    VEHICLE: [[164, 46, 44], [185, 137, 49], [47, 68, 119], [200, 181, 165], [83, 103, 121], [67, 62, 79]],
    OTHER: [[145, 106, 65], [146, 134, 126], [61, 61, 58], [174, 64, 46], [189, 149, 41], [50, 76, 118]],
}


class Refused(ValueError):
    """An edit that cannot be done here; nothing was changed. Its text is shown in the editor's status line."""


def own_colours(classes):
    """class → the colours it comes in; empty for other sets than streets, of which none are known."""
    return OWN if classes.same(STREET) else {}


def find_object(layout, at, picture=None, classes=STREET):
    """The object at a point of layout (uint8 H×W): (mask bool H×W with its rim, class). Raises Refused without one.

    picture: uint8 3×H×W, in which its shadow on the ground is looked for, and taken too; None: only the rim is.
    classes: the set of the layout, which says what an object is, and what ground.
    """
    x, y = at
    if not (0 <= x < layout.shape[1] and 0 <= y < layout.shape[0]):
        raise Refused(Said("remove.outside", x=x, y=y))
    label = int(layout[y, x])
    if label not in classes.objects:
        found, names = class_named(classes.names[label]), [class_named(classes.names[c]) for c in classes.objects]
        raise Refused(Said("remove.no_object" if names else "remove.no_objects", kind=found, objects=names))
    mask, rim = raster.fill(layout, at), rim_of(layout)
    if picture is not None and classes.ground is not None:
        mask |= shadow(mask, layout == classes.ground, picture, at, rim)
    return grow(mask, rim), label


def shadow(mask, ground, picture, at, rim):
    """The dark ground that touches an object (mask bool H×W) near its foot: bool H×W, at most as large as the object.

    ground: bool H×W. It touches the object where it does so within `rim` pixels.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    reach = max(rim, round(REACH * (rows[-1] + 1 - rows[0])))
    near = np.zeros(mask.shape, bool)
    middle = (rows[0] + rows[-1]) // 2  # a shadow lies at the foot
    near[middle : rows[-1] + reach, max(0, columns[0] - reach) : columns[-1] + reach] = True
    ground = ground & near
    light = picture.astype(np.float32).mean(0)
    if ground.sum() < 16:
        return np.zeros(mask.shape, bool)
    dark = ground & (light < DARK * np.median(light[ground]))
    touching = raster.fill((dark | grow(mask, rim)).astype(np.uint8), at) & dark
    return touching if touching.sum() <= mask.sum() else np.zeros(mask.shape, bool)
