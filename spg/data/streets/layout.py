"""What is where: the layout seed decides the street, its sides and everything that stands or moves in it.

All in metres, nothing about pixels, daylight or colours. Lamps, trees and parked cars repeat and can be foretold from
their neighbours; people, signs and single cars cannot.
"""

from dataclasses import dataclass, field

from spg.data.streets import furniture, traffic, trees
from spg.data.streets.camera import Camera
from spg.data.streets.dice import Dice
from spg.data.streets.ground import GRASS, MARKS, YARD, Road, mark
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
    add_lamps(layout, dice)
    add_trees(layout, dice)
    add_traffic(layout, dice)
    add_signs(layout, dice)
    add_furniture(layout, dice)
    add_people(layout, dice)
    add_road_marks(layout, dice)
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


# ---------------------------------------------------------------- what stands and moves in it


def add_lamps(layout, dice):
    """Street lamps at one spacing, on one side or both."""
    road, spacing, start = layout.road, dice.uniform(13, 20), dice.uniform(5, 17)
    kind = "old" if layout.kind == "park" or dice.chance(0.25) else dice.pick(["arm", "arm", "double"])
    if kind == "old":
        spacing *= 0.7
    for sign in (-1, 1) if dice.chance(0.6) else (dice.pick([-1, 1]),):
        z = start
        while z < min(layout.end, 75):
            if not _in_crossing(road, z):
                layout.stand(furniture.lamp(kind), sign * (road.half + 0.55), z, number=0)
            z += spacing


def add_trees(layout, dice):
    """Lines of trees of one kind along the kerbs."""
    lined = {"avenue": 1.0, "suburb": 0.6, "city": 0.4, "park": 0.5, "offices": 0.5}[layout.kind]
    for sign in (-1, 1):
        if dice.chance(lined):
            _line_of_trees(layout, dice, sign)


def _line_of_trees(layout, dice, sign):
    species = dice.weighted({"round": 4, "oval": 3, "young": 2, "poplar": 1.5, "bare": 1.5, "conifer": 0.8})
    gap, z, x = dice.uniform(7, 11), dice.uniform(5, 9), sign * (layout.road.half + 0.95)
    while z < min(layout.end, 70):
        if not _in_crossing(layout.road, z):
            model = trees.tree(species, dice.whole(0, trees.VARIANTS - 1), near=z < 20)
            scale = dice.uniform(0.85, 1.0) * (0.75 if species != "young" else 1.0)
            layout.stand(model, x, z, mirrored=dice.chance(0.5), scale=scale)
        z += gap


def _in_crossing(road, z, margin=1.5):
    """Is a place on, or within `margin` metres of, the zebra crossing or the side street?"""
    return any(span and span[0] - margin < z < span[1] + margin for span in (road.crossing, road.zebra))


def add_traffic(layout, dice):
    """Parked cars, moving ones in both lanes, one in the side street, cyclists."""
    road = layout.road
    for sign in (-1, 1):
        if dice.chance(0.72):
            _parked(layout, dice, sign)
    _lane(layout, dice, road.half / 2, "rear")
    _lane(layout, dice, -road.half / 2, "front")
    if road.crossing and dice.chance(0.4):
        x, z = dice.uniform(-7, 7), sum(road.crossing) / 2 - 0.9
        layout.stand(traffic.crossing_car(dice.pick(list(traffic.VEHICLES))), x, z, mirrored=dice.chance(0.5))
    if dice.chance(0.3):
        x = dice.uniform(-0.6, 0.6) * road.half
        z = max(6, layout.enter(x)) * dice.uniform(1.0, 2.2)
        model = traffic.cyclist() if road.zebra and dice.chance(0.5) else traffic.rider()
        if layout.free(x, z, 0.6):
            layout.stand(model, x, z)


def _lane(layout, dice, lane, end):
    """Moving vehicles, seen from their rear or front end; the zebra crossing is kept clear."""
    zebra, z = layout.road.zebra, dice.uniform(9, 26)
    while z < min(layout.end, 70):
        x, clear = lane + dice.uniform(-0.2, 0.2), not (zebra and z - 2 < zebra[1] and z + 6 > zebra[0])
        if clear and dice.chance(0.55) and layout.free(x, z, 0.3):
            layout.stand(_vehicle(dice, end), x, z)
        z += dice.uniform(8, 22)


def _vehicle(dice, end):
    kind = dice.weighted({"saloon": 5, "hatch": 5, "estate": 3, "jeep": 3, "van": 2, "bus": 1.2, "lorry": 1.2})
    if kind in ("bus", "lorry"):
        return getattr(traffic, kind)(end)
    return traffic.car(kind, end)


def _parked(layout, dice, sign):
    """A row of parked cars at the kerb, with gaps."""
    road = layout.road
    x, z = sign * (road.half - 1.05), dice.uniform(4.5, 8)
    if abs(x - layout.camera.x) < 1.9:
        z += 3.5
    facing = "rear" if sign > 0 or dice.chance(0.4) else "front"
    full = dice.uniform(0.45, 0.95)
    while z < min(layout.end, 65):
        clear = not _in_crossing(road, z + 2.2, 3.6)
        if clear and dice.chance(full):
            kind = dice.weighted({"saloon": 4, "hatch": 5, "estate": 3, "jeep": 3, "van": 1.5})
            layout.stand(traffic.car(kind, facing), x + dice.uniform(-0.1, 0.1), z)
        z += dice.uniform(5.1, 6.0)


def _either_side(layout, dice):
    """−1 or 1; more often the side whose pavement comes into the picture sooner."""
    nearer = 1 if layout.enter(layout.road.half + 1) < layout.enter(-layout.road.half - 1) else -1
    return nearer if dice.chance(0.65) else -nearer


def _kerbside(layout, dice, back=False):
    """A free place on a pavement that is in the picture: at the kerb, or at the back wall."""
    road = layout.road
    for _ in range(6):
        sign = _either_side(layout, dice)
        width = road.left if sign < 0 else road.right
        x = sign * (road.half + (width - 0.5 if back else dice.uniform(0.5, 0.75)))
        z = max(4.2, layout.enter(x)) * dice.uniform(1.0, 2.1)
        if layout.free(x, z, 0.35) and not (road.crossing and road.crossing[0] - 0.5 < z < road.crossing[1] + 0.5):
            return x, z
    return None


def add_road_marks(layout, dice):
    """Manholes, mended patches, cracks, arrows."""
    road = layout.road
    for _ in range(dice.whole(2, 6)):
        x, z = dice.uniform(-0.8, 0.8) * road.half, 2.2 + 20 * dice.random() * dice.random()
        if not _in_crossing(road, z, 2.5):
            kind = dice.weighted(MARKS)
            x = road.half / 2 if kind == "arrow" else x
            layout.stand(mark(kind, dice.whole(0, 3)), x, z, shadow=False, behind=1000.0)


def add_signs(layout, dice):
    """Traffic signs and boards; traffic lights at crossings."""
    road = layout.road
    for _ in range(dice.whole(1, 4)):
        place = _kerbside(layout, dice)
        if place:
            layout.stand(
                furniture.sign(dice.pick(furniture.SIGNS)), *place, mirrored=False, scale=dice.uniform(1.0, 1.25)
            )
    if dice.chance(0.22):
        place = _kerbside(layout, dice, back=True)
        if place:
            layout.stand(furniture.board(), *place, mirrored=False)
    if (road.zebra or road.crossing) and dice.chance(0.65):
        z = (road.zebra or road.crossing)[0] - 0.6
        for sign in (-1, 1):
            if dice.chance(0.8):
                layout.stand(
                    furniture.traffic_light(dice.pick(["post", "mast"])), sign * (road.half + 0.45), z, number=0
                )


def add_furniture(layout, dice):
    """Street furniture of up to three kinds, a bicycle, roadworks."""
    kinds = [dice.pick(furniture.KINDS) for _ in range(3)]
    for _ in range(dice.whole(3, 6)):
        back = dice.chance(0.4)
        place = _kerbside(layout, dice, back)
        if place:
            layout.stand(furniture.furniture(dice.pick(kinds)), *place, scale=dice.uniform(1.0, 1.2))
    if dice.chance(0.25):
        place = _kerbside(layout, dice)
        if place:
            layout.stand(traffic.bicycle(), *place)
    if dice.chance(0.08):
        _roadworks(layout, dice)


def _roadworks(layout, dice):
    """A barrier on the road, and cones behind it."""
    x, z = dice.uniform(-0.6, 0.6) * layout.road.half, dice.uniform(7, 13)
    for i in range(dice.whole(1, 3)):
        if layout.free(x, z + 1.5 * i, 0.4):
            layout.stand(furniture.furniture("barrier" if i == 0 else "cones"), x, z + 1.5 * i)


def add_people(layout, dice):
    """Groups on the pavements, and on a zebra crossing people who cross."""
    road = layout.road
    for _ in range(dice.whole(3, 7)):
        sign = _either_side(layout, dice)
        width = road.left if sign < 0 else road.right
        x = sign * (road.half + dice.uniform(0.5, max(1.0, width - 0.5)))
        z = max(4.0, layout.enter(x)) * (0.98 + 1.1 * dice.random() * dice.random())
        for i in range(dice.weighted({1: 4, 2: 4, 3: 2})):
            _person(layout, dice, x + i * sign * dice.uniform(0.5, 0.65), z + dice.uniform(-0.2, 0.3))
    if road.zebra and dice.chance(0.85):
        for _ in range(dice.whole(2, 5)):
            x = dice.uniform(-0.9, 0.9) * road.half
            _person(layout, dice, x, dice.uniform(road.zebra[0] + 0.3, road.zebra[1] - 0.3))


def _person(layout, dice, x, z):
    """One person; if the place is taken, a little further on."""
    for _ in range(3):
        if layout.free(x, z, 0.12):
            kind = dice.whole(0, traffic.PEOPLE - 1)
            layout.stand(traffic.person(kind), x, z, mirrored=dice.chance(0.5), scale=dice.uniform(0.92, 1.08))
            return
        z += dice.uniform(0.7, 1.5)
