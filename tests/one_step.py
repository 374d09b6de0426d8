"""One training step under torchrun; process 0 writes every gradient to ARGV[1].pt (used by test_training)."""

import sys

import torch
from tiny import Tiny
from torch import distributed

from spg.engine.machine import leave, make_fabric
from spg.models import task
from spg.profiles import profile
from spg.training import Trainer

torch.set_num_threads(1)
gradients = {}
for model in ("spnet", "sgnet"):
    settings = profile("smoke", sizes=(32,), pictures=(80,), batch=4, width=4, discriminator_width=4)
    fabric = make_fabric(settings, "cpu")
    trainer = Trainer(model, task(model), settings, Tiny, {"data": "tiny"}, sys.argv[1], fabric)
    trainer.play(next(trainer._batches(Tiny(32), 1)))
    for name, net in trainer.nets.items():
        gradients |= {f"{model}/{name}/{k}": p.grad for k, p in net.module.named_parameters()}
leave()
assert not distributed.is_initialized()
if fabric.is_global_zero:
    torch.save(gradients, sys.argv[1] + ".pt")
