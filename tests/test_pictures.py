"""Pictures, masks and label maps from anywhere: read rightly, or refused with a line that names file and remedy."""

import struct
import sys
import types
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, UnidentifiedImageError, features

from spg import pictures
from spg.labels import CITYSCAPES_TABLE, CLASSES, PALETTE, STREET_COLOURS

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (4, 6, 3), np.uint8)
LABELS = np.arange(8, dtype=np.uint8).repeat(6).reshape(8, 6)
HOLE = np.zeros((4, 6), np.uint8)
HOLE[1:3, 2:5] = 1


def saved(path, array, **options):
    picture = array if isinstance(array, Image.Image) else Image.fromarray(array)
    picture.save(path, **options)
    return path


def indexed(indices, palette):
    picture = Image.fromarray(np.asarray(indices, np.uint8), "P")
    picture.putpalette(np.asarray(palette, np.uint8).ravel().tolist())
    return picture


def deep_png(path, colour, channels):
    """A PNG of 16 bits a channel, 3×2, which PIL cannot write. colour: PNG's number of the kind."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head, rows = struct.pack(">IIBBBBB", 3, 2, 16, colour, 0, 0, 0), (b"\0" + b"\x12\x34" * 3 * channels) * 2
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


# ------------------------------------------------------------ orientation

TURN = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud}
TURN |= {5: lambda a: a.swapaxes(0, 1), 6: np.rot90, 7: lambda a: np.rot90(a, 2).swapaxes(0, 1)}
TURN |= {8: lambda a: np.rot90(a, -1)}  # how a camera stores an upright picture under each number


def turned(path, array, number):
    exif = Image.Exif()
    exif[0x0112] = number
    return saved(path, np.ascontiguousarray(TURN[number](array)), exif=exif)


@pytest.mark.parametrize("number", range(1, 9))
def test_exif_turns_pictures_masks_and_labels_alike(tmp_path, number):
    photo, mask, labels = (tmp_path / name for name in ("a.png", "m.png", "l.png"))
    turned(photo, PHOTO, number), turned(mask, HOLE * 255, number), turned(labels, LABELS, number)
    for picture in (pictures.open_upright(photo), pictures.open_rgb(photo)):
        assert (np.asarray(picture) == PHOTO).all() and pictures.orientation(picture) == 1
    assert (pictures.read_picture(photo.read_bytes()) == PHOTO.transpose(2, 0, 1)).all()
    assert (pictures.read_hole(mask) == HOLE).all()
    assert (pictures.read_labels(labels) == LABELS).all() and (pictures.read_ids(labels) == LABELS).all()
    assert (pictures.read_label_map(labels.read_bytes(), LABELS.shape) == LABELS).all()


def test_a_turned_pil_picture_is_refused_as_its_hole_may_be_for_either(tmp_path):
    with pytest.raises(ValueError, match=r"stored turned \(EXIF orientation 6\).*exif_transpose"):
        pictures.as_picture(Image.open(turned(tmp_path / "a.jpg", PHOTO, 6)))
    assert pictures.as_picture(Image.open(turned(tmp_path / "b.png", PHOTO, 1))).shape == (3, 4, 6)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_a_broken_exif_block_says_nothing(tmp_path, exif):
    path = saved(tmp_path / "a.png", PHOTO, exif=exif)
    assert (np.asarray(pictures.open_upright(path)) == PHOTO).all()
    assert (pictures.as_picture(Image.open(path)) == PHOTO.transpose(2, 0, 1)).all()


# ------------------------------------------------------------ depth, size, kind


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4), (0, 1)])
def test_sixteen_bits_are_refused_whatever_the_colour(tmp_path, colour, channels):
    path = deep_png(tmp_path / "a.png", colour, channels)
    for read in (pictures.open_upright, pictures.open_rgb, pictures.read_hole):
        with pytest.raises(ValueError, match=r"a\.png: .* \(over 8 bits"):
            read(path)
    with pytest.raises(ValueError, match="over 8 bits"):
        pictures.read_picture(path.read_bytes())
    with pytest.raises(ValueError, match="over 8 bits"):
        pictures.as_picture(Image.open(path))


def test_sixteen_bit_ppm_and_tiff_are_refused(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6 3 2 65535\n" + bytes(36))
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(tmp_path / "a.tif"), np.zeros((2, 3, 3), np.uint16))
    for name in ("a.ppm", "a.tif"):
        with pytest.raises(ValueError, match="over 8 bits"):
            pictures.open_rgb(tmp_path / name)


def test_sixteen_bits_a_pixel_are_not_sixteen_a_channel(tmp_path):
    """A BMP of 5, 6 and 5 bits, which PIL names by its 16 too."""
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    head = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 16, 3, 4, 0, 0, 0, 0) + masks
    (tmp_path / "a.bmp").write_bytes(b"BM" + struct.pack("<IHHI", 70, 0, 0, 66) + head + b"\0\xf8\x1f\0")
    assert np.asarray(pictures.open_rgb(tmp_path / "a.bmp")).tolist() == [[[255, 0, 0], [0, 0, 255]]]


def test_decompression_bombs_are_named(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", PHOTO)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    with pytest.raises(pictures.DamagedImage, match=r"a\.png has more than 0 million pixels.*make it smaller"):
        pictures.open_picture(path)
    with pytest.raises(ValueError, match=r"up\.png has more than"):
        pictures.read_picture(path.read_bytes(), "up.png")


def test_what_is_no_picture_is_named_with_the_reason(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    for name, why in (("empty.png", "it is empty"), ("text.png", "it is no picture of a format")):
        with pytest.raises(pictures.DamagedImage, match=rf"{name} cannot be decoded \({why}"):
            pictures.open_picture(tmp_path / name)


@pytest.mark.filterwarnings("ignore")  # of PIL, on what it found
def test_any_mutation_is_a_picture_or_one_clear_error(tmp_path):
    path = tmp_path / "a"
    for extension in ("png", "jpg", "gif", "webp", "tif", "bmp"):
        whole = saved(tmp_path / f"a.{extension}", PHOTO).read_bytes()
        for _ in range(40):
            data = bytearray(whole)
            for place in RNG.integers(0, len(data), 3):
                data[place] = RNG.integers(0, 256)
            path.write_bytes(data[: RNG.integers(0, 2 * len(data))])
            try:
                pictures.open_picture(path)
            except ValueError as error:
                assert str(path) in str(error)


HEIC = b"\0\0\0\x18ftypheic" + bytes(60)


def test_heic_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(HEIC)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(pictures.DamagedImage, match=r"a\.heic is HEIC.*save it as JPEG.*pip install pillow-heif"):
        pictures.open_picture(tmp_path / "a.heic")


def test_avif_is_read_or_says_what_to_install(tmp_path, monkeypatch):
    picture = Image.fromarray(np.full((8, 8, 3), 90, np.uint8))
    if features.check("avif"):
        picture.save(tmp_path / "a.avif")
        assert pictures.open_picture(tmp_path / "a.avif").size == (8, 8)
    (tmp_path / "b.avif").write_bytes(b"\0\0\0\x1cftypavif" + bytes(60))
    monkeypatch.setattr(Image, "open", an_older_pillow)
    with pytest.raises(pictures.DamagedImage, match=r"b\.avif is AVIF.*save it as JPEG.*pip install 'pillow>=11\.3'"):
        pictures.open_picture(tmp_path / "b.avif")


def an_older_pillow(file):
    raise UnidentifiedImageError("cannot identify image file")


def test_heic_is_read_once_its_reader_is_installed(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(HEIC)
    opened = []
    reader = types.SimpleNamespace(register_heif_opener=lambda: opened.append(1))
    monkeypatch.setitem(sys.modules, "pillow_heif", reader)
    with pytest.raises(pictures.DamagedImage, match="cannot be decoded"):  # this one stays no picture
        pictures.open_picture(tmp_path / "a.heic")
    assert opened


@pytest.mark.parametrize("extension", ["gif", "png", "webp", "tif"])
def test_of_several_frames_the_first_is_read_and_said(tmp_path, extension):
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    path = saved(tmp_path / f"a.{extension}", first, save_all=True, append_images=[second])
    with pytest.warns(UserWarning, match=r"several frames: the first is read"):
        red = np.asarray(pictures.open_picture(path).convert("RGB"))[0, 0]
    assert red[0] > 240 and red[2] < 15


def test_profiles_are_kept_where_they_fit():
    def picture(space):
        image = Image.new("RGB", (1, 1))
        image.info["icc_profile"] = bytes(16) + space + bytes(100)
        return image

    assert pictures.rgb_profile(picture(b"RGB ")) == picture(b"RGB ").info["icc_profile"]
    assert pictures.rgb_profile(picture(b"CMYK")) is pictures.rgb_profile(picture(b"GRAY")) is None
    assert pictures.rgb_profile(Image.new("RGB", (1, 1))) is None


def test_a_tensor_in_0_to_1_is_warned_about(recwarn):
    pictures.as_picture(torch.rand(3, 4, 4) * 2 - 1)
    assert not recwarn
    with pytest.warns(UserWarning, match=r"in \[-1, 1\], and -1 is black"):
        pictures.as_picture(torch.rand(3, 4, 4))


# ------------------------------------------------------------ masks


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA"])
def test_a_mask_in_any_mode_is_the_same_hole(tmp_path, mode):
    path = saved(tmp_path / "m.png", Image.fromarray(HOLE * 255).convert(mode))
    assert (pictures.read_hole(path) == HOLE).all() and (pictures.read_hole(path, threshold=True) == HOLE).all()


def test_a_mask_that_is_transparent_somewhere_is_refused(tmp_path):
    clear = Image.merge("LA", [Image.fromarray(HOLE * 255), Image.fromarray(255 - HOLE)])
    by_key = saved(tmp_path / "k.png", Image.fromarray(HOLE * 255), transparency=0)
    for path in (saved(tmp_path / "m.png", clear), by_key):
        with pytest.raises(ValueError, match="mask with transparency can be read in two ways"):
            pictures.read_hole(path)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 200, 30), (255, 255, 0)])
@pytest.mark.parametrize("ground", [0, 255])
def test_a_mask_in_one_colour_marks_what_is_missing(tmp_path, colour, ground):
    mask = np.full((4, 6, 3), ground, np.uint8)
    mask[HOLE == 1] = colour
    path = saved(tmp_path / "m.png", mask)
    for threshold in (False, True):
        with pytest.warns(UserWarning, match="the mask's colour is read as missing"):
            assert (pictures.read_hole(path, threshold) == HOLE).all()


def test_a_soft_mask_in_one_colour_needs_the_threshold(tmp_path):
    mask = np.zeros((4, 6, 3), np.uint8)
    mask[HOLE == 1] = (255, 0, 0)
    mask[0, 0] = (60, 0, 0)
    path = saved(tmp_path / "m.png", mask)
    with pytest.warns(UserWarning, match="read as missing"):
        assert (pictures.read_hole(path, threshold=True) == HOLE).all()
    with pytest.warns(UserWarning, match="read as missing"):
        assert 60 in pictures.read_hole(path)  # no hole: `check_hole` names the threshold


@pytest.mark.parametrize("others", [[(0, 0, 255)], [(255, 255, 255)]])
def test_masks_in_several_colours_are_refused(tmp_path, others):
    mask = np.zeros((4, 6, 3), np.uint8)
    mask[HOLE == 1] = (255, 0, 0)
    mask[0, : len(others)] = others
    with pytest.raises(ValueError, match=r"m\.png: a coloured mask is read where it is one colour on black, or on whi"):
        pictures.read_hole(saved(tmp_path / "m.png", mask), threshold=True)


# ------------------------------------------------------------ label maps


def both(path, picture):
    """What the file's reader and the editor's make of a label map."""
    saved(path, picture)
    return pictures.read_labels(path), pictures.read_label_map(path.read_bytes(), LABELS.shape, path.name)


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(LABELS),
        Image.fromarray(PALETTE[LABELS]),
        indexed(LABELS, PALETTE),
        indexed(7 - LABELS, PALETTE[::-1]),
        indexed(7 - LABELS, np.repeat(np.arange(8)[::-1, None], 3, 1)),  # grey levels that are class numbers
        indexed(LABELS, range(100, 124)),  # any other palette: the index
        Image.fromarray(PALETTE[LABELS]).convert("P", palette=Image.Palette.ADAPTIVE, colors=8),
    ],
)
def test_one_decoder_of_label_maps(tmp_path, picture):
    for labels in both(tmp_path / "l.png", picture):
        assert labels.dtype == np.uint8 and (labels == LABELS).all()


TRAIN_COLOURS = [(128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153)]
TRAIN_COLOURS += [(250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180)]  # of ids 0, 1, 2, …


def test_cityscapes_palette_is_noticed(tmp_path):
    """Indices 0..7 under Cityscapes' palette are trainIds, and would all be classes of ours."""
    for picture in (indexed(LABELS, TRAIN_COLOURS), Image.fromarray(np.array(TRAIN_COLOURS, np.uint8)[LABELS])):
        saved(tmp_path / "l.png", picture)
        for read in (pictures.read_labels, lambda p: pictures.read_label_map(p.read_bytes(), LABELS.shape)):
            with pytest.raises(ValueError, match=r"colour of Cityscapes' own palette.*cityscapes:ROOT"):
                read(tmp_path / "l.png")


def test_one_stray_colour_does_not_turn_colours_into_indices(tmp_path):
    stray = PALETTE.copy()
    stray[7] = (1, 2, 3)
    with pytest.raises(ValueError, match=r"colour \(1, 2, 3\) is no class"):
        both(tmp_path / "l.png", indexed(LABELS, stray))


def test_ids_are_grey_levels_or_indices(tmp_path):
    grey = np.repeat(np.arange(33, 25, -1)[:, None], 3, 1)
    assert (pictures.read_ids(saved(tmp_path / "l.png", indexed(7 - LABELS, grey))) == LABELS + 26).all()
    any_other = indexed(LABELS, range(100, 124))
    assert (pictures.read_ids(saved(tmp_path / "l.png", any_other), CITYSCAPES_TABLE) == LABELS).all()
    with pytest.raises(ValueError, match=r"Cityscapes' colour of road.*these are trainIds"):
        pictures.read_ids(saved(tmp_path / "l.png", indexed(LABELS, TRAIN_COLOURS)), CITYSCAPES_TABLE)


def test_street_colours_agree_with_the_palette():
    ours = {tuple(colour): c for c, colour in enumerate(PALETTE.tolist())}
    assert all(STREET_COLOURS[colour] == ours[colour] for colour in STREET_COLOURS.keys() & ours)
    assert set(STREET_COLOURS.values()) == set(range(len(CLASSES)))


def test_255_is_taken_inside_the_hole_alone(tmp_path):
    hole = (LABELS == 3).astype(np.uint8)
    path = saved(tmp_path / "l.png", np.where(hole == 1, 255, LABELS).astype(np.uint8))
    labels = pictures.read_labels(path, hole)
    assert (labels[hole == 0] == LABELS[hole == 0]).all() and labels.max() < len(CLASSES)
    for other in (None, 1 - hole):
        with pytest.raises(ValueError, match=r"label ids \[255\] are out of range"):
            pictures.read_labels(path, other)


def test_litter_is_not_listed(tmp_path):
    for name in ("b.png", "._b.png", ".DS_Store", "Thumbs.db", "a.png"):
        (tmp_path / name).touch()
    assert [p.name for p in pictures.listed(tmp_path)] == ["a.png", "b.png"]


@pytest.mark.parametrize("way", ["colours", "indexed"])
def test_a_colour_that_is_no_class_is_taken_inside_the_hole_alone(way, tmp_path):
    hole, white = (LABELS == 3).astype(np.uint8), np.vstack([PALETTE, [(255, 255, 255)]]).astype(np.uint8)
    numbers = np.where(hole == 1, 8, LABELS)
    path = saved(tmp_path / "l.png", white[numbers] if way == "colours" else indexed(numbers, white))
    labels = pictures.read_labels(path, hole)
    assert (labels[hole == 0] == LABELS[hole == 0]).all() and labels.max() < len(CLASSES)
    with pytest.raises(ValueError, match=r"\(255, 255, 255\) is no class"):
        pictures.read_labels(path, 1 - hole)


def test_a_mask_given_as_a_picture_is_read_as_its_file_is(tmp_path):
    black_is_index_1 = indexed(1 - HOLE, [(255, 255, 255), (0, 0, 0)])
    for mask in (black_is_index_1, Image.fromarray(255 * HOLE), Image.fromarray(HOLE), Image.fromarray(HOLE == 1)):
        assert (pictures.as_hole(mask) == HOLE).all()
    assert pictures.as_hole(HOLE) is HOLE


def test_labels_given_as_a_picture_are_read_by_their_colours():
    reversed_palette = indexed(7 - LABELS, PALETTE[::-1])
    for labels in (reversed_palette, Image.fromarray(PALETTE[LABELS]), Image.fromarray(LABELS)):
        assert (pictures.as_labels(labels) == LABELS).all()
    assert pictures.as_labels(LABELS) is LABELS


@pytest.mark.parametrize("turn", range(2, 9))
def test_pictures_that_lie_turned_are_refused_whatever_they_are(turn, tmp_path):
    exif = Image.Exif()
    exif[pictures.TURNED] = turn
    with Image.open(saved(tmp_path / "a.png", 255 * HOLE, exif=exif)) as stored:
        for read in (pictures.as_picture, pictures.as_hole, pictures.as_labels):
            with pytest.raises(ValueError, match=f"EXIF orientation {turn}"):
                read(stored)


def test_a_folder_in_place_of_a_picture_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path.name} is a folder, where a picture is wanted"):
        pictures.read_hole(tmp_path)
