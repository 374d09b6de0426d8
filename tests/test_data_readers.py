"""The readers of Cityscapes, CamVid and folders: decoding, squeezing, class tables, and files that are wrong."""

import data_trees as trees
import numpy as np
import pytest
from PIL import Image

import spg.data
from spg import pictures
from spg.labels import CAMVID_TABLE, CITYSCAPES_TABLE, PALETTE


def opened(spec, split="train", size=16):
    return spg.data.open(spec, split, size, cache=False)


# Squeezing


def test_images_are_averaged_over_areas():
    ramp = np.arange(8 * 4).reshape(4, 8) * 8
    picture = Image.fromarray(np.repeat(ramp[..., None], 3, 2).astype(np.uint8))
    means = ramp.reshape(2, 2, 2, 4).mean((1, 3))
    squeezed = pictures.to_array(pictures.squeeze_picture(picture, 2))
    assert squeezed.shape == (3, 2, 2)
    assert abs(squeezed - means).max() <= 0.5


def test_images_that_grow_are_interpolated():
    picture = Image.fromarray(np.array([[[0] * 3, [100] * 3]] * 2, np.uint8))
    row = pictures.to_array(pictures.squeeze_picture(picture, 8))[0, 0]
    assert (np.diff(row.astype(int)) >= 0).all()
    assert len(set(row)) > 2


def test_labels_take_the_pixel_at_their_centre():
    labels = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)
    assert (pictures.squeeze_labels(labels, 3) == labels[1::2][:, 1::3]).all()
    assert (pictures.squeeze_labels(labels[:3, :3], 6) == labels[:3, :3].repeat(2, 0).repeat(2, 1)).all()


def test_size_unchanged_is_the_file_itself(tmp_path):
    trees.camvid(tmp_path, splits=("val",), n=1, width=32, height=32)
    scene = opened(f"camvid:{tmp_path}", "val", 32)[0]
    assert (scene.image == trees.picture(0, 32, 32).transpose(2, 0, 1)).all()
    assert (scene.labels == CAMVID_TABLE[trees.ids_map(0, range(12), 32, 32)]).all()


# Cityscapes


@pytest.mark.parametrize("extension", ["png", "jpg"])
@pytest.mark.parametrize(
    "shape", [{"width": 32, "height": 16}, {"width": 64, "height": 32}, {"width": 16, "height": 16}]
)
def test_cityscapes_at_any_resolution(tmp_path, extension, shape):
    trees.cityscapes(tmp_path, extension=extension, **shape)
    data = opened(f"cityscapes:{tmp_path}")
    assert data.ids[0] == "aachen_000000_000019"
    assert len(data) == 6
    labels = CITYSCAPES_TABLE[trees.ids_map(0, range(34), 16, 16)]  # blocks survive any squeezing
    assert (data[0].labels == labels).all()
    error = np.abs(data[0].image.astype(int) - trees.picture(0, 16, 16).transpose(2, 0, 1))
    assert error.max() == 0 if extension == "png" else error.mean() < 24  # JPEG halves the resolution of colour


def test_cityscapes_test_split_is_not_public(tmp_path):
    with pytest.raises(ValueError, match="cityscapes has no split 'test'"):
        opened(f"cityscapes:{tmp_path}", "test")


def test_cityscapes_without_labels(tmp_path):
    trees.cityscapes(tmp_path)
    (tmp_path / "gtFine").rename(tmp_path / "elsewhere")
    message = (
        r"6 of 6 pictures have no label file \(first: .*aachen_000000.*\): .* incomplete; unpack leftImg8bit_trainv"
    )
    with pytest.raises(FileNotFoundError, match=message):
        opened(f"cityscapes:{tmp_path}")


def test_cityscapes_half_downloaded(tmp_path):
    trees.cityscapes(tmp_path)
    for path in (tmp_path / "leftImg8bit/train/zurich").iterdir():
        path.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"2 of 6 label files have no picture \(first: .*zurich_000000.*incompl"
    ):
        opened(f"cityscapes:{tmp_path}")


def test_empty_folders(tmp_path):
    (tmp_path / "leftImg8bit/train/aachen").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"cityscapes train in .*: no pictures and no label files; unpack"):
        opened(f"cityscapes:{tmp_path}")


def test_two_files_for_one_frame(tmp_path):
    trees.cityscapes(tmp_path)
    trees.cityscapes(tmp_path, extension="jpg")
    with pytest.raises(ValueError, match=r"two files for the frame aachen_000000_000019: .*jpg and .*png; keep one"):
        opened(f"cityscapes:{tmp_path}")


def test_ids_outside_the_table(tmp_path):
    trees.cityscapes(tmp_path, per_city=1)
    path = tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png"
    trees.save(np.full((16, 32), 77), path)
    with pytest.raises(ValueError, match=r"aachen_000000_000019_gtFine_labelIds\.png: label ids \[77\] are not in"):
        opened(f"cityscapes:{tmp_path}")[0]


def test_coloured_labels_are_not_ids(tmp_path):
    trees.camvid(tmp_path, splits=("val",), n=1)
    trees.save(trees.picture(0), tmp_path / "valannot/0001TP_000000.png")
    with pytest.raises(ValueError, match=r"0001TP_000000\.png: label ids are one 8-bit channel, this file is RGB"):
        opened(f"camvid:{tmp_path}", "val")[0]


def test_pair_of_different_views(tmp_path):
    trees.camvid(tmp_path, splits=("val",), n=1)
    trees.save(np.zeros((16, 16)), tmp_path / "valannot/0001TP_000000.png")
    with pytest.raises(ValueError, match=r"is 16×16 but .* is 32×16 \(width×height\): not the same view"):
        opened(f"camvid:{tmp_path}", "val")[0]


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_truncated_picture_is_named(tmp_path, cut, extension):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3))
    path = trees.save(noise, tmp_path / f"images/a.{extension}")
    trees.save(np.zeros((64, 64)), tmp_path / "labels/a.png")
    trees.truncate(path, cut)
    with pytest.raises(
        pictures.DamagedImage, match=rf"a\.{extension} cannot be decoded \(.*\): fetch it again, or del"
    ):
        opened(f"folder:{tmp_path}", "all")[0]


def test_picture_gone_since_it_was_listed(tmp_path):
    trees.camvid(tmp_path, splits=("val",), n=1)
    data = opened(f"camvid:{tmp_path}", "val")
    (tmp_path / "val/0001TP_000000.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"0001TP_000000\.png is missing: fetch it again"):
        data[0]


def test_cityscapes_in_capitals_beside_what_macos_leaves(tmp_path):
    trees.cityscapes(tmp_path, extension="PNG")
    for path in list(tmp_path.glob("*/*/*/*")):
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
    assert len(opened(f"cityscapes:{tmp_path}")) == 6


def test_train_ids_under_the_name_of_label_ids(tmp_path):
    trees.cityscapes(tmp_path, per_city=1)
    path = tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png"
    trees.save(np.where(np.eye(16, 32), 255, 2), path)
    with pytest.raises(ValueError, match=r"labelIds\.png: 255 is no labelId .*: these are trainIds"):
        opened(f"cityscapes:{tmp_path}")[0]
    trees.save(np.where(np.eye(16, 32), 18, 2), path)
    with pytest.warns(UserWarning, match=r"aachen: a file of labelIds has none above 18 .* if these are trainIds"):
        opened(f"cityscapes:{tmp_path}")[0]


# CamVid


@pytest.mark.parametrize("inside", [".", "CamVid"])
def test_camvid_root_may_be_the_parent(tmp_path, inside):
    trees.camvid(tmp_path / inside, n=2)
    assert [len(opened(f"camvid:{tmp_path}", split)) for split in ("train", "val", "test")] == [2, 2, 2]


def test_camvid_missing_says_how_to_fetch(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="no pictures and no label files; fetch it with `spg data camvid --fetch`"
    ):
        opened(f"camvid:{tmp_path}", "val")


# Folders


def one_frame(root, labels, mode=None, image=None):
    trees.save(trees.picture(0, 16, 16) if image is None else image, root / "images/a.png")
    picture = Image.fromarray(labels.astype(np.uint8))
    (root / "labels").mkdir(exist_ok=True)
    (picture if mode is None else picture.convert(mode)).save(root / "labels/a.png")
    return opened(f"folder:{root}", "all")


CLASS_MAP = np.arange(8).repeat(32).reshape(16, 16)


def test_folder_labels_as_numbers(tmp_path):
    assert (one_frame(tmp_path, CLASS_MAP)[0].labels == CLASS_MAP).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_folder_labels_as_colours(tmp_path, mode):
    assert (one_frame(tmp_path, PALETTE[CLASS_MAP], mode)[0].labels == CLASS_MAP).all()


def indexed(root, indices, palette):
    one_frame(root, CLASS_MAP)
    picture = Image.fromarray(indices.astype(np.uint8), "P")
    picture.putpalette(list(np.asarray(palette).ravel()))
    picture.save(root / "labels/a.png")
    return opened(f"folder:{root}", "all")[0].labels


def test_folder_labels_as_indexed_colours(tmp_path):
    """Our colours, in whatever order a paint program stored them: the colour tells the class."""
    assert (indexed(tmp_path, 7 - CLASS_MAP, PALETTE[::-1]) == CLASS_MAP).all()


def test_folder_labels_as_palette_indices(tmp_path):
    """Other colours than ours: then the index is the class."""
    assert (indexed(tmp_path, CLASS_MAP, range(100, 124)) == CLASS_MAP).all()


def test_folder_colour_that_is_no_class(tmp_path):
    painted = PALETTE[CLASS_MAP]
    painted[5, 5] = (128, 64, 127)
    with pytest.raises(
        ValueError, match=r"a\.png: colour \(128, 64, 127\) is no class; paint labels without smoothing"
    ):
        one_frame(tmp_path, painted)[0]


def test_folder_numbers_out_of_range(tmp_path):
    with pytest.raises(ValueError, match=r"a\.png: label ids \[8\] are out of range 0\.\.7"):
        one_frame(tmp_path, CLASS_MAP + 1)[0]


def test_folder_pictures_without_labels_are_counted(tmp_path):
    trees.folder(tmp_path, n=4)
    (tmp_path / "labels/photo 02.png").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"1 of 4 pictures have no label file \(first: .*photo 02\.png\).*same st"
    ):
        opened(f"folder:{tmp_path}", "all")


def test_folder_applies_a_photos_orientation(tmp_path):
    upright, exif = trees.picture(0, 16, 16), Image.Exif()
    exif[0x0112] = 6
    one_frame(tmp_path, CLASS_MAP)
    trees.save(np.rot90(upright), tmp_path / "images/a.png", exif=exif)
    scene = opened(f"folder:{tmp_path}", "all")[0]
    assert (scene.image == upright.transpose(2, 0, 1)).all() and (scene.labels == CLASS_MAP).all()


def test_folder_names_what_it_leaves_out(tmp_path):
    trees.folder(tmp_path, n=2)
    for name in ("images/notes.txt", "labels/photo 00.json", "images/._photo 00.png", "labels/.DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.warns(UserWarning, match="left out") as said:
        assert len(opened(f"folder:{tmp_path}", "all")) == 2
    assert sorted(str(w.message).partition("left out")[2] for w in said) == [
        ", not PNG: photo 00.json",
        ", not pictures that can be read: notes.txt",
    ]


def test_folder_of_one_picture_has_it_in_val(tmp_path):
    one_frame(tmp_path, CLASS_MAP)
    with pytest.raises(FileNotFoundError, match="its one picture is in val, none is left for train"):
        opened(f"folder:{tmp_path}", "train")
    assert len(opened(f"folder:{tmp_path}", "val")) == 1


@pytest.mark.parametrize("extension", ["jpg", "bmp", "webp", "PNG"])
def test_folder_reads_what_pil_reads(tmp_path, extension):
    trees.folder(tmp_path, n=2, extension=extension)
    assert opened(f"folder:{tmp_path}", "all")[1].image.shape == (3, 16, 16)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_grey_and_alpha_are_converted_and_said_once(tmp_path, mode):
    trees.folder(tmp_path, n=3)
    for path in (tmp_path / "images").iterdir():
        Image.open(path).convert(mode).save(path)
    data = opened(f"folder:{tmp_path}", "all")
    with pytest.warns(UserWarning, match=f"pictures of mode {mode} .* are converted to RGB") as said:
        images = [data[i].image for i in range(3)]
    assert len(said) == 1
    assert images[0].shape == (3, 16, 16)
    if mode == "RGBA":
        assert (images[0] == trees.picture(0, 16, 16).transpose(2, 0, 1)).all()
    if mode in ("L", "LA", "1"):
        assert (images[0] == images[0][:1]).all()


def test_sixteen_bit_pictures_are_refused(tmp_path):
    one_frame(tmp_path, CLASS_MAP)
    Image.fromarray(np.zeros((16, 16), np.uint16)).save(tmp_path / "images/a.png")
    with pytest.raises(ValueError, match=r"a\.png: I;16 pictures \(over 8 bits a channel\) are not read; save it as 8"):
        opened(f"folder:{tmp_path}", "all")[0]
