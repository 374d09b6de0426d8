"""How well pictures are filled: judging, metrics, summaries, tables, and the comparisons built on them.

`evaluate` fills the fixed holes of a data set with every method and measures; `measure` does it for one picture.
"""

from importlib import import_module

_HOMES = {"evaluate": "spg.evaluation.judging", "measure": "spg.evaluation.judging"}
__all__ = ["evaluate", "measure"]


def __getattr__(name):
    """Import what is used: `spg table` needs no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spg.evaluation' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
