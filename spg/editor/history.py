"""Undo, redo, and the record of what was done: JSON that does the same again."""

import hashlib
import json
from collections import deque

from spg.editor import runs

FORMAT, VERSION = "spg-edits", 1
DEPTH = 200  # steps that can be undone; older ones stay in the record only, so that memory stays flat


class History:
    """The edits done so far, and the frozen drawings around them."""

    def __init__(self):
        self.edits = []
        self._before = deque(maxlen=DEPTH)
        self._undone = []

    def add(self, edit, before):
        """An edit was done; before: the drawing frozen before it. What was undone is gone."""
        self.edits.append(edit)
        self._before.append(before)
        self._undone.clear()

    @property
    def can_undo(self):
        """Whether there is a step to undo."""
        return bool(self._before)

    @property
    def can_redo(self):
        """Whether there is a step to do again."""
        return bool(self._undone)

    def undo(self, now):
        """now: the drawing frozen as it is. Returns the one to go back to."""
        self._undone.append((self.edits.pop(), now))
        return self._before.pop()

    def redo(self, now):
        """now: the drawing frozen as it is. Returns the one to go on to."""
        edit, after = self._undone.pop()
        self.edits.append(edit)
        self._before.append(now)
        return after


def sha256(array):
    """Of an array's bytes."""
    return hashlib.sha256(array.tobytes()).hexdigest()


def beginning(session):
    """What a record starts with, before any edit, as a dict for JSON.

    The browser has it too, for the day Python is gone. A record made there has its picture with it, as "original" (see
    `files.carried_picture`), and an empty "result".
    """
    return {
        **{"format": FORMAT, "version": VERSION, "size": list(session.hole.shape)},
        "picture": sha256(session.picture),
        "hole": runs.encode(session.first_hole),
        "labels": runs.encode(session.known),
    }


def document(session):
    """What `replay` needs beside the picture and the nets, as a dict for JSON."""
    result = {name: sha256(getattr(session, name)) for name in ("hole", "layout", "filled")}
    return {**beginning(session), "edits": session.history.edits, "result": result}


def read(text, where="edits"):
    """JSON text → document, its format and version checked. Raises ValueError naming what is wrong."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{where}: not a JSON file ({error})") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{where}: not a file of edits (its format is not {FORMAT!r})")
    if found.get("version") != VERSION:
        raise ValueError(f"{where}: edits of version {found.get('version')}, this program reads version {VERSION}")
    missing = [key for key in ("size", "picture", "hole", "labels", "edits", "result") if key not in found]
    if missing:
        raise ValueError(f"{where}: lacks {', '.join(missing)}")
    if not isinstance(found["edits"], list) or not isinstance(found["result"], dict):
        raise ValueError(f"{where}: edits must be a list, and result a table")
    return found
