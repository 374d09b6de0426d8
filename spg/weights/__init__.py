"""Trained nets: the ones shipped in this folder, and the ones a training of yours has left.

`registry.json` lists what is shipped (`spg.engine.shipped` reads it), MODEL_CARDS.md says it in words.
"""

from spg.engine.shipped import registry, shipped_nets
from spg.weights.finding import account, default, find_nets, load_net, one, record, resolve, with_segmenter
from spg.weights.nets import Nets, load, load_discriminators, load_evaluator, prepare
from spg.weights.shipping import cards, ship, ship_discriminators, ship_evaluator

__all__ = [
    "Nets",
    "account",
    "cards",
    "default",
    "find_nets",
    "load",
    "load_discriminators",
    "load_evaluator",
    "load_net",
    "one",
    "prepare",
    "record",
    "registry",
    "resolve",
    "ship",
    "ship_discriminators",
    "ship_evaluator",
    "shipped_nets",
    "with_segmenter",
]
