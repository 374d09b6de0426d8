"""Freed memory stays in the process where the system lets us keep it."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from spg.engine.machine import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory() and keep_freed_memory()  # a second time changes nothing
for _ in range(30):
    torch.ones(2**23)  # 32 MB: the heap grows to what it needs
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(2**23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's mallopt is asked for on Linux only")
def test_freed_memory_is_used_again():
    faults = {
        how: int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True).stdout)
        for how in ("keep", "give back")
    }
    assert faults["keep"] < 2000 < faults["give back"]
