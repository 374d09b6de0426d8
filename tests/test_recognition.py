"""What a segmenter finds of what was asked for: shares with known values."""

import numpy as np
import pytest

from spg.evaluation import metrics, recognition


def test_a_segmenter_is_shown_the_whole_picture_with_a_hole_of_one_pixel():
    shown = []

    def segment(picture, hole):
        shown.append(hole)
        return picture[0]

    picture = np.full((3, 6, 8), 3, np.uint8)
    assert (recognition.seen(segment, picture) == 3).all()
    assert shown[0].sum() == shown[0][-1, -1] == 1
    with pytest.raises(ValueError, match=r"the segmenter's labels: label ids \[9\]"):
        recognition.seen(segment, np.full((3, 6, 8), 9, np.uint8))


def test_the_share_is_of_the_hole():
    asked = np.array([[6, 6, 0, 0]], np.uint8)
    found = np.array([[6, 5, 0, 1]], np.uint8)
    for hole, share in (([[1, 1, 0, 0]], 0.5), ([[1, 0, 1, 0]], 1.0), ([[1, 1, 1, 1]], 0.5), ([[0, 1, 0, 1]], 0.0)):
        assert recognition.share(found, asked, np.array(hole)) == share
    assert np.isnan(recognition.share(found, asked, np.zeros((1, 4))))


def test_classes_are_pooled_over_pictures():
    hole = np.ones((1, 4), np.uint8)
    pairs = [([6, 6, 6, 0], [6, 6, 6, 0]), ([6, 0, 0, 3], [0, 0, 0, 3])]  # asked, found
    counts = [metrics.confusion(np.array([a], np.uint8), np.array([f], np.uint8), hole) for a, f in pairs]
    found = recognition.by_class(counts)
    assert set(found) == {"vehicle", "vegetation"} and found["vehicle"][0] == 0.75
    assert found["vehicle"][1:] == [0, 1] and found["vegetation"] == [1, 1, 1]
