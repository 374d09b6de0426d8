"""One kind of progress bar: lively in a terminal or notebook, a line every half minute in a log file."""

import sys

from tqdm.auto import tqdm


def progress(*args, **options):
    """A tqdm bar with tqdm's own arguments. Where stderr is a file, a fast bar would fill it."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(*args, **{"mininterval": 0.1 if watched else 30, "dynamic_ncols": watched, **options})
