"""Every way a picture, mask or label map comes in or goes out: files, uploads, PIL, NumPy and tensors.

Inside the project a picture is uint8 3×H×W, a hole uint8 H×W with 1 = missing, a label map uint8 H×W of class
numbers; a network sees pictures as float32 in [-1, 1].
"""

import functools
import io
import re
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from spg.engine import writing
from spg.holes import threshold as at_half
from spg.labels import CLASSES, STREET, STREET_COLOURS, check_labels

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


# --- decoding -----------------------------------------------------------------------------------------------------

TURNED = 0x0112  # EXIF's tag of the orientation, and how each of its values is turned upright
TURNS = {
    **{2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM},
    **{5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE},
    8: Image.Transpose.ROTATE_90,
}
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF", "TIFF", "HEIF")  # formats whose further frames are pictures of their own
HEIC_SUFFIXES = {".heic", ".heif"}
AVIF = (b"avif", b"avis")  # a file's brand, at its byte 8
HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")


class DamagedImage(ValueError):
    """A file that is there but cannot be decoded: truncated, empty, too large, or not a picture."""


class _Undecodable(Exception):
    """Why bytes are no picture."""


def _decode(file, name, most=None):
    """An open file → PIL image, its first frame, decoded completely and upright, as viewers show it.

    most: the largest number of pixels. Raises _Undecodable, or ValueError naming the picture and the remedy.
    """
    picture = _attempt(name, _opened, file, name)
    if most and picture.width * picture.height > most:
        size = f"{picture.width}×{picture.height} pixels"
        raise ValueError(f"{name} has {size}; the limit is {most / 1e6:.0f} million: make it smaller")
    _refuse_lost_bits(picture, name)
    several = picture.format in ANIMATED and _several_frames(picture)
    _attempt(name, picture.load)  # opening reads the header only; a truncated file shows here
    if several:
        warnings.warn(f"{name} holds several frames: the first is read", stacklevel=4)
    return upright(picture)


def _attempt(name, step, *arguments):
    try:
        return step(*arguments)
    except (_Undecodable, DamagedImage):
        raise
    except Image.DecompressionBombError as error:
        most = f"more than {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise DamagedImage(f"{name} has {most}, which are not read: make it smaller") from error
    except UnidentifiedImageError as error:
        raise _Undecodable("it is no picture of a format that is known here") from error
    except Exception as error:  # a decoder of damaged bytes may raise anything
        raise _Undecodable(str(error) or type(error).__name__) from error


def _opened(file, name):
    try:
        return Image.open(file)
    except UnidentifiedImageError:
        file.seek(0)
        head = file.read(12)
        file.seek(0)
        if not head:
            raise _Undecodable("it is empty") from None
        brand = head[8:] if head[4:8] == b"ftyp" else b""
        if brand in AVIF:
            remedy = "save it as JPEG or PNG, or update Pillow: pip install 'pillow>=11.3'"
            raise DamagedImage(f"{name} is AVIF, which this Pillow does not read: {remedy}") from None
        if brand not in HEIC:
            raise
        return _open_heic(file, name)


def _open_heic(file, name):
    try:
        import pillow_heif
    except ImportError:
        remedy = "save it as JPEG or PNG, or install the reader: pip install pillow-heif"
        raise DamagedImage(f"{name} is HEIC, which Pillow does not read by itself: {remedy}") from None
    pillow_heif.register_heif_opener()
    return Image.open(file)


def _several_frames(picture):
    try:
        return getattr(picture, "is_animated", False)
    except Exception:  # a damaged second frame is none of the first one's
        return False


def orientation(picture):
    """The EXIF orientation of a PIL picture, 1 to 8; 1, upright, where there is none that can be read."""
    try:
        value = picture.getexif().get(TURNED, 1)
        return value if value in TURNS else 1
    except Exception:  # a broken EXIF block says nothing
        return 1


def upright(picture):
    """A PIL picture as viewers show it: its EXIF orientation applied, and taken out."""
    turn = TURNS.get(orientation(picture))
    if turn is None:
        return picture
    turned = picture.transpose(turn)
    turned.info = {key: picture.info[key] for key in ("icc_profile", "transparency") if key in picture.info}
    return turned


def refuse_deep(image, where):
    """Raise ValueError for a PIL picture of more than 8 bits a channel: PIL would clip or cut it, not scale it."""
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"{where}: {image.mode} pictures (over 8 bits a channel) are not read; save it as 8 bits")
    _refuse_lost_bits(image, where)


def _refuse_lost_bits(image, where):
    """The same for 16-bit colour, which PIL decodes to 8: known from how the file stores it, until it is loaded."""
    for codec, _, _, stored in getattr(image, "tile", ()):
        stored = stored if isinstance(stored, tuple) else (stored,)
        deep = codec == "SGI16" or (codec.startswith("ppm") and stored[-1] > 255)
        if image.mode[0] not in "IF" and (deep or re.search(r";16[BLN]", str(stored[0]))):
            raise ValueError(
                f"{where}: {image.mode} pictures of 16 bits a channel (over 8 bits) are not read; save it as 8 bits"
            )


def rgb_profile(picture):
    """The ICC profile of a PIL picture where it fits an RGB result, bytes; None for none, or one of grey or CMYK."""
    profile = picture.info.get("icc_profile") or b""
    return profile if profile[16:20] == b"RGB " else None


# --- files --------------------------------------------------------------------------------------------------------

LITTER = (".ds_store", "thumbs.db", "desktop.ini")


def listed(folder):
    """The paths in a folder, sorted, without what macOS and Windows leave beside files (._a.png, Thumbs.db, …)."""
    return sorted(p for p in Path(folder).iterdir() if not is_litter(p))


def is_litter(path):
    """Has a system left this file beside others: macOS' ._a.png, .DS_Store, Thumbs.db?"""
    return path.name.startswith("._") or path.name.lower() in LITTER


def open_picture(path):
    """Decode a file completely, upright. Returns a PIL image; raises FileNotFoundError or DamagedImage, naming it."""
    path = Path(path)
    if path.is_dir():
        raise FileNotFoundError(f"{path} is a folder, where a picture is wanted: name a file in it")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: fetch it again, take it out of the data set, or name another path")
    try:
        with path.open("rb") as file:
            return _decode(file, path)
    except (OSError, _Undecodable) as error:
        raise DamagedImage(f"{path} cannot be decoded ({error}): fetch it again, or delete it and its pair") from error


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
    return picture


def read_hole(path, threshold=False):
    """Mask file → hole, uint8 H×W, 1 = missing. A mask in 0/255 or 0/1 is taken as it is, a grey one with threshold.

    A mask in one colour on black or on white marks what is missing by the colour; this is said.
    """
    return _hole(open_upright(path), path, threshold)


def _hole(mask, path, threshold=False):
    if _is_transparent(mask):
        raise ValueError(f"{path}: a mask with transparency can be read in two ways; save it without, white = missing")
    mask = _marked(mask.convert("RGB"), path) if _is_coloured(mask) else np.asarray(mask.convert("L"))
    if threshold:
        return at_half(mask)
    return mask // 255 if ((mask == 0) | (mask == 255)).all() else mask


def _is_transparent(mask):
    """Is a PIL picture transparent anywhere? An alpha channel that is opaque everywhere says nothing."""
    stored = "A" in mask.getbands() or "transparency" in mask.info
    return stored and mask.convert("RGBA").getextrema()[3] != (255, 255)


COLOURED = 96  # how far a mask's channels lie apart where it is coloured; JPEG makes grey ones differ a little
SHADE = 64  # how far a pixel may be from a shade of that colour; JPEG again


def _is_coloured(mask):
    if mask.mode in ("1", "L", "LA"):
        return False
    channels = np.asarray(mask.convert("RGB"))
    return bool((channels.max(2) - channels.min(2)).max() >= COLOURED)


def _marked(mask, path):
    """A mask in one colour on black, or on white, as a grey one: 255 the colour, 0 the ground. Or ValueError."""
    channels = np.asarray(mask)
    on_black, on_white = (channels.max(2) < 32).any(), (channels.min(2) > 223).any()
    above = 255 - channels if on_white else channels
    colour = above.reshape(-1, 3)[np.argmax(channels.max(2) - channels.min(2))].astype(np.float32)
    shade = sum(above[..., c] * (colour[c] / (colour**2).sum()) for c in range(3))
    far = max(float(np.abs(above[..., c] - shade * colour[c]).max()) for c in range(3))
    if on_black == on_white or far > SHADE:
        raise ValueError(
            f"{path}: a coloured mask is read where it is one colour on black, or on white; save it black and white, "
            "white = missing"
        )
    ground = "white" if on_white else "black"
    warnings.warn(f"{path}: the mask's colour is read as missing, its {ground} as known", stacklevel=3)
    return (255 * shade).clip(0, 255).round().astype(np.uint8)


def read_ids(path, table=None):
    """Read a label PNG of one 8-bit channel. Returns uint8 H×W.

    An indexed one whose palette is grey is read by its grey levels, any other by its indices: its colours are for the
    eye. table: the ids' classes, which must be those that Cityscapes' colours in the palette show, or ValueError.
    """
    picture = open_picture(path)
    if picture.mode not in ("L", "P"):
        raise ValueError(f"{path}: label ids are one 8-bit channel, this file is {picture.mode}; see folder:ROOT")
    if picture.mode == "P" and _is_grey(picture):
        picture = picture.convert("L")
    if picture.mode == "P" and table is not None:
        _check_street_palette(picture, table, path)
    return np.asarray(picture)


def _check_street_palette(picture, table, path):
    """Where a palette has Cityscapes' colours, each must show the class that its index has as an id."""
    for index, colour in _used_colours(picture).items():
        if STREET_COLOURS.get(colour, table[index]) != table[index]:
            raise ValueError(
                f"{path}: index {index} has Cityscapes' colour of {CLASSES[STREET_COLOURS[colour]]}, {colour}, and is "
                "another class's labelId: these are trainIds, or indices in another order; fetch the labelIds of gtFine"
            )


def read_labels(path, hole=None, classes=STREET):
    """Label PNG of class numbers or of the set's colours -> uint8 H×W. hole: see `spg.labels.check_labels`."""
    return _classes(open_picture(path), path, hole, classes)


def _classes(picture, where, hole=None, classes=STREET):
    """A label map's classes: its numbers, or the set's colours. An indexed one is read by its colours.

    Only where these are neither ours nor (for streets) Cityscapes' nor class numbers as grey levels is the index the
    class.
    """
    if len(picture.getbands()) > 1:
        return _from_colours(picture, where, hole, classes)
    if picture.mode == "P":
        colours = _used_colours(picture).values()
        if _street_colours(classes).keys() & colours or set(colours) <= set(classes.colours):
            return _from_colours(picture, where, hole, classes)
        if _is_grey(picture) and max(colours) < (len(classes),):
            picture = picture.convert("L")
    return check_labels(np.asarray(picture).astype(np.int64), where, hole, classes)


def _street_colours(classes):
    """Cityscapes' colours, which say nothing where the classes are not a street's."""
    return STREET_COLOURS if classes.same(STREET) else {}


def _is_grey(picture):
    """Has an indexed PIL picture a palette of grey colours alone?"""
    palette = np.array(picture.getpalette("RGB")).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _used_colours(picture):
    """{index: (r, g, b)} of an indexed PIL picture, of the indices that occur."""
    palette = np.zeros((256, 3), int)
    given = np.array(picture.getpalette("RGB")).reshape(-1, 3)
    palette[: len(given)] = given
    return {int(index): tuple(palette[index].tolist()) for index in np.unique(np.asarray(picture))}


def _from_colours(picture, where, hole, classes):
    """Each pixel's class by its exact colour, or ValueError naming the first colour outside the hole that is none."""
    colours = np.asarray(picture.convert("RGB")).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    codes = classes.palette.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    order = np.argsort(codes)
    nearest = order[np.searchsorted(codes, colours, sorter=order).clip(max=len(codes) - 1)]
    strange = codes[nearest] != colours
    if hole is not None and hole.shape == strange.shape:
        nearest[strange & (hole == 1)] = classes.rest  # nobody looks there
        strange &= hole != 1
    if strange.any():
        code = int(colours[strange][0])
        if classes.same(STREET):
            _refuse_street_colour((code >> 16, code >> 8 & 255, code & 255), where)
        known = ", ".join(f"{name} #{number:06x}" for name, number in zip(classes.names, codes, strict=True))
        raise ValueError(
            f"{where}: colour {(code >> 16, code >> 8 & 255, code & 255)} is no class; paint labels without smoothing "
            f"in the palette's colours ({known}), or store class numbers 0..{len(classes) - 1}"
        )
    return nearest.astype(np.uint8)


def _refuse_street_colour(colour, where):
    if colour in STREET_COLOURS:
        raise ValueError(
            f"{where}: {colour} is a colour of Cityscapes' own palette, which tells more classes apart than the eight: "
            "use the labelIds as cityscapes:ROOT, or bring them to the eight by spg.labels.group_ids"
        )


def size_of(path):
    """(width, height) of a picture file as it is stored, from its header. Raises DamagedImage."""
    try:
        with Path(path).open("rb") as file, _attempt(path, _opened, file, path) as picture:
            return picture.size
    except (OSError, _Undecodable) as error:
        raise DamagedImage(f"{path} cannot be decoded ({error})") from error


# --- uploads: bytes from somebody's browser -----------------------------------------------------------------------


def read_picture(data, name="the file", longest=LONGEST):
    """Bytes of a PNG, JPEG, … → uint8 3×H×W, upright, its longer side at most `longest`. Raises ValueError."""
    return to_array(read_upload(data, name, longest))


def read_upload(data, name="the file", longest=LONGEST):
    """The same as an RGB PIL picture, which has its colour profile with it."""
    return as_rgb(_open(data, name), name, longest)


def as_rgb(picture, name, longest=None):
    """A PIL picture as RGB, its longer side at most `longest`, with its colour profile where that fits RGB."""
    if longest and max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.BOX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grey and alpha pictures are welcome
        rgb = Image.fromarray(np.ascontiguousarray(as_picture(picture, name).transpose(1, 2, 0)))
    if profile := rgb_profile(picture):
        rgb.info["icc_profile"] = profile
    return rgb


def read_label_map(data, shape, name="the file", classes=STREET, hole=None):
    """Bytes of a label map → uint8 H×W: class numbers in one channel, or the set's colours. Raises ValueError.

    shape: what the picture has; a map of another size but the same proportions is brought to it. hole: see
    `spg.labels.check_labels`.
    """
    labels = _classes(_open(data, name), name, hole, classes)
    if labels.shape != tuple(shape):
        if abs(labels.shape[0] * shape[1] / (labels.shape[1] * shape[0]) - 1) > 0.02:
            raise ValueError(
                f"{name} is {labels.shape}, the picture {tuple(shape)} (height, width): not the same shape"
            )
        labels = np.asarray(Image.fromarray(labels).resize(tuple(shape)[::-1], Image.Resampling.NEAREST))
    return labels


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
        return _decode(io.BytesIO(data), name, MOST_PIXELS)
    except _Undecodable as error:
        raise ValueError(f"{name} is no picture that can be read (PNG, JPEG, WebP, …)") from error


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
    if image.min() >= 0:
        warnings.warn(
            f"{where}: a float tensor is in [-1, 1], and -1 is black; this one is in [0, 1]: if its black is 0, give "
            "2·x - 1",
            stacklevel=4,
        )
    return to_uint8(image).cpu().numpy()


def as_hole(hole):
    """A hole given as PIL picture is read as its file would be, see `read_hole`; any other is returned as it is."""
    if not isinstance(hole, Image.Image):
        return hole
    refuse_deep(hole, "hole")
    _refuse_turned(hole, "hole")
    return _hole(hole, "hole")


def as_labels(labels, hole=None, classes=STREET):
    """Labels given as PIL picture are read as their file would be, see `read_labels`; others are returned as they are.

    hole: uint8 H×W or None, see `spg.labels.check_labels`.
    """
    if not isinstance(labels, Image.Image):
        return labels
    _refuse_turned(labels, "labels")
    return _classes(labels, "labels", hole, classes)


def _refuse_turned(image, where):
    if orientation(image) != 1:
        raise ValueError(
            f"{where}: this photo is stored turned (EXIF orientation {orientation(image)}); turn it upright first, and "
            "draw the hole on that: PIL.ImageOps.exif_transpose(image)"
        )


def _rgb(image, where):
    refuse_deep(image, where)
    _refuse_turned(image, where)
    if image.mode != "RGB":
        warnings.warn(f"{where}: converted from {image.mode} to RGB", stacklevel=2)
        image = image.convert("RGB")
    return to_array(image)


def like(original, picture, hole):
    """picture (uint8 3×H×W) in the kind of `original`; an H×W or H×W×4 original comes back as H×W×3.

    A float tensor keeps its own values where hole (uint8 H×W) is 0: eight bits could not hold them. A PIL picture
    keeps its colour profile where that fits, and is saved with it.
    """
    if isinstance(original, Image.Image):
        made = Image.merge("RGB", [Image.fromarray(plane) for plane in picture])
        made.info.update({"icc_profile": profile} if (profile := rgb_profile(original)) else {})
        return made
    if isinstance(original, torch.Tensor):
        filled = torch.from_numpy(picture).to(original.device)
        if original.dtype == torch.uint8:
            return filled
        missing = torch.from_numpy(hole).to(original.device) == 1
        return torch.where(missing, to_float(filled, original.dtype), original)
    return picture if np.asarray(original).shape[0] == 3 else np.ascontiguousarray(picture.transpose(1, 2, 0))


def png(pixels, icc_profile=None):
    """uint8 H×W or H×W×3 → a PNG's bytes, with a colour profile (see `rgb_profile`) where there is one."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", icc_profile=icc_profile)
    return buffer.getvalue()


def write_png(pixels, path):
    """Write uint8 H×W or H×W×3 as a PNG, all or nothing, making folders. Returns the path."""
    return writing.write(path, png(pixels))


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
