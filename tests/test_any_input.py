"""Whatever comes in, `spg inpaint` and `net(...)` give a right result or one clear line, and lose nothing.

100 inputs by default, always the same; SPG_EXAMPLES=2000 tries as many others, as before a release.
"""

import contextlib
import io
import os
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image

from spg import cli, weights
from spg.generators import SGNet, SPNet
from spg.inpainting import Inpainter
from spg.pictures import as_picture, open_upright, read_hole

EXAMPLES = os.environ.get("SPG_EXAMPLES")
SIZE = 16  # of the nets, so that small pictures are large ones for them
tries = settings(
    max_examples=int(EXAMPLES or 100) // 2,
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.timeout(300 if EXAMPLES is None else 7200)


class Segmenter(torch.nn.Module):
    """As quick as one can be: everything is the first class."""

    def forward(self, i0, hole):
        return torch.eye(8)[0].view(1, 8, 1, 1).expand(1, 8, *hole.shape[-2:])


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    nets = SPNet(width=2, downs=2), SGNet(width=2, downs=2)
    return Inpainter(*nets, Segmenter(), size=SIZE, device="cpu", segmenter_size=SIZE)


def noise(seed, shape, most=256):
    return np.random.default_rng(seed).integers(0, most, shape, np.uint8)


seeds = st.integers(0, 2**16)
sides = st.tuples(st.integers(1, 50), st.integers(1, 50))


@st.composite
def holes(draw, shape):
    """uint8 H×W of 0 and 1: a box, stripes, dust, nothing or everything."""
    hole = np.zeros(shape, np.uint8)
    kind = draw(st.sampled_from(["box", "box", "box", "stripes", "dust", "nothing", "everything"]))
    if kind == "box":
        (top, height), (left, width) = ((draw(st.integers(0, n - 1)), draw(st.integers(1, n))) for n in shape)
        hole[top : top + height, left : left + width] = 1
    elif kind == "stripes":
        hole[:: draw(st.integers(2, 9))] = 1
    elif kind == "dust":
        hole[noise(draw(seeds), shape) < draw(st.integers(1, 200))] = 1
    elif kind == "everything":
        hole[:] = 1
    return hole


def mostly(usual, *others):
    """The usual value, and one time in six another."""
    return st.sampled_from([usual] * 5 + ["other"]).flatmap(
        lambda value: st.sampled_from(others) if value == "other" else st.just(usual)
    )


# --- files --------------------------------------------------------------------------------------------------------

FORMATS = ("JPEG", "GIF", "BMP", "WEBP", "TIFF")
MODES = ("L", "RGBA", "LA", "P", "1", "CMYK", "I;16", "F")


@st.composite
def files(draw, pixels):
    """The bytes of a file with these pixels (uint8 H×W or H×W×3): of some format and mode, and perhaps damaged."""
    picture = Image.fromarray(pixels)
    mode = draw(mostly(picture.mode, *MODES))
    exif = Image.Exif()
    exif[0x0112] = draw(mostly(1, *range(2, 9)))
    buffer = io.BytesIO()
    try:
        deep = mode == "I;16"
        picture = Image.fromarray(np.array(picture.convert("L"), np.uint16)) if deep else picture.convert(mode)
        picture.save(buffer, format=draw(mostly("PNG", *FORMATS)), exif=exif)
    except (OSError, ValueError, KeyError):  # a mode that the format has not
        picture.convert("RGB").save(buffer, format="PNG")
    return damaged(bytearray(buffer.getvalue()), draw)


def damaged(data, draw):
    """A third of the files is: cut off, with other bytes in the middle, with bytes too many, or empty."""
    kind = draw(st.sampled_from(["whole"] * 8 + ["cut", "changed", "longer", "empty"]))
    place = draw(st.integers(0, len(data)))
    other = draw(st.binary(min_size=1, max_size=12))
    if kind == "cut":
        del data[place:]
    elif kind == "changed":
        data[place : place + len(other)] = other
    elif kind == "longer":
        data[place:place] = other
    return bytes(data if kind != "empty" else b"")


@st.composite
def folders(draw):
    """name → bytes of a photo, a mask and perhaps labels; and the arguments of `spg inpaint` that go with them."""
    shape = draw(sides)
    other = draw(mostly(shape, (shape[0] + 1, shape[1]), shape[::-1]))
    hole = draw(holes(other)) * draw(mostly(np.uint8(255), np.uint8(1), np.uint8(128)))
    made = {"photo.png": draw(files(noise(draw(seeds), (*shape, 3)))), "mask.png": draw(files(hole))}
    arguments = ["--threshold"] if draw(st.booleans()) else []
    if draw(st.booleans()):
        made["labels.png"] = draw(files(noise(draw(seeds), shape, draw(mostly(8, 256)))))
        arguments += ["--labels", "labels.png"]
    return made, arguments


@given(folders())
@tries
def test_files_are_filled_or_one_line_says_why_not(net, made):
    files, arguments = made
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(cli, "_nets", lambda named: types.SimpleNamespace(files={}))
        patch.setattr(weights, "load", lambda files, **options: net)
        for name, data in files.items():
            Path(name).write_bytes(data)
        status, said = run("inpaint", "photo.png", "--hole", "mask.png", "--out", "out.png", *arguments)
        there = {path.name: path.read_bytes() for path in Path().iterdir()}
        result = there.pop("out.png", None)
        assert there == files  # no input is changed, and nothing half written lies about
        event("filled" if status == 0 else "refused")
        if status == 0:
            check_filled("--threshold" in arguments)
        else:
            assert status == 2 and result is None
            assert said.startswith("spg inpaint: ") and len(said) > 30 and said.count("\n") == 1, said


def run(*arguments):
    """(exit status, what was said on stderr)."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cli.main(list(arguments)), said.getvalue()


def check_filled(threshold):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        photo, hole = as_picture(open_upright("photo.png")), read_hole("mask.png", threshold)
    with Image.open("out.png") as out:
        filled = np.asarray(out).transpose(2, 0, 1)
    assert filled.shape == photo.shape and (filled[:, hole == 0] == photo[:, hole == 0]).all()


# --- arrays -------------------------------------------------------------------------------------------------------

DTYPES = (np.int64, np.float32, bool, np.uint16, np.complex64, object, "U1")


def as_pil(pixels):
    return Image.fromarray(pixels)


def as_planes(pixels):
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def as_mirror(pixels):
    return pixels.transpose(2, 0, 1)[..., ::-1]


def as_bytes(pixels):
    return torch.from_numpy(as_planes(pixels))


def as_floats(pixels):
    return as_bytes(pixels).float() / 127.5 - 1


def as_doubles(pixels):
    return as_bytes(pixels).double() / 128 - 1


def as_it_is(pixels):
    return pixels


def without_colour(pixels):
    return pixels[..., 0]


def beyond_the_range(pixels):
    return as_floats(pixels) * 3


def without_number(pixels):
    return as_floats(pixels) * float("nan")


def of_two_channels(pixels):
    return pixels[..., :2]


def of_a_batch(pixels):
    return as_floats(pixels)[None]


RIGHT = (as_pil, as_planes, as_mirror, as_bytes, as_floats, as_doubles, as_it_is)
WRONG = (beyond_the_range, without_number, of_two_channels, of_a_batch)


@st.composite
def calls(draw):
    """(image, hole, labels) as somebody may pass them to `net`."""
    shape = draw(sides)
    pixels = noise(draw(seeds), (*shape, 3))
    kind = draw(st.sampled_from([*RIGHT, *RIGHT, *RIGHT, without_colour, *WRONG]))
    hole = draw(holes(draw(mostly(shape, (shape[0], shape[1] + 1), shape[::-1]))))
    hole = (hole * draw(mostly(1, 2, 255))).astype(draw(mostly(np.uint8, *DTYPES)))
    hole = draw(st.sampled_from([hole, hole, hole, hole[None], hole[..., None]]))
    labels = noise(draw(seeds), draw(mostly(shape, shape[::-1])), draw(mostly(8, 9, 256)))
    labels = labels.astype(draw(mostly(np.uint8, np.int64, np.float32, bool)))
    return kind(pixels), hole, labels if draw(st.booleans()) else None


def copied(thing):
    return thing.clone() if isinstance(thing, torch.Tensor) else None if thing is None else thing.copy()


def numbers(thing):
    return thing.numpy() if isinstance(thing, torch.Tensor) else np.asarray(thing)


@given(calls())
@tries
def test_arrays_are_filled_or_one_line_says_why_not(net, call):
    before = [copied(thing) for thing in call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            filled = net(*call)
        except ValueError as error:
            event("refused")
            assert len(str(error)) > 20 and "\n" not in str(error)
            filled = None
    for thing, was in zip(call, before, strict=True):
        np.testing.assert_array_equal(numbers(thing), numbers(was))
    if filled is not None:
        event("filled")
        check_result(filled, *call)


def check_result(filled, image, hole, labels):
    hole = hole.reshape(hole.shape[-2:]).astype(int)
    assert type(filled.image) is type(image) and numbers(filled.image).dtype == numbers(image).dtype
    out, given = (channels(x, hole.shape) for x in (filled.image, image))
    np.testing.assert_array_equal(out[:, hole == 0], given[:, hole == 0])
    assert filled.labels.size in (hole.size, hole.shape[::-1]) and np.isin(numbers(filled.labels), range(8)).all()
    if labels is not None:
        np.testing.assert_array_equal(numbers(filled.labels)[hole == 0], labels[hole == 0])
    chances = filled.probabilities
    assert chances.shape == (8, *hole.shape) and np.allclose(chances.sum(0)[hole == 1], 1, atol=1e-4)


def channels(picture, shape):
    """3×H×W of whatever kind of picture; a grey one three times."""
    x = numbers(picture)
    if x.ndim == 2:
        return np.stack([x] * 3)
    return x if x.shape[1:] == shape else x.transpose(2, 0, 1)
