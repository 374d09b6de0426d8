"""The editor without a window: pixels, drawings, edits, records, samples, files."""

import base64
import io
import json
import threading
import time
import tracemalloc

import numpy as np
import pytest
from editor_scene import brush, net, street
from PIL import Image

from spg import pictures, weights
from spg.baselines.classical import available
from spg.editor import Refused, Session, drawing, objects, raster, record, replay, variants
from spg.editor.drawing import Drawing
from spg.editor.edits import check_edit
from spg.editor.session import entropy
from spg.editor.widget import Worker
from spg.holes import grow
from spg.inpainting import without
from spg.labels import CLASSES, PALETTE, PERSON, ROAD, SKY, STREET, VEHICLE


def session(size=64, labels=True):
    image, hole, known = street(size)
    return Session(net(), image, hole, known if labels else None)


def where(mask):
    """[x, y] of a pixel of the mask."""
    y, x = np.argwhere(mask)[len(np.argwhere(mask)) // 2]
    return [int(x), int(y)]


# ------------------------------------------------------------ raster


def test_brushes_of_known_shapes():
    assert raster.brush((5, 5), [[2, 2]], 1).sum() == 1
    assert raster.brush((5, 5), [[2, 2]], 2).sum() == 5  # a plus
    assert raster.brush((5, 5), [[2, 2]], 3).sum() == 9
    line = raster.brush((5, 9), [[0, 2], [8, 2]], 1)
    assert line[2].all() and line.sum() == 9


def test_a_disc_is_what_the_definition_says():
    y, x = np.mgrid[:31, :31]
    assert (raster.brush((31, 31), [[15, 14]], 20) == ((x - 15) ** 2 + (y - 14) ** 2 <= 100)).all()


def test_a_stroke_is_the_union_of_its_parts_and_may_leave_the_picture():
    parts = raster.brush((20, 20), [[3, 3], [12, 9]], 4) | raster.brush((20, 20), [[12, 9], [40, -5]], 4)
    assert (raster.brush((20, 20), [[3, 3], [12, 9], [40, -5]], 4) == parts).all()
    assert not raster.brush((20, 20), [[100, 100]], 9).any()


def test_a_lasso_is_filled_by_the_even_odd_rule():
    square = raster.lasso((10, 10), [[2, 2], [7, 2], [7, 7], [2, 7]])
    assert square[2:8, 2:8].all() and square.sum() == 36
    twice = raster.lasso((12, 12), [[1, 1], [10, 1], [10, 10], [1, 10], [1, 1], [4, 4], [4, 7], [7, 7], [7, 4], [4, 4]])
    assert not twice[5:7, 5:7].any() and twice[2, 2]
    assert raster.lasso((5, 5), [[1, 3], [4, 3]]).sum() == 4  # a flat one is its line


def test_a_fill_stays_within_its_value_and_its_neighbours():
    values = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]], np.uint8)
    assert raster.fill(values, [1, 0]).tolist() == [[0, 1, 0], [0, 1, 1], [0, 0, 1]]  # not over the corner
    assert not raster.fill(values, [3, 0]).any()


def test_runs_there_and_back():
    values = np.random.default_rng(0).integers(0, 3, (7, 9)).astype(np.uint8)
    assert (drawing.decode_runs(drawing.encode_runs(values), (7, 9)) == values).all()
    assert drawing.encode_runs(np.zeros((2, 3), np.uint8)) == [0, 6]
    for bad in ([0, 5], [0, 7, 1, -1], [300, 6], [0, 6, 1], ["x", 6], {"a": 1}):
        with pytest.raises(ValueError, match="hole"):
            drawing.decode_runs(bad, (2, 3), "hole")


# ------------------------------------------------------------ drawing and session


def test_an_untouched_session_is_the_net_itself():
    image, hole, labels = street()
    s, direct = Session(net(), image, hole, labels), net()(image, hole, labels)
    assert (s.layout == direct.labels).all() and (s.filled == direct.image).all()
    assert np.array_equal(s.probabilities, direct.probabilities)


def test_a_painted_class_is_in_the_layout_and_changes_the_picture_in_the_hole_only():
    s = session()
    before = s.filled
    s.edit(brush([[36, 30], [50, 30]]))
    assert (s.layout[raster.brush((64, 64), [[36, 30], [50, 30]], 5)] == VEHICLE).all()
    assert (s.filled != before).any() and (s.filled[:, s.hole == 0] == s.picture[:, s.hole == 0]).all()


def test_painting_is_clipped_to_the_hole_and_refused_wholly_outside():
    s = session()
    s.edit(brush([[0, 30], [50, 30]]))
    assert (s.layout == s.known)[s.hole == 0].all()
    before = s.drawing.freeze()
    with pytest.raises(Refused, match="Outside the hole the layout is known"):
        s.edit(brush([[3, 3]]))
    assert s.drawing.freeze() == before and len(s.history.edits) == 1


def test_only_what_is_stale_is_computed_again():
    s = session()
    assert s.filled is s.filled and (s.guess.asked, s.painted) == (1, 1)
    for y in (28, 32, 36):
        s.edit(brush([[40, y]]))
        assert s.filled is not None
    assert (s.guess.asked, s.painted) == (1, 4)  # the layout was painted: SG-Net alone
    s.edit(brush([[20, 30]], "hole", "hole"))
    assert s.filled is not None and s.guess.asked == 2  # the hole grew: SP-Net too
    s.undo()
    assert s.filled is not None and s.guess.asked == 2  # it remembers the hole before


def test_a_soft_painter_reads_sp_nets_doubts_until_somebody_decides(monkeypatch):
    s = session()
    monkeypatch.setattr(s.net, "soft", True)
    whole = s.net(s.picture, s.hole, s.known)
    assert (s.filled == whole.image).all()
    told = []
    monkeypatch.setattr(s.net, "paint", lambda *args: told.append(args) or s.picture)
    s.edit(brush([[40, 30]]))
    assert s.filled is s.picture
    _, hole, _, opinion = told[0]
    decided = s.drawing.decided == 1
    assert decided.any() and (opinion[VEHICLE][decided] == 1).all()
    still_open = (hole == 1) & ~decided
    assert (opinion[:, still_open] == s.probabilities[:, still_open]).all()
    s.edit({"do": "another", "seed": 0})
    assert s.filled is s.picture and told[1][3] is None  # all is decided


def test_the_eraser_gives_a_pixel_back_to_sp_net():
    s = session()
    predicted = s.layout
    s.edit(brush([[40, 30], [50, 40]], size=9))
    s.edit(brush([[40, 30], [50, 40]], "predicted", size=9))
    assert (s.layout == predicted).all() and not s.drawing.decided.any()


def test_fill_and_lasso_and_predict():
    s = session()
    predicted = s.layout
    s.edit({"do": "lasso", "on": "layout", "put": "sky", "points": [[35, 26], [50, 26], [50, 40]]})
    at = where((s.layout == SKY) & (s.drawing.decided == 1))
    s.edit({"do": "fill", "on": "layout", "put": "road", "at": at})
    assert (s.layout[s.drawing.decided == 1] == ROAD).all()
    with pytest.raises(Refused, match="Outside the hole"):
        s.edit({"do": "fill", "on": "layout", "put": "road", "at": [0, 0]})
    s.edit({"do": "predict"})
    assert (s.layout == predicted).all()


def test_the_hole_is_dug_and_closed():
    s = session()
    s.edit(brush([[5, 5]], "hole", "hole", 9))
    assert s.hole[5, 5] == 1
    s.edit(brush([[5, 5]], "person"))
    s.edit(brush([[5, 5]], "known", "hole", 9))
    assert s.hole[5, 5] == 0 and s.layout[5, 5] == s.known[5, 5] and s.drawing.decided[5, 5] == 0
    with pytest.raises(Refused, match="leave something to go by"):
        s.edit(brush([[32, 32]], "hole", "hole", 256))
    with pytest.raises(Refused, match="outside the picture"):
        s.edit(brush([[-50, -50]], "hole", "hole"))
    with pytest.raises(Refused, match="Nothing is missing there"):
        s.edit(brush([[5, 5]], "known", "hole"))


def test_undo_and_redo_are_exact_and_a_new_edit_ends_the_redo():
    s = session()
    states = [s.drawing.freeze()]
    edits = [brush([[40, 30]]), brush([[9, 9]], "hole", "hole"), {"do": "another", "seed": 4}, {"do": "predict"}]
    for edit in edits:
        s.edit(edit)
        states.append(s.drawing.freeze())
    for state in states[-2::-1]:
        s.undo()
        assert s.drawing.freeze() == state
    with pytest.raises(Refused, match="Nothing to undo"):
        s.undo()
    for state in states[1:]:
        s.redo()
        assert s.drawing.freeze() == state
    s.undo()
    s.edit(brush([[45, 33]]))
    with pytest.raises(Refused, match="Nothing to do again"):
        s.redo()


def test_a_session_may_begin_without_a_hole_or_labels():
    image, _, _ = street()
    s = Session(net(), image)
    assert (s.filled == s.picture).all() and s.probabilities is None and set(np.unique(s.known)) <= set(range(8))
    for edit in ({"do": "predict"}, {"do": "another", "seed": 0}):
        with pytest.raises(Refused, match="no hole yet"):
            s.edit(edit)
    with pytest.raises(Refused, match="there is no hole yet, draw one"):
        s.edit(brush([[5, 5]]))


def test_without_labels_the_segmenter_does_not_look_into_the_hole():
    image, hole, _ = street()
    other = np.where(hole == 1, 255 - image, image)
    assert (Session(net(), image, hole).known == Session(net(), other, hole).known).all()


def test_wrong_sizes_and_classes_are_refused():
    image, hole, labels = street()
    for wrong in (hole[:-1], np.zeros((5, 5), np.uint8)):
        with pytest.raises(ValueError, match="the hole is"):
            Session(net(), image, wrong, labels)
    with pytest.raises(ValueError, match="labels are"):
        Session(net(), image, hole, labels[1:])
    with pytest.raises(ValueError, match="out of range"):
        Session(net(), image, hole, labels + 8)


RESTORE = {"do": "restore", "hole": [0, 4096], "decided": [0, 4096], "painted": [0, 4096], "barred": [0, 4096]}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"do": "paint"}, "unknown edit 'paint'; known: brush"),
        ("paint", "unknown edit 'paint'"),
        (brush([[1, 1]], "horse"), "unknown class 'horse' for the layout; known: road"),
        (brush([[1, 1]], "sky", "hole"), "unknown class 'sky' for the hole; known: hole, known"),
        (brush([[1, 1]], size=0), "a brush is 1 to 256 pixels across, got 0"),
        (brush([]), "expected a list of 1 to"),
        (brush([[1, 2.5]]), "two whole numbers"),
        (brush([[1, 10**7]]), "too far outside a picture of 64×64"),
        ({"do": "brush", "on": "layout", "put": "sky"}, "lacks size, points"),
        ({"do": "another", "seed": -1}, "a seed is a whole number"),
        ({**RESTORE, "hole": [0, 1]}, "hole: the runs hold 1 pixels"),
        ({**RESTORE, "hole": [2, 4096]}, "hole: values go from 0 to 1"),
    ],
)
def test_edits_that_are_none_are_named(edit, said):
    with pytest.raises(ValueError, match=said):
        check_edit(edit, (64, 64))


# ------------------------------------------------------------ removal, samples, variants


def test_a_removed_object_becomes_a_hole_without_its_class():
    image, _, labels = street()
    s = Session(net(), image, None, labels)
    at = where(labels == PERSON)
    s.edit({"do": "remove", "at": at})
    person = raster.fill(labels, at)
    assert s.hole[person].all() and s.hole.sum() > person.sum()
    assert not (s.layout[s.hole == 1] == PERSON).any() and (s.probabilities[PERSON][s.hole == 1] == 0).all()
    np.testing.assert_allclose(s.probabilities.sum(0), 1, atol=1e-5)
    assert (s.filled[:, s.hole == 0] == image[:, s.hole == 0]).all() and (s.filled != image).any()


def test_what_is_behind_a_removed_object_is_the_street():
    labels = np.full((64, 64), ROAD, np.uint8)
    labels[20:44, 20:44], labels[20:44, 44:50] = VEHICLE, PERSON  # somebody stands beside the car
    s = Session(net(), np.full((3, 64, 64), 90, np.uint8), None, labels)
    s.edit({"do": "remove", "at": [30, 30]})
    far = (s.hole == 1) & ~grow(labels == PERSON, 2)
    for label in STREET.objects:
        assert (s.probabilities[label][far] == 0).all()
    near = (s.hole == 1) & (labels == PERSON)
    assert near.any() and (s.probabilities[PERSON][near] > 0).all()


def test_the_street_itself_cannot_be_removed():
    labels = np.full((8, 8), ROAD, np.uint8)
    with pytest.raises(Refused, match="This is road: only objects can be removed \\(sign, person, vehicle, other\\)"):
        objects.find_object(labels, [2, 2])
    with pytest.raises(Refused, match="outside the picture"):
        objects.find_object(labels, [9, 2])


def test_an_object_goes_with_its_shadow_and_nothing_beside_it():
    labels, picture = np.full((64, 64), ROAD, np.uint8), np.full((3, 64, 64), 150, np.uint8)
    labels[20:40, 20:40] = VEHICLE
    picture[:, 38:44, 22:46] = 60  # its shadow, down and to the right
    picture[:, 58:62, 2:30] = 60  # something dark that does not touch it
    with_rim, label = objects.find_object(labels, [30, 30])
    whole, _ = objects.find_object(labels, [30, 30], picture)
    assert label == VEHICLE and not with_rim[43, 44] and whole[38:44, 22:46].all()
    assert not whole[52:].any() and not whole[:17].any()
    even, _ = objects.find_object(labels, [30, 30], np.full_like(picture, 60))  # a dark road is no shadow
    assert (even == with_rim).all()


def test_older_records_remove_without_the_shadow():
    s = session()
    at = where(s.known == VEHICLE) if (s.known == VEHICLE).any() else where(s.known == PERSON)
    s.edit({"do": "remove", "at": at})
    assert s.history.edits[-1] == {"do": "remove", "at": at}
    with pytest.raises(ValueError, match="shadow is true or false, got 'yes'"):
        check_edit({"do": "remove", "at": at, "shadow": "yes"}, (64, 64))


@pytest.mark.parametrize("colour", [[1, 2], [1, 2, 256], "red", [1, 2, 3.0], [True, 2, 3]])
def test_a_colour_is_three_numbers(colour):
    with pytest.raises(ValueError, match="a colour is \\[red, green, blue\\]"):
        check_edit({**brush([[1, 1]]), "colour": colour}, (64, 64))


def test_a_drawing_forgets_colours_that_nothing_asks_for():
    d = Drawing(np.ones((4, 4), np.uint8))
    one = np.zeros((4, 4), bool)
    one[0, 0] = True
    for n in range(300):
        d.decide(one, VEHICLE, [n % 256, n // 256, 7])
    assert len(d.colours) <= 2 and d.colours[d.asked[0, 0] - 1] == [43, 1, 7]
    frozen = d.freeze()
    d.leave(one)
    assert not d.asked.any()
    d.thaw(frozen)
    assert d.colours[d.asked[0, 0] - 1] == [43, 1, 7]


def test_a_hole_certain_of_a_barred_class_still_has_probabilities():
    s_r = np.zeros((8, 2, 2), np.float32)
    s_r[VEHICLE] = 1
    barred = np.full((2, 2), 1 << VEHICLE, np.uint8)
    np.testing.assert_allclose(without(s_r, barred)[ROAD], 1 / 7)
    assert entropy(np.full((8, 1, 1), 1 / 8)).item() == pytest.approx(3)
    assert entropy(s_r).max() == pytest.approx(0, abs=1e-6)


def test_samples_have_sp_nets_chances_and_hang_together():
    p = np.array([0.6, 0.3, 0.1, 0, 0, 0, 0, 0])
    s_r = np.broadcast_to(p[:, None, None], (8, 32, 32))
    drawn = np.stack([variants.another(s_r, seed) for seed in range(300)])
    shares = np.array([(drawn == c).mean() for c in range(8)])
    np.testing.assert_allclose(shares, p, atol=0.04)
    pixel = np.array([(drawn[:, 5, 7] == c).mean() for c in range(8)])
    np.testing.assert_allclose(pixel, p, atol=0.1)  # at every single pixel too
    same = (drawn[:, :, 1:] == drawn[:, :, :-1]).mean()
    assert same > 0.9 > 2 * (p**2).sum() - 0.1  # neighbours agree; independent ones would in 46 %
    assert (variants.another(s_r, 3) == drawn[3]).all() and (drawn[3] != drawn[4]).any()


def test_samples_of_a_large_picture_are_drawn_hole_by_hole():
    p = np.array([0.6, 0.3, 0.1, 0, 0, 0, 0, 0])
    s_r = np.zeros((8, 1500, 2000), np.float32)
    holes = (slice(100, 140), slice(100, 160)), (slice(1400, 1500), slice(1900, 2000))
    for hole in holes:
        s_r[(..., *hole)] = p[:, None, None]
    tracemalloc.start()
    drawn = variants.another(s_r, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1500 * 2000  # a field of the whole picture takes as much, and there is one for each class
    assert drawn.shape == (1500, 2000) and (drawn == variants.another(s_r, 0)).all()
    more = np.stack([variants.another(s_r[:, 90:170, 90:170], seed) for seed in range(150)])[:, 10:50, 10:70]
    np.testing.assert_allclose([(more == c).mean() for c in range(8)], p, atol=0.1)
    assert 0.02 < np.mean(more != more[:, :1, :1]) < 0.98  # a hole may hold several classes


@pytest.mark.parametrize("widest", [64, 1])
def test_the_smooth_field_is_uniform_everywhere(monkeypatch, widest):
    monkeypatch.setattr(variants, "WIDEST", widest)
    rng = np.random.default_rng(0)
    fields = np.stack([variants.smooth_uniform(rng, (13, 16), 2.0) for _ in range(1500)])
    assert fields.shape == (1500, 13, 16)
    for y, x in ((0, 0), (6, 8), (12, 15)) if widest > 2 else ((0, 0), (12, 15)):
        assert np.histogram(fields[:, y, x], 4, (0, 1))[0] / 1500 == pytest.approx([0.25] * 4, abs=0.05)
    assert abs(np.corrcoef(fields[:, 0, 0], fields[:, 0, 15])[0, 1]) < 0.1  # opposite rims are strangers


def test_six_variants_differ_and_obey_their_layouts(capsys):
    s = session()
    here = s.drawing.freeze()
    found = variants.sample(s, 6)
    assert s.drawing.freeze() == here
    assert len({v.layout.tobytes() for v in found}) == 6 and len({v.filled.tobytes() for v in found}) == 6
    differ, lpips = variants.difference(found), variants.diversity(found)
    obeyed = [variants.obedience(net(), v) for v in found]
    with capsys.disabled():
        mean = f"{np.mean(obeyed):.2f} of the hole as painted"
        print(f"\n[editor] six variants, streets-64: classes differ in {differ:.2f}, LPIPS {lpips:.3f}, {mean}")
    assert differ > 0.05 and lpips > 0.02 and np.mean(obeyed) > 0.5
    alike = [found[0], found[0]]
    assert variants.difference(alike) == 0 and variants.diversity(alike) == pytest.approx(0, abs=1e-6)
    s.edit(found[2].restore)
    assert (s.layout == found[2].layout).all() and (s.filled == found[2].filled).all()


# ------------------------------------------------------------ records and files


def edited():
    s = session()
    for edit in (brush([[40, 30]]), {"do": "another", "seed": 1}, brush([[5, 5]], "hole", "hole"), {"do": "predict"}):
        s.edit(edit)
    s.edit({"do": "fill", "on": "layout", "put": "building", "at": where(s.hole == 1)})
    s.undo()
    s.edit({"do": "remove", "at": where((s.known == PERSON) & (s.hole == 0))})
    return s


def test_a_record_replays_to_the_same_bytes(tmp_path):
    s = edited()
    record.save(s, tmp_path)
    document = record.read((tmp_path / "edits.json").read_text())
    again = replay(net(), Image.open(tmp_path / "original.png"), document)
    record.save(again, tmp_path / "again")
    for name in record.outputs(s):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert (np.asarray(Image.open(tmp_path / "labels.png")) == s.layout).all()
    assert (np.asarray(Image.open(tmp_path / "hole.png")) == 255 * s.hole).all()


def test_spg_replay_does_the_same(tmp_path, capsys):
    from spg.cli import main

    s = edited()
    record.save(s, tmp_path)
    arguments = ["replay", str(tmp_path / "edits.json"), "--image", str(tmp_path / "original.png")]
    assert main([*arguments, "--weights", "streets-64", "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "picture.png").read_bytes() == (tmp_path / "picture.png").read_bytes()
    assert main([*arguments, "--weights", "cityscapes-64", "--out", str(tmp_path / "x")]) == 2
    assert "came out otherwise than in the record: other nets" in capsys.readouterr().err


@pytest.mark.skipif(not available(), reason="PyPatchMatch is not installed")
def test_a_record_says_whether_patches_were_put_in_and_replays_so(tmp_path, capsys):
    from spg.cli import main

    made = {}
    for textures in (False, True):
        s = Session(weights.load("streets-64", textures=textures), *street())
        s.edit(brush([[36, 30], [50, 30]], put="road"))
        assert s.document().get("textures", False) == textures
        record.save(s, tmp_path / str(textures))
        saved = str(tmp_path / str(textures) / "edits.json"), "--image", str(tmp_path / str(textures) / "original.png")
        assert main(["replay", *saved, "--weights", "streets-64", "--out", str(tmp_path / f"{textures}-again")]) == 0
        made[textures] = s.filled
    assert (made[True] != made[False]).any()
    arguments = ["replay", *saved, "--weights", "streets-64", "--no-textures", "--out", str(tmp_path / "x")]
    assert main(arguments) == 2 and "came out otherwise than in the record" in capsys.readouterr().err


def drawing_of(s):
    """What the browser saves where Python is gone: the drawing as it is, its picture, no result (js/link.js)."""
    url = "data:image/png;base64," + base64.b64encode(pictures.png(s.picture.transpose(1, 2, 0))).decode()
    return {**record.beginning(s), "original": url, "edits": [s.snapshot()], "result": {}}


def test_a_drawing_saved_without_python_is_replayed_without_its_picture_beside_it(tmp_path, capsys):
    from spg.cli import main

    s, file = edited(), tmp_path / "spg-drawing.json"
    file.write_text(json.dumps(drawing_of(s)))
    arguments = ["replay", str(file), "--weights", "streets-64", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "no result to compare with" in capsys.readouterr().out
    for name in ("picture.png", "original.png", "labels.png", "hole.png"):
        assert (tmp_path / "out" / name).read_bytes() == record.outputs(s)[name], name
    for bad, said in (
        (None, "has no picture with it: name the one the edits were made on, --image original.png"),
        ("data:,?", "the picture in it is no data URL"),
        ("data:image/png;base64,aGVsbG8=", "is no picture that can be read"),
    ):
        file.write_text(json.dumps({**drawing_of(s), "original": bad}))
        assert main(arguments) == 2
        assert said in capsys.readouterr().err


def test_a_record_that_does_not_fit_is_named():
    s = edited()
    image, _, _ = street()
    document = s.document()
    text = json.dumps(document)
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        record.read("{")
    with pytest.raises(ValueError, match="not a file of edits"):
        record.read('{"format": "other"}')
    with pytest.raises(ValueError, match="edits of version 2, this program reads version 1"):
        record.read(text.replace('"version": 1', '"version": 2'), "e.json")
    with pytest.raises(ValueError, match=r"lacks edits"):
        record.read(json.dumps({k: v for k, v in document.items() if k != "edits"}))
    with pytest.raises(ValueError, match="another picture"):
        replay(net(), 255 - image, document)
    with pytest.raises(ValueError, match="edit 1: unknown edit 'dance'"):
        replay(net(), image, {**document, "edits": [{"do": "dance"}]})
    with pytest.raises(ValueError, match="layout came out otherwise"):
        replay(net(), image, {**document, "result": {"layout": "0"}})


def test_memory_of_steps_is_bounded():
    s = session()
    for i in range(drawing.DEPTH + 30):
        s.edit(brush([[34 + i % 20, 30]], CLASSES[i % 8], size=1))
    assert len(s.history.edits) == drawing.DEPTH + 30
    for _ in range(drawing.DEPTH):
        s.undo()
    assert not s.history.can_undo


def png(array, mode=None):
    buffer = io.BytesIO()
    Image.fromarray(array, mode).save(buffer, "PNG")
    return buffer.getvalue()


def test_uploads_are_read_shrunk_and_refused_with_the_limit():
    large = pictures.read_picture(png(np.zeros((100, 2000, 3), np.uint8)))
    assert large.shape == (3, 38, 768)
    assert pictures.read_picture(png(np.zeros((9, 8), np.uint8))).shape == (3, 9, 8)
    with pytest.raises(ValueError, match=r"a.png has 9.0 MB; the limit is 8 MB"):
        pictures.read_picture(b"x" * 9_000_000, "a.png")
    with pytest.raises(ValueError, match="limit is 40 million"):
        pictures.read_picture(png(np.zeros((7000, 7000), bool)), "b.png")
    with pytest.raises(ValueError, match=r"c\.txt is no picture that can be read"):
        pictures.read_picture(b"hello", "c.txt")
    with pytest.raises(ValueError, match=r"d\.png is no picture"):
        pictures.read_picture(png(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))[:900], "d.png")


def test_label_maps_come_as_numbers_or_colours():
    labels = np.random.default_rng(0).integers(0, 8, (6, 8)).astype(np.uint8)
    assert (pictures.read_label_map(png(labels), (6, 8)) == labels).all()
    assert (pictures.read_label_map(png(PALETTE[labels]), (6, 8)) == labels).all()
    assert (pictures.read_label_map(png(labels), (12, 16)) == np.kron(labels, np.ones((2, 2), np.uint8))).all()
    with pytest.raises(ValueError, match=r"the file is \(6, 8\), the picture \(8, 8\)"):
        pictures.read_label_map(png(labels), (8, 8))
    with pytest.raises(ValueError, match=r"label ids \[30, .*\] are out of range"):
        pictures.read_label_map(png(labels + 30), (6, 8))


# ------------------------------------------------------------ the worker


def test_every_job_is_done_in_order_and_only_the_last_is_painted():
    done, painted, gate = [], [], threading.Event()

    def paint():
        gate.wait(5)
        painted.append(len(done))

    worker = Worker(paint, failed=pytest.fail)
    worker.post(lambda: done.append(0))
    time.sleep(0.05)  # it is painting now
    for i in range(1, 100):
        worker.post(lambda i=i: done.append(i))
    gate.set()
    worker.wait(5)
    assert done == list(range(100)) and painted == [1, 100]
    worker.stop()


def test_a_job_that_fails_does_not_end_the_worker():
    failures, done = [], []
    worker = Worker(lambda: None, failures.append)
    worker.post(lambda: 1 / 0)
    worker.post(lambda: done.append(1))
    worker.wait(5)
    assert done == [1] and isinstance(failures[0], ZeroDivisionError)
    gate = threading.Event()
    worker.post(lambda: gate.wait(5))
    with pytest.raises(TimeoutError, match="still painting"):
        worker.wait(0.01)
    gate.set()
    worker.stop()


def test_a_frozen_drawing_thaws_to_itself():
    drawing = Drawing(street()[1])
    drawing.decide(drawing.hole == 1, 3)
    frozen = drawing.freeze()
    drawing.close(np.ones((64, 64), bool))
    assert not drawing.hole.any() and not drawing.decided.any()
    drawing.thaw(frozen)
    drawing.decided[40, 40] = 0  # it can be drawn on again
    assert drawing.hole.sum() == street()[1].sum()
