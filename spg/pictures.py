"""Every way a picture, mask or label map comes in or goes out: files, uploads, PIL, NumPy and tensors.

Inside the project a picture is uint8 3×H×W, a hole uint8 H×W with 1 = missing, a label map uint8 H×W in 0..7; a
network sees pictures as float32 in [-1, 1].
"""

import functools
import io
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from spg.holes import threshold as at_half
from spg.labels import CLASSES, PALETTE, check_labels

MOST_BYTES = 8_000_000  # of an uploaded file: Jupyter's messages end at 10 MB
MOST_PIXELS = 40_000_000  # of an uploaded picture, unpacked
LONGEST = 768  # pixels of the longer side that are edited; larger pictures are shrunk to it


# --- numbers: uint8 and [-1, 1] -----------------------------------------------------------------------------------


def to_float(picture, dtype=torch.float32):
    """Bring a uint8 tensor from 0..255 to floats in [-1, 1], the range of the networks."""
    return picture.to(dtype) / 127.5 - 1


def to_uint8(image):
    """Bring a float tensor in [-1, 1] to uint8 in 0..255; what lies beyond the range is clipped."""
    return ((image.float().clamp(-1, 1) + 1) * 127.5).round().byte()


def to_array(picture):
    """RGB PIL image -> uint8 3×H×W."""
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))


# --- files --------------------------------------------------------------------------------------------------------


class DamagedImage(ValueError):
    """A file that is there but cannot be decoded: truncated, empty, or not a picture."""


def open_picture(path):
    """Decode a file completely. Returns a PIL image; raises FileNotFoundError or DamagedImage, naming the file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: fetch it again, or take its frame out of the data set")
    try:
        with path.open("rb") as file:
            picture = Image.open(file)
            picture.load()  # Image.open reads the header only; a truncated file shows here
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # PIL raises SyntaxError for a broken PNG
        raise DamagedImage(f"{path} cannot be decoded ({error}): fetch it again, or delete it and its pair") from error
    return picture


def open_rgb(path):
    """Decode a file as RGB; grey, palette and alpha are converted, said once per folder. Returns a PIL image."""
    picture = open_picture(path)
    if picture.mode == "RGB":
        return picture
    refuse_deep(picture, path)
    _say_converted(str(Path(path).parent), picture.mode)
    return picture.convert("RGB")


@functools.cache  # once per folder, not once per picture
def _say_converted(folder, mode):
    warnings.warn(f"{folder}: pictures of mode {mode} (grey, palette or alpha) are converted to RGB", stacklevel=4)


def open_upright(path):
    """Open a picture as viewers show it: a photo's EXIF orientation is applied. More than 8 bits are refused."""
    picture = open_picture(path)
    refuse_deep(picture, path)
    return ImageOps.exif_transpose(picture)


def refuse_deep(image, where):
    """Raise ValueError for a PIL picture of more than 8 bits a channel: PIL would clip it, not scale it."""
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"{where}: {image.mode} pictures (over 8 bits a channel) are not read; save it as 8 bits")


def read_hole(path, threshold=False):
    """Mask file → hole, uint8 H×W, 1 = missing. A mask in 0/255 or 0/1 is taken as it is, a grey one with threshold."""
    mask = open_upright(path)
    if "A" in mask.getbands():
        raise ValueError(f"{path}: a mask with transparency can be read in two ways; save it without, white = missing")
    mask = np.asarray(mask.convert("L"))
    if threshold:
        return at_half(mask)
    return mask // 255 if np.isin(mask, (0, 255)).all() else mask


def read_ids(path):
    """Read a label PNG of one 8-bit channel (a palette's index counts as the id). Returns uint8 H×W."""
    picture = open_picture(path)
    if picture.mode not in ("L", "P"):
        raise ValueError(f"{path}: label ids are one 8-bit channel, this file is {picture.mode}; see folder:ROOT")
    return np.asarray(picture)


def read_labels(path):
    """Label PNG of class numbers or of palette colours -> uint8 H×W in 0..7."""
    picture = open_picture(path)
    if picture.mode in ("RGB", "RGBA"):
        return _from_colours(picture, path)
    if picture.mode == "P":  # an index means a class, unless the colours say that it was painted
        try:
            return _from_colours(picture, path)
        except ValueError:
            pass
    return check_labels(np.asarray(picture).astype(np.int64), where=path)


def _from_colours(picture, where):
    """Each pixel's class by its exact colour, or ValueError naming the first colour that is none."""
    colours = np.asarray(picture.convert("RGB")).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    codes = PALETTE.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    order = np.argsort(codes)
    nearest = order[np.searchsorted(codes, colours, sorter=order).clip(max=len(codes) - 1)]
    strange = codes[nearest] != colours
    if strange.any():
        code = int(colours[strange][0])
        known = ", ".join(f"{name} #{number:06x}" for name, number in zip(CLASSES, codes, strict=True))
        raise ValueError(
            f"{where}: colour {(code >> 16, code >> 8 & 255, code & 255)} is no class; paint labels without smoothing "
            f"in the palette's colours ({known}), or store class numbers 0..{len(CLASSES) - 1}"
        )
    return nearest.astype(np.uint8)


# --- uploads: bytes from somebody's browser -----------------------------------------------------------------------


def read_picture(data, name="the file", longest=LONGEST):
    """Bytes of a PNG, JPEG, … → uint8 3×H×W, upright, its longer side at most `longest`. Raises ValueError."""
    picture = ImageOps.exif_transpose(_open(data, name))
    if longest and max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.BOX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grey and alpha pictures are welcome
        return as_picture(picture, name)


def read_label_map(data, shape, name="the file"):
    """Bytes of a label map → uint8 H×W: class numbers 0..7 in one channel, or the palette's colours. Raises ValueError.

    shape: what the picture has; a map of another size but the same proportions is brought to it.
    """
    picture = _open(data, name)
    if picture.mode in ("L", "P", "1") and np.asarray(picture).max() < len(CLASSES):
        labels = np.asarray(picture)
    else:
        labels = _from_colours(picture, name)
    if labels.shape != tuple(shape):
        if abs(labels.shape[0] * shape[1] / (labels.shape[1] * shape[0]) - 1) > 0.02:
            raise ValueError(
                f"{name} is {labels.shape}, the picture {tuple(shape)} (height, width): not the same shape"
            )
        labels = np.asarray(Image.fromarray(labels).resize(tuple(shape)[::-1], Image.Resampling.NEAREST))
    return check_labels(labels, name)


def within_limit(data, name):
    """The bytes of an upload as they are, or ValueError naming the limit."""
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"{name} has {len(data) / 1e6:.1f} MB; the limit is {MOST_BYTES / 1e6:.0f} MB: make it smaller"
        )
    return data


def _open(data, name):
    """Decode an upload within the limits of bytes and pixels."""
    within_limit(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the next lines are stricter
            picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MOST_PIXELS:
            size = f"{picture.width}×{picture.height} pixels"
            raise ValueError(f"{name} has {size}; the limit is {MOST_PIXELS / 1e6:.0f} million: make it smaller")
        picture.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} is no picture that can be read (PNG, JPEG, WebP, …)") from error
    return picture


# --- pictures of other kinds, in and out --------------------------------------------------------------------------


def as_picture(image, where="image"):
    """PIL, NumPy uint8 (H×W×3, 3×H×W, H×W, …×4) or tensor (3×H×W, uint8 or float in [-1, 1]) → uint8 3×H×W.

    Grey and alpha pictures are converted, with one warning. Raises ValueError naming what does not fit.
    """
    if isinstance(image, Image.Image):
        return _rgb(image, where)
    if isinstance(image, torch.Tensor):
        return _tensor(image, where)
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise ValueError(f"{where}: a NumPy picture must be uint8 in 0..255, got {image.dtype}")
    if image.ndim == 3 and image.shape[0] == 3:
        return np.ascontiguousarray(image)  # torch takes no mirrored view
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4)):
        return _rgb(Image.fromarray(image), where)
    raise ValueError(f"{where}: expected a picture H×W×3 or 3×H×W, got shape {image.shape}")


def _tensor(image, where):
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"{where}: expected a tensor 3×H×W, got shape {tuple(image.shape)}")
    if image.dtype == torch.uint8:
        return image.cpu().numpy()
    if not image.is_floating_point() or not (image.min() >= -1 and image.max() <= 1):  # NaN is in no range
        raise ValueError(f"{where}: a tensor picture is uint8, or float in [-1, 1]; got {image.dtype} beyond that")
    return to_uint8(image).cpu().numpy()


def _rgb(image, where):
    refuse_deep(image, where)
    if image.mode != "RGB":
        warnings.warn(f"{where}: converted from {image.mode} to RGB", stacklevel=2)
        image = image.convert("RGB")
    return to_array(image)


def like(original, picture, hole):
    """picture (uint8 3×H×W) in the kind of `original`; an H×W or H×W×4 original comes back as H×W×3.

    A float tensor keeps its own values where hole (uint8 H×W) is 0: eight bits could not hold them.
    """
    if isinstance(original, Image.Image):
        return Image.fromarray(picture.transpose(1, 2, 0))
    if isinstance(original, torch.Tensor):
        filled = torch.from_numpy(picture).to(original.device)
        if original.dtype == torch.uint8:
            return filled
        missing = torch.from_numpy(hole).to(original.device) == 1
        return torch.where(missing, to_float(filled, original.dtype), original)
    return picture if np.asarray(original).shape[0] == 3 else np.ascontiguousarray(picture.transpose(1, 2, 0))


def png(pixels):
    """uint8 H×W or H×W×3 → a PNG's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG")
    return buffer.getvalue()


# --- squeezing to a square ----------------------------------------------------------------------------------------


def squeeze_picture(picture, size):
    """Squeeze a PIL image to size×size by area averaging (bilinear along with any side that grows)."""
    if picture.size == (size, size):
        return picture
    shrinks = min(picture.size) >= size
    return picture.resize((size, size), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR)


def squeeze_labels(labels, size):
    """Squeeze a label map H×W to size×size: each new pixel takes the label at its centre."""
    height, width = labels.shape
    rows, columns = (((np.arange(size) + 0.5) * side / size).astype(int) for side in (height, width))
    return labels[rows[:, None], columns]
