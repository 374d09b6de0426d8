"""Table 1's units: samplers with the areas they claim, units with known answers, distances that vanish at the paper."""

import json
from collections import namedtuple

import numpy as np
import pytest

from spg.cli import main
from spg.evaluation import metrics, tables, units
from spg.holes import check_hole

SceneLike = namedtuple("SceneLike", "image")


class Scenes(list):
    """Smooth pictures with some noise."""

    name, split, size = "fake", "val", 64

    def __init__(self, n=5):
        rng = np.random.default_rng(0)
        super().__init__(SceneLike(self.picture(rng)) for _ in range(n))

    def picture(self, rng):
        wave = 60 * np.sin(np.arange(64) / rng.uniform(4, 9))[None, :, None] + rng.uniform(80, 170, (3, 1, 1))
        return (wave + rng.uniform(-9, 9, (3, 64, 64))).astype(np.uint8)


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as patch:  # PatchMatch has no wheels for Python 3.10; any fill will do
        patch.setitem(units.METHODS, "patchmatch", units.METHODS["telea"])
        return units.analyse(Scenes(), progress=False)


@pytest.mark.parametrize("sampler", list(units.SAMPLERS))
def test_holes_keep_the_papers_bounds_and_reach_both(sampler):
    rng = np.random.default_rng(1)
    holes = [check_hole(units.SAMPLERS[sampler](rng, 64, 64)) for _ in range(600)]
    sides = np.array([(hole.any(1).sum(), hole.any(0).sum()) for hole in holes])
    assert sides.min() >= 8 and sides.max() <= 32 and sides.min() <= 10 and sides.max() >= 31
    assert all(hole.sum() == h * w for hole, (h, w) in zip(holes, sides, strict=True))
    assert (sides[:, 0] == sides[:, 1]).all() == sampler.startswith("square")
    corners = np.array([np.argwhere(hole)[0] for hole in holes])
    assert corners.min() == 0 and corners.max() >= 40


def test_the_mean_areas_are_those_of_the_distributions():
    rng, n = np.random.default_rng(2), 3000
    share = {name: np.mean([draw(rng, 64, 64).mean() for _ in range(n)]) for name, draw in units.SAMPLERS.items()}
    sides = np.arange(8, 33) / 64
    assert share["rectangle, sides uniform"] == pytest.approx(sides.mean() ** 2, rel=0.03)
    assert share["square, side uniform"] == pytest.approx((sides**2).mean(), rel=0.04)
    for name in ("rectangle, area uniform", "square, area uniform"):
        assert share[name] == pytest.approx((1 / 64 + 1 / 4) / 2, rel=0.03)


def test_units_of_a_picture_that_is_off_by_one_tenth():
    truth = np.zeros((3, 16, 16))
    apart = truth + 0.1
    of = {name: (one * 0.1, two * 0.01) for name, (_, one, two) in units.candidates(16).items()}
    assert of["255² · mean, images in [0, 1]"] == pytest.approx((metrics.l1(truth, apart), metrics.l2(truth, apart)))
    assert of["mean, images in 0..255"] == pytest.approx((25.5, 25.5**2))
    assert of["255² · mean, images in [-1, 1]"] == pytest.approx((255**2 * 0.2, 255**2 * 0.04))
    pixels = np.abs(truth - apart).mean(0).sum(), ((truth - apart) ** 2).mean(0).sum()
    assert of["sum over pixels, mean over channels, images in [0, 1]"] == pytest.approx(pixels)
    assert of["sum over pixels and channels, images in [0, 1]"] == pytest.approx(3 * np.array(pixels))


def test_the_distance_vanishes_at_the_papers_row_and_counts_errors():
    assert units.distance(units.PAPER) == 0
    assert units.distance(units.PAPER | {"l1": 2 * units.PAPER["l1"]}) == pytest.approx(0.5)  # one of four is off by 1
    worse = units.PAPER | {"psnr": units.PAPER["psnr"] - 20 * np.log10(2)}  # twice the root mean square error
    assert units.distance(worse) == pytest.approx(0.5)
    assert units.distance(units.PAPER | {"ssim": 2 * units.PAPER["ssim"] - 1}) == pytest.approx(0.5)


def test_figures_are_those_of_the_metrics(result):
    fill, scenes = units.METHODS["telea"], Scenes()
    for sampler, found in result["samplers"].items():
        holes = [units.hole_of(sampler, 64, 0, i) for i in range(5)]
        pairs = [(s.image / 255, fill(s.image * (1 - h), h) / 255) for s, h in zip(scenes, holes, strict=True)]
        for name in ("l1", "l2", "ssim", "psnr"):
            expected = np.mean([getattr(metrics, name)(x, y) for x, y in pairs])
            estimate = found["telea"][name]
            assert estimate["mean"] == pytest.approx(expected, rel=1e-4)
            assert estimate["ci95"][0] <= estimate["mean"] <= estimate["ci95"][1]
            assert estimate["relative"] == pytest.approx(expected / units.PAPER[name] - 1, abs=1e-3)
        of = result["units"][sampler]
        assert of["255² · mean, images in [0, 1]"]["l2"] == found["patchmatch"]["l2"]
        hole_l1 = np.mean([metrics.hole_l1(x, y, h) for (x, y), h in zip(pairs, holes, strict=True)])
        assert of["255² · mean over the hole, images in [0, 1]"]["l1"]["mean"] == pytest.approx(hole_l1, rel=1e-4)
    assert sum(found["nearest"] for found in result["samplers"].values()) == pytest.approx(1)


def test_the_same_call_gives_the_same_numbers(result, monkeypatch):
    monkeypatch.setitem(units.METHODS, "patchmatch", units.METHODS["telea"])
    assert units.analyse(Scenes(), progress=False) == result
    assert units.analyse(Scenes(), seed=1, progress=False)["samplers"] != result["samplers"]


def test_a_limit_spreads_over_the_split(monkeypatch):
    monkeypatch.setitem(units.METHODS, "patchmatch", units.METHODS["telea"])
    scenes, seen = Scenes(5), []

    class Noting(Scenes):
        def __getitem__(self, i):
            seen.append(i)
            return scenes[i]

    assert units.analyse(Noting(5), limit=3, progress=False)["n"] == 3 and seen == [0, 2, 4]
    with pytest.raises(ValueError, match="nothing to analyse: 5 scenes, limit 0"):
        units.analyse(scenes, limit=0)


def test_words_go_no_further_than_the_intervals(result):
    def found(shares, ci95):
        wide = {key: {"ci95": [0, 2 * value]} for key, value in units.PAPER.items()}
        rows = [
            wide,
            wide | {"l1": {"ci95": [0, 1]}},
            wide | {"ssim": {"ci95": [0, 0.9]}, "l2": {"ci95": [0, 1]}},
            wide,
        ]
        pairs = zip(units.SAMPLERS, shares, rows, strict=True)
        samplers = {name: {"nearest": share, "patchmatch": row} for name, share, row in pairs}
        good = {key: {"ci95": [0.9 * units.PAPER[key], 1.1 * units.PAPER[key]]} for key in ("l1", "l2")}
        bad = {key: {"ci95": ci95} for key in ("l1", "l2")}
        names = list(units.candidates(64))
        of = {name: bad for name in names} | {names[2]: good}
        return {"size": 64, "samplers": samplers, "units": {"square, side uniform": of}}

    one, inside, two = units.conclusions(found([0.97, 0.01, 0.01, 0.01], [0, 1]))
    assert one.endswith("under some sampler: 255² · mean, images in [0, 1].")
    counts = {"rectangle, sides": 4, "square, side": 3, "rectangle, area": 2, "square, area": 4}
    assert inside.endswith("; ".join(f"{sampler} uniform {n}" for sampler, n in counts.items()) + ".")
    assert two == "rectangle, sides uniform: nearest to the paper's four figures in 97% of the resamples."
    *_, two = units.conclusions(found([0.3, 0.6, 0.05, 0.05], [0, 1]))
    assert two.startswith("square, side uniform: nearest") and two.endswith("too few to prefer it to the others.")
    nothing = found([1, 0, 0, 0], [0, 1])
    nothing["units"] = {"a": {name: {key: {"ci95": [0, 1]} for key in ("l1", "l2")} for name in units.candidates(64)}}
    assert units.conclusions(nothing)[0].startswith("No unit gives both")


def test_the_command_and_its_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(units.METHODS, "patchmatch", units.METHODS["telea"])
    out = tmp_path / "u.json"
    command = ["units", "--data", "streets", "--split", "test", "--size", "64", "--limit", "2", "--out", str(out)]
    assert main(command) == 0
    result = json.loads(out.read_text())
    assert result["kind"] == "units" and result["n"] == 2 and result["commit"] and len(result["conclusions"]) == 3
    text = tables.table(out)
    assert (
        text.startswith("streets · split test · 64×64 · n = 2 · seed 0 · commit ") and text in capsys.readouterr().out
    )
    assert text.count("| patchmatch |") == len(units.SAMPLERS) + 1 and "| the paper | patchmatch | – | 641 |" in text
    l1 = result["samplers"]["square, side uniform"]["telea"]["l1"]
    assert f"{100 * l1['relative']:+.0f} % |".replace("-", "−") in text
    assert "| 255² · mean, images in [0, 1] |" in text and result["conclusions"][1] in text
