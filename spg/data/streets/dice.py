"""Seeded draws that come out the same on every machine: PCG64's `random()` and plain arithmetic."""

import numpy as np


class Dice:
    """Random choices from a key of non-negative integers. Equal keys, equal draws."""

    def __init__(self, *key):
        self.random = np.random.Generator(np.random.PCG64(list(key))).random

    def uniform(self, low, high):
        return low + (high - low) * self.random()

    def whole(self, low, high):
        """An integer in low..high, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, p):
        return self.random() < p

    def pick(self, choices):
        return choices[int(self.random() * len(choices))]

    def weighted(self, weights):
        """A key of the dict {choice: weight}, with probability proportional to its weight."""
        left = self.random() * sum(weights.values())
        for choice, weight in weights.items():
            left -= weight
            if left < 0:
                return choice
        return choice
