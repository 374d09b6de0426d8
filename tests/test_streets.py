"""Procedural street scenes: one geometry under many looks, labels exact, the same bytes everywhere, quick."""

import hashlib
import time

import numpy as np
import pytest

from spg.data.contract import Scene
from spg.data.streets import DEFAULT_COUNTS, Streets, _average, draw, paint, samples
from spg.data.streets.camera import NEAR, View
from spg.data.streets.facades import CELL, CELLS
from spg.data.streets.layout import plan
from spg.data.streets.looks import look
from spg.data.streets.materials import CLASS, COUNT, NAMES
from spg.data.streets.shading import picture
from spg.labels import CLASSES, OTHER, PERSON, SIGN

# sha256 of image then labels of draw(layout, look, size). They were the same with OpenCV 4.9 and NumPy 1.26 as
# with OpenCV 5.0 and NumPy 2.4. If pixels are meant to change, raise `streets.version` and renew them.
DIGESTS = {
    (0, 0, 64): "fe2257719e598b7d",
    (17, 4, 64): "5e0860ab8d2e084c",
    (1 << 40, 3, 64): "a579fab27c84b174",
    (0, 0, 128): "b942fc2985641648",
    (23, 9, 128): "b268a295d8e74056",
    (0, 0, 256): "cbfeca5592f48c23",
    (31, 12, 256): "c672f81ca6206f7c",
}


def digest(scene):
    return hashlib.sha256(scene.image.tobytes() + scene.labels.tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(("layout", "look_seed", "size"), DIGESTS)
def test_same_seeds_same_bytes_on_any_machine(layout, look_seed, size):
    assert digest(draw(layout, look_seed, size)) == DIGESTS[layout, look_seed, size]


def test_what_was_drawn_before_does_not_matter():
    first = digest(draw(5, 6, 64))
    draw(7, 8, 96)
    assert digest(draw(5, 6, 64)) == first


def test_one_layout_in_many_looks_has_one_label_map():
    scenes = [draw(11, seed, 64) for seed in range(6)]
    assert all((s.labels == scenes[0].labels).all() for s in scenes)
    assert len({digest(s) for s in scenes}) == 6
    assert (draw(12, 0, 64).labels != scenes[0].labels).any()


def test_one_painting_can_be_shaded_again_and_again():
    street = plan(4)
    canvas = paint(street, View(street.camera, 48, 48))
    first, second = (picture(canvas, street, look(3)) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("size", [(1, 1), (7, 40), (64, 64), (50, 90)])
def test_any_size_gives_a_scene_of_it(size):
    scene = draw(3, 4, *size)
    assert isinstance(scene, Scene)
    assert scene.image.shape == (3, *size)
    assert scene.labels.shape == size
    assert scene.image.dtype == scene.labels.dtype == np.uint8
    assert scene.labels.max() < len(CLASSES)


def test_a_size_is_square_by_default():
    assert digest(draw(3, 4, 48)) == digest(draw(3, 4, 48, 48))


def test_another_size_is_the_same_street():
    small = [draw(seed, 1, 64) for seed in range(8)]
    large = [draw(seed, 1, 192) for seed in range(8)]
    agree = np.mean([(s.labels == b.labels[1::3, 1::3]).mean() for s, b in zip(small, large, strict=True)])
    other = np.mean([(s.labels == b.labels[1::3, 1::3]).mean() for s, b in zip(small, large[1:], strict=False)])
    assert agree > 0.97 > 0.8 > other


def test_a_wider_picture_shows_more_of_the_same_street():
    square, wide = draw(9, 2, 64), draw(9, 2, 64, 128)
    assert (wide.labels[:, 32:96] == square.labels).mean() > 0.99


def test_no_colour_leaks_over_a_class_boundary():
    """Paint people pure white: then every pixel labelled person is white, and the label map alone decides."""
    rng = np.random.default_rng(0)
    labels = (rng.random((12, 12)) < 0.5).astype(np.uint8)
    image = np.where(labels, 255, 0).astype(np.uint8)[None].repeat(3, 0)
    scene = _average(image, labels, 3)
    assert ((scene.image == 255) == (scene.labels == 1)).all()
    assert (scene.labels == labels[1::3, 1::3]).all()
    assert set(np.unique(scene.image)) == {0, 255}


def test_inside_a_class_samples_are_averaged():
    image = np.zeros((3, 2, 2), np.uint8)
    image[:, 0, 0] = 100
    assert (_average(image, np.zeros((2, 2), np.uint8), 2).image == 25).all()


def test_every_class_is_there_to_be_learnt():
    scenes = Streets(64, "train", 60)
    counts = np.array([np.bincount(scenes[i].labels.ravel(), minlength=8) for i in range(60)])
    share, present = counts.mean(0) / 64**2, (counts >= 8).mean(0)
    assert (present > 0.8).all(), dict(zip(CLASSES, present, strict=True))
    assert (share[[SIGN, PERSON, OTHER]] > 0.015).all(), dict(zip(CLASSES, share, strict=True))
    assert (share > 0.015).all() and (share < 0.5).all()


def test_road_is_below_and_sky_above():
    labels = np.stack([draw(seed, 0, 32).labels for seed in range(20)])
    assert (labels[:, -1] == CLASSES.index("road")).mean() > 0.6
    assert (labels[:, 0] == CLASSES.index("road")).mean() < 0.01
    assert not (labels[:, -4:] == CLASSES.index("sky")).any()


def test_materials_have_grain():
    """Neighbouring pixels of one class differ by more than a smooth filling would."""
    scene = draw(2, 5, 256)
    grey = scene.image.astype(int).sum(0) / 3
    step = np.abs(np.diff(grey, axis=1))
    same = scene.labels[:, 1:] == scene.labels[:, :-1]
    for name in ("road", "building", "vegetation"):
        inside = same & (scene.labels[:, 1:] == CLASSES.index(name))
        assert inside.sum() > 100 and step[inside].mean() > 2.0, name


def test_polygons_are_such_that_every_opencv_fills_them_alike():
    """cv2.fillConvexPoly also fills polygons that no level line cuts more than twice; all of ours are."""
    for seed in range(40):
        street = plan(seed)
        view = View(street.camera, 512, 512)
        for thing in street.things:
            if thing.z <= NEAR:
                continue
            x, y, z = thing.model.points * thing.scale
            rows = view.project((-x if thing.mirrored else x) + thing.x, y, z + thing.z)[:, 1]
            for start, stop, slot in thing.model.faces:
                rise = np.diff(np.append(rows[start:stop], rows[start]))
                ways = np.sign(rise[np.abs(rise) > 16])
                assert (ways != np.roll(ways, 1)).sum() <= 2, (thing.model.slots[slot], seed)


def test_cells_are_complete_bays():
    assert all(cell.shape == (CELL, CELL) for cell in CELLS.values())


def test_every_class_has_materials_and_every_material_a_colour():
    assert set(CLASS) == set(range(len(CLASSES)))
    assert len(CLASS) == len(NAMES) and (COUNT > 0).all()


def test_a_look_decides_the_day_and_is_itself_decided_by_its_seed():
    days = [look(seed).day for seed in range(60)]
    assert len(set(days)) >= 6
    assert [look(seed).day for seed in range(60)] == days


def test_splits_share_no_layout_and_do_not_depend_on_n():
    scenes = {split: Streets(24, split, 12) for split in DEFAULT_COUNTS}
    seen = [digest(s[i]) for s in scenes.values() for i in range(12)]
    assert len(set(seen)) == 36
    assert digest(Streets(24, "val", 3)[2]) == digest(scenes["val"][2])
    assert digest(Streets(24, "val")[2]) == digest(scenes["val"][2])


def test_a_split_has_ids_length_and_ends():
    scenes = Streets(16, "test")
    assert (scenes.name, scenes.split, scenes.size) == ("streets", "test", 16)
    assert len(scenes) == len(scenes.ids) == len(set(scenes.ids)) == DEFAULT_COUNTS["test"]
    assert digest(scenes[-1]) == digest(scenes[len(scenes) - 1])
    with pytest.raises(IndexError):
        scenes[len(scenes)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Streets(64, "dev"), "unknown split 'dev'; use one of train, val, test"),
        (lambda: Streets(0, "val"), "size must be a positive whole number of pixels, e.g. 64, 128 or 256, got 0"),
        (lambda: Streets(64.5, "val"), "size must be .* got 64.5"),
        (lambda: Streets(64, "val", 0), "n must be a positive number of scenes; leave it out for the default, got 0"),
        (lambda: draw(1, 1, -64), "height must be .* got -64"),
        (lambda: draw(1, 1, 64, 0), "width must be .* got 0"),
        (lambda: draw(-1, 1, 64), "layout must be a seed, an integer >= 0, got -1"),
        (lambda: draw(1, "rain", 64), "look must be a seed, an integer >= 0, got 'rain'"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_fewer_samples_where_pixels_are_many():
    assert [samples(s) for s in (64, 128, 256)] == [3, 3, 2]


@pytest.mark.parametrize(("size", "floor"), [(64, 30), (256, 5)])
def test_speed_has_half_of_what_is_promised(size, floor):
    """60 scenes a second at 64 px and 10 at 256 px on one core; half of that, for the sake of a busy machine."""
    scenes = Streets(size, "val", 12)
    scenes[0]
    best = 0.0
    for _ in range(4):
        start = time.process_time()
        for i in range(12):
            scenes[i]
        best = max(best, 12 / (time.process_time() - start))
        if best > floor:
            break
    assert best > floor, f"{best:.1f} scenes/s at {size} px"
