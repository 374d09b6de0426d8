"""The commands, as a user types them, on `streets`."""

import json

import data_trees
import numpy as np
import pytest
from PIL import Image

from spg.baselines.classical import available
from spg.cli import main
from spg.engine import checkpoints
from spg.labels import PALETTE
from spg.weights.shipping import history

SMOKE = ["--data", "streets", "--limit", "12", "--profile", "smoke", "--set", "pictures=8", "sizes=64"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    for model in ("spnet", "sgnet", "segmenter"):
        assert main(["train", model, *SMOKE, "--out", str(out)]) == 0
    return out


def test_a_net_of_another_folder_is_trained_on(run, tmp_path, capsys):
    again = ["train", "sgnet", *SMOKE, "l1=3.0", "--start", str(run), "--out", str(tmp_path)]
    assert main(again) == 0 and "sgnet: 16 pictures in" in capsys.readouterr().out
    about = checkpoints.about(tmp_path / "sgnet.safetensors")
    assert about["profile"]["l1"] == 3.0 and history(about).startswith("Trained on streets in 2 stages: 16 pictures")
    assert main([*again, "--resume"]) == 0
    twin, plus = ["train", "sgnet-plus-noseg", *SMOKE, "--out", str(tmp_path / "twin")], str(tmp_path / "plus")
    assert main(twin) == 0 and main(["train", "sgnet-plus", *SMOKE, "--start", twin[-1], "--out", plus]) == 0
    assert "2 stages, the first as sgnet-plus-noseg:" in history(checkpoints.about(f"{plus}/sgnet-plus.safetensors"))
    assert main(["train", "glcic", *SMOKE, "--start", str(run), "--out", str(tmp_path)]) == 2
    assert "holds no glcic, only " in capsys.readouterr().err


PATCHMATCH = "patchmatch," if available() else ""


def picture_files(folder, size=(90, 70)):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[20:45, 30:60] = 255
    folder.mkdir(exist_ok=True)
    Image.fromarray(picture).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return picture, mask


def test_train_evaluate_table(run, tmp_path, capsys):
    out = tmp_path / "r.json"
    command = ["evaluate", "--data", "streets", "--split", "test", "--holes", "paper", "--size", "64", "--limit", "3"]
    methods = f"telea,ns,{PATCHMATCH}spg,spg-oracle,again={run}/sgnet.safetensors"
    assert main([*command, "--methods", methods, "--weights", str(run), "--out", str(out)]) == 0
    result = json.loads(out.read_text())
    assert {"data", "split", "size", "holes", "seed", "n", "commit", "methods"} <= result.keys()
    assert list(result["methods"]) == [name.partition("=")[0] for name in methods.split(",")]
    keys = {"l1", "l2", "ssim", "psnr", "lpips", "hole_psnr", "hole_l1", "boundary_lpips", "seconds_per_image", "ci95"}
    assert all(keys <= row.keys() for row in result["methods"].values())
    assert result["methods"]["again"]["l1"] == result["methods"]["spg"]["l1"]
    assert set(result["layouts"]) == {"nearest", "row", "spnet"}
    assert result["weights"]["sgnet"]["profile"] == "smoke" and "again" in result["own_weights"]
    assert main(["table", str(out)]) == 0
    assert "spg-oracle" in capsys.readouterr().out
    assert main(["table", str(out), "--views", "paired,weights"]) == 0
    assert "| spg − telea |" in capsys.readouterr().out


def test_evaluate_ship_evaluate_again(run, tmp_path, shelf, capsys):
    first, again = tmp_path / "first.json", tmp_path / "again.json"
    command = ["evaluate", "--data", "streets", "--split", "test", "--size", "64", "--limit", "2", "--methods", "spg"]
    assert main([*command, "--weights", str(run), "--labels", "predicted", "--out", str(first)]) == 0
    assert main(["ship", "toy-64", "--runs", str(run), "--licence", "MIT", "--result", str(first)]) == 0
    assert "toy-64: segmenter, sgnet, spnet -> spg/weights/" in capsys.readouterr().out
    assert "Trained on streets in one stage: 8 pictures in all" in (shelf / "MODEL_CARDS.md").read_text()
    assert main([*command, "--weights", "toy-64", "--out", str(again)]) == 0
    assert main(["ship", "toy-64", "--result", str(again)]) == 0
    entry = json.loads((shelf / "registry.json").read_text())["toy-64"]
    assert [m["labels"] for m in entry["metrics"]] == ["predicted", "true"]
    assert 0 < entry["metrics"][0]["segmenter"]["known_miou"] < 1
    assert main(["ship", "toy-64", "--result", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_weights_can_lie_in_several_places(run, tmp_path):
    out = tmp_path / "r.json"
    command = ["evaluate", "--data", "streets", "--split", "test", "--size", "64", "--limit", "1", "--methods", "spg"]
    files = [str(run / f"{model}.safetensors") for model in ("spnet", "sgnet")]
    assert main([*command, "--weights", *files, "--out", str(out)]) == 0
    assert json.loads(out.read_text())["weights"].keys() == {"spnet", "sgnet"}


def test_lpips_by_another_network(run, tmp_path, capsys):
    out = tmp_path / "r.json"
    command = ["evaluate", "--data", "streets", "--split", "test", "--size", "64", "--limit", "1", "--methods", "telea"]
    found = []
    for network in ("stlpips", "stlpips-vgg"):
        assert main([*command, "--perceptual", network, "--out", str(out)]) == 0
        found.append(json.loads(out.read_text()))
        assert f"LPIPS by {network} ·" in capsys.readouterr().out
    alexnet, vgg = ({k: f["methods"]["telea"][k] for k in ("psnr", "lpips")} for f in found)
    assert alexnet["psnr"] == vgg["psnr"] and alexnet["lpips"] != vgg["lpips"]
    assert main([*command, "--perceptual", "inception", "--out", str(out)]) == 2
    assert "unknown perceptual network 'inception'" in capsys.readouterr().err


def test_evaluate_where_there_is_only_val(run, tmp_path, capsys):
    tree = data_trees.cityscapes(tmp_path / "cs", cities=("ulm",), split="val", width=64, height=64)
    command = ["evaluate", "--data", f"cityscapes:{tree}", "--size", "64", "--methods", "spg", "--weights", str(run)]
    assert main([*command, "--out", str(tmp_path / "r.json")]) == 0
    assert set(json.loads((tmp_path / "r.json").read_text())["layouts"]) == {"nearest", "spnet"}
    said = capsys.readouterr()
    assert "the layout row is left out, as it is counted on train: cityscapes train in" in said.err
    assert "row" not in said.out.split("layout")[-1]
    study = ["study", "make", str(tmp_path / "study"), *command[1:5], "--methods", "telea,spg", "--weights", str(run)]
    assert main([*study, "--split", "val", "--pairs", "2", "--catch", "1"]) == 0


def test_evaluate_with_predicted_labels(run, tmp_path):
    results = []
    for labels in ("true", "predicted"):
        out = tmp_path / f"{labels}.json"
        command = ["evaluate", "--data", "streets", "--split", "test", "--size", "64", "--limit", "2"]
        weights = ["--methods", f"mine={run}", "--weights", str(run)]
        assert main([*command, *weights, "--labels", labels, "--out", str(out)]) == 0
        assert main([*command, "--methods", "spg", *weights[2:], "--labels", labels, "--out", str(out)]) == 0
        results.append(json.loads(out.read_text()))
    assert results[1]["labels"] == "predicted" and set(results[1]["layouts"]) == {"nearest", "row", "spnet"}
    assert results[0]["layouts"]["row"] == results[1]["layouts"]["row"]  # it looks at no labels at the test
    assert results[0]["layouts"]["nearest"] != results[1]["layouts"]["nearest"]  # the nearest found label


def test_inpaint_a_turned_photo(run, tmp_path):
    """A phone stores its photo lying down and notes the turn; the mask was drawn on the upright picture."""
    picture, mask = picture_files(tmp_path / "in")
    turned = Image.fromarray(np.rot90(picture))
    exif = turned.getexif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to show
    turned.save(tmp_path / "photo.png", exif=exif)
    out = tmp_path / "out.png"
    files = [str(tmp_path / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main(["inpaint", *files, "--out", str(out)]) == 0
    assert (np.asarray(Image.open(out))[mask == 0] == picture[mask == 0]).all()


def test_inpaint_with_painted_labels(run, tmp_path):
    _, mask = picture_files(tmp_path / "in")
    Image.fromarray(PALETTE[mask // 255 + 1]).save(tmp_path / "labels.png")
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    command = ["inpaint", *files, "--labels", str(tmp_path / "labels.png"), "--out", str(tmp_path / "o.png")]
    assert main(command) == 0


def test_masks_that_can_be_read_in_two_ways_are_refused(run, tmp_path, capsys):
    _, mask = picture_files(tmp_path / "in")
    photo = ["inpaint", str(tmp_path / "in" / "photo.png"), "--weights", str(run), "--out", str(tmp_path / "o.png")]
    Image.fromarray(mask.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.merge("LA", [Image.fromarray(mask)] * 2).save(tmp_path / "clear.png")
    for name, message in (("deep.png", "over 8 bits a channel"), ("clear.png", "mask with transparency")):
        assert main([*photo, "--hole", str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err


def test_a_folder_run_overwrites_nothing(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    command = ["inpaint", str(tmp_path / "in"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main([*command, "--out", str(tmp_path / "in")]) == 2
    Image.new("RGB", (90, 70)).save(tmp_path / "in" / "photo.jpg")
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "is the folder of the pictures" in said and "several pictures named photo" in said


def test_a_folder_run_names_every_file_it_leaves_out(run, tmp_path, capsys):
    _, mask = picture_files(tmp_path / "in")
    photos, masks, out = tmp_path / "photos", tmp_path / "masks", tmp_path / "photos" / "done"
    for folder in (photos, masks, out):
        folder.mkdir()
    whole, white = ((tmp_path / "in" / name).read_bytes() for name in ("photo.png", "mask.png"))
    (photos / "a.PNG").write_bytes(whole)
    Image.open(tmp_path / "in" / "photo.png").save(photos / "b.JFIF", format="JPEG")
    (photos / "twice.png").write_bytes(whole)
    (photos / "._a.PNG").write_bytes(b"\0\5\x16\7")
    (photos / "notes.txt").write_text("x")
    (photos / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    for name in ("a.png", "b.png", "phone.png", "twice.png", "nobody.png"):
        (masks / name).write_bytes(white)
    Image.fromarray(mask).save(masks / "twice.bmp")
    command = ["inpaint", str(photos), "--hole", str(masks), "--weights", str(run), "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "2 filled" in said.out and "2 skipped" in said.out
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "b.png"]
    assert "skipped phone.heic" in said.err and "pip install pillow-heif" in said.err
    assert "skipped twice.png" in said.err and "twice.bmp and twice.png for twice.png" in said.err
    assert f"left out of {photos}: notes.txt (no pictures that are read)" in said.err
    assert f"left out of {masks}: nobody.png (no picture has this name)" in said.err and "._a" not in said.err


def test_a_mask_that_does_not_fit_is_named(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    Image.new("L", (8, 8), 255).save(tmp_path / "small.png")
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "small.png"), "--weights", str(run)]
    assert main(["inpaint", *files, "--out", str(tmp_path / "o.png")]) == 2
    assert "small.png: the hole is 8×8" in capsys.readouterr().err


@pytest.mark.parametrize(("mode", "space", "kept"), [("RGB", b"RGB ", True), ("CMYK", b"CMYK", False)])
def test_a_colour_profile_is_kept_where_it_fits(run, tmp_path, mode, space, kept):
    picture_files(tmp_path / "in")
    profile = bytes(16) + space + bytes(200)
    Image.open(tmp_path / "in" / "photo.png").convert(mode).save(tmp_path / "photo.tif", icc_profile=profile)
    files = [str(tmp_path / "photo.tif"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main(["inpaint", *files, "--out", str(tmp_path / "o.png")]) == 0
    assert (Image.open(tmp_path / "o.png").info.get("icc_profile") == profile) == kept


def test_inpaint_a_photo_of_any_size(run, tmp_path):
    picture, mask = picture_files(tmp_path / "in")
    out = tmp_path / "out.png"
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png")]
    assert main(["inpaint", *files, "--out", str(out), "--weights", str(run)]) == 0
    filled = np.asarray(Image.open(out))
    assert (filled[mask == 0] == picture[mask == 0]).all() and (filled[mask == 255] != picture[mask == 255]).any()


def test_inpaint_without_a_class(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    command = ["inpaint", *files, "--out", str(tmp_path / "out.png")]
    made = []
    for without in ([], ["--without", "road,building,sign,vegetation,sky,person,other"]):
        assert main([*command, *without]) == 0
        made.append(np.asarray(Image.open(tmp_path / "out.png")))
    assert (made[0] != made[1]).any()
    folder = ["inpaint", str(tmp_path / "in"), *files[1:], "--out", str(tmp_path / "done"), "--without", "vehicle,car"]
    assert main(folder) == 2  # at once: not a picture skipped
    said = capsys.readouterr()
    assert "unknown class 'car'" in said.err and "skipped" not in said.err


def test_inpaint_a_folder_skips_and_counts_what_is_damaged(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    folder = tmp_path / "photos"
    folder.mkdir()
    whole = (tmp_path / "in" / "photo.png").read_bytes()
    (folder / "a.png").write_bytes(whole)
    (folder / "b.png").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (50, 50)).save(folder / "c.png")  # another size than the mask's
    command = ["inpaint", str(folder), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main([*command, "--out", str(tmp_path / "done")]) == 0
    said = capsys.readouterr()
    assert "1 filled" in said.out and "2 skipped" in said.out
    assert "skipped b.png" in said.err and "skipped c.png" in said.err and "the hole is 70×90" in said.err
    assert [p.name for p in (tmp_path / "done").iterdir()] == ["a.png"]


def test_a_grey_mask_needs_a_word(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    grey = np.asarray(Image.open(tmp_path / "in" / "mask.png")) // 2 + 20
    Image.fromarray(grey).save(tmp_path / "in" / "mask.png")
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main(["inpaint", *files, "--out", str(tmp_path / "o.png")]) == 2
    assert "threshold a grey mask first" in capsys.readouterr().err
    assert main(["inpaint", *files, "--out", str(tmp_path / "o.png"), "--threshold"]) == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("train unet --data streets --out x", "unknown model 'unet'; known: spnet, sgnet, sgnet-noseg"),
        ("train spnet --data moon --out x", "moon"),
        ("train spnet --data streets --out x --profile huge", "unknown profile 'huge'"),
        ("train spnet --data streets --out x --set widht=3", "did you mean 'width'"),
        (
            "train spnet --data streets --out x --set holes=round",
            "holes='round': unknown hole sampler 'round'; known: paper, centre, freeform, objects",
        ),
        ("train segmenter --data streets --limit 8 --out x --set encoder=foo", "unknown encoder 'foo'"),
        ("evaluate --data streets --limit 2 --size 64 --methods spg,spg --out x.json", "methods named twice: spg"),
        ("evaluate --data streets --limit 2 --size 64 --methods magic --out x.json", "unknown method 'magic'"),
        (
            "evaluate --data streets --limit 2 --size 64 --methods spg --weights nowhere --out x.json",
            "no weights 'nowhere'",
        ),
        (
            "evaluate --data streets --limit 2 --size 64 --methods glcic --weights streets-64 --out x.json",
            "method 'glcic': streets-64 lacks glcic: train with `spg train glcic --data SPEC --out DIR`",
        ),
        (
            "evaluate --data streets --limit 2 --size 64 --methods noseg --out x.json",
            "no weights for streets: none under runs/, none shipped that hold sgnet-noseg",
        ),
        ("inpaint none.png --hole none.png --out o.png", "none.png"),
        ("inpaint none.png --hole none.png --out o.png --design best", "unknown design 'best'; known: spg-plus, spg"),
        ("table nothing.json", "nothing.json"),
    ],
)
def test_bad_input_is_one_clear_line(command, message, tmp_path, monkeypatch, capsys, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").symlink_to(run.parent)  # some weights to be found by default
    assert main(command.split()) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert message in said[-1] and "Traceback" not in "".join(said)


def test_a_second_training_never_overwrites_the_first(run, capsys):
    assert main(["train", "spnet", *SMOKE, "--out", str(run)]) == 2
    assert "go on with --resume" in capsys.readouterr().err
    assert main(["train", "spnet", *SMOKE, "--out", str(run), "--resume"]) == 0


def test_output_is_png_alone(run, tmp_path, capsys):
    picture_files(tmp_path / "in")
    files = [str(tmp_path / "in" / "photo.png"), "--hole", str(tmp_path / "in" / "mask.png"), "--weights", str(run)]
    assert main(["inpaint", *files, "--out", str(tmp_path / "o.jpg")]) == 2
    assert "write a .png; other formats would change known pixels" in capsys.readouterr().err


def test_bench(tmp_path):
    out = tmp_path / "bench.json"
    assert main(["bench", "--widths", "4", "--sizes", "64", "--out", str(out)]) == 0
    result = json.loads(out.read_text())
    (row,) = result["rows"]
    assert result["kind"] == "bench" and row["width"] == 4 and row["size"] == 64
    assert 0 < row["inference share"] < 1.5 and 0 < row["training share"] < 1.5
    assert row["peak MB, training"] > row["peak MB, inference"] > 0
