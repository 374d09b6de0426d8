"""The class set is the data's: a folder of three classes, faces, and what is refused between sets."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from data_trees import picture, save
from PIL import Image
from tiny import Tiny

from spg import data, weights
from spg.baselines.gfc import nearest_segmenter
from spg.cli import main
from spg.data.portraits import draw_face
from spg.editor import SegmentationEditor, replay
from spg.editor.actions import frame_packet
from spg.editor.app import open_editor
from spg.editor.session import Session
from spg.engine import checkpoints, shipped
from spg.engine.machine import make_fabric
from spg.holes import object_hole, things
from spg.labels import (
    CELEBAMASK_TABLE,
    CLASSES,
    FACE,
    FACES,
    LEFT_EYE,
    RIGHT_EYE,
    STREET,
    UNKNOWN,
    ClassSet,
    check_labels,
    recorded,
)
from spg.models import task
from spg.profiles import profile
from spg.samples import Resident, TrainingSamples
from spg.training import Trainer

BEACH = {
    "names": ["sea", "left shoe", "right shoe"],
    "colours": [[0, 0, 200], [200, 0, 0], [250, 90, 90]],
    "objects": ["left shoe", "right shoe"],
    "swaps": [["left shoe", "right shoe"]],
}


def beach(root, about=BEACH, n=12, side=32):
    """A folder of n pictures of three classes: the left shoe at the left, the right shoe at the right."""
    for i in range(n):
        labels = np.zeros((side, side), np.uint8)
        labels[12:20, 4 : 10 + i % 3], labels[12:20, 20:28] = 1, 2
        shade = picture(i, side, side) // 4
        save(np.array(BEACH["colours"], np.uint8)[labels] // 2 + shade, root / "images" / f"{i:02}.png")
        save(labels, root / "labels" / f"{i:02}.png")
    if about is not None:
        (root / "classes.json").write_text(about if isinstance(about, str) else json.dumps(about))
    return root


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SPG_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


# --------------------------------------------------------------------------- sets


def test_a_set_survives_a_checkpoints_json():
    mine = ClassSet("beach", BEACH["names"], BEACH["colours"], objects=(1,), swaps=((1, 2),))
    for classes in (STREET, FACES, mine):
        about = json.loads(json.dumps({"classes": list(classes.names), "class_set": classes.as_dict()}))
        assert recorded(about, "x") == classes
    assert recorded({}, "x") is STREET and recorded({"classes": list(CLASSES)}, "x") is STREET


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colours": BEACH["colours"][:2]}, "the class 'right shoe' has no colour"),
        ({"names": BEACH["names"][:2]}, r"class 2 has a colour, \[250, 90, 90\], and no name"),
        ({"colours": [[0, 0, 1], [0, 0, 1], [2, 2, 2]]}, "colour .* is there twice, as 'sea' and 'left shoe'"),
        ({"names": ["sea", "sea", "shoe"]}, "the class 'sea' is there twice"),
        ({"names": ["sea"], "colours": [[1, 2, 3]]}, "has 2 to 64 classes, this one has 1"),
        ({"names": [f"c{i}" for i in range(65)], "colours": [[0, 0, i] for i in range(65)]}, "this one has 65"),
        ({"colours": [[0, 0, 300], [0, 0, 1], [2, 2, 2]]}, "'sea' has .*300"),
        ({"names": ["sea", "predicted", "shoe"]}, "other than 'predicted'"),
        ({"objects": ["hat"]}, "'hat' is none of the names: sea, left shoe, right shoe"),
        ({"swaps": [["sea"]]}, "a swap is a pair"),
        ({"swops": []}, "this one has swops"),
        ({"names": "sea"}, "lacks one of them, or one is no list"),
        ("{", "cannot be read as JSON"),
        ("[]", "a list"),
    ],
)
def test_what_is_wrong_with_a_classes_json_is_said_on_one_line(tmp_path, home, capsys, changes, message):
    plain = {key: BEACH[key] for key in ("names", "colours")}
    about = changes if isinstance(changes, str) else plain | changes
    spec = f"folder:{beach(tmp_path / 'beach', about, n=2)}"
    with pytest.raises(ValueError, match=rf"classes\.json.*{message}"):
        data.open(spec, "all", 32)
    assert main(["data", spec]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_id_without_a_name_is_named_with_its_file(tmp_path, home):
    root = beach(tmp_path / "beach", n=3)
    save(np.full((32, 32), 3), root / "labels" / "01.png")
    with pytest.raises(
        ValueError, match=r"01\.png: label ids \[3\] are out of range 0\.\.2 \(sea, left shoe, right shoe\)"
    ):
        data.open(f"folder:{root}", "all", 32)


def test_without_a_classes_json_a_folder_has_the_papers_eight(tmp_path, home):
    assert data.open(f"folder:{beach(tmp_path, None)}", "all", 32).classes is STREET
    assert data.open("streets", "val", 32, 2).classes is STREET


def test_labels_may_be_painted_in_the_sets_own_colours(tmp_path, home):
    root = beach(tmp_path / "beach", n=2)
    numbers = data.open(f"folder:{root}", "all", 32)[0].labels
    save(np.array(BEACH["colours"], np.uint8)[numbers], root / "labels" / "00.png")
    assert (data.open(f"folder:{root}", "all", 32)[0].labels == numbers).all()


def test_another_classes_json_makes_another_cache(tmp_path, home):
    spec = f"folder:{beach(tmp_path / 'beach', n=2)}"
    before = data.open(spec, "all", 32).scenes.folder
    beach(tmp_path / "beach", BEACH | {"names": ["sea", "left foot", "right foot"], "objects": [], "swaps": []}, n=0)
    assert data.open(spec, "all", 32).scenes.folder != before


# --------------------------------------------------------------------------- mirrored pictures


def test_left_and_right_change_places_in_a_mirrored_picture(tmp_path, home):
    scenes = data.open(f"folder:{beach(tmp_path / 'beach', n=2)}", "all", 32)
    samples, mirrored = TrainingSamples(scenes, seed=3), 0
    for k in range(12):
        image, labels, _ = samples[k]
        left, right = ((labels == c).any(0).argmax() for c in (1, 2))
        assert left < right  # in every sample, as in every picture
        mirrored += not any((image == scenes[i].image).all() for i in range(2))
    assert 0 < mirrored < 12


def test_scenes_that_lie_on_the_device_are_mirrored_alike(tmp_path, home):
    scenes = data.open(f"folder:{beach(tmp_path / 'beach')}", "fit", 32)
    assert scenes.classes.swaps and len(scenes) < len(scenes.scenes)
    options = {"holes": "objects:0.5+paper:0.5", "seed": 1, "window": 24}
    read, placed = TrainingSamples(scenes, **options), TrainingSamples(scenes, **options, placed=True)
    places = torch.from_numpy(np.stack([placed[k][0] for k in range(12)]))
    images, labels = Resident(scenes, "cpu").cut(places, 24, 32)
    for k in range(12):
        assert (images[k].numpy() == read[k][0]).all() and (labels[k].numpy() == read[k][1]).all()
    assert 0 < places[:, 1].sum() < 12


def test_mirroring_twice_gives_the_map_again_and_streets_only_turn():
    labels = np.array([[LEFT_EYE, 1, RIGHT_EYE]], np.uint8)
    assert FACES.mirrored(labels).tolist() == [[LEFT_EYE, 1, RIGHT_EYE]]
    assert FACES.mirrored(labels[:, :2]).tolist() == [[1, RIGHT_EYE]]
    assert STREET.mirrored(labels).tolist() == [[RIGHT_EYE, 1, LEFT_EYE]]


# --------------------------------------------------------------------------- faces


def face(side=64):
    """A made face, label map of Helen's eleven."""
    labels = np.zeros((side, side), np.uint8)
    labels[4:60, 8:56] = FACE.index("hair")
    labels[16:58, 14:50] = FACE.index("skin")
    for c, (top, left, height, width) in {4: (26, 38, 3, 7), 5: (26, 19, 3, 7), 6: (30, 28, 10, 8)}.items():
        labels[top : top + height, left : left + width] = c
    for k, c in enumerate((7, 8, 9)):
        labels[44 + 2 * k : 46 + 2 * k, 24:40] = c
    return labels


def helen(root, ids, split_file=None):
    for id in ids:
        save(picture(3, 64, 64), root / "images" / f"{id}.jpg")
        for c in range(len(FACE)):
            soft = np.where(face() == c, 200, 30)
            save(soft, root / "labels" / id / f"{id}_lbl{c:02}.png")
    if split_file:
        (root / split_file).write_text("".join(f"{n} , {id}\n" for n, id in enumerate(ids, 1)))
    return root


def celebamask(root, ids):
    table = {int(c): int(np.flatnonzero(c == CELEBAMASK_TABLE)[0]) for c in range(len(FACE))}
    for id in ids:
        save(picture(4, 64, 64), root / "images" / f"{id}.jpg")
        save(np.vectorize(table.get)(face()), root / "labels" / f"{id}.png")
    return root


def test_celebamasks_ids_reach_every_class_and_no_other():
    listed = CELEBAMASK_TABLE[:19]
    assert set(listed.tolist()) == set(range(11)) and (CELEBAMASK_TABLE[19:] == UNKNOWN).all()
    assert [FACE[listed[id]] for id in (2, 4, 6, 10, 11, 13)] == [
        *("nose", "left eye", "left brow", "inner mouth", "upper lip", "hair")
    ]


@pytest.mark.parametrize("split", ["train", "val"])
def test_both_layouts_of_faces_give_the_same_map(tmp_path, home, split):
    helen(tmp_path / "helen", ["1_a", "2_b"], {"train": "exemplars.txt", "val": "tuning.txt"}[split])
    celebamask(tmp_path / "celeba" / split, ["00001", "00002"])
    for root in ("helen", "celeba"):
        scenes = data.open(f"faces:{tmp_path / root}", split, 64)
        assert scenes.classes is FACES and scenes.name == "faces" and len(scenes) == 2
        assert (scenes[0].labels == face()).all()


def test_faces_that_lack_something_say_what(tmp_path, home, capsys):
    root = helen(tmp_path / "helen", ["1_a", "2_b"], "exemplars.txt")
    with pytest.raises(FileNotFoundError, match=r"neither a folder test/ nor testing\.txt .* Helen or CelebAMask"):
        data.open(f"faces:{root}", "test", 64)
    (root / "labels" / "1_a" / "1_a_lbl03.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"1_a_lbl03\.png is missing"):
        data.open(f"faces:{root}", "train", 64)
    assert main(["data", "faces:nowhere"]) == 2 and "there is no folder nowhere" in capsys.readouterr().err


def test_holes_take_out_whole_parts_of_a_face():
    labels = face()
    assert [FACES.parts[thing.part].classes[0] for thing in things(labels, FACES)] == [4, 6, 7, 10]
    seen = set()
    for seed in range(60):
        hole = object_hole(np.random.default_rng(seed), labels, FACES) == 1
        whole = [part for part in FACES.parts if hole[np.isin(labels, part.classes)].all()]
        assert whole and not hole.all()
        seen |= {part.classes for part in whole}
    assert seen == {part.classes for part in FACES.parts}


def test_a_real_face_on_this_machine(home):
    root = Path(os.environ.get("SPG_DATA", "nowhere")) / "faces"
    if not root.is_dir():
        pytest.skip("no faces in $SPG_DATA")
    scenes = data.open("faces", "val", 128, 8, cache=False)
    assert len(scenes) == 8
    for i in range(8):
        labels = scenes[i].labels
        assert labels.max() < len(FACES) and (labels == FACE.index("skin")).mean() > 0.05
        sides = [np.argwhere(labels == c)[:, 1].mean() for c in (LEFT_EYE, RIGHT_EYE) if (labels == c).any()]
        assert len(sides) < 2 or sides[0] > sides[1]  # the person's left


# --------------------------------------------------------------------------- nets of another set


def trained(model, scenes, out, classes, **changes):
    settings = {"sizes": (32,), "pictures": (4,), "width": 2, "discriminator_width": 2, "alexnet": 0.0, **changes}
    p = profile("smoke", **settings)
    source = {"data": "folder:beach"}
    Trainer(model, task(model), p, scenes, source, out, make_fabric(p, "cpu"), classes=classes).fit(show=False)
    return out / f"{model}.safetensors"


@pytest.fixture(scope="module")
def shore(tmp_path_factory):
    """SP-Net+, SG-Net+ and a segmenter of three classes, trained for a step."""
    root = tmp_path_factory.mktemp("shore")
    classes = ClassSet("beach", BEACH["names"], BEACH["colours"], objects=(1, 2), swaps=((1, 2),))

    class Scenes(Tiny):
        def __getitem__(self, i):
            image, labels = super().__getitem__(i)
            return image, labels % 3

    Scenes.classes = classes
    for model in ("spnet-plus", "sgnet-plus", "segmenter"):
        settings = {"segmenter": {}, "spnet-plus": {}}.get(model, {"discriminator": "segmenting", "coloured": True})
        trained(model, Scenes, root, classes, **settings)
    return root


def test_a_net_knows_its_class_set_from_the_checkpoint(shore):
    net = weights.load(str(shore))
    assert net.classes.names == tuple(BEACH["names"]) and net.classes.swaps == ((1, 2),)
    image, hole = np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.uint8)
    hole[8:20, 8:20] = 1
    filled = net(image, hole)
    assert filled.probabilities.shape == (3, 32, 32) and filled.labels.max() < 3
    with pytest.raises(ValueError, match=r"label ids \[7\] are out of range 0\.\.2 \(sea, left shoe"):
        net(image, hole, np.full((32, 32), 7))


@pytest.mark.parametrize(("model", "part"), [("spnet-plus", "spnet"), ("sgnet-plus", "painter")])
def test_a_net_that_is_to_paint_another_set_refuses_and_names_both(shore, model, part):
    message = rf"{model} .*classes of beach \(sea, .*asked for those of streets \(road, .*train it on the same data"
    with pytest.raises(ValueError, match=message):
        weights.Nets(str(shore), classes=STREET).inpainter(**{part: model})


def test_nets_of_two_sets_do_not_work_together(shore):
    mixed = [
        str(shore / "spnet-plus.safetensors"),
        str(shipped.checked(shipped.registry()["streets-128"]["nets"]["sgnet-plus"])),
    ]
    with pytest.raises(ValueError, match=r"has learned the classes of streets .* asked for those of beach"):
        weights.load(mixed)


def test_no_shipped_segmenter_is_lent_to_a_net_of_other_classes(shore):
    alone = weights.Nets(str(shore / "spnet-plus.safetensors"))
    assert "segmenter" not in alone
    classes = recorded(checkpoints.about(shore / "spnet-plus.safetensors"), "x")
    with pytest.raises(ValueError, match=r"GFC needs a parsing net of beach .*--set parser=FILE"):
        nearest_segmenter("folder", 32, classes)


def test_a_training_refuses_nets_and_states_of_another_set(shore, tmp_path):
    spnet = str(shore / "spnet-plus.safetensors")
    with pytest.raises(ValueError, match=r"classes of beach .* asked for those of streets .*--set spnet=FILE"):
        trained("sgnet-plus", Tiny, tmp_path / "a", STREET, guess=1.0, spnet=spnet)
    with pytest.raises(ValueError, match=r"classes of beach .* asked for those of streets .*without --start"):
        p = profile("smoke", sizes=(32,), pictures=(4,), width=2, discriminator_width=2)
        Trainer("spnet-plus", task("spnet-plus"), p, Tiny, {}, tmp_path / "b", make_fabric(p, "cpu"), start=spnet)


def test_an_old_checkpoint_without_a_class_set_means_the_eight(tmp_path):
    path = shipped.checked(shipped.registry()["streets-64"]["nets"]["spnet"])
    tensors, about = checkpoints.load(path)
    assert "class_set" not in about
    net, _ = weights.load_net(path)
    about.pop("classes")
    checkpoints.save(tmp_path / "spnet.safetensors", tensors, about)
    older, _ = weights.load_net(tmp_path / "spnet.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), older.parameters(), strict=True))
    assert recorded(about, path) is STREET


def test_check_labels_of_a_set():
    assert check_labels(np.full((2, 2), 255), hole=np.ones((2, 2), np.uint8), classes=FACES).max() == FACES.rest
    with pytest.raises(ValueError, match=r"out of range 0\.\.10 \(background, skin"):
        check_labels(np.full((2, 2), 11), classes=FACES)


# --------------------------------------------------------------------------- the editor


def hole_of(side=32):
    hole = np.zeros((side, side), np.uint8)
    hole[8:24, 8:24] = 1
    return hole


def sent(editor, **edit):
    editor._receive(editor, {"type": "edit", "seq": 1, "edit": edit}, [])
    editor.wait()
    return editor.status


def test_the_editor_follows_the_nets_classes(shore, tmp_path):
    net, scene = weights.load(str(shore)), Tiny(32)[0]
    labels = np.zeros((32, 32), np.uint8)
    labels[2:6, 2:8] = 1
    editor = SegmentationEditor(net, scene.image, hole_of(), labels)
    try:
        assert [c["name"] for c in editor.scene["classes"]] == BEACH["names"] == editor.scene["record"]["classes"]
        assert [c["colour"] for c in editor.scene["classes"]] == BEACH["colours"]
        assert [c["thing"] for c in editor.scene["classes"]] == [False, True, True]
        edit = {"do": "lasso", "on": "layout", "put": "right shoe", "points": [[10, 10], [20, 10], [15, 20]]}
        assert sent(editor, **edit)["tone"] == "good" and (editor.labels == 2).any()
        assert "unknown class 'road'" in sent(editor, **edit | {"put": "road"})["text"]
        assert (
            "This is sea: only objects can be removed (left shoe, right shoe)"
            in sent(editor, do="remove", at=[31, 31])["text"]
        )
        assert sent(editor, do="remove", at=[4, 4], shadow=True)["text"].endswith("its rim")
        editor.shown = "entropy"
        editor._receive(editor, {"type": "another", "seq": 2}, [])
        editor.wait()
        top, left, bottom, right = editor.chances["box"]
        assert len(editor.chances["planes"]) == (3 + 1) * (bottom - top) * (right - left)
        assert editor.labels.max() < 3
        editor.save(tmp_path / "kept")
        saved = np.asarray(Image.open(tmp_path / "kept" / "labels-colours.png"))
        assert {tuple(c) for c in saved.reshape(-1, 3).tolist()} <= set(map(tuple, BEACH["colours"]))
        again = replay(net, scene.image, editor.edits, check=False)
        assert (again.layout == editor.labels).all()
        with pytest.raises(
            ValueError, match=r"paint the classes sea, left shoe, right shoe, these nets those of streets \(road"
        ):
            replay(weights.load("streets-64"), scene.image, editor.edits)
        with pytest.raises(ValueError, match=r"has the classes of beach .* these nets those of streets"):
            editor.session.with_nets(weights.load("streets-64"))
    finally:
        editor.close()


class Blank:
    """A net of any class set: every class is as likely, and the hole is painted black."""

    size, segmenter, coloured = 32, None, False

    def __init__(self, classes):
        self.classes = classes

    def predict(self, image, hole, labels=None):
        chances = np.full((len(self.classes), *hole.shape), 1 / len(self.classes), np.float32)
        return labels * (1 - hole), chances

    def paint(self, image, hole, labels, probabilities=None):
        return image * (1 - hole)


@pytest.mark.parametrize(("count", "bits"), [(3, 3), (11, 4), (64, 6)])
def test_drawings_of_up_to_64_classes_are_sent_undone_and_restored(count, bits):
    names = [f"class {c}" for c in range(count)]
    classes = ClassSet("many", names, [(c, 2 * c, 3 * c) for c in range(count)], objects=tuple(range(1, count)))
    labels, last = np.zeros((32, 32), np.uint8), count - 1
    labels[2:10, 2:10], labels[2:10, 14:22] = last, 1
    session = Session(Blank(classes), np.zeros((3, 32, 32), np.uint8), hole_of(), labels)
    session.edit({"do": "brush", "on": "layout", "put": names[last], "size": 3, "points": [[20, 20]]})
    for at in ([4, 4], [16, 4]):
        session.edit({"do": "remove", "at": at})
    packed = np.frombuffer(frame_packet(session, 1, 1)["maps"], np.uint8).reshape(32, 32)
    assert (packed & (1 << bits) - 1 == session.layout).all() and (packed >> bits & 1 == session.hole).all()
    assert (packed >> bits + 1 == session.drawing.decided).all()
    without_last, without_first = (session.probabilities[c, 4, x] for c, x in ((last, 4), (1, 16)))
    assert without_last == without_first == 0 and np.allclose(session.probabilities.sum(0), 1)
    snapshot, barred = json.loads(json.dumps(session.snapshot())), session.drawing.barred.copy()
    assert barred.max() == sum(1 << c for c in classes.objects)  # far from all others; the last class has the last bit
    session.undo()
    session.redo()
    assert (session.drawing.barred == barred).all()
    session.edit({"do": "fill", "on": "layout", "put": names[0], "at": [20, 20]})
    session.edit(snapshot)
    assert (session.drawing.barred == barred).all() and session.layout[20, 20] == last


def test_where_every_class_is_an_object_others_are_behind_a_removed_one():
    classes = ClassSet("things", ["a", "b"], [(0, 0, 0), (9, 9, 9)], objects=(0, 1))
    labels = np.zeros((32, 32), np.uint8)
    labels[2:10, 2:10] = 1
    session = Session(Blank(classes), np.zeros((3, 32, 32), np.uint8), hole_of(), labels)
    session.edit({"do": "remove", "at": [4, 4]})
    assert np.isfinite(session.probabilities).all() and session.layout[4, 4] == 0


def test_a_set_without_objects_says_what_to_do_instead():
    classes = ClassSet("plain", ["a", "b"], [(0, 0, 0), (9, 9, 9)])
    session = Session(Blank(classes), np.zeros((3, 32, 32), np.uint8), hole_of(), np.zeros((32, 32), np.uint8))
    with pytest.raises(ValueError, match="none among these classes: cut a hole"):
        session.edit({"do": "remove", "at": [1, 1]})


def test_the_app_opens_a_picture_and_offers_no_streets(shore, tmp_path):
    save(picture(1, 32, 32), tmp_path / "photo.png")
    editor = open_editor(tmp_path / "photo.png", weights=str(shore))
    try:
        assert editor.scene["street"] is False and editor.samples == []
        assert editor.offer.texts == {shore.name: "trained here"}
    finally:
        editor.close()
    with pytest.raises(
        ValueError, match=r"classes of beach .* asked for those of streets .*name a picture, spg edit IMAGE"
    ):
        open_editor(weights=str(shore))


# --------------------------------------------------------------------------- every command


def test_a_folder_of_three_classes_goes_through_every_command(tmp_path, home, capsys):
    spec = f"folder:{beach(tmp_path / 'beach')}"
    assert main(["data", spec]) == 0
    assert "sea" in (said := capsys.readouterr().out) and "right shoe 6.2 %" in said and "road" not in said
    narrow = ["width=2", "discriminator_width=2"]
    for model, more in {"spnet": narrow, "sgnet": [*narrow, "alexnet=0"], "segmenter": []}.items():
        settings = ["--profile", "smoke", "--set", "sizes=32", "pictures=8", "batch=4", *more]
        assert main(["train", model, "--data", spec, "--out", "runs/a", *settings]) == 0
    assert checkpoints.about("runs/a/spnet.safetensors")["classes"] == BEACH["names"]
    measure = ["evaluate", "--data", spec, "--split", "all", "--size", "32", "--limit", "4", "--weights", "runs/a"]
    assert main([*measure, "--methods", "telea,spg,spg-oracle", "--holes", "objects", "--out", "r.json"]) == 0
    result = json.loads(Path("r.json").read_text())
    assert list(result["layouts"]["spnet"]["per_class"]) == BEACH["names"] == result["classes"] and result["n"] == 4
    capsys.readouterr()
    assert main(["table", "r.json", "--views", "classes"]) == 0
    assert "| sea | left shoe | right shoe |" in capsys.readouterr().out
    Image.fromarray(np.pad(np.full((8, 8), 255, np.uint8), 12)).save("hole.png")
    fill = ["inpaint", "beach/images/00.png", "--hole", "hole.png", "--weights", "runs/a"]
    assert main([*fill, "--labels", "beach/labels/00.png", "--out", "filled.png"]) == 0
    assert main([*fill, "--out", "filled.png"]) == 0  # labelled by its own segmenter
    capsys.readouterr()
    street = ["evaluate", "--data", "streets", "--size", "32", "--limit", "1", "--methods", "spg"]
    assert main([*street, "--weights", "runs/a", "--out", "no.json"]) == 2
    both = "has learned the classes of beach (sea, left shoe, right shoe), and is asked for those of streets (road"
    assert both in capsys.readouterr().err


# --------------------------------------------------------------------------- drawn faces


def test_a_drawn_face_is_a_function_of_its_number_and_has_all_classes_in_their_places():
    (image, labels), again, other = draw_face(3), draw_face(3), draw_face(4)
    assert image.dtype == labels.dtype == np.uint8 and image.shape == (3, 64, 64) and labels.shape == (64, 64)
    assert (image == again[0]).all() and (labels == again[1]).all() and (image != other[0]).any()
    maps = np.stack([draw_face(k, 96)[1] for k in range(12)])
    assert set(np.unique(maps)) == set(range(len(FACES)))
    rows, columns = ([np.nonzero(maps == c)[axis].mean() for c in range(len(FACES))] for axis in (1, 2))
    assert columns[RIGHT_EYE] < 48 < columns[LEFT_EYE]  # the person's left is at the picture's right
    brow, eye, nose, upper, lower = (
        FACES.names.index(n) for n in ("left brow", "left eye", "nose", "upper lip", "lower lip")
    )
    assert rows[brow] < rows[eye] < rows[nose] < rows[upper] < rows[lower]
