"""Nets of every model trained for one step, and result files as `spg evaluate` would write of them."""

import json

from tiny import Tiny

from spg import weights
from spg.engine.machine import make_fabric
from spg.models import task
from spg.profiles import profile
from spg.training import Trainer

PROFILE = profile("smoke", sizes=(32,), pictures=(4,), width=2, discriminator_width=2, alexnet=0.0)
MEANS = {"l1": 1.0, "l2": 1.0, "ssim": 0.9, "psnr": 30.0, "lpips": 0.1, "boundary_lpips": 0.2, "hole_psnr": 20.0}
SETTING = {"data": "tiny", "split": "val", "size": 32, "holes": "paper", "seed": 0, "labels": "true"}


def train(out, *models):
    """Train each model for a step into OUT/MODEL/. Returns out."""
    for model in models:
        trainer = Trainer(model, task(model), PROFILE, Tiny, {"data": "tiny"}, out / model, make_fabric(PROFILE, "cpu"))
        trainer.fit(show=False)
    return out


def result_of(nets, path, methods=("telea", "spg", "spg-oracle"), **changes):
    """Write a result file of these nets to path. Returns the path."""
    rows = {name: {**MEANS, "hole_l1": 5.0, "bins": {}} for name in methods}
    layouts = {name: {"hole_accuracy": 0.7, "hole_miou": 0.4, "per_class": {}} for name in ("row", "spnet")}
    about = {**SETTING, "n": 3, "perceptual": "stlpips", "commit": "x", "segmenter": None}
    result = {**about, "methods": rows, "layouts": layouts, "weights": weights.record(nets), **changes}
    path.write_text(json.dumps(result))
    return path
