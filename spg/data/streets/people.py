"""People: standing, walking, with coats, skirts, bags; grown-ups and children. Seen from the front or from behind."""

from functools import lru_cache

from spg.data.streets.dice import Dice
from spg.data.streets.shapes import LEFT, RIGHT, TOWARD, Shape

KINDS = 24


@lru_cache
def person(kind):
    """Model number `kind` of 0..KINDS−1, about 1.75 m tall (children 1.2 m)."""
    dice = Dice(31, kind)
    s = Shape()
    child, dressed, behind = kind % 8 == 7, dice.chance(0.3), dice.chance(0.5)
    stride = dice.pick([0.0, 0.16, 0.26, -0.2, 0.3])
    if behind and dice.chance(0.4):
        _bag_at_side(s)
    _legs(s, stride, bare=dressed)
    if dressed or dice.chance(0.3):
        _skirt(s, 0.5 if dressed else 0.72, "top" if dice.chance(0.6) else "bottom")
    _arms(s, stride, -1)
    _torso(s)
    _arms(s, stride, 1)
    _head(s, behind, long_hair=dressed or dice.chance(0.25), hat=dice.chance(0.15))
    if behind and dice.chance(0.45):
        s.face([(-0.17, 0.98), (0.17, 0.98), (0.18, 1.4), (-0.18, 1.4)], "bag").rect(
            -0.14, 1.0, 0.14, 1.18, "bag", shade=0.75
        )
    elif dice.chance(0.3):
        s.stroke((-0.18, 1.42), (0.2, 0.95), 0.05, "bag").rect(0.16, 0.72, 0.38, 0.98, "bag", RIGHT)
    if child:
        s.points = [(x * 0.78, y * 0.68, z) for x, y, z in s.points]
    return s.model()


def _legs(s, stride, bare):
    """Two legs from the hip; a stride moves the feet apart and lifts one."""
    lower = "skin" if bare else "bottom"
    for side in (-1, 1):
        hip = (0.09 * side, 0.92)
        foot = (0.1 * side + stride * side * 0.55, 0.06 + (abs(stride) * 0.35 if side * stride > 0 else 0))
        knee = ((hip[0] + foot[0]) / 2 + 0.02 * side, 0.5)
        facing = LEFT if side < 0 else RIGHT
        s.stroke(knee, foot, 0.14, lower, facing, 0.9, tip=0.75).stroke(hip, knee, 0.18, "bottom", facing, tip=0.8)
        s.rect(foot[0] - 0.08, foot[1] - 0.06, foot[0] + 0.08, foot[1] + 0.04, "shoe")


def _skirt(s, hem, material):
    s.face([(-0.16, 1.0), (0, 1.0), (0, hem), (-0.25, hem)], material, LEFT)
    s.face([(0, 1.0), (0.16, 1.0), (0.25, hem), (0, hem)], material, RIGHT)


def _torso(s):
    s.rect(-0.05, 1.42, 0.05, 1.54, "skin", shade=0.85)
    s.face([(-0.17, 0.9), (0.02, 0.9), (0.02, 1.48), (-0.1, 1.48), (-0.23, 1.42), (-0.19, 1.15)], "top", LEFT)
    s.face([(0, 0.9), (0.17, 0.9), (0.19, 1.15), (0.23, 1.42), (0.1, 1.48), (0, 1.48)], "top", RIGHT)


def _arms(s, stride, side):
    hand = ((0.3 - 0.25 * abs(stride)) * side + stride * 0.4, 0.86 + abs(stride) * 0.25)
    elbow = (0.29 * side, 1.14)
    facing = LEFT if side < 0 else RIGHT
    s.stroke((0.22 * side, 1.4), elbow, 0.12, "top", facing, 0.85)
    s.stroke(elbow, hand, 0.1, "top", facing, 0.85, tip=0.8).disc(*hand, 0.05, 0.06, "skin", n=8)


def _head(s, behind, long_hair, hat):
    if long_hair:
        s.face([(-0.15, 1.4), (0.15, 1.4), (0.14, 1.7), (-0.14, 1.7)], "hair", shade=0.9)
    s.disc(0, 1.63, 0.115, 0.15, "skin")
    if behind:
        s.disc(0, 1.66, 0.125, 0.14, "hair")
        if long_hair:
            s.face([(-0.14, 1.42), (0.14, 1.42), (0.12, 1.7), (-0.12, 1.7)], "hair")
    else:
        s.face([(-0.125, 1.7), (0.125, 1.7), (0.12, 1.76), (0, 1.81), (-0.12, 1.76)], "hair")
        s.rect(-0.13, 1.62, -0.09, 1.72, "hair").rect(0.09, 1.62, 0.13, 1.72, "hair")
    if hat:
        s.rect(-0.17, 1.7, 0.17, 1.74, "bag").face([(-0.12, 1.74), (0.12, 1.74), (0.1, 1.85), (-0.1, 1.85)], "bag")


def _bag_at_side(s):
    s.rect(-0.42, 0.5, -0.2, 0.82, "bag", TOWARD, 0.95).ring(-0.31, 0.84, 0.09, 0.06, "bag")
