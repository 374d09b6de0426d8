"""A study as a folder: what raters may see, what only the analysis reads, and the pictures.

DIR/study.json     questions, rules and trials; names of pictures, no names of methods
DIR/key.json       which method made which picture: no part of what a browser is sent
DIR/pictures/      PNGs, named by what is in them (a hash)
DIR/PROTOCOL.md    what raters are told and how votes will be counted, fixed before the first vote
DIR/votes.sqlite   the votes of people; model-observer.sqlite: those of a model
"""

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from spg.editor.words import Said
from spg.engine.writing import parse_json, write
from spg.pictures import png

STUDY, KEY, PROTOCOL, PICTURES, VOTES = "study.json", "key.json", "PROTOCOL.md", "pictures", "votes.sqlite"
FILES = (STUDY, KEY, PROTOCOL)
DRAFT = ".draft-"  # what a study that is being made is called
FORMAT = 1
KEYS = ("question", "seconds", "unsure", "context", "side", "rule", "decks", "trials", "key")  # of study.json
FILLED = {"rule": dict, "decks": list, "trials": dict}  # what must be a table, and not an empty one
CATCH = ("truth", "noise")  # what a catch trial shows instead of two methods
QUESTION, CONSENT = Said("vote.question"), Said("vote.consent")


def instructions(manifest):
    """What a rater is told before the first pair: a list of `Said`."""
    pairs = max(map(len, manifest["decks"]))
    told = [Said("vote.pairs", pairs=pairs, minutes=max(1, round(pairs / 12))), Said("vote.look")]
    if manifest["context"]:
        told.append(Said("vote.known"))
    if manifest["seconds"]:
        told.append(Said("vote.seconds", seconds=manifest["seconds"]))
    return [*told, Said("vote.ways.unsure" if manifest["unsure"] else "vote.ways")]


def question(manifest):
    """What a rater is asked of each pair: a `Said` where it is the usual question, else the study's own text."""
    return QUESTION if manifest["question"] == QUESTION else manifest["question"]


class Study(NamedTuple):
    """An opened study. manifest: study.json; id: the first digits of its hash, which every vote file notes."""

    folder: Path
    manifest: dict
    id: str

    def key(self):
        """key.json. Raises ValueError when it is missing, or not the one the study was made with."""
        data = _read(self.folder / KEY)
        if digest(data) != self.manifest["key"]:
            raise ValueError(f"{self.folder / KEY} was changed after the study was made; restore it, or make it anew")
        return parse_json(data, self.folder / KEY)

    def picture(self, name):
        """The PNG file of this name, bytes. Raises ValueError when it is missing or was changed."""
        data = _read(self.folder / PICTURES / f"{name}.png")
        if digest(data) != name:
            raise ValueError(f"{self.folder / PICTURES / name}.png was changed after the study was made")
        return data


def open_study(folder):
    """Open DIR. Raises ValueError where there is no study, or one of another format."""
    path = Path(folder) / STUDY
    data = _read(path)
    manifest = parse_json(data, path, "the file of a study")
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ValueError(f"{path} is not the file of a study: it names no format")
    if manifest["format"] != FORMAT:
        raise ValueError(f"{folder}: a study of format {manifest['format']}, this version reads {FORMAT}")
    missing = [key for key in KEYS if key not in manifest]
    if missing:
        raise ValueError(f"{path} is damaged: it lacks {', '.join(missing)}; restore it, or make the study anew")
    wrong = [key for key, kind in FILLED.items() if not isinstance(manifest[key], kind) or not manifest[key]]
    if wrong:
        raise ValueError(f"{path} is damaged: {wrong[0]} is empty or no table; restore it, or make the study anew")
    return Study(Path(folder), manifest, digest(data))


@contextlib.contextmanager
def drafted(folder):
    """A folder to write a study into. Where the block ends well, its files move up into `folder`; else all is gone.

    study.json is the last to move, so that there is a whole study or none.
    """
    new, draft = not folder.exists(), folder / f"{DRAFT}{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        yield draft
        for path in sorted(draft.iterdir(), key=lambda path: path.name == STUDY):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if new:
            with contextlib.suppress(OSError):  # it is not empty when all went well
                folder.rmdir()


def write_text(folder, name, text):
    """Write one file of the study. Returns its digest."""
    data = text.encode("utf-8")
    write(Path(folder) / name, data)
    return digest(data)


def write_json(folder, name, content):
    """Write one JSON file of the study. Returns its digest."""
    return write_text(folder, name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_picture(folder, picture):
    """Save uint8 H×W×3 as PNG under the hash of the file. Returns that name, which tells nothing of who made it."""
    data = png(picture)
    name = digest(data)
    write(Path(folder) / PICTURES / f"{name}.png", data)
    return name


def digest(data):
    """The first 16 hexadecimal digits of the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()[:16]


def _read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ValueError(f"{path} is missing; `spg study make {path.parent} ...` makes a study") from error
