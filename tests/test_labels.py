import numpy as np
import pytest

from spg import labels
from spg.labels import CAMVID_TABLE, CITYSCAPES_TABLE, CLASSES, IDENTITY_TABLE, PALETTE, check_labels, colour, group_ids


def name_of(table, id):
    return CLASSES[group_ids(np.array([[id]], np.uint8), table)[0, 0]]


@pytest.mark.parametrize(
    ("id", "name"),
    [
        (0, "other"),  # unlabeled
        (1, "other"),  # ego vehicle is the car that films, not traffic
        (6, "other"),  # ground
        (7, "road"),
        (8, "road"),  # sidewalk
        (11, "building"),
        (13, "building"),  # fence
        (17, "sign"),  # pole
        (20, "sign"),  # traffic sign
        (21, "vegetation"),
        (22, "vegetation"),  # terrain
        (23, "sky"),
        (24, "person"),
        (25, "person"),  # rider
        (26, "vehicle"),
        (33, "vehicle"),  # bicycle
        (255, "vehicle"),  # licence plate, -1 in the data set
    ],
)
def test_cityscapes_ids(id, name):
    assert name_of(CITYSCAPES_TABLE, id) == name


def test_camvid_ids():
    names = ["sky", "building", "sign", "road", "road", "vegetation", "sign", "building", "vehicle", "person", "person"]
    assert [name_of(CAMVID_TABLE, id) for id in range(12)] == [*names, "other"]


@pytest.mark.parametrize(("table", "known"), [(CITYSCAPES_TABLE, 35), (CAMVID_TABLE, 12), (IDENTITY_TABLE, 8)])
def test_tables_list_their_ids_and_reach_every_class(table, known):
    assert (table != labels.UNKNOWN).sum() == known
    assert set(table) - {labels.UNKNOWN} == set(range(8))


def test_unknown_ids_are_named_with_their_file_and_the_remedy():
    with pytest.raises(ValueError, match=r"a\.png: label ids \[12, 99\] .* folder:ROOT"):
        group_ids(np.array([[3, 12, 99]], np.uint8), CAMVID_TABLE, where="a.png")


def test_class_constants_and_colours():
    assert [getattr(labels, name.upper()) for name in CLASSES] == list(range(8))
    assert len({tuple(c) for c in PALETTE}) == 8
    assert colour(np.array([[labels.ROAD, labels.SKY]])).tolist() == [[[128, 64, 128], [70, 130, 180]]]


def test_check_labels_accepts_any_integer_type():
    checked = check_labels([[0, 7]])
    assert checked.dtype == np.uint8
    assert checked.tolist() == [[0, 7]]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((1, 2, 2), int), r"x: labels must be H×W class numbers, got shape \(1, 2, 2\)"),
        (np.zeros((2, 2)), r"x: labels must be integers 0\.\.7, got float64"),
        (np.array([[0, 8], [200, 1]]), r"x: label ids \[8, 200\] are out of range 0\.\.7 \(road, building"),
        (np.array([[0, -1]]), r"x: label ids \[-1\] are out of range"),
    ],
)
def test_check_labels_names_what_is_wrong(bad, message):
    with pytest.raises(ValueError, match=message):
        check_labels(bad, where="x")
