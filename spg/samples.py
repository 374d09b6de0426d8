"""Training samples: picture number k of a training is a function of the seed and k alone.

So a resumed training, or one shared by several processes, sees the pictures it would have seen; and one that starts
with another's net counts on from where that one ended, and so meets new holes.
"""

import functools
import signal
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from spg.generators import known
from spg.generators_plus import smooth_by_class
from spg.holes import LABELLED, draw_hole, hole_around, outline_of, parse_mixture, rectangle, things
from spg.labels import STREET, classes_of

WHOLE = 0.5  # share of the pictures in which all of a scene is seen, however much larger it is [our decision]
STRETCH = 0.2  # a part of a scene is wider or higher than it is by up to so much, in natural logarithms
GROWN = 0.7, 1.7  # sizes of a pasted object over its own
BENT = 0.045  # of a sketched object's sides: how far its points are moved, one standard deviation
SMOOTHED = 0.04  # of its shorter side: radius of what half of them lose, as few people draw spikes
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
    def of(cls, images, labels, holes, device="cpu", outlines=None, paints=None, classes=STREET):
        """From uint8 tensors N×3×H×W, N×H×W, N×H×W and, if any, N×H×W and N×3 (they travel to the device as bytes).

        classes: the set whose numbers the labels hold.
        """
        images, labels, holes = (x.to(device, non_blocking=True) for x in (images, labels, holes))
        if paints is not None:
            outlines, paints = (x.to(device, non_blocking=True) for x in (outlines, paints))
            images = repainted(images, outlines, paints)
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

    Each epoch is one permutation; hole, mirroring, part, window and colour are drawn from (seed, k).
    holes: the sampler, or a mixture of them by shares, see `spg.holes.parse_mixture`. window: side of the part of the
    picture that is kept, with the hole in it; 0: all. coloured: two more arrays are the outline of the object whose
    colour is asked for, empty where none is, and the colour that it is given first, 3 bytes, all 0 where it keeps its
    own. zoom: 2: a sample is a part of a scene of twice its side, see `Part`; 1: it is the scene. pasted: share of the
    samples with an object of another scene in them, see `paste`. sketched: share of those with a bent one, and
    their hole around it. placed: in place of image and labels stands the place where `Resident` finds them.
    """

    def __init__(
        self, scenes, holes="paper", seed=0, window=0, coloured=False, zoom=1, pasted=0.0, sketched=0.0, placed=False
    ):
        self.scenes, self.seed, self.window = scenes, seed, window
        self.coloured, self.zoom, self.pasted, self.sketched, self.placed = coloured, zoom, pasted, sketched, placed
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
        scene = int(self.order(epoch)[position])
        image, labels = self.scenes[scene]
        rng = np.random.default_rng([self.seed, 0, k])
        part = Part.drawn(rng, len(labels), self.zoom)
        image, labels = part.shrunk(image, labels, len(labels) // self.zoom)
        image, labels, drawn = self._with_another(rng, image, labels)
        hole = self._hole(rng, labels) if drawn is None else hole_around(rng, drawn)
        mirrored = rng.random() < 0.5
        fits = drawn is not None or len(self.holes) > 1 or not LABELLED.keys().isdisjoint(self.holes)  # an object
        hole = hole[..., ::-1] if mirrored and fits else hole
        corner = corner_around(rng, hole, self.window) if self.window else (0, 0)
        place = Place(scene, mirrored, *corner, *part)
        labels, hole = (self._cut(x, place) for x in (self.classes.mirrored(labels) if mirrored else labels, hole))
        if hole.all():  # all hair, say
            hole = rectangle(rng, *hole.shape)
        maps = [hole, *self._asked(rng, labels, hole)] if self.coloured else [hole]
        image = image[..., ::-1] if mirrored else image
        seen = [np.array(place)] if self.placed else [self._cut(image, place), labels]
        return tuple(np.ascontiguousarray(x) for x in (*seen, *maps))

    def _cut(self, x, place):
        if not self.window:
            return x
        return x[..., place.top : place.top + self.window, place.left : place.left + self.window]

    def _asked(self, rng, labels, hole):
        outline = asked_outline(rng, labels, hole, self.classes)
        return outline, new_colour(rng, labels, outline, self.classes)

    def _hole(self, rng, labels):
        """A hole of the mixture; a scene without an object to take out gets the paper's rectangle."""
        names = list(self.holes)
        name = names[0] if len(names) == 1 else names[rng.choice(len(names), p=list(self.holes.values()))]
        hole = draw_hole(name, rng, labels, self.classes)
        return rectangle(rng, *labels.shape) if hole is None else hole

    def _with_another(self, rng, image, labels):
        """(image, labels, outline of a sketched object or None), now and then with an object of another scene."""
        for share, sketched in ((self.sketched, True), (self.pasted, False)):
            if share and rng.random() < share:
                other = self.scenes[int(rng.integers(len(self.scenes)))]
                image, labels, outline = paste(rng, (image, labels), other, self.zoom, self.classes, sketched)
                return image, labels, outline if sketched else None
        return image, labels, None


class Part(NamedTuple):
    """The part of a scene that is seen, in the scene's pixels: corner, height and width."""

    up: int
    before: int
    height: int
    width: int

    @classmethod
    def drawn(cls, rng, side, zoom):
        """All of a scene of this side or, in half of the cases, a part of a size down to side/zoom, anywhere in it.

        So the nets see large objects as often as small ones, and near ones in their detail [our decision].
        """
        if zoom == 1 or rng.random() < WHOLE:
            return cls(0, 0, side, side)
        size, stretch = rng.uniform(side / zoom, side), np.exp(rng.uniform(-STRETCH, STRETCH))
        height, width = (int(np.clip(x, side / zoom, side)) for x in (size * stretch, size / stretch))
        return cls(int(rng.integers(side - height + 1)), int(rng.integers(side - width + 1)), height, width)

    def shrunk(self, image, labels, side):
        """The part as image uint8 3×side×side and labels side×side; side is the part's own or down to half of it."""
        if self[2:] == (side, side):
            rows, columns = slice(self.up, self.up + side), slice(self.before, self.before + side)
            return image[:, rows, columns], labels[rows, columns]
        here = torch.arange(side)
        rows = [self.up + s[:, None] for s in samples_of(here, self.height, side)]
        columns = [self.before + s[None] for s in samples_of(here, self.width, side)]
        arrays = torch.from_numpy(image)[None], torch.from_numpy(labels)[None]
        image, labels = shrunk_at(*arrays, torch.zeros(1, dtype=torch.long), rows, columns)
        return image.permute(2, 0, 1).numpy(), labels.numpy()


def samples_of(pixels, length, side):
    """Where pixels (int64) of `side` lie in a part of so many: at a quarter, the middle, three quarters of each."""
    return [(4 * pixels + quarters) * length // (4 * side) for quarters in (1, 2, 3)]


def shrunk_at(images, labels, scene, rows, columns):
    """Images (N×3×S×S) and labels (N×S×S) of scenes at rows and columns, three of each as in `samples_of`.

    A pixel has the class of its middle, and the mean colour of those of four samples that are of that class: no colour
    leaks over a border, as in the drawn scenes themselves. Returns images …×3 and labels, both uint8.
    """
    middle = labels[scene, rows[1], columns[1]]
    total = count = 0
    for r in rows[::2]:
        for c in columns[::2]:
            same = (labels[scene, r, c] == middle)[..., None].int()
            total, count = total + same * images[scene, :, r, c], count + same
    return ((total + count // 2) // count).to(torch.uint8), middle


class Cutout(NamedTuple):
    """An object cut out of a scene: its outline's coverage float h×w, colours uint8 h×w×3, labels h×w."""

    coverage: np.ndarray
    colours: np.ndarray
    labels: np.ndarray


def paste(rng, scene, other, zoom=1, classes=STREET, sketched=False):
    """An object of another scene, in another size, anywhere in this one: (image, labels, outline uint8 S×S or None).

    Else a net has seen objects only where they belong, and those that somebody paints elsewhere in its own way
    [our decision]. scene, other: (image uint8 3×S×S, labels S×S), the other of zoom·S; where there is no object in it,
    the scene stays as it is. sketched: the object is bent, as somebody might draw it: scenes hold a few kinds of cars,
    those that people draw have every form [our decision].
    """
    found = things(other[1], classes)
    if not found:
        return (*scene, None)
    thing = _worth_drawing(rng, found) if sketched else found[rng.integers(len(found))]
    cutout = cut_out(rng, thing, other, len(scene[1]), zoom, classes)
    return put(rng, scene, bent(rng, cutout) if sketched else cutout)


def _worth_drawing(rng, found):
    """A `Thing`: each part of the set is as likely as another, and a large thing likelier than a small one, of which
    others often hide the most."""
    part = rng.choice(sorted({thing.part for thing in found}))
    alike = [thing for thing in found if thing.part == part]
    sides = np.sqrt([thing.area for thing in alike])
    return alike[rng.choice(len(alike), p=sides / sides.sum())]


def cut_out(rng, thing, scene, side, zoom=1, classes=STREET):
    """A `Thing` of a scene of zoom·side as a `Cutout` in another size, no side larger than `side`."""
    image, labels = scene
    box = slice(thing.top, thing.top + thing.height), slice(thing.left, thing.left + thing.width)
    grow, stretch = rng.uniform(*GROWN) / zoom, np.exp(rng.uniform(-STRETCH, STRETCH))
    sides = thing.height * grow * stretch, thing.width * grow / stretch
    height, width = (int(np.clip(x, 1, side)) for x in sides)
    resize = functools.partial(cv2.resize, dsize=(width, height), interpolation=cv2.INTER_AREA)
    coverage = resize(outline_of(thing, labels, classes)[box].astype(np.float32))
    colours = resize(np.ascontiguousarray(image[(slice(None), *box)].transpose(1, 2, 0)))
    return Cutout(coverage, colours, resize(np.ascontiguousarray(labels[box]), interpolation=cv2.INTER_NEAREST))


def bent(rng, cutout):
    """A `Cutout` pulled here and there, as on rubber, and half the time without its thinnest parts."""
    height, width = cutout.coverage.shape
    field = cv2.resize(rng.normal(0, BENT, (4, 4, 2)), (width, height), interpolation=cv2.INTER_CUBIC)
    places = np.mgrid[:height, :width] + field.transpose(2, 0, 1) * np.array([height, width])[:, None, None]
    rows, columns = places.astype(np.float32)
    coverage = cv2.remap(cutout.coverage, columns, rows, cv2.INTER_LINEAR)
    colours = cv2.remap(cutout.colours, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    labels = cv2.remap(cutout.labels, columns, rows, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        side = 2 * round(SMOOTHED * min(height, width)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        coverage = cv2.morphologyEx(coverage, cv2.MORPH_OPEN, disc)
    return Cutout(coverage, colours, labels)


def put(rng, scene, cutout):
    """A `Cutout` put anywhere into a scene: (image, labels, its outline uint8 S×S or, where nothing is left, None)."""
    image, labels = (x.copy() for x in scene)
    inside = cutout.coverage > 0.5
    top, left = (int(rng.integers(len(labels) - side + 1)) for side in inside.shape)
    there = slice(top, top + inside.shape[0]), slice(left, left + inside.shape[1])
    np.copyto(image[(slice(None), *there)], cutout.colours.transpose(2, 0, 1), where=inside)
    np.copyto(labels[there], cutout.labels, where=inside)
    outline = np.zeros(labels.shape, np.uint8)
    outline[there] = inside
    return image, labels, outline if inside.any() else None


class Place(NamedTuple):
    """Where a sample lies in its data set: scene's number, whether it is mirrored, its window's corner, its `Part`."""

    scene: int
    mirrored: bool
    top: int
    left: int
    up: int
    before: int
    height: int
    width: int


class Resident:
    """All scenes of a data set on the device, as bytes, from which batches are cut there: nothing is read or sent.

    scenes: with whole arrays as images N×3×S×S and labels N×S×S, as a cache has.
    """

    def __init__(self, scenes, device):
        arrays = scenes.images, scenes.labels, classes_of(scenes).exchanged
        self.images, self.labels, self.exchanged = (torch.from_numpy(np.array(x)).to(device) for x in arrays)

    def cut(self, places, side, whole):
        """The pictures (B×3×side×side) and labels (B×side×side) at places, an int64 tensor B×8 of `Place`s.

        whole: side of the pictures that these are the windows of.
        """
        place = Place(*places.to(self.images.device, non_blocking=True)[:, :, None, None].unbind(1))
        here = torch.arange(side, device=self.images.device)
        rows, columns = place.top + here[None, :, None], place.left + here[None, None]
        columns = torch.where(place.mirrored > 0, whole - 1 - columns, columns)
        rows = [place.up + s for s in samples_of(rows, place.height, whole)]
        columns = [place.before + s for s in samples_of(columns, place.width, whole)]
        images, labels = shrunk_at(self.images, self.labels, place.scene, rows, columns)
        labels = torch.where(place.mirrored > 0, self.exchanged[labels.long()], labels)
        return images.permute(0, 3, 1, 2), labels


def corner_around(rng, hole, side):
    """Row and column of a side×side window's corner, anywhere so that it holds as much of the hole's box as it can."""
    corner = []
    for axis, length in enumerate(hole.shape):
        inside = np.flatnonzero(hole.any(1 - axis))
        low, high = sorted((int(inside[0]), int(inside[-1]) + 1 - side))
        low, high = (min(max(0, end), length - side) for end in (low, high))
        corner.append(int(rng.integers(low, high + 1)))
    return corner


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


def new_colour(rng, labels, outline, classes=STREET):
    """The colour (3 bytes) that what is outlined gets in a share `REPAINTED` of the cases, if it comes in any, or 0."""
    wanted, lucky = rng.integers(20, 236, 3), rng.random() < REPAINTED
    repaint = lucky and np.isin(labels[outline == 1], classes.tinted).any()
    return (wanted * repaint).astype(np.uint8)


def repainted(images, outlines, paints):
    """The pictures (uint8 N×3×H×W) with the paint of what lies in the outlines (N×H×W) in another colour (N×3; 0: own).

    So that SG-Net+ meets colours that few objects have, with their detail [our decision]. Repainted is what has the
    object's median colour, lighter or darker: the body of a car and not its windows and lights, clothes and not faces.
    """
    inside, wanted = outlines[:, None] > 0, paints[:, :, None, None].float()
    own = images.float()
    paint = own.masked_fill(~inside, torch.nan).flatten(2).nanmedian(2).values[:, :, None, None]
    light = (own * paint).sum(1, keepdim=True) / paint.square().sum(1, keepdim=True).clamp_min(1)
    other_hue = (own - light * paint).square().sum(1, keepdim=True).sqrt()
    alike = torch.exp(-((other_hue / 24) ** 2)) * ((light - 0.4) / 0.2).clamp(0, 1) * ((2.2 - light) / 0.4).clamp(0, 1)
    other = torch.lerp(own, (light * wanted).clamp(0, 255), alike).round().to(torch.uint8)
    there = inside & (wanted.amax(1, keepdim=True) > 0)
    return torch.where(there, other, images)


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
