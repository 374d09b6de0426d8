"""One thread for one editor: every edit is done, in order; of the pictures to paint only the latest is."""

import threading
from collections import deque


class Worker:
    """post(job) from any thread; the jobs run one after another, and when none waits, `idle` runs once.

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
