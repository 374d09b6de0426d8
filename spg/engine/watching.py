"""Watching a training: its log, a Ctrl-C that waits, and the progress bar that every long command shows."""

import signal
import sys
import threading

from tqdm.auto import tqdm

from spg.labels import STREET, colour

SHOWN = 4  # pictures of a batch


class Logbook:
    """The log of a training, for TensorBoard: loss terms, and now and then a few pictures.

    It writes into folder and supersedes what an interrupted training had logged beyond `step`. It is silent if not
    `writes`. classes: the set in whose colours label maps are shown.
    """

    def __init__(self, folder, step=0, writes=True, classes=STREET):
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and a progress bar needs none

        self.classes = classes
        self.writer = SummaryWriter(folder, purge_step=step or None) if writes else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.writer:
            self.writer.close()

    def numbers(self, step, values):
        """values: name -> float."""
        for name, value in values.items() if self.writer else ():
            self.writer.add_scalar(name, value, step)

    def pictures(self, step, batch, output):
        """What went in (the hole black) and what came out: pictures in [-1, 1], or label maps N×H×W."""
        if not self.writer:
            return
        self.writer.add_images("input", (batch.i0[:SHOWN].cpu() + 1) / 2 * (1 - batch.hole[:SHOWN].cpu()), step)
        self.writer.add_images("output", _colours(output[:SHOWN].cpu(), self.classes), step)


def _colours(output, classes):
    """To N×3×H×W in [0, 1]."""
    import torch  # not for a progress bar

    if output.ndim == 3:
        return torch.from_numpy(colour(output.numpy(), classes)).permute(0, 3, 1, 2) / 255
    return (output + 1) / 2


class InterruptAfterStep:
    """Ctrl-C that waits for the end of a step, so that what is saved is whole.

    While open, the first Ctrl-C or SIGTERM only sets `asked`; the second has its usual effect.
    """

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


def progress(*args, **options):
    """A tqdm bar with tqdm's own arguments, lively in a terminal or notebook.

    Where stderr is a file, it writes a line every half minute: a fast bar would fill the file.
    """
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(*args, **{"mininterval": 0.1 if watched else 30, "dynamic_ncols": watched, **options})
