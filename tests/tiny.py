"""A data set small enough for tests: blocks of classes in their palette colours."""

import numpy as np

from spg.data.contract import Scene
from spg.labels import PALETTE


class Tiny:
    """Tiny(size): `n` scenes of 4×4 blocks; [i] is a function of i."""

    name = spec = "tiny"
    split = "train"

    def __init__(self, size, n=12):
        self.size, self.n = size, n
        self.ids = [str(i) for i in range(n)]

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        blocks = np.random.default_rng(i).integers(0, 8, (4, 4), np.uint8)
        labels = np.kron(blocks, np.ones((self.size // 4, self.size // 4), np.uint8))
        return Scene(np.ascontiguousarray(PALETTE[labels].transpose(2, 0, 1)), labels)
