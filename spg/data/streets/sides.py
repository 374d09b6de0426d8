"""What lines a street: rows of façades, towers, houses with gardens, parks; and what closes the view."""

from spg.data.streets import trees
from spg.data.streets.facades import Wall, end_wall, facade, facing_of, pickets, plain, slots
from spg.data.streets.shapes import LEFT, TOWARD, UP, Shape

STOREY = 3.1  # metres


def add_side(layout, dice, sign, side):
    """Line one side (sign −1 left, 1 right) up to the street's end with "row", "towers", "houses" or "park"."""
    line = sign * (layout.road.half + (layout.road.left if sign < 0 else layout.road.right))
    if side == "row":
        _row(layout, dice, line, (2, 5), (7.0, 15.0), ["flats", "shops", "flats"])
    elif side == "towers":
        _row(layout, dice, line, (4, 9), (12.0, 22.0), ["offices", "shops", "offices"])
    elif side == "houses":
        _houses(layout, dice, line)
    else:
        _park(layout, dice, line)


def _row(layout, dice, line, storeys, lengths, styles):
    sign, z, usual = (1 if line > 0 else -1), -4.0, dice.whole(*storeys)
    gap, neighbour = layout.road.crossing, 0.0
    while z < layout.end:
        length = dice.uniform(*lengths) * (1 if z < 50 else 1.6)
        floors = min(max(usual + dice.pick([-1, 0, 0, 1, 1]), storeys[0]), storeys[1])
        if gap and gap[0] > z and gap[0] - z < length + 3:
            length = max(gap[0] - z, 0.5)
        back = dice.pick([0.0, 0.0, 0.0, 0.5])
        height = _building(layout, dice, line + sign * back, z, z + length, floors, dice.pick(styles), neighbour)
        z, neighbour = z + length, height
        if gap and abs(z - gap[0]) < 0.6:
            z, neighbour = gap[1], 0.0


def _building(layout, dice, line, z0, z1, floors, style, neighbour):
    """One façade with its roof, and its end wall where it shows. Returns the height."""
    sign, number = (1 if line > 0 else -1), layout.number()
    bays = max(1, round((z1 - z0) / dice.uniform(2.5, 3.3)))
    pattern = facade(dice, floors, bays, style)
    height = STOREY * pattern.shape[0] / 12
    ends = ((line, z0), (line, z1))
    if dice.chance(0.6) and style != "offices":
        gable = "endwall" if z0 > 1 else None
        _pitched_roof(layout, dice, line, max(z0, 0.7), z1, height, number, 3.2, dice.uniform(1.6, 3.2), gable)
    layout.walls.append((number, Wall(ends, 0.0, height, pattern, slots("wall", facing_of(ends)))))
    if z0 > 1 and height > neighbour:
        corner = neighbour == 0.0  # at a side street, whose houses go on
        deep = 42 if corner else 11
        end = facade(dice, floors, 14, style) if corner else end_wall(dice, floors, 4)
        material = "wall" if corner else "endwall"
        ends = tuple(sorted([(line, z0), (line + sign * deep, z0)]))
        layout.walls.append((number, Wall(ends, 0.0, height, end, slots(material, TOWARD))))
    return height


def _pitched_roof(layout, dice, line, z0, z1, height, number, back, rise, gable=None):
    """A slope rising from the eaves away from the street; with `gable` a wall material, also its end."""
    sign, length = (1 if line > 0 else -1), z1 - z0
    if length < 0.2:
        return
    s, top = Shape(), height + rise
    s.face([(0, height, 0), (0, height, length), (back, top, length), (back, top, 0)], "roof", LEFT)
    if gable:
        s.face([(0, height, 0), (2 * back, height, 0), (back, top, 0)], gable, TOWARD)
        for side in (-1, 1):  # the edges of the tiles
            eaves, wall = back + side * (back + 0.3), back + side * back
            edge = [(eaves, height - 0.3, 0), (wall, height - 0.3, 0), (back, top - 0.3, 0), (back, top, 0)]
            s.face(edge, "roof", TOWARD, 0.8)
    if dice.chance(0.6):
        x, z = back * 0.55, length * 0.3
        s.box(x, x + 0.8, height + rise * 0.4, top + 1.1, z, z + 0.9, "chimney")
    layout.stand(s.model(), line, z0, number, mirrored=sign < 0, shadow=False, behind=length + 0.01)


def _houses(layout, dice, line):
    """Detached houses behind front gardens, with a hedge, fence or wall along the pavement."""
    sign, z, border = (1 if line > 0 else -1), dice.uniform(-6, 3), dice.pick(["hedge", "fence", "gardenwall", "hedge"])
    gap = layout.road.crossing
    _border(layout, dice, line, border)
    while z < layout.end:
        length, setback = dice.uniform(8, 11), dice.uniform(3, 5.5)
        if gap and z < gap[1] and z + length > gap[0]:
            z = gap[1] + 1
            continue
        _house(layout, dice, line + sign * setback, z, z + length)
        _garden(layout, dice, line, sign, setback, z)
        z += length + dice.uniform(3.5, 8)


def _house(layout, dice, line, z0, z1):
    sign, number, floors = (1 if line > 0 else -1), layout.number(), dice.whole(1, 2)
    pattern = facade(dice, floors, max(2, round((z1 - z0) / 3)), "house")
    height, deep = STOREY * pattern.shape[0] / 12, dice.uniform(7, 9)
    ends = ((line, z0), (line, z1))
    if z1 > 1:
        _pitched_roof(
            layout,
            dice,
            line,
            max(z0, 0.7),
            z1,
            height,
            number,
            deep / 2,
            dice.uniform(2.2, 3.4),
            "house" if z0 > 1 else None,
        )
    layout.walls.append((number, Wall(ends, 0.0, height, pattern, slots("house", facing_of(ends)))))
    if z0 > 1:
        ends = tuple(sorted([(line, z0), (line + sign * deep, z0)]))
        layout.walls.append((number, Wall(ends, 0.0, height, facade(dice, floors, 3, "house"), slots("house", TOWARD))))


def _garden(layout, dice, line, sign, setback, z):
    for _ in range(dice.whole(1, 3)):
        layout.stand(
            trees.bush(dice.whole(0, 4), dice.chance(0.5)),
            line + sign * dice.uniform(1, setback),
            max(2, z + dice.uniform(-3, 8)),
        )
    if dice.chance(0.7):
        kind = dice.weighted({"round": 3, "conifer": 3, "young": 2, "bare": 1, "poplar": 1, "oval": 1})
        x = line + sign * dice.uniform(1.2, setback + 2)
        layout.stand(
            trees.tree(kind, dice.whole(0, 4)),
            x,
            max(4, z - dice.uniform(1, 3)),
            mirrored=dice.chance(0.5),
            scale=dice.uniform(0.7, 1.0),
        )


def _border(layout, dice, line, kind):
    """A hedge, fence or low wall along the back of the pavement, open where the side street is."""
    gap, z, number = layout.road.crossing, 0.8, layout.number()
    height = dice.uniform(0.9, 1.5)
    while z < min(layout.end, 80):
        length = 8.0
        if not (gap and z < gap[1] and z + length > gap[0]):
            if kind == "hedge":
                layout.stand(
                    trees.hedge(dice.whole(0, 3)),
                    line,
                    z,
                    number,
                    mirrored=line < 0,
                    scale=1.0,
                    shadow=False,
                    behind=length,
                )
            else:
                ends = ((line, z), (line, z + length))
                pattern = pickets(40) if kind == "fence" else plain()
                names = ((kind, facing_of(ends), 1.0),)
                layout.walls.append((number, Wall(ends, 0.0, height, pattern, names)))
        z += length


def _park(layout, dice, line):
    """Grass with trees beyond a hedge, a fence or nothing."""
    sign = 1 if line > 0 else -1
    border = dice.pick(["hedge", "fence", "gardenwall", None])
    if border:
        _border(layout, dice, line, border)
    for _ in range(dice.whole(12, 20)):
        x = line + sign * (1.5 + 26 * dice.random() * dice.random())
        z = max(5, layout.enter(x)) * dice.uniform(0.9, 3.5)
        kind = dice.weighted({"round": 4, "oval": 3, "conifer": 2, "poplar": 1, "young": 1, "bare": 1})
        layout.stand(
            trees.tree(kind, dice.whole(0, 4), z < 20), x, z, mirrored=dice.chance(0.5), scale=dice.uniform(0.8, 1.1)
        )
    for _ in range(dice.whole(4, 8)):
        x = line + sign * dice.uniform(1.2, 8)
        layout.stand(
            trees.bush(dice.whole(0, 4), dice.chance(0.4)), x, max(3, layout.enter(x)) * dice.uniform(0.9, 2.5)
        )


def add_end(layout, dice):
    """Close the view, with buildings across the street's end or far woods and a skyline. Returns its length."""
    if dice.chance(0.4):
        z = max(dice.uniform(30, 65), (layout.road.crossing or (0, 0))[1] + 8)
        _across(layout, dice, z)
        return z - 7
    for i in range(dice.whole(3, 7)):
        x, wide, high = dice.uniform(-110, 110), dice.uniform(14, 34), dice.uniform(7, 28)
        ends = ((x, 170.0 + i), (x + wide, 170.0 + i))
        pattern = facade(dice, max(1, round(high / 3.4)), max(1, round(wide / 4)), "offices")
        layout.walls.append((layout.number(), Wall(ends, 0.0, high, pattern, slots("tower", TOWARD))))
    if dice.chance(0.65):
        layout.stand(trees.woods(dice.whole(0, 3)), 0, 150, mirrored=dice.chance(0.5), shadow=False)
    return dice.uniform(80, 130)


def _across(layout, dice, z):
    """A row of buildings facing the camera at depth z, as wide as a picture of 2:1 sees."""
    camera = layout.camera
    middle = camera.x - camera.bend * z * z - camera.u / camera.focal * z
    x, reach = middle - 1.05 * z / camera.focal, 1.05 * z / camera.focal
    while x < middle + reach:
        wide, floors, number = dice.uniform(9, 18), dice.whole(2, 5), layout.number()
        pattern = facade(dice, floors, round(wide / 3), dice.pick(["shops", "flats"]))
        high = STOREY * pattern.shape[0] / 12
        layout.walls.append((number, Wall(((x, z), (x + wide, z)), 0.0, high, pattern, slots("wall", TOWARD))))
        if dice.chance(0.7):
            top = high + dice.uniform(1.5, 3.5)
            roof = Shape().face([(0, high), (wide, high), (wide - 0.8, top), (0.8, top)], "roof", UP, 0.9)
            layout.stand(roof.model(), x, z, number, mirrored=False, shadow=False, behind=0.01)
        x += wide
