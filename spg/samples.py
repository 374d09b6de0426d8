"""Training samples: picture number k of a training is a function of the seed and k alone.

So a resumed training, or one shared by several processes, sees the pictures it would have seen; and one that starts
with another's net counts on from where that one ended, and so meets new holes.
"""

import signal
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from spg.generators import known
from spg.generators_plus import smooth_by_class
from spg.holes import draw_hole, parse_mixture, rectangle
from spg.labels import STREET, classes_of

ASKED = 0.7  # share of the pictures in which SG-Net+ is asked for a colour [our decision]
REPAINTED = 0.5  # share of those, where it comes in any colour, in which the object gets another colour first


class Batch(NamedTuple):
    """image I: N×3×H×W in [-1, 1]; s: one-hot S, N×C×H×W; hole R: N×1×H×W, 1 = missing. All float32.

    colour: N×4×H×W, what SG-Net+ is asked for: a colour in [-1, 1] inside an outline, and the outline; 0 where
    nothing is asked. None: no picture of the batch was drawn with outlines.
    """

    image: torch.Tensor
    s: torch.Tensor
    hole: torch.Tensor
    colour: torch.Tensor | None = None

    @property
    def i0(self):
        """I0 = I·(1−R)."""
        return known(self.image, self.hole)

    @property
    def s0(self):
        """S0 = S·(1−R)."""
        return known(self.s, self.hole)

    @classmethod
    def of(cls, images, labels, holes, device="cpu", outlines=None, classes=STREET):
        """From uint8 tensors N×3×H×W, N×H×W, N×H×W and, if any, N×H×W (they travel to the device as bytes).

        classes: the set whose numbers the labels hold.
        """
        images, labels, holes = (x.to(device, non_blocking=True) for x in (images, labels, holes))
        image = images.to(memory_format=torch.channels_last).float() / 127.5 - 1
        s = F.one_hot(labels.long(), len(classes)).permute(0, 3, 1, 2).float()
        colour = None if outlines is None else asked_colour(image, outlines.to(device)[:, None].float())
        return cls(image, s, holes[:, None].float(), colour)


def asked_colour(image, outline):
    """The mean colour of image (N×3×H×W) inside the outline (N×1×H×W of 0 and 1), there; and the outline: N×4×H×W."""
    area = outline.sum((2, 3), keepdim=True).clamp_min(1)
    colour = (image * outline).sum((2, 3), keepdim=True) / area
    return torch.cat([colour * outline, outline], 1)


def usual_colours(i0, s, hole, classes=STREET):
    """What SG-Net+ is asked for where nobody asks: what comes in any colour, in its class's colour nearby.

    On streets, every missing vehicle or person.

    Asked for nothing, it paints several colours at once into one object: any of them would do [our decision].
    i0: N×3×H×W, s: the complete layout N×C×H×W, hole: N×1×H×W. Returns N×4×H×W, as `Batch.colour`.
    """
    nearby = smooth_by_class(i0, s, hole)
    pictures = zip(nearby.split(1), s.argmax(1), hole[:, 0], strict=True)
    return torch.cat([_usual(*one, classes.tinted) for one in pictures])


def _usual(nearby, labels, missing, tinted):
    asked = torch.zeros_like(nearby[:, :1]).repeat(1, 4, 1, 1)
    for label in tinted:
        inside = ((labels == label) & (missing > 0)).byte().cpu().numpy()
        count, parts = cv2.connectedComponents(inside, connectivity=8)
        for number in range(1, count):
            outline = torch.from_numpy(parts == number).to(nearby)[None, None]
            asked += asked_colour(nearby, outline)
    return asked


class TrainingSamples(Dataset):
    """Endless samples over a data set: [k] → (image, labels, hole), uint8 arrays, k = 0, 1, 2, …

    Each epoch is one permutation; hole, mirroring, window and colour are drawn from (seed, k).
    holes: the sampler, or a mixture of them by shares, see `spg.holes.parse_mixture`. window: side of the part of the
    picture that is kept, with the hole in it; 0: all. coloured: a fourth array is the outline of the object whose
    colour is asked for, empty where none is.
    """

    def __init__(self, scenes, holes="paper", seed=0, window=0, coloured=False):
        self.scenes, self.seed, self.window, self.coloured = scenes, seed, window, coloured
        self.holes, self.classes = parse_mixture(holes), classes_of(scenes)
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
        arrays = [image, labels, self._hole(rng, labels)]
        if rng.random() < 0.5:
            arrays[:2] = image[..., ::-1], self.classes.mirrored(labels)
            if len(self.holes) > 1 or "objects" in self.holes:  # a hole that fits an object turns with it
                arrays[2] = arrays[2][..., ::-1]
        if self.window:
            rows, columns = window_around(rng, arrays[2], self.window)
            arrays = [x[..., rows, columns] for x in arrays]
            if arrays[2].all():  # all hair, say
                arrays[2] = rectangle(rng, *arrays[2].shape)
        if self.coloured:
            outline = asked_outline(rng, *arrays[1:], self.classes)
            arrays = [repainted(rng, arrays[0], arrays[1], outline, self.classes), *arrays[1:], outline]
        return tuple(np.ascontiguousarray(x) for x in arrays)

    def _hole(self, rng, labels):
        """A hole of the mixture; a scene without an object to take out gets the paper's rectangle."""
        names = list(self.holes)
        name = names[0] if len(names) == 1 else names[rng.choice(len(names), p=list(self.holes.values()))]
        hole = draw_hole(name, rng, labels, self.classes)
        return rectangle(rng, *labels.shape) if hole is None else hole


def window_around(rng, hole, side):
    """Two slices: a side×side window of the picture, anywhere so that it holds as much of the hole's box as it can."""
    slices = []
    for axis, length in enumerate(hole.shape):
        inside = np.flatnonzero(hole.any(1 - axis))
        low, high = sorted((int(inside[0]), int(inside[-1]) + 1 - side))
        low, high = (min(max(0, end), length - side) for end in (low, high))
        first = int(rng.integers(low, high + 1))
        slices.append(slice(first, first + side))
    return slices


def largest_object(labels, hole, classes=STREET):
    """The part in the hole of the largest object there is, as a uint8 map; empty where there is none."""
    outline, most = np.zeros(labels.shape, np.uint8), 0
    for label in classes.outlined:
        inside = ((labels == label) & (hole == 1)).astype(np.uint8)
        count, parts, boxes, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        if count > 1 and boxes[1:, cv2.CC_STAT_AREA].max() > most:
            number = 1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())
            outline, most = (parts == number).astype(np.uint8), boxes[number, cv2.CC_STAT_AREA]
    return outline


def asked_outline(rng, labels, hole, classes=STREET):
    """The outline of the hole's largest object in a share `ASKED` of the pictures, in the others an empty map."""
    asked = rng.random() < ASKED
    return largest_object(labels, hole, classes) if asked else np.zeros(labels.shape, np.uint8)


def repainted(rng, image, labels, outline, classes=STREET):
    """The picture with what is outlined in another colour, in a share `REPAINTED` of the cases, if it comes in any.

    So that SG-Net+ meets colours that few objects have and keeps the detail in them [our decision]. The object's light
    and shade stay, in the new colour, and a quarter of its own colours shows through: lights and windows remain.
    image: uint8 3×H×W; returns one of the same kind.
    """
    wanted, lucky = rng.integers(20, 236, (3, 1)), rng.random() < REPAINTED
    inside = outline == 1
    if not lucky or not np.isin(labels[inside], classes.tinted).any():
        return image
    own = image[:, inside].astype(float)
    shade = own.mean(0) / max(own.mean(), 1.0)
    image = image.copy()
    image[:, inside] = np.clip(0.75 * wanted * shade + 0.25 * own, 0, 255).round().astype(np.uint8)
    return image


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
