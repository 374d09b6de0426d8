"""A study from its drawing to its analysis, with simulated raters and the model observer in the people's place."""

import json
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny import Tiny

from spg.baselines.classical import ns, telea
from spg.cli import main
from spg.evaluation.tables import table
from spg.study import folder
from spg.study.analysis import agreement, analyse
from spg.study.making import Trial, draw, make
from spg.study.observer import observe, simulate_raters
from spg.study.report import KINDS, paper_report, plot, report
from spg.study.votes import BallotBox, Rater, Vote

METHODS = {
    "telea": lambda image, hole, labels: telea(image, hole),
    "stokes": lambda image, hole, labels: ns(image, hole),
    "black": lambda image, hole, labels: image,
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make(tmp_path_factory.mktemp("study"), Tiny(32), METHODS, pairs=24, catch=3, unsure=True, show=False)


def votes_of(study):
    return study.folder / folder.VOTES


# -------------------------------------------------------------------- the draw


def test_couples_scenes_and_sides_are_balanced():
    trials, catch = draw(["a", "b", "c"], 10, 29, 3, seed=1)
    assert max(np.ptp([*Counter(frozenset(t[1:]) for t in trials).values()]), 0) <= 1
    assert np.ptp([*Counter(t.scene for t in trials + catch).values()]) <= 1
    assert len({(t.scene, frozenset(t[1:])) for t in trials}) == 29
    shown_first = Counter(t.a for t in trials if set(t[1:]) == {"a", "b"})
    assert abs(shown_first["a"] - shown_first["b"]) <= 1
    assert all(set(t[1:]) == {"truth", "noise"} for t in catch)


def test_the_draw_is_a_function_of_the_seed():
    assert draw(["a", "b"], 9, 9, 2, seed=4) == draw(["a", "b"], 9, 9, 2, seed=4) != draw(["a", "b"], 9, 9, 2, seed=5)


def test_focus_and_pictures_that_are_alike():
    trials, _ = draw(["a", "b", "c"], 8, 8, 0, seed=0, focus="b", differ=lambda scene, a, b: scene != 3)
    assert all("b" in t[1:] and t.scene != 3 for t in trials) and isinstance(trials[0], Trial)


def test_the_draw_takes_the_numbers_it_is_given():
    trials, catch = draw(["a", "b"], [2, 5, 7], 3, 3, seed=0)
    assert {t.scene for t in trials} == {t.scene for t in catch} == {2, 5, 7}


class Bare(Tiny):
    """Every second scene is a road with nothing on it, the others have a car."""

    def __getitem__(self, i):
        labels = np.zeros((self.size, self.size), np.uint8)
        if i % 2:
            labels[10:20, 8:24] = 6
        return super().__getitem__(i)._replace(labels=labels)


def test_a_study_around_objects_leaves_out_the_scenes_that_have_none(tmp_path):
    made = make(tmp_path / "s", Bare(32), METHODS, pairs=5, catch=2, holes="objects", show=False)
    key = made.key()
    assert key["left_out"] == 6 and all(trial["scene"] % 2 for trial in key["trials"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], 5, 3, 1, 0), "needs two methods at least, got a"),
        ((["a", "b"], 5, 6, 1, 0), "5 scenes are not enough for 6 pairs"),
        ((["a", "b"], 5, 3, 1, 0, "c"), "focus 'c' is none of the methods"),
    ],
)
def test_impossible_draws_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)


# -------------------------------------------------------------------- the folder


def test_what_raters_may_see_does_not_tell_the_methods(study):
    shown = (study.folder / folder.STUDY).read_text() + (study.folder / folder.PROTOCOL).read_text()
    shown += " ".join(path.name for path in (study.folder / folder.PICTURES).iterdir())
    assert not [name for name in (*METHODS, "truth.png", "noise") if name in shown]
    assert all(name in (study.folder / folder.KEY).read_text() for name in METHODS)
    assert "catch" not in json.dumps(study.manifest["trials"]) + json.dumps(study.manifest["decks"])


def test_the_protocol_states_what_reviewers_ask_for(study):
    text = (study.folder / folder.PROTOCOL).read_text()
    for said in (
        "24 pairs",
        "3 catch trials",
        "more than 1 of the catch trials",
        "fewer than 50%",
        "No limit",
        "not sure",
    ):
        assert said in text
    assert "@" not in text and "{" not in text


def test_the_same_seed_makes_the_same_study(tmp_path, study):
    again = make(tmp_path / "again", Tiny(32), METHODS, pairs=24, catch=3, unsure=True, show=False)
    assert again.manifest["trials"] == study.manifest["trials"] and again.manifest["decks"] == study.manifest["decks"]


def test_known_pixels_are_the_pictures_own(study):
    key = study.key()["trials"]
    id, trial = next((id, t) for id, t in key.items() if t["kind"] == "catch")
    names = study.manifest["trials"][id]
    truth = "a" if trial["a"] == "truth" else "b"
    assert names[truth] == trial["truth"] and study.picture(names[truth]) != study.picture(names["ba"[truth == "b"]])


def test_decks_share_the_catch_trials(tmp_path):
    study = make(tmp_path, Tiny(32), METHODS, pairs=10, catch=2, per_rater=4, show=False)
    decks = [set(deck) for deck in study.manifest["decks"]]
    assert [len(deck) for deck in decks] == [6, 6, 4] and len(set.intersection(*decks)) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": 0}, "pairs must be at least 1"),
        ({"seconds": 0.0}, "seconds must be above 0"),
        ({"least_answered": 2.0}, "least_answered in 0..1"),
        (
            {"methods": {"telea": METHODS["telea"], "flat": lambda *a: np.zeros(3, np.uint8)}},
            "method 'flat' must return",
        ),
    ],
)
def test_bad_settings_are_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path / "s", Tiny(32), **{"methods": METHODS, "pairs": 3, "show": False, **changes})


def test_a_study_is_made_once_and_cannot_be_changed_unseen(tmp_path, study):
    with pytest.raises(ValueError, match="is not empty"):
        make(study.folder, Tiny(32), METHODS, pairs=3)
    with pytest.raises(ValueError, match=r"spg study make .* makes a study"):
        folder.open_study(tmp_path)
    copy = make(tmp_path / "copy", Tiny(32), METHODS, pairs=3, show=False)
    BallotBox(votes_of(copy), copy.id)
    path = copy.folder / folder.STUDY
    path.write_text(path.read_text().replace('"may_fail": 1', '"may_fail": 5'))
    with pytest.raises(ValueError, match=r"study\.json was changed after the first opening"):
        BallotBox(votes_of(copy), folder.open_study(copy.folder).id)
    (copy.folder / folder.KEY).write_text("{}")
    with pytest.raises(ValueError, match=r"key\.json was changed"):
        copy.key()
    name = next(iter(copy.manifest["trials"].values()))["a"]
    (copy.folder / folder.PICTURES / f"{name}.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"png was changed"):
        copy.picture(name)


# -------------------------------------------------------------------- the ballot box


def test_a_vote_counts_once_and_only_a_pick_is_a_vote(tmp_path):
    box = BallotBox(tmp_path / "v.sqlite", "s")
    assert [box.join(" x "), box.join("y"), box.join("x")] == [0, 1, 0]
    assert box.cast(Vote(0, "t", "a", False, 1.5)) and not box.cast(Vote(0, "t", "b", False, 2.0))
    assert box.votes(0) == [Vote(0, "t", "a", False, 1.5)] and box.votes(1) == []
    with pytest.raises(ValueError, match="a pick is one of a, b, unsure, got 'c'"):
        box.cast(Vote(0, "u", "c", False, 1.0))
    with pytest.raises(ValueError, match="type a code of 1 to 40"):
        box.join("  ")


def test_votes_of_a_model_cannot_pass_for_votes_of_people(tmp_path):
    BallotBox(tmp_path / "v.sqlite", "s", "model observer, not people (x)")
    with pytest.raises(ValueError, match=r"holds votes of model observer, not people \(x\), not of people"):
        BallotBox(tmp_path / "v.sqlite", "s")


def test_several_raters_at_once_lose_nothing(tmp_path):
    boxes = [BallotBox(tmp_path / "v.sqlite", "s") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda i: boxes[i].join(str(i)), range(6)))
        list(pool.map(lambda i: [boxes[i].cast(Vote(i, str(t), "a", False, 1.0)) for t in range(20)], range(6)))
    assert sorted(numbers) == list(range(6)) and len(boxes[0].votes()) == 120


VOTER = """
import sys
from spg.study.votes import BallotBox, Vote
box = BallotBox(sys.argv[1], "s")
for number in range(100_000):
    box.cast(Vote(0, str(number), "a", False, 1.0))
    print(number, flush=True)
"""


def test_a_killed_voter_loses_no_acknowledged_vote(tmp_path):
    path = tmp_path / "v.sqlite"
    voter = subprocess.Popen([sys.executable, "-c", VOTER, str(path)], stdout=subprocess.PIPE, text=True)
    acknowledged = [int(voter.stdout.readline()) for _ in range(40)]
    voter.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in voter.stdout.read().splitlines()]
    voter.wait()
    kept = [int(vote.trial) for vote in BallotBox(path, "s").votes()]
    assert kept[: len(acknowledged)] == acknowledged and len(kept) <= len(acknowledged) + 1


# -------------------------------------------------------------------- sessions


def test_a_session_resumes_and_every_second_rater_sees_the_mirror(tmp_path, study):
    box = BallotBox(tmp_path / "v.sqlite", study.id)
    first, second = Rater(study, box, "one"), Rater(study, box, "two")
    trial = first.left[0]
    assert first.pictures(trial)[:2] == second.pictures(trial)[1::-1] and first.left != second.left
    first.vote(trial, "left", 0.7)
    second.vote(trial, "left", 0.8)
    assert [(v.pick, v.mirrored) for v in box.votes()] == [("a", False), ("b", True)]
    again = Rater(study, box, "one")
    assert again.left == first.left and len(again.left) == again.total - 1
    with pytest.raises(ValueError, match="is not one of this rater's"):
        first.vote("elsewhere", "left", 1.0)
    with pytest.raises(ValueError, match="a side is left or right here, got 'up'"):
        first.vote(first.left[0], "up", 1.0)


# -------------------------------------------------------------------- the analysis


def test_simulated_raters_are_found_again_and_the_careless_left_out(tmp_path, study):
    strengths = {"telea": 1.5, "stokes": 0.0, "black": -1.5}
    path = tmp_path / "v.sqlite"
    simulate_raters(study, path, strengths, raters=8, seed=3, careless=(5,))
    result = analyse(study, path, resamples=200)
    assert result["observer"] == "simulated raters, not people"
    assert [row["rater"] for row in result["excluded"]] == [5] and "catch" in result["excluded"][0]["why"]
    found = result["bradley_terry"]
    for name, (low, high) in found["bootstrap"].items():
        assert low < strengths[name] < high
    ranked = sorted(found["strength"], key=found["strength"].get, reverse=True)
    assert ranked == list(strengths) and result["votes"] == 7 * 24
    assert sum(row["n"] for row in result["pairs"]) == 168 and result["overall"]["telea"]["share"] > 0.7
    assert result["left"]["wilson"][0] < 0.5 < result["left"]["wilson"][1]
    assert 0 < result["agreement"]["alpha"] < 1 and result["catch"]["answered"] == 24


def test_the_report_and_the_plot_say_who_voted(tmp_path, study):
    simulate_raters(study, tmp_path / "v.sqlite", dict.fromkeys(METHODS, 0.0), raters=2)
    result = json.loads(json.dumps(analyse(study, tmp_path / "v.sqlite", resamples=50), allow_nan=False))
    assert "**simulated raters, not people**" in report(result) and "Krippendorff" in report(result)
    assert table(result, kinds=KINDS).endswith(report(result))
    assert table(result, kinds=KINDS).startswith(f"{result['data']} · split")
    assert "simulated raters, not people" in plot(result).get_suptitle()


def test_agreement_of_known_raters():
    def votes(*picks):
        return [Vote(r, str(t), pick, False, 1.0) for t, row in enumerate(picks) for r, pick in enumerate(row)]

    same = agreement(votes("aa", "bb", "aa"))
    assert same == {"alpha": pytest.approx(1.0), "same": 1.0, "pairs": 3}
    assert agreement(votes("aa", "aa"))["alpha"] is None  # nothing varies
    # by hand: 4 units, 1 of 4 disagrees; α = 1 − Do/De = 1 − (2/8) / (2·3·5/(8·7))
    assert agreement(votes("aa", "aa", "bb", "ab"))["alpha"] == pytest.approx(1 - (2 / 8) / (2 * 5 * 3 / (8 * 7)))
    assert agreement(votes("a", "b")) is None


def test_who_stops_early_is_left_out_and_no_votes_is_an_error(tmp_path, study):
    with pytest.raises(ValueError, match="no votes yet"):
        analyse(study, tmp_path / "none.sqlite")
    box = BallotBox(tmp_path / "v.sqlite", study.id)
    session = Rater(study, box, "x")
    session.vote(session.left[0], "unsure", 1.0)
    with pytest.raises(ValueError, match=r"no votes to analyse \(1 raters left out\)"):
        analyse(study, tmp_path / "v.sqlite")


def test_the_model_observer_prefers_what_is_nearer_and_says_what_it_is(study):
    path = observe(study, show=False)
    result = analyse(study, path, resamples=50)
    assert result["observer"] == "model observer, not people (stlpips)" and result["catch"]["failed"] == 0
    assert result["overall"]["black"]["share"] < 0.5 and result["agreement"] is None
    assert "user study" not in report(result)
    before = path.read_bytes()
    assert observe(study, show=False).read_bytes() == before  # goes on where it was: at the end


# -------------------------------------------------------------------- the commands


def test_the_commands_make_observe_and_analyse(tmp_path, capsys):
    out = tmp_path / "s"
    options = ["--data", "streets", "--split", "test", "--size", "64", "--limit", "5", "--pairs", "6", "--catch", "2"]
    made = ["study", "make", str(out), *options, "--methods", "telea,ns,spg", "--focus", "spg"]
    assert main([*made, "--weights", "streets-64", "--seconds", "2", "--raters", "12"]) == 0
    key = json.loads((out / folder.KEY).read_text())
    assert key["weights"]["sgnet"] and {t["kind"] for t in key["trials"].values()} == {"pair", "catch"}
    assert main(["study", "observe", str(out)]) == 0
    files = ["--votes", str(out / "model-observer.sqlite"), "--out", str(out / "r.json"), "--plot", str(out / "r.png")]
    assert main(["study", "analyse", str(out), *files]) == 0
    assert "model observer, not people" in capsys.readouterr().out and (out / "r.png").is_file()
    result = json.loads((out / "r.json").read_text())
    assert result["focus"] == "spg" and result["overall"]["spg"]["n"] == 6
    assert main(["study", "analyse", str(out)]) == 2
    assert "no votes yet" in capsys.readouterr().err


def test_the_papers_study_as_a_table():
    from spg.study import paper

    rows = [paper.clustered(10, 60, 0.1, resamples=50, runs=1)]
    naive = {"wins": 425, "n": 600, "share": 425 / 600, "wilson": [0.671, 0.743], "p": 6e-25}
    text = paper_report({"naive": naive, "clusters": rows, "power": paper.powers()})
    assert "425 of 600 = 70.8%" in text and "| 10 × 60 |" in text and "| 70.8% |" in text
