"""What is kept of an edited picture: the record, JSON that does the same again, and the files that are saved."""

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

from spg.editor.drawing import encode_runs
from spg.engine.writing import parse_json, write_all
from spg.labels import CLASSES, colour
from spg.pictures import as_rgb, open_upright, png, read_picture, read_upload

FORMAT, VERSION = "spg-edits", 1
NAMES = ("picture.png", "original.png", "labels.png", "labels-colours.png", "hole.png", "edits.json")  # what is saved
KEPT = "kept.json"  # beside them in the ZIP file
MOST_UNPACKED = 64_000_000  # bytes of one file in it
RESULTS = ("hole", "layout", "filled")  # whose hashes a record keeps


def sha256(array):
    """Of an array's bytes."""
    return hashlib.sha256(array.tobytes()).hexdigest()


def beginning(session):
    """What a record starts with, before any edit, as a dict for JSON.

    The browser has it too, for the day Python is gone. A record made there has its picture with it, as "original" (see
    `carried_picture`), and an empty "result".
    """
    nets = getattr(session.net, "name", None)  # what an app calls them
    engine = getattr(session.net, "engine", "torch")  # PyTorch's and ONNX Runtime's pictures differ in some last bits
    return {
        **{"format": FORMAT, "version": VERSION, "size": list(session.hole.shape)},
        **({"nets": nets} if nets else {}),
        **({"engine": engine} if engine != "torch" else {}),
        **({"textures": True} if getattr(session.net, "textures", False) else {}),
        "picture": sha256(session.picture),
        "classes": list(session.classes.names),
        "hole": encode_runs(session.first_hole),
        "labels": encode_runs(session.known),
    }


def document(session):
    """What `replay` needs beside the picture and the nets, as a dict for JSON."""
    result = {name: sha256(getattr(session, name)) for name in RESULTS}
    return {**beginning(session), "edits": session.history.edits, "result": result}


def read(text, where="edits"):
    """JSON text, or its bytes → document, its format and version checked. Raises ValueError naming what is wrong."""
    found = parse_json(text, where, "a file of edits")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{where}: not a file of edits (its format is not {FORMAT!r})")
    if found.get("version") != VERSION:
        raise ValueError(f"{where}: edits of version {found.get('version')}, this program reads version {VERSION}")
    missing = [key for key in ("size", "picture", "hole", "labels", "edits", "result") if key not in found]
    if missing:
        raise ValueError(f"{where}: lacks {', '.join(missing)}")
    if not isinstance(found["edits"], list) or not isinstance(found["result"], dict):
        raise ValueError(f"{where}: edits must be a list, and result a table")
    size = found["size"]
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise ValueError(f"{where}: size must be [height, width] in pixels, got {size!r}")
    names = found.get("classes", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{where}: classes must be a list of names, got {names!r}")
    strange = [name for name in found["result"] if name not in RESULTS]
    if strange:
        raise ValueError(f"{where}: result holds {strange[0]!r}; known: {', '.join(RESULTS)}")
    return found


def classes(document):
    """The names of the classes that a record's numbers mean; the paper's eight in one that is older than class sets."""
    return tuple(document.get("classes", CLASSES))


def carried_picture(document, name="edits"):
    """The picture that a record has with it (a PNG in a data URL), uint8 3×H×W; None where it has none, as most.

    Raises ValueError where there is one that cannot be read.
    """
    if document.get("original") is None:
        return None
    try:
        data = base64.b64decode(str(document["original"]).partition(",")[2], validate=True)
    except ValueError as error:
        raise ValueError(f"{name}: the picture in it is no data URL (data:image/png;base64,…)") from error
    return read_picture(data, f"the picture in {name}", longest=None)


# ------------------------------------------------------------ files


def open_file(path, longest=None):
    """A picture file of this machine as RGB PIL picture, upright, of any size: an upload's limits are not for it.

    It has its colour profile with it. longest: pixels of the longer side, to which a larger picture is shrunk. Raises
    ValueError naming the file.
    """
    return as_rgb(open_upright(path), path, longest)


def outputs(session):
    """name → bytes of all that is saved: picture, label map (numbers, and colours), hole (white = missing), edits."""
    pictures = [png(picture.transpose(1, 2, 0), session.profile) for picture in (session.filled, session.picture)]
    maps = map(png, (session.layout, colour(session.layout, session.classes), session.hole * 255))
    edits = (json.dumps(session.document()) + "\n").encode()
    return dict(zip(NAMES, [*pictures, *maps, edits], strict=True))


def save(session, folder):
    """Write `outputs` into a folder, all or none, making it. Returns the paths.

    Raises ValueError where a file of these names is there, and no edits.json beside it (the editor did not save it), or
    one of another picture, such as the same at full size.
    """
    folder = Path(folder)
    strange = [name for name in NAMES if (folder / name).exists()]
    if strange and "edits.json" not in strange:
        raise ValueError(f"{folder / strange[0]} is there already, and no editor has saved it: choose another folder")
    edits = folder / "edits.json"
    if strange and read(edits.read_bytes(), edits)["picture"] != sha256(session.picture):
        raise ValueError(f"{folder} holds the edits of another picture: choose another folder")
    return write_all({folder / name: data for name, data in outputs(session).items()})


def packed(session, kept=()):
    """`outputs` as one ZIP file's bytes, with the edits that restore what was kept. `unpacked` opens it again."""
    files = outputs(session) | {KEPT: (json.dumps(list(kept)) + "\n").encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # no date: the same drawing gives the same file
    return buffer.getvalue()


def unpacked(data, name):
    """A ZIP file's bytes → (the picture, PIL; the record; the list of edits that restore what was kept).

    Raises ValueError where it was not made by `packed`, or is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {part: _member(archive, part) for part in ("original.png", "edits.json", KEPT)}
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError) as error:
        raise ValueError(f"{name} is a ZIP file that cannot be read: {error}") from error
    lacking = [part for part in ("original.png", "edits.json") if files[part] is None]
    if lacking:
        raise ValueError(f"{name} lacks {' and '.join(lacking)}: this editor did not save it")
    kept = parse_json(files[KEPT] or b"[]", f"{KEPT} in {name}", "a list of kept layouts")
    if not isinstance(kept, list):
        raise ValueError(f"{KEPT} in {name} must be a list")
    picture = read_upload(files["original.png"], f"original.png in {name}", longest=None)
    return picture, read(files["edits.json"], f"edits.json in {name}"), kept


def _member(archive, name):
    if name not in archive.namelist():
        return None
    if archive.getinfo(name).file_size > MOST_UNPACKED:
        raise ValueError(f"{name} has more than {MOST_UNPACKED / 1e6:.0f} MB unpacked")
    return archive.read(name)
