"""The ballot in a notebook or a Voilà page: two pictures, one key press, the next two.

The browser gets pictures and nothing else: no method's name, no file's name, no other trial than the next two.
"""

import os
from pathlib import Path

import anywidget
import traitlets

from spg.editor import bundle
from spg.editor.words import ENGLISH, Said, cold, spoken
from spg.engine import voila
from spg.study.folder import CONSENT, VOTES, instructions, open_study, question
from spg.study.votes import BallotBox, Rater

SCRIPT = Path(__file__).with_name("ballot.js")
AHEAD = 2  # trials the browser holds: the one shown, and the next, whose pictures load meanwhile


class Ballot(anywidget.AnyWidget):
    """Ballot(folder): vote in the study of this folder; a rater types a code and may stop and come back at any time.

    box: where votes go, default: votes.sqlite in the folder. code: the rater's, so that none is asked for.
    Messages from the browser are "hello" (it was drawn anew), "join", "vote" and "undo"; a vote is acknowledged with
    "saved" when it is on the disk, and the browser shows the next pair only then.
    """

    _esm = bundle.script(SCRIPT)
    _css = Path(__file__).with_name("ballot.css")
    settings = traitlets.Dict().tag(sync=True)

    def __init__(self, folder, box=None, code=None):
        self._study = open_study(folder)
        self._box = box or BallotBox(self._study.folder / VOTES, self._study.id)
        self._rater, self._code, self._sent = None, code, set()
        manifest = self._study.manifest
        shown = {name: manifest[name] for name in ("seconds", "unsure", "side")} | {"observer": self._box.observer}
        told = {"question": question(manifest), "told": instructions(manifest), "consent": CONSENT}
        shown |= {name: spoken(words) for name, words in told.items()}
        super().__init__(settings=shown)
        self.on_msg(self._receive)

    def _receive(self, _, message, buffers):
        answer = {"hello": self._hello, "join": self._join, "vote": self._vote, "undo": self._undo}[message["kind"]]
        try:
            answer(message)
        except (ValueError, OSError) as error:
            why = spoken(error.args[0]) if isinstance(error, ValueError) else str(error)
            self.send({"kind": "failed", "trial": message.get("trial"), "why": why})

    def _hello(self, message):
        if self._rater or self._code:
            self._start(self._rater or Rater(self._study, self._box, self._code))

    def _join(self, message):
        self._start(Rater(self._study, self._box, message["code"]))

    def _start(self, rater):
        self._rater, self._sent = rater, set()
        self.send({"kind": "joined", "total": rater.total, "left": len(rater.left)})
        self._send_ahead()

    def _vote(self, message):
        if self._rater is None:
            raise ValueError(Said("vote.code.first"))
        self._rater.vote(message["trial"], message["side"], message["seconds"])
        self.send({"kind": "saved", "trial": message["trial"], "left": len(self._rater.left)})
        self._send_ahead()

    def _undo(self, message):
        if self._rater is None:
            raise ValueError(Said("vote.code.first"))
        self._rater.undo()
        self._sent = set()
        self.send({"kind": "undone", "total": self._rater.total, "left": len(self._rater.left)})
        self._send_ahead()

    def _send_ahead(self):
        """Send the pictures of the next trials that the browser does not hold yet."""
        for trial in self._rater.left[:AHEAD]:
            if trial not in self._sent:
                self.send({"kind": "trial", "trial": trial}, self._rater.pictures(trial))
                self._sent.add(trial)


CELL = "import os\n\nfrom spg.study.ballot import Ballot\n\nBallot(os.environ['SPG_STUDY'])"
IDLE = 3600  # seconds after which a kernel nobody uses is ended


def serve(folder, port=8866, ip="localhost", browser=False):
    """Serve the ballot of the study in folder to several raters at once, until Ctrl-C.

    Kill it at any moment: no finished vote is lost. ip: `0.0.0.0` lets other machines of the network in; there is no
    password. Raises ValueError when there is no study, ImportError when Voilà is missing.
    """
    study = open_study(folder)
    BallotBox(study.folder / VOTES, study.id)  # a file of another study is refused here, not in the raters' pages
    os.environ["SPG_STUDY"] = str(study.folder.resolve())  # kernels inherit it, so the page need not know it
    title = "vote.title"
    voila.serve(CELL, ENGLISH[title], port, ip, browser, IDLE, cold(title))
