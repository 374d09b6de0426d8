"""Keep the memory that a net's layers have freed, instead of handing it back to the system after each."""

import ctypes
import functools
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # of malloc.h


@functools.cache
def keep_freed_memory():
    """On Linux with glibc: serve large blocks from the heap and never shrink it. Returns whether it was done.

    By default glibc maps each large tensor anew and the kernel clears its pages every time; on the CPU a small
    net's training step spends more than half of its time so. The price: the process stays as large as it was at
    its largest. Elsewhere, or in a process without mallopt, nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(key, value) == 1 for key, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_TOP_PAD, 2**28)))
