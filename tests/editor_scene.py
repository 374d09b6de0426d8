"""A street with a hole, and the nets that the editor's tests edit it with."""

import functools

import numpy as np

import spg
from spg.data.streets import draw

SEED = 5022


@functools.cache
def net(weights="streets-64"):
    """The shipped nets of drawn streets."""
    return spg.load(weights)


def street(size=64):
    """(image, hole, labels): uint8, a hole of 24 % at the right of the middle."""
    image, labels = draw(SEED, SEED, size)
    hole = np.zeros((size, size), np.uint8)
    hole[3 * size // 8 : 3 * size // 4, size // 2 : 15 * size // 16] = 1
    return image, hole, labels


def brush(points, put="vehicle", on="layout", size=5):
    """A brush edit."""
    return {"do": "brush", "on": on, "put": put, "size": size, "points": points}
