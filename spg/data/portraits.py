"""Drawn faces with Helen's eleven classes, any number of them: free to show, where photographs of people are not."""

import cv2
import numpy as np

from spg.labels import (
    BACKGROUND,
    HAIR,
    INNER_MOUTH,
    LEFT_BROW,
    LEFT_EYE,
    LOWER_LIP,
    NOSE,
    RIGHT_BROW,
    RIGHT_EYE,
    SKIN,
    UPPER_LIP,
)

FINE = 3  # drawn so many times as large, then averaged
HAIRS = ((30, 24, 20), (88, 54, 28), (150, 105, 50), (205, 170, 95), (150, 60, 25), (170, 170, 175))
IRISES = ((70, 45, 25), (60, 90, 130), (70, 110, 70))
SHOULDERS = ((-0.1, 0), (0.1, 0), (0.12, 0.3), (0.33, 0.42), (0.33, 0.6), (-0.33, 0.6), (-0.33, 0.42), (-0.12, 0.3))
BRIDGE = ((-0.018, -0.12), (0.018, -0.12), (0.04, 0), (-0.04, 0))


class Canvas:
    """A picture and its label map, painted one over the other. Places and lengths are shares of the side."""

    def __init__(self, side, wall, light):
        self.n, self.light = side, light
        self.y, self.x = np.mgrid[:side, :side] / side
        self.image = np.empty((side, side, 3), np.float32)
        self.image[:] = wall
        self.labels = np.full((side, side), BACKGROUND, np.uint8)

    def ellipse(self, x, y, a, b, tilt=0.0):
        """Its pixels: centre x, y, half axes a, b, tilt in degrees."""
        mask = np.zeros((self.n, self.n), np.uint8)
        centre, axes = ([round(v * self.n) for v in pair] for pair in ((x, y), (a, b)))
        cv2.ellipse(mask, centre, axes, tilt, 0, 360, 1, -1)
        return mask > 0

    def outline(self, points, x, y):
        """The pixels inside a closed outline of points, moved to x, y."""
        mask = np.zeros((self.n, self.n), np.uint8)
        cv2.fillPoly(mask, [np.round((np.array(points) + np.array([x, y])) * self.n).astype(int)], 1)
        return mask > 0

    def put(self, mask, colour, label=None):
        """Paint the pixels, lit from one side, and give them a label."""
        shade = 1 + self.light * (1 - 2 * self.x[mask, None])
        self.image[mask] = np.clip(np.array(colour) * shade, 0, 255)
        if label is not None:
            self.labels[mask] = label

    def finished(self, rng):
        """uint8 3×side×side and H×W at the side asked for."""
        grainy = self.image + rng.normal(0, 6, self.image.shape[:2])[..., None]
        side = self.n // FINE
        small = cv2.resize(grainy, (side, side), interpolation=cv2.INTER_AREA).clip(0, 255).round().astype(np.uint8)
        return small.transpose(2, 0, 1).copy(), self.labels[FINE // 2 :: FINE, FINE // 2 :: FINE].copy()


def draw_face(number, side=64):
    """Face number `number`: uint8 3×side×side, and its labels side×side. Left and right are the person's own.

    It is a function of the number; the head stands in the same place in all, as in data sets of faces.
    """
    rng = np.random.default_rng([14, number])
    u = rng.uniform
    canvas = Canvas(side * FINE, rng.integers(60, 200, 3), u(-0.25, 0.25))
    tone = np.array([236, 188, 150]) * u(0.35, 1.05) ** np.array([0.7, 1.0, 1.15])
    hair = np.array(HAIRS[rng.integers(len(HAIRS))]) * u(0.8, 1.1)
    x, y, wide, high = 0.5 + u(-0.02, 0.02), 0.52 + u(-0.02, 0.02), u(0.25, 0.29), u(0.33, 0.37)
    _body(canvas, rng, x, y, wide, high, tone, hair)
    _eyes(canvas, rng, x, y, hair)
    canvas.put(canvas.ellipse(x, y + 0.085, 0.05, 0.034) | canvas.outline(BRIDGE, x, y + 0.085), tone * 1.06, NOSE)
    for way in (-1, 1):
        canvas.put(canvas.ellipse(x + way * 0.023, y + 0.104, 0.013, 0.009), tone * 0.5)
    _mouth(canvas, rng, x, y + 0.21)
    return canvas.finished(rng)


def _body(canvas, rng, x, y, wide, high, tone, hair):
    u, long = rng.uniform, rng.uniform(0, 0.35)
    if long > 0.12:  # hair behind the face
        canvas.put(canvas.ellipse(x, y + long / 2 - 0.08, wide + u(0.06, 0.1), high + long / 2), hair * 0.8, HAIR)
    canvas.put(canvas.outline(SHOULDERS, x, y + 0.2), tone * 0.82, BACKGROUND)
    canvas.put(canvas.ellipse(x, y + 0.56, 0.46, 0.17), rng.integers(30, 220, 3), BACKGROUND)
    cap = canvas.ellipse(x, y - 0.08, wide + 0.05, high - 0.02)
    canvas.put(cap, hair, HAIR)
    canvas.put(canvas.ellipse(x, y, wide, high), tone, SKIN)
    parting = y - high * u(0.5, 0.72) + 0.06 * np.sin(u(4, 9) * canvas.x + u(0, 6))
    canvas.put(cap & (canvas.y < parting), hair, HAIR)
    streaks = 1 + 0.18 * np.sin((canvas.x - x) * u(60, 100) + 3 * np.sin(canvas.y * u(6, 12)))
    canvas.image[canvas.labels == HAIR] *= streaks[canvas.labels == HAIR, None]


def _eyes(canvas, rng, x, y, hair):
    u, iris = rng.uniform, IRISES[rng.integers(len(IRISES))]
    apart, opened, lift, thick = u(0.105, 0.125), u(0.6, 1.0), u(-12, 12), u(0.014, 0.022)
    for way, eye, brow in ((-1, RIGHT_EYE, RIGHT_BROW), (1, LEFT_EYE, LEFT_BROW)):
        at = x + way * apart, y - 0.055
        white = canvas.ellipse(*at, 0.064, 0.033 * opened + 0.008)
        canvas.put(white, (238, 236, 230), eye)
        canvas.put(white & canvas.ellipse(*at, 0.029, 0.031), iris)
        canvas.put(white & canvas.ellipse(*at, 0.013, 0.014), (15, 12, 12))
        canvas.put(canvas.ellipse(at[0], at[1] - 0.078, 0.075, thick, way * lift), hair * 0.6, brow)


def _mouth(canvas, rng, x, y):
    """Four lines over one another: between them lie the upper lip, the inner mouth and the lower lip."""
    u, t = rng.uniform, np.linspace(-1, 1, 25)
    bow, width, red = 1 - t**2, u(0.09, 0.125), np.array([200, 80, 85]) * u(0.6, 1.05)
    middle = u(-0.6, 1.0) * (0.06 * bow - 0.03)
    gap = max(0.0, u(-0.6, 1.0)) * 0.04 * bow
    upper = 0.028 * bow * (1 - 0.35 * np.exp(-((t / 0.18) ** 2)))
    lines = [
        np.c_[t * width, line]
        for line in (middle - gap - upper, middle - gap, middle + gap, middle + gap + 0.042 * bow)
    ]
    parts = (red * 0.85, UPPER_LIP), ((60, 20, 25), INNER_MOUTH), (red, LOWER_LIP)
    for above, below, (colour, label) in zip(lines, lines[1:], parts, strict=False):
        canvas.put(canvas.outline(np.r_[above, below[::-1]], x, y), colour, label)
    canvas.put((canvas.labels == INNER_MOUTH) & (canvas.y < y + 0.005), (235, 232, 225))  # teeth
