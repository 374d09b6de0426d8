"""One rater's way through a study: which trial comes next, on which sides, and what a key press means."""

import random

from spg.study.votes import Vote

SIDES = ("left", "right", "unsure")


class Session:
    """A rater's trials in an order of their own, less those already answered.

    study: a `Study`; box: its `BallotBox`; code: what the rater typed. The rater's number decides the deck, and every
    second rater sees it mirrored. left: ids still to be answered; total: length of the deck.
    """

    def __init__(self, study, box, code):
        self.study, self.box = study, box
        self.rater = box.join(code)
        decks = study.manifest["decks"]
        self.mirrored = bool(self.rater % 2)
        deck = list(decks[self.rater // 2 % len(decks)])
        random.Random(f"{study.id}/{self.rater}").shuffle(deck)
        answered = {vote.trial for vote in box.votes(self.rater)}
        self.total, self.left = len(deck), [trial for trial in deck if trial not in answered]

    def pictures(self, trial):
        """PNG bytes of left, right and, if the study shows it, what is known."""
        names = self.study.manifest["trials"][trial]
        order = ("b", "a") if self.mirrored else ("a", "b")
        return [self.study.picture(names[name]) for name in (*order, "known") if name in names]

    def vote(self, trial, side, seconds):
        """Write down that the rater chose this side after so many seconds. A trial already answered stays as it is.

        Raises ValueError for another rater's trial or an unknown side, sqlite3.Error when nothing could be written.
        """
        deck = self.study.manifest["decks"][self.rater // 2 % len(self.study.manifest["decks"])]
        if trial not in deck:
            raise ValueError(f"trial {trial!r} is not one of this rater's")
        if side not in SIDES or (side == "unsure" and not self.study.manifest["unsure"]):
            raise ValueError(f"a side is left or right here, got {side!r}")
        pick = side if side == "unsure" else "a" if (side == "left") != self.mirrored else "b"
        self.box.cast(Vote(self.rater, trial, pick, self.mirrored, float(seconds)))
        if trial in self.left:
            self.left.remove(trial)
