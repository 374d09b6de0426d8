"""Profiles: every setting of a training, in one frozen place. The commands, lessons and tables read them from here."""

import ast
import difflib
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import NamedTuple

from spg.holes import parse_mixture

COURSE = {"sizes", "pictures", "batch", "learning_rate", "decay_from", "warm_up", "average", "clip", "holes", "window"}
COURSE |= {"zoom", "pasted", "sketched", "seed"}  # read by every model, like the machine's; see `Task.reads`
TEACHERS = ("spnet", "parser")  # settings that name the checkpoint of a net that is learned from
MACHINE = {"precision", "workers", "save_every", "resident", "compile"}
# Of older checkpoints: keys that are gone, whose values no net depends on, and keys that have another name now.
RETIRED = {"betas", "flip", "upsample", "adversarial", "perceptual", "informed"}
RENAMED = {"judge_from": "discriminate_from"}
CHOICES = {
    "blind": ("", "image", "hole"),
    "discriminator": ("patches", "segmenting"),
    "precision": ("32-true", "bf16-mixed"),  # not 16-mixed: its loss scaling is shared by the two players
}


# Settings that count something there must be at least one of; no other number may be negative.
AT_LEAST_ONE = ("sizes", "pictures", "batch", "width", "downs", "discriminator_width", "scales")


class Design(NamedTuple):
    """Channels after the first halving, and the number of halvings."""

    width: int
    downs: int


@dataclass(frozen=True)
class Profile:
    """One named set of training settings; `with_settings` makes a changed copy.

    sizes and pictures pair up: train at sizes[i] for pictures[i] pictures (progressive resizing). The
    learning rate is constant up to decay_from (a share of all pictures), then falls linearly to 0.
    """

    name: str
    # the course of the training
    sizes: tuple[int, ...] = (256,)
    pictures: tuple[int, ...] = (595_000,)  # 200 epochs of 2,975 frames [THE_PAPER.md, section 6]
    batch: int = 8
    learning_rate: float = 2e-4
    decay_from: float = 0.5
    warm_up: int = 0  # pictures over which each stage's learning rate rises from 0
    average: float = 0.0  # moving average of the generator's weights, the one kept; 0: off
    clip: float = 0.0  # largest norm of a player's gradient, which is shortened to it; 0: off
    holes: str = "paper"  # the sampler, or shares of several: objects:0.6+paper:0.4
    window: int = 0  # side of the window around the hole that is trained on; 0: the whole picture
    zoom: int = 1  # 2: pictures are whole scenes and parts of scenes of twice the side, in which objects are larger
    pasted: float = 0.0  # share of the pictures with an object of another scene in them, anywhere
    sketched: float = 0.0  # share of the pictures with such an object, bent as if drawn by hand, and a hole around it
    seed: int = 0
    # the nets
    width: int = 64
    downs: int = 4
    grow: bool = False  # train the inner part of the net at the smaller sizes, see `at`
    grained: bool = False  # SPG-Net+'s nets are given grain in the hole, to make texture and outlines of
    coloured: bool = False  # SG-Net+ may be asked for a colour inside an outline
    refined: int = 0  # how often SG-Net+ refines each level's features before it paints from them
    encoder: str = "resnet50"  # of the segmenter
    # the discriminators, and the weights λ of the two losses that need them; 0 = off
    discriminator: str = "patches"  # the paper's; of SG-Net+ also segmenting
    discriminator_width: int = 64
    discriminate_from: float = 0.0  # share of all pictures after which they play
    adv: float = 1.0  # [1 and 10 are our decision]
    feature: float = 10.0
    # the losses of SP-Net
    cross_entropy: float = 0.0  # a named departure
    dice: float = 0.0  # the second
    crisp: bool = False  # D sees one class per pixel, not probabilities
    # the losses of SG-Net
    alexnet: float = 10.0  # [our decision]
    margin: float = 0.0  # of known surroundings around the hole in the AlexNet loss, as a share of the picture's side
    patch: int = 0  # side of a window in the hole that the AlexNet loss looks at; 0: the whole hole, resized
    chroma: float = 0.0  # side of the cells that the AlexNet loss sees colours averaged over, as a share of the side;
    # 1: it sees the true colours
    l1: float = 0.0  # a named departure
    ground: float = 0.0  # of l1 on the ground, of which nothing else is asked and which then gets grain; 0: off
    ssim: float = 0.0  # the second
    vgg: float = 0.0  # the third: loss (3) by VGG16 as well
    guess: float = 0.0  # share of the pictures that SG-Net sees with SP-Net's layout, not the true one
    spnet: str = ""  # that SP-Net's checkpoint
    soft: bool = False  # that layout is SP-Net's probabilities, at the test too, not one class per pixel
    # the losses of GFC
    parser: str = ""  # the checkpoint of its parsing net, a segmenter; "": the shipped one nearest in data and size
    # rows of the ablation
    dilated: bool = True  # False: the nine blocks look at their neighbours only
    blind: str = ""  # an input of both nets that is taken away: image or hole
    masked: bool = True  # False: the losses look at all that a net paints, not at the completed hole
    conditional: bool = True  # False: D sees the candidate without its condition
    scales: int = 3  # of the discriminators
    local: bool = False  # True: D's scores count only where they see the hole, the rest is real on both sides
    known: float = 0.0  # weight of SP-Net's cross-entropy or SG-Net's l1 on what is known
    # the machine
    precision: str = "32-true"
    workers: int = 0  # processes that read data
    resident: bool = False  # the data set lies on the device, as bytes, unless objects are pasted into it
    compile: bool = False  # the nets run through torch.compile, on a GPU as CUDA graphs
    save_every: float = 120.0  # seconds between checkpoints

    def with_settings(self, **settings):
        """A copy with some settings changed. Raises ValueError naming an unknown key and the nearest known one."""
        known = [f.name for f in fields(self)]
        for key in settings:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                raise ValueError(f"unknown profile key {key!r}; {hint}")
        return replace(self, **settings)

    def __post_init__(self):
        _check_numbers(self)
        if len(self.sizes) != len(self.pictures):
            raise ValueError(f"sizes {self.sizes} and pictures {self.pictures} must pair up, one count per size")
        if self.grow and any(size * 2**k != self.sizes[-1] for k, size in enumerate(self.sizes[::-1])):
            raise ValueError(f"a net that grows doubles its size at every stage, got sizes {self.sizes}")
        if any(s % 2 ** at(self, s).downs for s in self.sizes):
            raise ValueError(f"sizes {self.sizes} must be divisible by 2^downs = {2**self.downs}")
        for key, known in CHOICES.items():
            if getattr(self, key) not in known:
                raise ValueError(f"profile key {key!r} is one of {', '.join(known)}, got {getattr(self, key)!r}")
        parse_mixture(self.holes)
        if self.window and (self.window > min(self.sizes) or self.window % 2**self.downs):
            raise ValueError(f"window={self.window} must fit into {min(self.sizes)} px and be divisible by 2^downs")
        shares = self.decay_from, self.discriminate_from, self.guess, self.pasted, self.sketched
        if max(shares) > 1 or self.average >= 1:
            raise ValueError(
                "decay_from, discriminate_from, guess, pasted, sketched must be in [0, 1]; average in [0, 1)"
            )
        if self.zoom not in (1, 2):
            raise ValueError(f"zoom is 1, whole scenes, or 2, parts of scenes twice as large too, got {self.zoom}")

    def as_dict(self):
        """A JSON-ready dict of all settings."""
        return asdict(self)


def _check_numbers(profile):
    for key, value in asdict(profile).items():
        least = int(key in AT_LEAST_ONE)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, (int, float)) and not number >= least:
                raise ValueError(f"profile key {key!r}: {key} must be at least {least}, got {number}")


def at(profile, size):
    """The design of the net trained at this size: width and downs, as a `Design`.

    A net that grows has, at half the last size, one halving fewer and starts with twice the channels: it is the
    whole net without its outermost layers, and its cells cover the same share of the picture.
    """
    fewer = round(math.log2(profile.sizes[-1] / size)) if profile.grow else 0
    return Design(profile.width * 2**fewer, profile.downs - fewer)


def from_dict(settings):
    """The profile a checkpoint's settings describe: lists become tuples again, and older names today's."""
    settings = {RENAMED.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    settings = {k: v for k, v in settings.items() if k not in RETIRED}
    return Profile(settings.pop("name")).with_settings(**settings)


PAPER = Profile(name="paper", precision="bf16-mixed", workers=8)

# Departures of the small profiles, named, each because a short training needs it: a higher learning rate, the moving
# average, SP-Net's cross-entropy and Dice terms, SG-Net's hole l1 that gets the colours right first, and the
# adversarial, feature and AlexNet weights turned down until they are.
SHORT = PAPER.with_settings(
    learning_rate=1e-3,
    discriminator_width=16,
    encoder="mobilenet_v2",
    adv=0.1,
    feature=1.0,
    alexnet=3.0,
    cross_entropy=10.0,
    dice=10.0,
    l1=10.0,
    average=0.999,
    workers=0,
)
# The net grows with the picture, so that the hours are spent where a step is cheap; the discriminators come late, and
# the AlexNet loss looks through a window, because at 256 px each costs as much as the generator.
CPU = SHORT.with_settings(
    name="cpu",
    sizes=(64, 128, 256),
    pictures=(8_000, 4_000, 4_000),
    grow=True,
    warm_up=800,
    decay_from=0.4,
    discriminate_from=0.6,
    feature=0.5,
    alexnet=2.0,
    margin=1 / 16,
    patch=64,
    width=16,
)
# Two halvings at 64 px leave the 16×16 cells that the paper's four leave of 256 px; four would leave 4×4.
QUICK = SHORT.with_settings(name="quick", sizes=(64,), pictures=(16_000,), width=24, downs=2, precision="32-true")
SMOKE = QUICK.with_settings(name="smoke", pictures=(32,), batch=4, width=8, discriminator_width=8, save_every=1e9)

PROFILES = {p.name: p for p in (SMOKE, QUICK, CPU, PAPER)}


def profile(name, **settings):
    """The named profile, with changes. Raises ValueError naming the known profiles or keys."""
    if name not in PROFILES:
        raise ValueError(f"unknown profile {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name].with_settings(**settings)


def parse_settings(pairs):
    """`key=value` strings of the command line → dict; values are Python literals, bare words are strings.

    Raises ValueError naming a pair without `=`, an unknown key, or a value of the wrong type.
    """
    defaults, settings = PAPER.as_dict(), {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise ValueError(f"--set takes key=value, got {pair!r}")
        PAPER.with_settings(**{key: defaults.get(key)})  # an unknown key raises here
        settings[key] = _value(key, text, defaults[key])
    return settings


def _value(key, text, default):
    """One value in the type of its default; a single number serves as a tuple of one."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    if isinstance(default, tuple):
        value = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        fits = all(type(v) in (int, float) for v in value)
    elif isinstance(default, float):
        fits = type(value) in (int, float)
    else:
        fits = type(value) is type(default)
    if not fits:
        raise ValueError(f"profile key {key!r} takes a {type(default).__name__} like {default!r}, got {text!r}")
    return value


# -------------------------------------------------------------------- which stage when, and the learning rate


def learning_rate(profile, seen):
    """Constant up to decay_from of all pictures, then linearly to 0 [THE_PAPER.md, section 6]; warm-up: ours."""
    falling = min(1.0, (1 - share(profile, seen)) / max(1 - profile.decay_from, 1e-9))
    rising = (in_stage(profile, seen // profile.batch) + 1) * profile.batch / max(profile.warm_up, 1)
    return profile.learning_rate * falling * min(1.0, rising)


def share(profile, seen):
    """How much of the training so many pictures are, in [0, 1]."""
    return seen / (schedule(profile)[-1][2] * profile.batch)


def schedule(profile):
    """(size, first step, one past the last step) of each stage; a stage's last batch may overshoot its pictures."""
    stages, start = [], 0
    for size, pictures in zip(profile.sizes, profile.pictures, strict=True):
        end = start + math.ceil(pictures / profile.batch)
        stages.append((size, start, end))
        start = end
    return stages


def in_stage(profile, step):
    """How many steps the stage had gone before this one."""
    return step - max(first for _, first, _ in schedule(profile) if first <= step)
