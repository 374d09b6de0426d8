"""The log of a training, for TensorBoard: loss terms, and now and then a few pictures."""

import torch
from torch.utils.tensorboard import SummaryWriter

from spg.labels import colour

SHOWN = 4  # pictures of a batch


class Logbook:
    """Writes into folder, superseding what an interrupted training had logged beyond `step`; silent if not `writes`."""

    def __init__(self, folder, step=0, writes=True):
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
        self.writer.add_images("output", _colours(output[:SHOWN].cpu()), step)


def _colours(output):
    """To N×3×H×W in [0, 1]."""
    if output.ndim == 3:
        return torch.from_numpy(colour(output.numpy())).permute(0, 3, 1, 2) / 255
    return (output + 1) / 2
