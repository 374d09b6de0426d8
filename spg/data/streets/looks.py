"""Daylight and weather: what the look seed decides beside the colours of things."""

from dataclasses import dataclass

from spg.data.streets.dice import Dice

# Per kind of day: how often; colours of the sky and of haze; light on what looks up, to the sun, away from it and
# at the camera; how thick the haze is, how much of the sky is cloud, how dark shadows are, how many windows are lit.
_DAYS = {
    "clear": dict(
        weight=4, zenith="4a8ad6", horizon="cfe4f2", cloud="ffffff", under="b9c6d6", haze="cddff0",
        light=("fff8ea", "fff2d8", "8e9cb4", "d2cec8"), fog=0.45, cover=(0.05, 0.38), shadow=0.38, lit=0.02,
    ),
    "fair": dict(
        weight=4, zenith="5a93d4", horizon="dbe8f0", cloud="ffffff", under="a9b6c6", haze="d3dfea",
        light=("fbf5e8", "f8ecd6", "99a5b8", "cfccc8"), fog=0.5, cover=(0.4, 0.62), shadow=0.32, lit=0.03,
    ),
    "overcast": dict(
        weight=2.5, zenith="a3afbc", horizon="dde1e3", cloud="e2e5e7", under="9aa5b0", haze="ced4d9",
        light=("d6dade", "c8ccd2", "b6bcc4", "c2c6cc"), fog=0.6, cover=(0.9, 1.0), shadow=0.0, lit=0.1,
    ),
    "sunset": dict(
        weight=2.5, zenith="4f6db0", horizon="ffc07a", cloud="ffd2a4", under="c07a86", haze="f2b98c",
        light=("dcbeaa", "f8c898", "807aa2", "bca0a4"), fog=0.6, cover=(0.25, 0.55), shadow=0.34, lit=0.25,
    ),
    "dusk": dict(
        weight=1.3, zenith="26356e", horizon="c98aa0", cloud="8a7fae", under="4c4f88", haze="7d7aa6",
        light=("7e84b0", "8480a8", "5f6694", "7076a2"), fog=0.6, cover=(0.2, 0.6), shadow=0.0, lit=0.65,
    ),
    "rain": dict(
        weight=1.5, zenith="7f8b99", horizon="c3cace", cloud="b3bac2", under="6f7a88", haze="b4bcc4",
        light=("a9b0b8", "a8aeb6", "969da8", "a2a8b2"), fog=0.75, cover=(0.9, 1.0), shadow=0.0, lit=0.35,
    ),
    "fog": dict(
        weight=0.9, zenith="c3cbd0", horizon="dfe3e3", cloud="dde1e3", under="c5ccd1", haze="d9dddd",
        light=("d2d4d4", "c8cbcc", "babec2", "c4c7c9"), fog=1.0, cover=(0.7, 1.0), shadow=0.0, lit=0.12,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """Colours are (r, g, b) 0..255. light: one colour per way a face looks (UP, LEFT, RIGHT, TOWARD).

    sun: −1 it shines from the left, 1 from the right. slant, along: how far shadows reach aside and ahead, per metre
    of height. fog, cover, shadow, lit, wet: shares of 0..1. drift: where the clouds are. signal: the light that is on.
    dice: draws the colours of things afterwards.
    """

    day: str
    season: str
    zenith: tuple
    horizon: tuple
    cloud: tuple
    under: tuple
    haze: tuple
    light: tuple
    fog: float
    cover: float
    shadow: float
    slant: float
    along: float
    lit: float
    sun: int
    wet: float
    drift: tuple
    signal: str
    dice: Dice


def rgb(text):
    """ "ff8000" -> (255, 128, 0)"""
    return tuple(int(text[i : i + 2], 16) for i in (0, 2, 4))


def look(seed):
    """The daylight of one look seed (an integer >= 0)."""
    dice = Dice(202, seed)
    day = dice.weighted({name: d["weight"] for name, d in _DAYS.items()})
    d = _DAYS[day]
    up, sunny, shady, front = (rgb(c) for c in d["light"])
    sun = dice.pick([-1, 1])
    return Look(
        day=day,
        season=dice.weighted({"summer": 5, "spring": 2, "autumn": 2}),
        **{k: rgb(d[k]) for k in ("zenith", "horizon", "cloud", "under", "haze")},
        light=(up, sunny, shady, front) if sun < 0 else (up, shady, sunny, front),
        fog=d["fog"],
        cover=dice.uniform(*d["cover"]),
        shadow=d["shadow"],
        slant=dice.uniform(0.35, 0.9) * (2 if day == "sunset" else 1),
        along=dice.uniform(-0.35, 0.35),
        lit=d["lit"],
        sun=sun,
        wet=0.42 if day == "rain" else 0.0,
        drift=(dice.whole(0, 255), dice.whole(0, 255)),
        signal=dice.weighted({"red": 4, "green": 4, "amber": 1}),
        dice=dice,
    )
