"""Who votes where no people do: a model that measures closeness to the truth, and simulated raters.

The model goes through the same trials with the same rules, and is no person: it compares with a truth that people are
not shown, never tires, and measures closeness, not realism. Everything made from such votes says so.
"""

import io

import numpy as np
import torch
from PIL import Image

from spg import perceptual
from spg.engine.watching import progress as bar
from spg.pictures import to_float
from spg.study.folder import CATCH
from spg.study.votes import BallotBox, Rater, Vote

FILE = "model-observer.sqlite"
SIMULATED = "simulated raters, not people"


def label(network):
    """What is written wherever its votes appear."""
    return f"model observer, not people ({network})"


def observe(study, network="stlpips", device="cpu", show=True):
    """Let LPIPS vote once on every trial of the study, into model-observer.sqlite. Returns that path.

    network: see `spg.perceptual.load`. It sees no sides, so a of each trial counts as left; equal distances are
    "not sure". A run that was stopped goes on where it was. The same study gives the same votes.
    """
    path = study.folder / FILE
    box = BallotBox(path, study.id, label(network))
    distance = perceptual.load(network, device)
    rater, key = box.join(network), study.key()["trials"]
    done = {vote.trial for vote in box.votes(rater)}
    left = [trial for trial in study.manifest["trials"] if trial not in done]
    for trial in bar(left, desc="model observer", unit="trial", disable=not show):
        names = study.manifest["trials"][trial]
        a, b = (_distance(distance, study, names[side], key[trial]["truth"], device) for side in "ab")
        box.cast(Vote(rater, trial, "unsure" if a == b else "a" if a < b else "b", mirrored=False, seconds=None))
    return path


@torch.no_grad()
def _distance(distance, study, name, truth, device):
    return float(distance(*(_batch(study.picture(n), device) for n in (name, truth))))


def _batch(png, device):
    """PNG bytes → 1×3×H×W in [-1, 1]."""
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGB"))
    return to_float(torch.from_numpy(pixels).permute(2, 0, 1)[None]).to(device)


# -------------------------------------------------------------------- simulated raters, to test an analysis


def simulate_raters(study, path, strengths, raters=10, seed=0, taste=0.0, careless=()):
    """Let simulated raters answer their decks, into the file path. Returns the `BallotBox`.

    strengths: method → log-odds, as in Bradley and Terry's model: P(a over b) = 1 / (1 + exp(θ_b − θ_a)). taste:
    standard deviation of each rater's own addition to each θ. careless: numbers of raters who press any key, and
    the wrong one in a catch trial.
    """
    box = BallotBox(path, study.id, SIMULATED)
    rng, key = np.random.default_rng(seed), study.key()["trials"]
    for number in range(raters):
        rater = Rater(study, box, f"simulated {number}")
        strength = {name: theta + rng.normal(0, taste) for name, theta in strengths.items()}
        strength |= {CATCH[0]: np.inf, CATCH[1]: -np.inf}
        left, votes = set(rater.left), []
        for trial in (trial for trial in key if trial in left):  # not in the rater's order, which no seed fixes
            chance = _chance_of_a(strength, key[trial], number in careless)
            pick = "a" if rng.random() < chance else "b"
            votes.append(Vote(rater.number, trial, pick, rater.mirrored, float(rng.lognormal(1.0, 0.4))))
        box.cast_all(votes)
    return box


def _chance_of_a(strength, trial, careless):
    chance = 1 / (1 + np.exp(strength[trial["b"]] - strength[trial["a"]]))
    if careless:
        return 0.5 if 0 < chance < 1 else 1 - chance
    return chance
