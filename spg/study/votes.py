"""The ballot box, and each rater's way through a study.

The box is an SQLite file to which each vote is written, and forced to the disk, before it is acknowledged.
Several processes may write at once, and any may be killed at any moment: SQLite rolls back what was not finished and
keeps what was. A vote is written once; the same vote sent again changes nothing.
"""

import contextlib
import datetime
import random
import sqlite3
import unicodedata
from pathlib import Path
from typing import NamedTuple

from spg.editor.words import Said

PEOPLE = "people"
PICKS = ("a", "b", "unsure")
SIDES = ("left", "right", "unsure")
LONGEST_CODE = 40
TABLES = """
CREATE TABLE IF NOT EXISTS study (id TEXT NOT NULL, observer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS raters (number INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, joined TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS votes (
    rater INTEGER NOT NULL REFERENCES raters (number), trial TEXT NOT NULL,
    pick TEXT NOT NULL CHECK (pick IN ('a', 'b', 'unsure')), mirrored INTEGER NOT NULL, seconds REAL, at TEXT NOT NULL,
    PRIMARY KEY (rater, trial)
);
CREATE TABLE IF NOT EXISTS retracted (
    rater INTEGER NOT NULL, trial TEXT NOT NULL, pick TEXT NOT NULL, at TEXT NOT NULL
);
"""


class Vote(NamedTuple):
    """rater: number; trial: id; pick: a, b or unsure; mirrored: whether a lay right; seconds: till the vote."""

    rater: int
    trial: str
    pick: str
    mirrored: bool
    seconds: float | None


class BallotBox:
    """Votes of one study in one file, which is made when missing.

    study_id: `Study.id`; observer: who votes, `people` unless it says so. Both are noted in the file with the first
    opening. Raises ValueError when the file belongs to another study, to one that was changed since, or to
    another observer. Safe to use from several threads: each call has a connection of its own.
    """

    def __init__(self, path, study_id, observer=PEOPLE):
        self.path = Path(path)
        with _readable(self.path), self._open() as box:
            box.executescript(TABLES)
        with _readable(self.path), self._open() as box:
            box.execute("BEGIN IMMEDIATE")
            noted = box.execute("SELECT id, observer FROM study").fetchone()
            if noted is None:
                box.execute("INSERT INTO study VALUES (?, ?)", (study_id, observer))
        self.observer = _check_noted(noted or (study_id, observer), study_id, observer, self.path)

    def join(self, code):
        """The number, 0, 1, …, of the rater with this code, new or known. ValueError where it is empty or long.

        Codes are compared without case, and in one Unicode form: a telephone writes the first letter large. Raises
        OSError where a new code could not be written.
        """
        code = str(code).strip()
        if not 1 <= len(code) <= LONGEST_CODE:
            raise ValueError(Said("vote.code.length", most=LONGEST_CODE))
        with _writable(self.path), self._open() as box:
            box.execute("BEGIN IMMEDIATE")
            known = dict(box.execute("SELECT code, number FROM raters ORDER BY number DESC"))
            alike = [number for other, number in known.items() if plain(other) == plain(code)]
            if alike:
                return known.get(code, min(alike))
            number = max(known.values(), default=-1) + 1
            box.execute("INSERT INTO raters VALUES (?, ?, ?)", (number, code, _now()))
            return number

    def cast(self, vote):
        """Write one `Vote`; returns when it is on the disk. Returns whether it was new: the first one counts.

        Raises ValueError for a pick that is none, OSError (a full disk, …) when it could not be written.
        """
        return self.cast_all([vote]) == 1

    def cast_all(self, votes):
        """Write many `Vote`s, all or none: for programs, which need no receipt for each. Returns how many were new."""
        for vote in votes:
            if vote.pick not in PICKS:
                raise ValueError(f"a pick is one of {', '.join(PICKS)}, got {vote.pick!r}")
        with _writable(self.path), self._open() as box:
            rows = [(*vote, _now()) for vote in votes]
            return box.executemany("INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?, ?, ?)", rows).rowcount

    def retract(self, rater, trial):
        """Take a vote out of the count and note that it was. Returns whether there was one. Raises as `cast`."""
        with _writable(self.path), self._open() as box:
            box.execute("BEGIN IMMEDIATE")
            where = (rater, trial)
            box.execute(
                "INSERT INTO retracted SELECT rater, trial, pick, ? FROM votes WHERE rater = ? AND trial = ?",
                (_now(), *where),
            )
            return box.execute("DELETE FROM votes WHERE rater = ? AND trial = ?", where).rowcount == 1

    def votes(self, rater=None):
        """All `Vote`s, or those of one rater, as they came."""
        rows = "SELECT rater, trial, pick, mirrored, seconds FROM votes WHERE rater = ? OR ? IS NULL ORDER BY rowid"
        with _readable(self.path), self._open() as box:
            return [Vote(r, t, p, bool(m), s) for r, t, p, m, s in box.execute(rows, (rater, rater))]

    @contextlib.contextmanager
    def _open(self):
        """A connection whose changes are on the disk (synchronous = FULL) when the block ends well, and undone else."""
        box = sqlite3.connect(self.path, timeout=30)
        try:
            box.execute("PRAGMA synchronous = FULL")
            with box:
                yield box
        finally:
            box.close()


def _check_noted(noted, study_id, observer, path):
    if noted[0] != study_id:
        raise ValueError(f"{path} holds votes of another study, or study.json was changed after the first opening")
    if noted[1] != observer:
        raise ValueError(f"{path} holds votes of {noted[1]}, not of {observer}")
    return noted[1]


def observer_of(path):
    """Who voted in this file. Raises ValueError when there is no such file."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: no votes yet; `spg study serve DIR` takes them")
    with _readable(path), contextlib.closing(sqlite3.connect(path)) as box:
        noted = box.execute("SELECT observer FROM study").fetchone()
    if noted is None:
        raise ValueError(f"{path} holds no votes: it names no study")
    return noted[0]


@contextlib.contextmanager
def _readable(path):
    """ValueError naming the file instead of what SQLite says of it."""
    try:
        yield
    except sqlite3.Error as error:
        raise ValueError(
            f"{path} is not a file of votes, is damaged, or is not yours to open ({error}): restore it from a copy, or "
            "move it away and `spg study serve` begins a new one"
        ) from error


@contextlib.contextmanager
def _writable(path):
    """OSError naming the file and the remedy instead of what SQLite says when nothing could be written."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(
            f"{path} could not be written ({error}); the votes before are kept. Make room on its disk, and make the "
            "file and its folder writable to you, then go on"
        ) from error


def plain(code):
    """A rater's code as it is compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


class Rater:
    """A rater's trials in an order of their own, less those already answered: which comes next, and on which sides.

    study: a `Study`; box: its `BallotBox`; code: what the rater typed. number: the rater's, which decides the deck;
    every second rater sees it mirrored. left: ids still to be answered; total: length of the deck.
    """

    def __init__(self, study, box, code):
        self.study, self.box = study, box
        self.number = box.join(code)
        decks = study.manifest["decks"]
        self.mirrored = bool(self.number % 2)
        deck = list(decks[self.number // 2 % len(decks)])
        random.Random(f"{study.id}/{self.number}").shuffle(deck)
        answered = {vote.trial for vote in box.votes(self.number)}
        self.last = None  # the trial voted on last, which can be taken back
        self.total, self.left = len(deck), [trial for trial in deck if trial not in answered]

    def pictures(self, trial):
        """PNG bytes of left, right and, if the study shows it, what is known."""
        names = self.study.manifest["trials"][trial]
        order = ("b", "a") if self.mirrored else ("a", "b")
        return [self.study.picture(names[name]) for name in (*order, "known") if name in names]

    def vote(self, trial, side, seconds):
        """Write down that the rater chose this side after so many seconds. A trial already answered stays as it is.

        Raises ValueError for another rater's trial or an unknown side, OSError when nothing could be written.
        """
        deck = self.study.manifest["decks"][self.number // 2 % len(self.study.manifest["decks"])]
        if trial not in deck:
            raise ValueError(f"trial {trial!r} is not one of this rater's")
        if side not in SIDES or (side == "unsure" and not self.study.manifest["unsure"]):
            raise ValueError(f"a side is left or right here, got {side!r}")
        pick = side if side == "unsure" else "a" if (side == "left") != self.mirrored else "b"
        self.box.cast(Vote(self.number, trial, pick, self.mirrored, float(seconds)))
        if trial in self.left:
            self.left.remove(trial)
            self.last = trial

    def undo(self):
        """Take the last vote back: its trial comes again, next. Raises ValueError where there is none of this visit."""
        if self.last is None:
            raise ValueError(Said("vote.undo.nothing"))
        self.box.retract(self.number, self.last)
        self.left.insert(0, self.last)
        self.last = None
