"""Pictures of other people's kinds: PIL, NumPy and tensors to uint8 3×H×W and back."""

import warnings

import numpy as np
import torch
from PIL import Image


def as_picture(image, where="image"):
    """PIL, NumPy uint8 (H×W×3, 3×H×W, H×W, …×4) or tensor (3×H×W, uint8 or float in [-1, 1]) → uint8 3×H×W.

    Grey and alpha pictures are converted, with one warning. Raises ValueError naming what does not fit.
    """
    if isinstance(image, Image.Image):
        return _rgb(image, where)
    if isinstance(image, torch.Tensor):
        return _tensor(image, where)
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise ValueError(f"{where}: a NumPy picture must be uint8 in 0..255, got {image.dtype}")
    if image.ndim == 3 and image.shape[0] == 3:
        return np.ascontiguousarray(image)  # torch takes no mirrored view
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4)):
        return _rgb(Image.fromarray(image), where)
    raise ValueError(f"{where}: expected a picture H×W×3 or 3×H×W, got shape {image.shape}")


def _tensor(image, where):
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"{where}: expected a tensor 3×H×W, got shape {tuple(image.shape)}")
    if image.dtype == torch.uint8:
        return image.cpu().numpy()
    if not image.is_floating_point() or not (image.min() >= -1 and image.max() <= 1):  # NaN is in no range
        raise ValueError(f"{where}: a tensor picture is uint8, or float in [-1, 1]; got {image.dtype} beyond that")
    return ((image.float() + 1) * 127.5).round().byte().cpu().numpy()


def _rgb(image, where):
    refuse_deep(image, where)
    if image.mode != "RGB":
        warnings.warn(f"{where}: converted from {image.mode} to RGB", stacklevel=2)
        image = image.convert("RGB")
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def refuse_deep(image, where):
    """Raise ValueError for a PIL picture of more than 8 bits a channel: PIL would clip it, not scale it."""
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"{where}: {image.mode} pictures (over 8 bits a channel) are not read; save it as 8 bits")


def like(original, picture, hole):
    """picture (uint8 3×H×W) in the kind of `original`; an H×W or H×W×4 original comes back as H×W×3.

    A float tensor keeps its own values where hole (uint8 H×W) is 0: eight bits could not hold them.
    """
    if isinstance(original, Image.Image):
        return Image.fromarray(picture.transpose(1, 2, 0))
    if isinstance(original, torch.Tensor):
        filled = torch.from_numpy(picture).to(original.device)
        if original.dtype == torch.uint8:
            return filled
        missing = torch.from_numpy(hole).to(original.device) == 1
        return torch.where(missing, filled.to(original.dtype) / 127.5 - 1, original)
    return picture if np.asarray(original).shape[0] == 3 else np.ascontiguousarray(picture.transpose(1, 2, 0))
