"""Make a study folder: draw the pairs, fill the holes, write the pictures, the trials and the protocol.

Which two fillings of which scene are shown is balanced, and fixed by a seed. The protocol says in words what raters are
asked, and how votes are counted; it is fixed before the first vote.
"""

from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spg import plots
from spg.engine.provenance import provenance
from spg.engine.watching import progress as bar
from spg.holes import LABELLED, evaluation_hole
from spg.labels import classes_of
from spg.study import folder as files
from spg.study.folder import CATCH


def make(
    out,
    scenes,
    methods,
    pairs=600,
    catch=6,
    seed=0,
    holes="paper",
    focus=None,
    per_rater=None,
    seconds=None,
    unsure=False,
    context=True,
    side=384,
    raters=None,
    may_fail=1,
    least_answered=0.5,
    least_seconds=None,
    extra=None,
    show=True,
):
    """Draw a study of the fillings of `methods` on `scenes` and write it to the folder out. Returns its `Study`.

    scenes: a data set (`spg.data.open`). methods: name → fill(image uint8 3×H×W, hole, labels) → uint8 3×H×W, as
    `spg.evaluation.judging.evaluate` takes them; holes: the hole set, of seed 0. pairs, catch, seed, focus, per_rater:
    see `draw` and `deal`. seconds: hide the pictures after so long; unsure: offer "not sure"; context: show what is
    known; side: CSS pixels; raters: how many are planned. may_fail, least_answered, least_seconds: the exclusion
    rule. extra: more keys for key.json. Raises ValueError when out already holds a study or there are too few scenes;
    out is then as it was before.
    """
    out = Path(out)
    if out.exists() and any(not path.name.startswith(files.DRAFT) for path in out.iterdir()):
        raise ValueError(f"{out} is not empty; a study is made once, into a folder of its own")
    _check(pairs, catch, per_rater, seconds, may_fail, least_answered, least_seconds)
    rule = {"catch": catch, "may_fail": may_fail, "least_answered": least_answered, "least_seconds": least_seconds}
    with files.drafted(out) as draft:
        pictures = _Pictures(draft, scenes, methods, holes)
        there = pictures.with_a_hole()
        with bar(total=pairs, desc="study", unit="pair", disable=not show) as pictures.bar:
            found, catches = draw(list(methods), there, pairs, catch, seed, focus, pictures.differ)
        decks, trials = _number(deal(found, catches, per_rater), seed)
        key = {
            **{"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": holes, "seed": seed},
            **({"left_out": len(scenes) - len(there)} if holes in LABELLED else {}),
            **{"methods": list(methods), "focus": focus, **provenance(), **(extra or {})},
            "trials": {id: pictures.key_of(trial) for id, trial in trials.items()},
        }
        manifest = {
            **{"format": files.FORMAT, "question": files.QUESTION, "seconds": seconds, "unsure": unsure},
            **{"context": context, "side": side, "rule": rule},
            "decks": decks,
            "trials": {id: pictures.shown(trial, context) for id, trial in trials.items()},
        }
        files.write_text(draft, files.PROTOCOL, protocol(manifest, key, raters))
        files.write_json(draft, files.STUDY, manifest | {"key": files.write_json(draft, files.KEY, key)})
    return files.open_study(out)


def _check(pairs, catch, per_rater, seconds, may_fail, least_answered, least_seconds):
    for what, value, least in (("pairs", pairs, 1), ("catch", catch, 0), ("per_rater", per_rater or 1, 1)):
        if value < least:
            raise ValueError(f"{what} must be at least {least}, got {value}")
    if seconds is not None and seconds <= 0:
        raise ValueError(f"seconds must be above 0, got {seconds}; leave it out for no limit")
    if least_seconds is not None and least_seconds <= 0:
        raise ValueError(f"least_seconds must be above 0, got {least_seconds}; leave it out for no limit")
    if may_fail < 0 or not 0 <= least_answered <= 1:
        raise ValueError(f"the rule needs may_fail ≥ 0 and least_answered in 0..1, got {may_fail} and {least_answered}")


def _number(decks, seed):
    """(decks of ids, id → trial): random ids, the same for a trial in all decks; each deck in random order."""
    rng = np.random.default_rng([seed, 1])
    trials = dict.fromkeys(trial for deck in decks for trial in deck)
    ids = {trial: rng.bytes(6).hex() for trial in trials}
    shuffled = [[ids[deck[i]] for i in rng.permutation(len(deck))] for deck in decks]
    return shuffled, {ids[trial]: trial for trial in sorted(trials, key=ids.get)}


class _Pictures:
    """Fills when first asked and writes what was filled: name of scene and method → name of the picture."""

    def __init__(self, out, scenes, methods, holes):
        self.out, self.scenes, self.methods, self.holes = out, scenes, methods, holes
        self._names = {}

    def hole(self, scene, labels=None):
        """The fixed hole of a scene; None where the holes `objects` find no object."""
        about = self.scenes.name, self.scenes.split, self.scenes.size, self.holes
        return evaluation_hole(*about, 0, int(scene), labels, classes_of(self.scenes))

    def with_a_hole(self):
        """The numbers of the scenes that can be shown: all, but for `objects` those that hold one."""
        numbers = range(len(self.scenes))
        if self.holes not in LABELLED:
            return list(numbers)
        return [i for i in numbers if self.hole(i, np.asarray(self.scenes[i].labels)) is not None]

    def differ(self, scene, a, b):
        """Whether the two pictures differ; the progress bar counts those that do."""
        found = self.name(scene, a) != self.name(scene, b)
        self.bar.update(found)
        return found

    def name(self, scene, what):
        """what: a method, one of CATCH, or "known"."""
        if (scene, what) not in self._names:
            self._names[scene, what] = files.write_picture(self.out, self._paint(scene, what))
        return self._names[scene, what]

    def shown(self, trial, context):
        known = {"known": self.name(trial.scene, "known")} if context else {}
        return {"a": self.name(trial.scene, trial.a), "b": self.name(trial.scene, trial.b)} | known

    def key_of(self, trial):
        kind = "catch" if set(trial[1:]) == set(CATCH) else "pair"
        about = {"scene": trial.scene, "scene_id": str(self.scenes.ids[trial.scene])}
        return {"kind": kind, "a": trial.a, "b": trial.b, **about, "truth": self.name(trial.scene, "truth")}

    def _paint(self, scene, what):
        """uint8 H×W×3."""
        image, labels = map(np.asarray, self.scenes[int(scene)])
        hole = self.hole(scene, labels)
        if what == "known":
            return plots.show_hole(image, hole)
        if what == "noise":
            return plots.show_image(_scattered(image, hole, scene))
        if what == "truth":
            return plots.show_image(image)
        filled = np.asarray(self.methods[what](image * (1 - hole), hole.copy(), labels.copy()))
        if filled.shape != image.shape or filled.dtype != np.uint8:
            raise ValueError(f"method {what!r} must return uint8 {image.shape}, got {filled.dtype} {filled.shape}")
        return plots.show_image(np.where(hole == 1, filled, image))


def _scattered(image, hole, seed):
    """The hole filled with known pixels drawn at random: nobody who looks takes it for the picture."""
    known = image[:, hole == 0]
    noisy = image.copy()
    noisy[:, hole == 1] = known[:, np.random.default_rng(int(seed)).integers(0, known.shape[1], int(hole.sum()))]
    return noisy


# -------------------------------------------------------------------- which pairs are shown


class Trial(NamedTuple):
    """A comparison of the fillings a and b (names of methods, or CATCH) of scene number `scene`."""

    scene: int
    a: str
    b: str


def couples(methods, focus=None):
    """All pairs of methods, or those with the one in focus. Raises ValueError for an unknown focus or fewer than 2."""
    if len(methods) < 2:
        raise ValueError(f"a comparison needs two methods at least, got {', '.join(methods) or 'none'}")
    if focus is not None and focus not in methods:
        raise ValueError(f"focus {focus!r} is none of the methods: {', '.join(methods)}")
    return [pair for pair in combinations(methods, 2) if focus in (None, *pair)]


def draw(methods, scenes, pairs, catch, seed, focus=None, differ=lambda scene, a, b: True):
    """(pairs `Trial`s of two methods, catch `Trial`s). The pairs go round all couples, so their numbers differ by one
    at most; a scene comes back only when all others have been as often; of a couple's trials half show a first.

    scenes: how many there are, or the list of their numbers. differ(scene, a, b): whether the two pictures differ;
    where they do not, another scene is taken. Raises ValueError, saying how many pairs there could be, when there are
    not enough scenes.
    """
    rng = np.random.default_rng(seed)
    scenes = list(range(scenes)) if isinstance(scenes, int) else scenes
    scene_order, uses = rng.permutation(scenes), dict.fromkeys(scenes, 0)
    left = {couple: list(scene_order) for couple in couples(methods, focus)}
    trials = []
    for number in range(pairs):
        couple = list(left)[number % len(left)]
        scene = _take(left[couple], uses, lambda scene, couple=couple: differ(scene, *couple))
        if scene is None:
            raise ValueError(
                f"{len(scenes)} scenes are not enough for {pairs} pairs of {' and '.join(couple)} and the like: "
                f"{len(left)} couples of methods, each once a scene, less those whose pictures are alike"
            )
        trials.append(Trial(int(scene), *couple))
    return _swap_half(trials, rng), _swap_half([_catch(scene_order, uses) for _ in range(catch)], rng)


def _take(scenes, uses, fits):
    """Remove and return the first of the least used scenes that fits; None where none does."""
    for scene in sorted(scenes, key=lambda scene: uses[scene]):
        scenes.remove(scene)
        if fits(scene):
            uses[scene] += 1
            return scene
    return None


def _catch(scene_order, uses):
    scene = min(scene_order, key=lambda scene: uses[scene])
    uses[scene] += 1
    return Trial(int(scene), *CATCH)


def _swap_half(trials, rng):
    """Of every two trials of a couple, one at random shows b first."""
    coins = {}
    for number, trial in enumerate(trials):
        pending = coins.setdefault(frozenset(trial[1:]), [])
        if not pending:
            pending.extend(rng.permutation(2))
        if pending.pop():
            trials[number] = Trial(trial.scene, trial.b, trial.a)
    return trials


def deal(trials, catch, per_rater=None):
    """Decks: lists of trials, each of at most per_rater pairs and all catch trials, in no order yet. None: one deck."""
    size = per_rater or len(trials)
    return [[*trials[start : start + size], *catch] for start in range(0, len(trials), size)]


# -------------------------------------------------------------------- the protocol


TEXT = """# Protocol

Written by `spg study make` before the first vote. Study folder made with seed {seed}; `study.json` and `key.json` must
not be changed afterwards, and every file of votes notes their hash.

## What is compared
{pairs} pairs of pictures. Both pictures of a pair fill the same hole of the same scene ({data}, {split}, {size} ×
{size} pixels, holes "{holes}") by two of {methods} methods, whose names the raters do not see. {couples} couples of
methods take part, in equal numbers up to one. {context} Pictures are shown {side} CSS pixels wide.

## Raters
{raters} No name, address or any other contact is asked for: a rater types a code of their own choice or one handed
out, and the same code takes up where it stopped. Each rater sees up to {per_rater} pairs and {catch} catch trials in an
order of their own. Sides are balanced within each couple of methods, and every second rater sees the study mirrored.

## Instructions shown
In English, or in another language that the rater's browser asks for and the ballot speaks:

> {question} {instructions}
>
> {consent}

A practice pair, which is not counted, comes first. The last choice can be taken back; it is kept as taken back.

## Time
{time} Both pictures are loaded before the clock starts. The time from showing to voting is kept.

## Catch trials and exclusion
A catch trial shows the true picture beside one whose hole holds scattered pixels of the rest. All votes of a rater are
left out who did not choose the true picture in more than {may_fail} of the catch trials they answered, or who answered
fewer than {least:.0%} of their trials.{faster} Nobody is left out for any other reason.

## How votes are counted
For each couple of methods: the share of votes for one of them{unsure_rule}, with Wilson's 95 % interval as if votes
were independent, Wilson's interval at the effective number of votes, and a bootstrap over raters and images; the exact
sign test over pairs, each decided by the majority of its raters. For more than two methods: Bradley-Terry strengths.
Agreement: Krippendorff's α. Besides: the share of votes for the left side, the time per vote, raters left out.
"""


def protocol(manifest, key, raters=None):
    """The text of PROTOCOL.md. manifest, key: of the study; raters: how many are planned, None: not fixed."""
    seconds, unsure = manifest["seconds"], manifest["unsure"]
    kinds = [trial["kind"] for trial in key["trials"].values()]
    return TEXT.format(
        **{name: key[name] for name in ("data", "split", "size", "holes", "seed")},
        pairs=kinds.count("pair"),
        catch=kinds.count("catch"),
        methods=len(key["methods"]),
        couples=len({frozenset((t["a"], t["b"])) for t in key["trials"].values() if t["kind"] == "pair"}),
        context="Above them the raters see what is known of it." if manifest["context"] else "The hole is not shown.",
        side=manifest["side"],
        raters=f"{raters} raters are planned." if raters else "The number of raters was not fixed beforehand.",
        per_rater=max(map(len, manifest["decks"])) - kinds.count("catch"),
        question=manifest["question"],
        instructions=" ".join(files.instructions(manifest)),
        consent=files.CONSENT,
        time=f"Shown for {seconds:g} s; the answer may come later." if seconds else "No limit.",
        may_fail=manifest["rule"]["may_fail"],
        least=manifest["rule"]["least_answered"],
        faster=_faster(manifest["rule"].get("least_seconds")),
        unsure_rule=', "not sure" left out but reported' if unsure else "",
    )


def _faster(seconds):
    if seconds is None:
        return ""
    return f" So are those of a rater whose median time per vote is below {seconds:g} s: no person is so fast."
