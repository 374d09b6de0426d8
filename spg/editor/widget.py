"""`SegmentationEditor`: the window on a `Session`, for JupyterLab, Notebook, VS Code, Colab and Voilà.

Who says what. The browser sends finished strokes and button presses as messages, in order; Python does each of them,
one after another, on one worker thread, and answers through traits, so that a view opened later sees the same:
`scene` (a picture's fixed part), `frame` (the maps), `filled` (the hole's new pixels), `chances`, `kept`, `status`, and
`done`, the number of the last message after which nothing is left to do.
"""

import threading
import time
from collections import deque
from concurrent.futures import Future

import anywidget
import traitlets

from spg.editor import actions, bundle, record
from spg.editor.edits import Refused
from spg.editor.session import Session
from spg.editor.words import Said, spoken


def _synced(kind, **options):
    return kind(**options).tag(sync=True, echo_update=False)


class SegmentationEditor(anywidget.AnyWidget):
    """SegmentationEditor(net, image, hole=None, labels=None): paint the layout, see the street change.

    net: an `Inpainter`, as `spg.load` gives it. image: PIL, NumPy uint8 or tensor, any size. hole: H×W, 1 = missing;
    None: draw it there. labels: H×W class numbers; None: the segmenter's. offer: an `spg.editor.app.Offer`, what a page
    offers beside one picture: sample streets and other nets. Raises ValueError where they do not fit.

    >>> editor = spg.SegmentationEditor(spg.load("streets-64"), image, hole, labels)
    >>> editor                       # the last line of a cell
    >>> editor.image, editor.labels  # uint8 3×H×W and H×W, as they are now
    """

    _esm = bundle.script()
    _css = bundle.style()

    scene = _synced(traitlets.Dict)
    frame = _synced(traitlets.Dict)
    filled = _synced(traitlets.Dict)
    chances = _synced(traitlets.Dict)
    kept = _synced(traitlets.Dict)
    status = _synced(traitlets.Dict)
    samples = _synced(traitlets.List)
    done = _synced(traitlets.Int)

    def __init__(self, net, image, hole=None, labels=None, offer=None, **options):
        super().__init__(**options)
        self.net, self.offer = net, offer
        self.samples = offer.thumbnails() if offer else []
        self.shown = "layout"  # what the left pane shows
        self._seq, self._number = 0, 0  # the browser's last message done; the picture's number
        self._worker = Worker(self._refresh, self._complain)
        try:
            session = Session(net, image, hole, labels)
            self.begin(session, Said("begin.paint" if session.hole.any() else "begin.remove"))
        except BaseException:
            self.close()
            raise
        self.on_msg(self._receive)
        self._worker.post(lambda: None)  # paints the first picture

    def __repr__(self):
        height, width = self.session.hole.shape
        return f"SegmentationEditor({width}×{height}, {len(self.session.history.edits)} edits)"

    # ------------------------------------------------------------ from Python

    @property
    def image(self):
        """The filled picture, uint8 3×H×W, after everything done so far."""
        self.wait()
        return self.session.filled

    @property
    def labels(self):
        """The complete label map, uint8 H×W."""
        self.wait()
        return self.session.layout

    @property
    def hole(self):
        """uint8 H×W, 1 = missing."""
        self.wait()
        return self.session.hole.copy()

    @property
    def edits(self):
        """The record as a dict for JSON; `spg.editor.replay` and `spg replay` do it again."""
        self.wait()
        return self.session.document()

    def wait(self, timeout=60):
        """Block until every edit is done and its picture painted. TimeoutError after so many seconds."""
        self._worker.wait(timeout)

    def edit(self, **edit):
        """Do one edit of `spg.editor.edits`, e.g. edit(do="fill", on="layout", put="sky", at=[10, 5]). Waits for it."""
        return self._ask(lambda: self.session.edit(edit))

    def undo(self):
        """Take the last edit back."""
        return self._ask(lambda: self.session.undo())

    def redo(self):
        """Do again what was undone last."""
        return self._ask(lambda: self.session.redo())

    def save(self, folder):
        """Write picture, label map, hole and edits.json into a folder. Returns the paths."""
        self.wait()
        return record.save(self.session, folder)

    def close(self):
        """End the worker thread and the widget; the session stays readable."""
        self._worker.stop()
        super().close()

    def _ask(self, job):
        """Run a job on the worker; what it raises is raised here."""
        answer = Future()

        def run():
            try:
                answer.set_result(self.say(job()))
            except Exception as error:
                answer.set_exception(error)

        self._worker.post(run)
        said = answer.result(60)
        self.wait()
        return said

    # ------------------------------------------------------------ from the browser

    def _receive(self, _, content, buffers):
        """Any thread may land here: take the message, say so, leave the work to the worker."""
        seq = content["seq"] if isinstance(content.get("seq"), int) else 0
        self.send({"type": "got", "seq": seq})
        data = bytes(buffers[0]) if buffers else b""
        self._worker.post(lambda: self._do(content, data, seq))

    def _do(self, content, data, seq):
        try:
            self.say(actions.act(self, content, data))
        except Exception as error:
            self._complain(error)
        finally:
            self._seq = max(self._seq, seq)

    # ------------------------------------------------------------ to the browser

    def begin(self, session, said=None):
        """Go over to another session: another picture, other labels, replayed edits. Called on the worker."""
        self.session, self.variants, self.obeyed, self.names, self.next_seed = session, [], [], [], 0
        self._number += 1
        with self.hold_sync():
            self.scene = actions.scene_packet(session, self._number, self.offer.about() if self.offer else {})
            self.filled = self.chances = {}
            if self.offer:
                self.offer.welcome = False
            self._painted = None
            self.publish_kept()
        self.say(said)

    def take(self, name):
        """Go over to other nets of the offer; the session goes on with its own."""
        self.net = self.offer.load(name)

    def publish_kept(self):
        """Show the strip of kept layouts as it is now."""
        self.kept = actions.kept_packet(self.variants, self.obeyed, self.names, self._number)

    def say(self, text, tone="good"):
        """Show a sentence in the status line: a `Said`, or a text that stays in English. tone: good, refused or error.

        Returns it.
        """
        if text:
            self.status = {"text": text, "said": spoken(text), "tone": tone, "number": time.monotonic_ns()}
        return text

    def _complain(self, error):
        if isinstance(error, ValueError):
            said = error.args[0] if error.args and isinstance(error.args[0], Said) else str(error)
            self.say(said, "refused" if isinstance(error, Refused) else "error")
        else:
            self.say(f"{type(error).__name__}: {error}", "error")
            self.log.error("the editor's worker", exc_info=error)

    def _refresh(self):
        """When no edit waits: the maps at once, then one picture, and not even that if the next edit is there."""
        try:
            self._publish()
        finally:
            if not self._worker.waiting:
                self.done = self._seq

    def _publish(self):
        start = time.perf_counter()
        self.frame = actions.frame_packet(self.session, self._number, self._seq)
        if self._worker.waiting:
            return
        if self.session.filled is not self._painted:
            self._painted = self.session.filled
            self.filled = actions.filled_packet(self.session, self._number, self._seq, time.perf_counter() - start)
        if self.shown in ("chance", "entropy") and self.session.hole.any():
            self.chances = actions.chances_packet(self.session, self._number)


# ------------------------------------------------------------ the thread


class Worker:
    """One thread for one editor: post(job) from any thread; jobs run in order, and when none waits, `idle` runs once.

    A fast hand posts ten strokes while one picture is being painted: all ten are done to the drawing, then one
    picture is painted. failed(error): told of anything that a job or idle raised.
    """

    def __init__(self, idle, failed):
        self._idle, self._failed = idle, failed
        self._jobs, self._changed = deque(), threading.Condition()
        self._busy, self._stopped = False, False
        self._thread = threading.Thread(target=self._run, name="spg-editor", daemon=True)
        self._thread.start()

    def post(self, job):
        """Queue a function of no arguments."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    @property
    def waiting(self):
        """Whether jobs wait: what is being painted is then already out of date."""
        return bool(self._jobs)

    def wait(self, timeout=60):
        """Block until all is done and painted. Raises TimeoutError after so many seconds."""
        if threading.current_thread() is self._thread:
            return
        with self._changed:
            if not self._changed.wait_for(lambda: self._stopped or not (self._jobs or self._busy), timeout):
                raise TimeoutError(f"the editor was still painting after {timeout} s")

    def stop(self):
        """Let the thread end after what it is doing now."""
        with self._changed:
            self._stopped = True
            self._jobs.clear()
            self._changed.notify_all()

    def _run(self):
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._stopped or self._jobs)
                if self._stopped:
                    return
                self._busy = True
            while self._jobs:
                self._attempt(self._jobs.popleft())
            self._attempt(self._idle)

    def _attempt(self, job):
        try:
            job()
        except Exception as error:
            self._failed(error)
