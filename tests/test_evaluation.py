import json
import subprocess
from collections import namedtuple

import numpy as np
import pytest
from PIL import Image

from spg import plots
from spg.baselines.classical import telea
from spg.baselines.layouts import RowPrior, nearest_known, row_prior
from spg.engine import provenance
from spg.evaluation import evaluate, summary, tables
from spg.evaluation.summary import BINS, METRICS, bin_of
from spg.holes import evaluation_hole
from spg.perceptual import load
from spg.pictures import write_png

SceneLike = namedtuple("SceneLike", "image labels")
FIXED = {"data", "split", "size", "holes", "seed", "n", "commit", "methods"}
FIXED_PER_METHOD = {*METRICS, "kid", "seconds_per_image", "ci95"}


class Scenes(list):
    """Smooth random pictures of sky over road with a box in front: what a data set looks like from outside."""

    name, split, size = "fake", "val", 32

    def __init__(self, n=4):
        super().__init__(self.scene(np.random.default_rng(i)) for i in range(n))

    def scene(self, rng):
        labels = np.full((32, 32), 4, np.uint8)
        labels[rng.integers(12, 20) :] = 0
        left = rng.integers(2, 20)
        labels[10:22, left : left + 9] = 6
        colours = rng.integers(30, 226, (8, 3))
        image = colours[labels].transpose(2, 0, 1) + 12 * np.sin(np.arange(32) / 3)
        return SceneLike(image.astype(np.uint8), labels)


def grey(image, hole, labels):
    return np.where(hole, np.uint8(128), image)


def telea_method(image, hole, labels):
    return telea(image, hole)


def cheat(scenes):
    """A filling that is the truth itself."""
    numbers = iter(range(len(scenes)))
    return lambda image, hole, labels: scenes[next(numbers)].image


def run(scenes=None, methods=None, **options):
    methods = {"grey": grey, "telea": telea_method} if methods is None else methods
    options = {"progress": False, "perceptual": None, **options}
    return evaluate(scenes or Scenes(), methods, **options)


@pytest.fixture(scope="module")
def full():
    """With the network and everything there is, once."""
    layouts = {
        "nearest": lambda image, hole, labels: nearest_known(labels, hole),
        "rows": lambda image, hole, labels: RowPrior(row_prior(Scenes()))(labels, hole),
    }
    methods = {"grey": grey, "telea": telea_method, "truth": cheat(Scenes())}
    return run(methods=methods, layouts=layouts, perceptual="stlpips", keep_per_image=True, extra={"profile": "smoke"})


def test_fixed_keys_and_extras(full):
    assert set(full) >= FIXED | {"layouts", "perceptual", "date", "versions", "machine", "profile"}
    assert (full["data"], full["split"], full["size"], full["holes"], full["seed"], full["n"]) == (
        *("fake", "val", 32, "paper", 0),
        4,
    )
    assert full["perceptual"] == "stlpips" and full["versions"]["torch"]
    for row in full["methods"].values():
        assert set(row) >= FIXED_PER_METHOD
        assert set(row["ci95"]) == {*METRICS, "kid"}


def test_truth_is_perfect_and_telea_beats_grey(full):
    truth, telea_, grey_ = (full["methods"][name] for name in ("truth", "telea", "grey"))
    assert truth["l1"] == truth["lpips"] == truth["hole_l1"] == truth["boundary_lpips"] == 0
    assert truth["ssim"] == 1 and truth["psnr"] == truth["hole_psnr"] == 100
    for metric in ("l1", "l2", "lpips", "hole_l1"):
        assert 0 < telea_[metric] < grey_[metric]
    for metric in ("psnr", "hole_psnr"):
        assert grey_[metric] < telea_[metric] < 100


def test_values_are_the_definitions_written_out(full):
    scenes = Scenes()
    holes = [evaluation_hole("fake", "val", 32, "paper", 0, i) for i in range(4)]
    differences = [s.image - np.where(h, 128.0, s.image) for s, h in zip(scenes, holes, strict=True)]
    l1 = np.mean([255 * np.abs(d).mean() for d in differences])
    psnr = np.mean([10 * np.log10(255**2 / (d**2).mean()) for d in differences])
    hole_psnr = np.mean(
        [10 * np.log10(255**2 / (d**2)[:, h == 1].mean()) for d, h in zip(differences, holes, strict=True)]
    )
    row = full["methods"]["grey"]
    assert [row[m] for m in ("l1", "psnr", "hole_psnr")] == pytest.approx([l1, psnr, hole_psnr], rel=1e-5)
    assert row["ci95"]["psnr"][0] < psnr < row["ci95"]["psnr"][1]


def test_a_scene_with_several_holes_counts_once_as_their_mean():
    scenes, layout = Scenes(), {"nearest": lambda image, hole, labels: nearest_known(labels, hole)}
    several = run(scenes, each=2, layouts=layout, keep_per_image=True)
    single = [run(scenes, seed=seed, layouts=layout, keep_per_image=True) for seed in (0, 1)]
    assert (several["n"], several["each"]) == (4, 2) and "each" not in single[0]
    for metric in ("l1", "psnr"):
        values = several["methods"]["telea"]["per_image"][metric]
        both = [one["methods"]["telea"]["per_image"][metric] for one in single]
        assert values == pytest.approx(np.mean(both, 0), rel=1e-5)
    accuracy = several["layouts"]["nearest"]["per_image"]["hole_accuracy"]
    assert len(accuracy) == 4 and accuracy != single[0]["layouts"]["nearest"]["per_image"]["hole_accuracy"]
    holes = {name: row["n"] for name, row in several["methods"]["telea"]["bins"].items()}
    assert sum(holes.values()) == 8  # a bin is one of holes
    with pytest.raises(ValueError, match="nothing to evaluate: 4 scenes, 0 holes each"):
        run(scenes, each=0)


def test_lpips_is_the_networks(full):
    import torch

    scenes, distance = Scenes(), load()
    hole = evaluation_hole("fake", "val", 32, "paper", 0, 0)
    x, y = (torch.tensor(v)[None] / 127.5 - 1 for v in (scenes[0].image, grey(scenes[0].image, hole, None)))
    assert full["methods"]["grey"]["per_image"]["lpips"][0] == pytest.approx(float(distance(x, y)), rel=1e-4)


def test_layouts_are_judged(full):
    nearest = full["layouts"]["nearest"]
    assert 0.5 < nearest["hole_accuracy"] <= 1 and 0 < nearest["hole_miou"] <= 1
    assert nearest["per_class"]["sky"] > 0 and nearest["per_class"]["person"] is None
    low, high = nearest["ci95"]["hole_accuracy"]
    assert low <= nearest["hole_accuracy"] <= high
    assert set(full["layouts"]["rows"]["ci95"]) == {"hole_accuracy", "hole_miou", "border_length"}
    low, high = nearest["ci95"]["border_length"]
    assert 0 <= low <= nearest["border_length"] <= high


def test_a_true_layout_has_the_truths_borders():
    scenes, numbers = Scenes(), iter(range(4))
    layouts = {
        "truth": lambda image, hole, labels: scenes[next(numbers)].labels,
        "blob": lambda image, hole, labels: np.where(hole, 0, labels).astype(np.uint8),
    }
    result = run(scenes, {}, layouts=layouts)["layouts"]
    assert result["truth"]["border_length"] == 1 and result["truth"]["ci95"]["border_length"] == [1, 1]
    assert result["blob"]["border_length"] == 0


def test_the_kernel_distance_is_of_sets_of_fillings(full):
    truth, telea_, grey_ = (full["methods"][name] for name in ("truth", "telea", "grey"))
    assert [truth["kid"], *truth["ci95"]["kid"]] == pytest.approx([0, 0, 0], abs=1e-6)
    assert 0 < telea_["kid"] < grey_["kid"] and telea_["ci95"]["kid"][0] <= telea_["kid"] <= telea_["ci95"]["kid"][1]
    assert full["kernel"]["network"] == "stlpips-vgg" and full["kernel"]["scale"] == 1000
    assert run()["methods"]["grey"]["kid"] is None and run()["kernel"] is None


def labels_in_red(scenes):
    """The scenes with their labels written into the pictures, so that a segmenter can read them off."""
    for i, scene in enumerate(scenes):
        image = scene.image.copy()
        image[0] = 10 * scene.labels
        scenes[i] = SceneLike(image, scene.labels)
    return scenes


def read_off(image, hole):
    return image[0] // 10


def test_a_perfect_segmenter_recognises_what_each_layout_asks_for():
    scenes = labels_in_red(Scenes())

    def cars(image, hole, labels):
        return np.where(hole, 6, labels).astype(np.uint8)

    def paint(labels, image, hole):
        red = np.where(hole, 10 * labels, image[0])
        return np.stack([red, image[1], image[2]]).astype(np.uint8)

    methods = {
        "oracle": lambda image, hole, labels: paint(labels, image, hole),
        "cars": lambda image, hole, labels: paint(6, image, hole),
        "liar": lambda image, hole, labels: paint(6, image, hole),
        "telea": lambda image, hole, labels: paint(5, image, hole),
    }
    result = run(scenes, methods, evaluator=read_off, asked={"cars": cars}, keep_per_image=True)
    rows = result["methods"]
    assert rows["oracle"]["recognised"] == rows["cars"]["recognised"] == 1 and rows["telea"]["recognised"] == 0
    assert result["recognised_true"]["recognised"] == 1 and result["recognised_true"]["ci95"] == [1, 1]
    assert rows["cars"]["recognised_by_class"] == {"vehicle": [1, 1, 1]}
    assert rows["telea"]["recognised_by_class"]["vehicle"] == [0, 0, 0] and "sky" not in rows["telea"]
    holes = [evaluation_hole("fake", "val", 32, "paper", 0, i) for i in range(4)]
    of_cars = [(s.labels == 6)[h == 1].mean() for s, h in zip(scenes, holes, strict=True)]
    assert rows["liar"]["per_image"]["recognised"] == pytest.approx(of_cars, rel=1e-5)  # judged by the true layout
    without = run(scenes, methods)
    assert without["methods"]["oracle"]["recognised"] is None and without["recognised_true"] is None
    text = tables.table(result, views=["methods", "recognised"])
    assert "Recognised in the true pictures: 1.000 (1.000 to 1.000)." in text
    assert "| true pictures | 1.000 [1.000, 1.000] |" in text
    assert "recognised" not in tables.table(without) and "KID" not in tables.table(without)


def named(name, amount):
    """A filling that is so much brighter than the truth in the hole: its l1 is known."""
    scenes = Scenes()
    numbers = iter(range(len(scenes)))
    return lambda image, hole, labels: np.where(hole, scenes[next(numbers)].image + np.uint8(amount), image)


def test_paired_differences_are_of_the_same_pictures():
    methods = {name: named(name, amount) for name, amount in (("telea", 4), ("spg", 2), ("noseg", 3), ("spg-plus", 1))}
    result = run(methods=methods)
    paired, means = result["paired"], result["methods"]
    assert {a: set(b) for a, b in paired.items()} == {"spg-plus": {"telea", "spg", "noseg"}, "spg": {"telea", "noseg"}}
    for a, others in paired.items():
        for b, row in others.items():
            assert set(row) == {*METRICS, "kid"} and row["lpips"] is row["kid"] is row["recognised"] is None
            mean, low, high = row["l1"]
            assert low < mean < high < 0 and mean == pytest.approx(means[a]["l1"] - means[b]["l1"], rel=1e-4)
    # each picture's difference is the hole's share times 3: the interval is that of the holes' sizes, and no wider
    shares = [evaluation_hole("fake", "val", 32, "paper", 0, i).mean() for i in range(4)]
    assert paired["spg-plus"]["telea"]["l1"][0] == pytest.approx(-255 * 3 * np.mean(shares), rel=1e-4)
    assert -255 * 3 * max(shares) <= paired["spg-plus"]["telea"]["l1"][1]


def test_which_pairs_are_kept():
    everyone = ["telea", "glcic", "noseg", "spg", "spg-oracle", "noseg-plus", "spg-plus", "spg-plus-oracle"]
    plain = [name for name in everyone if "oracle" not in name]
    found = summary.pairs(everyone)
    assert [b for a, b in found if a == "spg-plus"] == [name for name in plain if name != "spg-plus"]
    assert [b for a, b in found if a == "spg"] == [name for name in plain if not name.startswith("spg")]
    assert [p for p in found if "oracle" in p[0]] == [
        ("spg-oracle", "spg"),
        ("spg-oracle", "noseg"),
        ("spg-plus-oracle", "spg-plus"),
        ("spg-plus-oracle", "noseg-plus"),
    ]
    with_patches = summary.pairs(["telea", "spg-plus", "spg-plus-textured", "spg-plus-textured-oracle"])
    textured = [
        (f"spg-plus-textured{end}", b) for end, b in (("", "telea"), ("", "spg-plus"), ("-oracle", "spg-plus-textured"))
    ]
    assert with_patches == [*textured[:2], ("spg-plus", "telea"), textured[2]]
    assert summary.pairs(["telea", "ns"]) == [] and run()["paired"] == {}


def test_the_segmenter_is_judged_where_the_picture_is_known():
    scenes = Scenes()

    def label(image, hole):
        """Right where the picture is known, road in the hole."""
        scene = next(s for s in scenes if ((s.image == image).all(0) | (hole == 1)).all())
        return np.where(hole, 0, scene.labels)

    result = run(segmenter=label)["segmenter"]
    assert result["known_accuracy"] == result["known_miou"] == result["per_class"]["sky"] == 1
    holes = [evaluation_hole("fake", "val", 32, "paper", 0, i) for i in range(4)]
    wrong = sum((s.labels[h == 1] != 0).sum() for s, h in zip(scenes, holes, strict=True))
    assert result["whole_accuracy"] == pytest.approx(1 - wrong / (4 * 32 * 32), abs=1e-5)
    assert result["ci95"].keys() == {"known_accuracy", "known_miou", "whole_accuracy", "whole_miou"}
    assert run()["segmenter"] is None
    with pytest.raises(ValueError, match=r"the segmenter's labels: label ids \[9\]"):
        run(segmenter=lambda image, hole: np.full_like(hole, 9))


def test_bins_hold_every_picture_once(full):
    bins = full["methods"]["grey"]["bins"]
    assert set(bins) <= set(BINS) and sum(b["n"] for b in bins.values()) == 4
    weighted = sum(b["n"] * b["l1"] for b in bins.values()) / 4
    assert weighted == pytest.approx(full["methods"]["grey"]["l1"], rel=1e-4)


def test_bins_edges():
    shares = {0.049: "<5%", 0.05: "5-10%", 0.0999: "5-10%", 0.1: "10-25%", 0.25: "10-25%", 0.2501: ">25%"}
    assert {share: bin_of(share) for share in shares} == shares


def test_the_same_call_gives_the_same_numbers():
    first, second = (run() for _ in range(2))
    for result in (first, second):
        result.pop("date")
        for row in result["methods"].values():
            row.pop("seconds_per_image")
    assert first == second
    assert run(seed=1)["methods"]["grey"]["l1"] != first["methods"]["grey"]["l1"]


def test_limit_takes_the_first_scenes_and_their_holes():
    seen = []

    def note(image, hole, labels):
        seen.append(hole.tobytes())
        return grey(image, hole, labels)

    assert run(methods={"note": note}, limit=2)["n"] == 2
    run(methods={"note": note})
    assert seen[:2] == seen[2:4] and len(seen) == 6


def test_without_a_network_there_is_no_lpips():
    result = run()
    assert result["perceptual"] is None
    assert result["methods"]["grey"]["lpips"] is None and result["methods"]["grey"]["ci95"]["lpips"] is None


def test_the_missing_pixels_are_not_shown():
    def look(image, hole, labels):
        assert (image[:, hole == 1] == 0).all()
        labels[:] = 7  # what a method does to its arguments stays with it
        return grey(image, hole, labels)

    def look_at_layout(image, hole, labels):
        assert (image[:, hole == 1] == 0).all() and (labels[hole == 1] == 0).all()
        return labels

    scenes = Scenes()
    run(scenes, {"look": look}, layouts={"look": look_at_layout})
    assert (scenes[0].labels == Scenes()[0].labels).all()


def test_a_method_that_redraws_known_pixels_is_named():
    with pytest.raises(ValueError, match=r"method 'blur' changed .* known pixels; composite its result"):
        run(methods={"blur": lambda image, hole, labels: image + (hole == 0).astype(np.uint8)})


def test_a_method_of_another_type_or_shape_is_named():
    with pytest.raises(ValueError, match=r"method 'float' must return uint8 of shape \(3, 32, 32\), got float64"):
        run(methods={"float": lambda image, hole, labels: image / 255})
    with pytest.raises(ValueError, match=r"method 'hwc' must return .* got uint8 \(32, 32, 3\)"):
        run(methods={"hwc": lambda image, hole, labels: image.transpose(1, 2, 0)})


def test_a_bad_layout_is_named():
    with pytest.raises(ValueError, match=r"layout 'flat' changed .* known labels"):
        run(methods={}, layouts={"flat": lambda image, hole, labels: np.full_like(labels, 2)})
    with pytest.raises(ValueError, match=r"layout 'ids': label ids \[33\]"):
        run(methods={}, layouts={"ids": lambda image, hole, labels: np.where(hole, 33, labels)})
    with pytest.raises(ValueError, match=r"layout 'small' must return labels of shape \(32, 32\)"):
        run(methods={}, layouts={"small": lambda image, hole, labels: labels[::2]})


def test_nothing_to_evaluate_says_so():
    with pytest.raises(ValueError, match="nothing to evaluate: 4 scenes, 1 holes each, 0 methods, 0 layouts"):
        run(methods={})
    with pytest.raises(ValueError, match="unknown hole sampler 'square'; known: paper, centre, freeform"):
        run(holes="square")


def test_contact_sheets(tmp_path):
    run(Scenes(7), layouts={"known": lambda i, h, s: nearest_known(s, h)}, pictures=tmp_path / "sheets")
    sheets = sorted((tmp_path / "sheets").glob("*.png"))
    assert [s.name for s in sheets] == ["sheet-00.png", "sheet-01.png"]
    assert all(s.stat().st_size <= plots.LARGEST for s in sheets)


def read(path):
    return np.asarray(Image.open(path))


def test_every_filling_is_kept_at_full_size(tmp_path):
    scenes = Scenes()
    run(scenes, {"grey": grey}, pictures=tmp_path, each=2)
    assert {p.name for p in tmp_path.iterdir()} == {"grey", "truth", "hole", "sheet-00.png"}
    names = [f"{i:04d}{part}.png" for i in range(4) for part in ("", "-1")]
    for folder in ("grey", "truth", "hole"):
        assert sorted(p.name for p in (tmp_path / folder).iterdir()) == sorted(names)
    for seed, part in ((0, ""), (1, "-1")):
        hole = evaluation_hole("fake", "val", 32, "paper", seed, 3)
        filled, truth, missing = (read(tmp_path / f / f"0003{part}.png") for f in ("grey", "truth", "hole"))
        assert (filled == grey(scenes[3].image, hole, None).transpose(1, 2, 0)).all()
        assert (truth == scenes[3].image.transpose(1, 2, 0)).all() and (missing == 255 * hole).all()
    with pytest.raises(ValueError, match="a method called 'truth' cannot have a folder of pictures"):
        run(scenes, {"truth": grey}, pictures=tmp_path)
    with pytest.raises(ValueError, match=r"a method called '\.\./a' cannot have"):
        run(scenes, {"../a": grey}, pictures=tmp_path)


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    write_png(np.zeros((4, 4), np.uint8), tmp_path / "a.png")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_png(np.ones((4, 4), np.uint8), tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"] and not read(tmp_path / "a.png").any()


def test_scenes_without_an_object_are_left_out_and_counted(capsys):
    scenes = Scenes(5)
    scenes[2] = SceneLike(scenes[2].image, np.zeros((32, 32), np.uint8))
    seen = []

    def note(image, hole, labels):
        seen.append(hole)
        return grey(image, hole, labels)

    result = run(scenes, {"note": note}, holes="objects", each=2, keep_per_image=True)
    assert (result["n"], result["left_out"], len(seen)) == (4, 1, 8)
    assert "1 of 5 scenes hold no object of a size to take out: left out" in capsys.readouterr().err
    assert all((scene.labels == 6)[hole == 0].sum() == 0 for scene, hole in zip(scenes[:2], seen[::2], strict=False))
    assert len(result["methods"]["note"]["per_image"]["l1"]) == 4
    assert "n = 4 · 1 scenes without an object left out" in tables.table(result)
    assert "left_out" not in run(scenes)
    with pytest.raises(ValueError, match="none of 1 scenes holds an object"):
        run(Empty(), holes="objects")


class Empty(Scenes):
    """One scene, all road."""

    def __init__(self):
        super().__init__(1)
        self[0] = SceneLike(self[0].image, np.zeros((32, 32), np.uint8))


def test_json_is_written_whole_or_not_at_all(tmp_path, full):
    path = provenance.write_json(full, tmp_path / "a" / "b" / "r.json")
    assert json.loads(path.read_text("utf-8")) == full
    with pytest.raises(ValueError, match="not JSON compliant"):
        provenance.write_json({"value": float("nan")}, path)
    assert json.loads(path.read_text("utf-8")) == full
    assert [p.name for p in path.parent.iterdir()] == ["r.json"]


def test_commit_tells_clean_dirty_and_unknown(tmp_path):
    def git(*arguments):
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    code = tmp_path / "code"
    code.mkdir()
    assert provenance.commit(code) == "unknown"  # no repository, or the code is not in it
    git("init")
    (code / "a.py").write_text("1")
    assert provenance.commit(code) == "unknown"
    git("add", ".")
    git("commit", "-m", "one")
    clean = provenance.commit(code)
    assert len(clean) == 12 and int(clean, 16)
    (tmp_path / "result.json").write_text("{}")  # results do not make the code another
    assert provenance.commit(code) == clean
    (code / "b.py").write_text("2")
    assert provenance.commit(code) == clean + "+dirty"


def test_a_hole_is_drawn_over_everything_below():
    hole = np.zeros((32, 32), np.uint8)
    hole[4:20, 6:30] = 1
    image = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    drawn = plots.show_hole(image, hole)
    assert (drawn[hole == 0] == image.transpose(1, 2, 0)[hole == 0]).all()
    assert {tuple(c) for c in drawn[hole == 1].tolist()} == {plots.HOLE, plots.HATCH}
    assert (plots.show_hole(255 - image, hole)[hole == 1] == drawn[hole == 1]).all()


def test_a_map_grows_brighter_from_low_to_high():
    drawn = plots.show_map(np.array([[-1.0, 0.0], [1.0, 2.0]]), 0, 1).astype(int)
    assert drawn.shape == (2, 2, 3)
    assert (drawn[0, 0] == drawn[0, 1]).all() and (drawn[1, 0] == drawn[1, 1]).all()  # what lies outside is cut off
    assert drawn[1, 0].sum() > drawn[0, 0].sum() + 200
    assert (plots.show_map(np.full((2, 2), 3)) == plots.show_map(np.zeros((2, 2)))).all()  # no range, no error


def test_sheets_need_a_title_for_every_column():
    picture = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"needs 2 pictures, one per title; got \[2, 1\]"):
        plots.sheet([[picture, None], [picture]], ["a", "b"])


def test_a_sheet_outlines_the_hole_where_one_is_given():
    hole = np.zeros((8, 8), np.uint8)
    hole[2:6, 3:8] = 1
    picture = np.full((8, 8, 3), 128, np.uint8)
    axes = plots.sheet([[picture], [picture]], ["a"], holes=[hole, None]).axes
    assert [len(one.collections) for one in axes] == [2, 0]
    rim = axes[0].collections[0].get_paths()[0].vertices
    assert (rim.min(0).tolist(), rim.max(0).tolist()) == ([2.5, 1.5], [7.5, 5.5])
    assert axes[0].get_xlim() == axes[1].get_xlim() and axes[0].get_ylim() == axes[1].get_ylim()


def test_photographs_may_be_larger(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    assert plots.LARGEST < len(plots.encode(noise, largest=500_000)) <= 500_000


def test_saved_figures_are_light_and_the_same_each_time(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    assert plots.save(noise, tmp_path / "deep" / "noise.png").stat().st_size <= plots.LARGEST
    figure = plots.sheet([[noise] * 2] * 2, list("ab"), classes=range(8))
    assert plots.save(figure, tmp_path / "sheet.png").stat().st_size <= plots.LARGEST
    lines = [plots.curves({"a": ([0, 1], [1, 2]), "b": ([0, 1], [2, 1])}, "step", "loss") for _ in range(2)]
    files = [plots.save(fig, tmp_path / f"lines{i}.png").read_bytes() for i, fig in enumerate(lines)]
    assert files[0] == files[1]
    assert Image.open(tmp_path / "lines0.png").width > 500


def test_too_many_lines_are_refused():
    with pytest.raises(ValueError, match="9 lines in one plot cannot be told apart"):
        plots.curves({str(i): ([0], [0]) for i in range(9)}, "x", "y")
