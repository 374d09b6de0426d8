"""Ctrl-C that waits for the end of a step, so that what is saved is whole."""

import signal
import threading


class InterruptAfterStep:
    """While open, the first Ctrl-C or SIGTERM only sets `asked`; the second has its usual effect."""

    signals = (signal.SIGINT, signal.SIGTERM)

    def __enter__(self):
        self.asked, self.before = False, {}
        # signals can be caught in the main thread only; elsewhere the periodic checkpoints must do
        if threading.current_thread() is threading.main_thread():
            self.before = {s: signal.signal(s, self._ask) for s in self.signals}
        return self

    def _ask(self, number, frame):
        self.asked = True
        signal.signal(number, self.before[number])

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler)
