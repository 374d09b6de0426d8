"""Make a study folder: fill the holes, write the pictures, the trials and the protocol."""

from pathlib import Path

import numpy as np

from spg import plots
from spg.engine.provenance import provenance
from spg.engine.watching import progress as bar
from spg.holes import evaluation_hole
from spg.study import folder as files
from spg.study.drawing import CATCH, deal, draw
from spg.study.protocol import QUESTION, protocol


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
    extra=None,
    show=True,
):
    """Draw a study of the fillings of `methods` on `scenes` and write it to the folder out. Returns its `Study`.

    scenes: a data set (`spg.data.open`). methods: name → fill(image uint8 3×H×W, hole, labels) → uint8 3×H×W, as
    `spg.evaluation.evaluate` takes them; holes: its hole set, of seed 0. pairs, catch, seed, focus, per_rater: see
    `spg.study.drawing`. seconds: hide the pictures after so long; unsure: offer "not sure"; context: show what is
    known; side: CSS pixels; raters: how many are planned. may_fail, least_answered: the exclusion rule.
    extra: more keys for key.json. Raises ValueError when out already holds a study or there are too few scenes.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; a study is made once, into a folder of its own")
    _check(pairs, catch, per_rater, seconds, may_fail, least_answered)
    pictures = _Pictures(out, scenes, methods, holes)
    with bar(total=pairs, desc="study", unit="pair", disable=not show) as pictures.bar:
        found, catches = draw(list(methods), len(scenes), pairs, catch, seed, focus, pictures.differ)
    decks, trials = _number(deal(found, catches, per_rater), seed)
    key = {
        **{"data": scenes.name, "split": scenes.split, "size": scenes.size, "holes": holes, "seed": seed},
        **{"methods": list(methods), "focus": focus, **provenance(), **(extra or {})},
        "trials": {id: pictures.key_of(trial) for id, trial in trials.items()},
    }
    manifest = {
        **{"format": files.FORMAT, "question": QUESTION, "seconds": seconds, "unsure": unsure, "context": context},
        **{"side": side, "rule": {"catch": catch, "may_fail": may_fail, "least_answered": least_answered}},
        "decks": decks,
        "trials": {id: pictures.shown(trial, context) for id, trial in trials.items()},
    }
    files.write_text(out, files.PROTOCOL, protocol(manifest, key, raters))
    files.write_json(out, files.STUDY, manifest | {"key": files.write_json(out, files.KEY, key)})
    return files.open_study(out)


def _check(pairs, catch, per_rater, seconds, may_fail, least_answered):
    for what, value, least in (("pairs", pairs, 1), ("catch", catch, 0), ("per_rater", per_rater or 1, 1)):
        if value < least:
            raise ValueError(f"{what} must be at least {least}, got {value}")
    if seconds is not None and seconds <= 0:
        raise ValueError(f"seconds must be above 0, got {seconds}; leave it out for no limit")
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
        hole = evaluation_hole(self.scenes.name, self.scenes.split, self.scenes.size, self.holes, 0, int(scene))
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
