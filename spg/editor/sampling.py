"""Another layout: a sample from SP-Net's probabilities whose neighbouring pixels decide together [our decision].

Sampling each pixel by itself gives noise. The Gumbel trick, argmax_c (log p_c + g_c) with g_c = −log(−log u_c), is a
sample of p for any uniform u. Here u_c comes from a *smooth* Gaussian field per class, pushed through its distribution
function: every single pixel is still sampled with exactly SP-Net's probabilities, and whole regions choose alike.
"""

import math

import numpy as np
import torch

SMOOTHNESS = 1 / 8  # of the shorter side: the width of the regions that decide together


def another(s_r, seed, smoothness=SMOOTHNESS):
    """s_r: S_R, 8×H×W. Returns classes uint8 H×W, drawn with S_R's chances; the same seed gives the same layout."""
    rng = np.random.default_rng(seed)
    width = smoothness * min(s_r.shape[1:])
    u = np.stack([smooth_uniform(rng, s_r.shape[1:], width) for _ in s_r])
    gumbel = -np.log(-np.log(u))
    return (np.log(np.maximum(s_r, 1e-12)) + gumbel).argmax(0).astype(np.uint8)


def smooth_uniform(rng, shape, width):
    """A random field H×W, uniform in (0, 1) at every pixel, alike over `width` pixels (a Gaussian's deviation).

    White noise is blurred on the torus, by its Fourier transform, so that its deviation is the same everywhere and
    known exactly; it is made on a larger torus and cut out, or opposite rims would agree.
    """
    margin = math.ceil(3 * width)
    size = [n + margin for n in shape]
    y, x = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None, :]
    blur = np.exp(-2 * (np.pi * width) ** 2 * (x**2 + y**2))
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(size)) * blur, size)
    field /= _deviation(blur, size)
    field = torch.from_numpy(np.ascontiguousarray(field[: shape[0], : shape[1]]))
    return torch.special.ndtr(field).clamp(1e-9, 1 - 1e-9).numpy()


def _deviation(blur, size):
    """Of blurred white noise: the root of the mean of |blur|² over all frequencies, of which rfft keeps half."""
    weight = np.full(blur.shape[1], 2.0)
    weight[0] = 1
    if size[1] % 2 == 0:
        weight[-1] = 1
    return math.sqrt((blur**2 * weight).sum() / (size[0] * size[1]))
