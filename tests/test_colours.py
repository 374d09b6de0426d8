"""Does an object come in the colour that was asked for? With nets that always obey, and that never do."""

import numpy as np
import pytest

from spg.data.contract import Scene
from spg.editor.measure import KINDS
from spg.evaluation import metrics
from spg.evaluation.colours import measure_colours, median, others
from spg.evaluation.tables import table


class Cars:
    """Scenes with one car each, of a colour of its own; the last has none."""

    name, split, size = "cars", "val", 64
    colours = ((200, 20, 20), (20, 20, 200), (230, 230, 230))

    def __len__(self):
        return 4

    def __getitem__(self, i):
        image = np.full((3, 64, 64), 90, np.uint8)
        labels = np.zeros((64, 64), np.uint8)
        if i < 3:
            labels[20:34, 10:34] = 6
            image[:, labels == 6] = np.array(self.colours[i], np.uint8)[:, None]
        return Scene(image, labels)


class Obedient:
    def paint(self, image, hole, labels, colours=None):
        if colours is None:
            return np.where(hole == 1, np.uint8(90), image)
        asked = np.where(colours[..., 3] == 255, colours[..., :3].transpose(2, 0, 1), 90)
        return np.where(hole == 1, asked, image).astype(np.uint8)


class Stubborn:
    def paint(self, image, hole, labels, colours=None):
        return Obedient().paint(image, hole, labels)


def test_delta_e_has_known_values():
    picture = np.zeros((3, 4, 4), np.uint8)
    picture[:, :, 2:] = 255
    inside = np.zeros((4, 4), np.uint8)
    inside[:, 2:] = 1
    assert metrics.mean_colour(picture, inside).tolist() == [255, 255, 255]
    assert metrics.delta_e(picture, inside, (255, 255, 255)) == 0
    assert metrics.delta_e(picture, inside, (0, 0, 0)) == pytest.approx(100, abs=0.01)
    assert metrics.delta_e(picture, 1 - inside, (2, 2, 2)) < 1


def test_an_obedient_net_gives_the_colour_of_another_car(tmp_path, capsys):
    result = measure_colours(Obedient(), Cars(), folder=tmp_path)
    assert (result["n"], result["left_out"]) == (3, 1)
    assert [row["colour"] for row in result["rows"]] == [[20, 20, 200], [230, 230, 230], [200, 20, 20]]
    assert result["delta_e"]["asked"] == [0, 0, 0] and result["delta_e"]["unasked"][0] > 20
    assert (tmp_path / "0000-asked.png").exists() and (tmp_path / "0002-unasked-hole.png").exists()
    text = table(result, kinds=KINDS)
    assert "holes objects · seed 0 · n = 3 · 1 scenes without an object left out" in text
    assert "| the colour was asked for | 0.0 | 0.0 to 0.0 |" in text


def test_a_net_that_does_not_listen_is_found_out():
    result = measure_colours(Stubborn(), Cars())
    assert result["delta_e"]["asked"] == result["delta_e"]["unasked"]
    assert all(row["asked"] > 10 for row in result["rows"])


def test_a_class_with_one_object_is_asked_for_its_own_colour():
    found = [{"scene": s, "class": c, "colour": s} for s, c in ((0, 6), (1, 5), (2, 6))]
    assert others(found) == {0: 2, 2: 0, 1: 1}


def test_a_median_has_an_interval():
    value, low, high = median(np.arange(101.0))
    assert value == 50 and 30 < low < 50 < high < 70
