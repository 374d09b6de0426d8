"""What is where: the layout seed decides the street, its sides and everything that stands or moves in it.

All in metres, nothing about pixels, daylight or colours.
"""

from dataclasses import dataclass, field

from spg.data.streets import contents
from spg.data.streets.camera import Camera
from spg.data.streets.dice import Dice
from spg.data.streets.ground import GRASS, YARD, Road
from spg.data.streets.shapes import Model
from spg.data.streets.sides import add_end, add_side

KINDS = {"city": 4, "avenue": 4, "suburb": 4, "park": 4, "offices": 2}
SIDES = {
    "city": ("row", "row"),
    "avenue": ("row", "row"),
    "suburb": ("houses", "houses"),
    "park": ("row", "park"),
    "offices": ("towers", "towers"),
}


@dataclass(frozen=True)
class Thing:
    """A model with its near end at (x, z). number: what the look colours alike. behind: metres to its far end, where
    that decides what it covers."""

    model: Model
    x: float
    z: float
    number: int
    mirrored: bool = False
    scale: float = 1.0
    shadow: bool = True
    behind: float = 0.0

    @property
    def far(self):
        """Its place in the order of painting, far to near."""
        return self.z + self.behind


@dataclass
class Layout:
    """A street being laid out. kind: one of KINDS. end: how far it reaches. walls: (number, facades.Wall).

    numbers: how many things the look can colour apart; number 0 is what they share. taken: see `free`.
    """

    camera: Camera
    road: Road
    kind: str
    end: float = 0.0
    walls: list = field(default_factory=list)
    things: list = field(default_factory=list)
    numbers: int = 1
    taken: list = field(default_factory=list)

    def number(self):
        """A new number for a thing."""
        self.numbers += 1
        return self.numbers - 1

    def stand(self, model, x, z, number=None, **how):
        """Put a model down; at the left of the camera it is mirrored unless told otherwise."""
        how.setdefault("mirrored", x < self.camera.x)
        thing = Thing(model, x, z, self.number() if number is None else number, **how)
        self.things.append(thing)
        self.taken.append((x, z, model.foot * thing.scale, model.length * thing.scale))

    def enter(self, x):
        """The depth at which something at x comes into a square picture."""
        aside = x - self.camera.x
        return abs(aside) * self.camera.focal / (0.5 - self.camera.u if aside > 0 else 0.5 + self.camera.u)

    def free(self, x, z, room):
        """Is there `room` metres between a place and everything that stands near it?"""
        return all(
            abs(at - x) > room + foot or not -room < z - near < room + length for at, near, foot, length in self.taken
        )


def plan(seed):
    """The street of one layout seed (an integer >= 0)."""
    dice = Dice(101, seed)
    kind = dice.weighted(KINDS)
    road = _road(dice, kind)
    layout = Layout(_camera(dice, road), road, kind)
    sides = list(SIDES[kind])
    if dice.chance(0.5):
        sides.reverse()
    layout.end = add_end(layout, dice)
    for sign, side in zip((-1, 1), sides, strict=True):
        add_side(layout, dice, sign, side)
    contents.add_lamps(layout, dice)
    contents.add_trees(layout, dice)
    contents.add_traffic(layout, dice)
    contents.add_signs(layout, dice)
    contents.add_furniture(layout, dice)
    contents.add_people(layout, dice)
    contents.add_road_marks(layout, dice)
    return layout


def _road(dice, kind):
    """Widths, a zebra crossing, a side street, markings. A side street comes behind the zebra, if there are both."""
    half = dice.uniform(2.9, 4.6)
    wide = {"suburb": (1.8, 2.4), "avenue": (3.2, 4.4)}.get(kind, (2.2, 3.8))
    crossing = zebra = None
    if dice.chance(0.55):
        near = dice.uniform(5.5, 14)
        zebra = (near, near + dice.uniform(2.6, 3.4))
    if dice.chance(0.45):
        near = (zebra[1] + 1.2) if zebra else dice.uniform(10, 26)
        crossing = (near, near + dice.uniform(6, 8))
    green = kind in ("suburb", "park") or dice.chance(0.1)
    beyond = GRASS if green else YARD
    strip = dice.uniform(0.8, 1.4) if kind in ("avenue", "suburb") and dice.chance(0.7) else 0.0
    middle = dice.weighted({"dashed": 6, "solid": 1, "double": 1, "none": 2})
    left, right = dice.uniform(*wide), dice.uniform(*wide)
    return Road(half, left, right, (beyond, beyond), (strip, strip), crossing, zebra, middle, dice.chance(0.4))


def _camera(dice, road):
    """At eye level somewhere on the road; the vanishing point wanders, and two streets in five bend."""
    x = dice.uniform(-0.75, 0.75) * road.half
    aside = -x / road.half * 0.12  # look a little towards the middle
    bend = dice.pick([0.0, 0.0, 0.0, 1.0, -1.0]) * dice.uniform(0.0008, 0.0028)
    height, focal = dice.uniform(1.5, 2.9), dice.uniform(0.78, 1.1)
    return Camera(x, height, focal, aside + dice.uniform(-0.1, 0.1), dice.uniform(0.38, 0.54), bend)
