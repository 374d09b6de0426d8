"""A model in the raters' place: of two pictures it chooses the one that is nearer to the truth by LPIPS.

It goes through the same trials with the same rules, and is no person: it compares with a truth that people are not
shown, never tires, and measures closeness, not realism. Everything made from its votes says so.
"""

import io

import numpy as np
import torch
from PIL import Image

from spg import perceptual
from spg.engine.watching import progress as bar
from spg.pictures import to_float
from spg.study.votes import BallotBox, Vote

FILE = "model-observer.sqlite"


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
