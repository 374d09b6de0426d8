"""Training samples: picture number k of a training is a function of the seed and k alone.

So a resumed training, or one shared by several processes, sees the pictures it would have seen; and one that starts
with another's net counts on from where that one ended, and so meets new holes.
"""

import signal
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from spg.generators import known
from spg.holes import SAMPLERS
from spg.labels import CLASSES


class Batch(NamedTuple):
    """image I: N×3×H×W in [-1, 1]; s: one-hot S, N×8×H×W; hole R: N×1×H×W, 1 = missing. All float32."""

    image: torch.Tensor
    s: torch.Tensor
    hole: torch.Tensor

    @property
    def i0(self):
        """I0 = I·(1−R)."""
        return known(self.image, self.hole)

    @property
    def s0(self):
        """S0 = S·(1−R)."""
        return known(self.s, self.hole)

    @classmethod
    def of(cls, images, labels, holes, device="cpu"):
        """From uint8 tensors N×3×H×W, N×H×W and N×H×W (they travel to the device as bytes)."""
        images, labels, holes = (x.to(device, non_blocking=True) for x in (images, labels, holes))
        image = images.to(memory_format=torch.channels_last).float() / 127.5 - 1
        s = F.one_hot(labels.long(), len(CLASSES)).permute(0, 3, 1, 2).float()
        return cls(image, s, holes[:, None].float())


class TrainingSamples(Dataset):
    """Endless samples over a data set: [k] → (image, labels, hole), uint8 arrays, k = 0, 1, 2, …

    Each epoch is one permutation; hole and mirroring are drawn from (seed, k).
    """

    def __init__(self, scenes, holes="paper", flip=True, seed=0):
        self.scenes, self.sampler, self.flip, self.seed = scenes, SAMPLERS[holes], flip, seed
        self._epoch, self._order = None, None

    def order(self, epoch):
        """The permutation of an epoch's scenes; the last one asked for is remembered."""
        if epoch != self._epoch:
            order = np.random.default_rng([self.seed, 1, epoch]).permutation(len(self.scenes))
            self._epoch, self._order = epoch, order
        return self._order

    def __getitem__(self, k):
        epoch, position = divmod(k, len(self.scenes))
        image, labels = self.scenes[int(self.order(epoch)[position])]
        rng = np.random.default_rng([self.seed, 0, k])
        hole = self.sampler(rng, *labels.shape)
        if self.flip and rng.random() < 0.5:
            image, labels = image[..., ::-1], labels[..., ::-1]
        return np.ascontiguousarray(image), np.ascontiguousarray(labels), hole


def batches(samples, start, count, batch, rank=0, world=1, workers=0):
    """Yield `count` batches of uint8 tensors from sample number `start` on; this process's share of each.

    batch: the joined size over all processes, divisible by world.
    """
    share = batch // world
    firsts = [start + i * batch + rank * share for i in range(count)]
    chunks = [range(first, first + share) for first in firsts]
    pin = torch.cuda.is_available()
    own = torch.Generator()  # or the loader would draw from torch's, and a resumed training's dropout would differ
    options = {"num_workers": workers, "worker_init_fn": leave_signals, "pin_memory": pin, "generator": own}
    yield from DataLoader(samples, batch_sampler=chunks, **options)


def leave_signals(worker):
    """In a reading process: Ctrl-C and `timeout` ask the whole group, but only the trainer saves and then ends it."""
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
