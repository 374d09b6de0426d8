"""What stands and moves in a street: lamps, trees, traffic, signs, furniture, people, marks on the road.

Lamps, trees and parked cars repeat and can be foretold from their neighbours; people, signs and single cars cannot.
"""

from spg.data.streets import furniture, traffic, trees
from spg.data.streets.ground import MARKS, mark


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
