"""How much of the machine others take while something is timed: without it, a bound in seconds says little."""

import os
import time

import psutil

MOST = 0.8  # share of the cores: however busy the others are, a bound grows at most fivefold


class Others:
    """`with Others() as others: ...`; then others.share is the share of all cores' time that went to other processes.

    Other than this process and those it has started, directly or not.
    """

    def __enter__(self):
        self._before = self._taken()
        return self

    def __exit__(self, *_):
        seconds, everyone, ours = (after - before for after, before in zip(self._taken(), self._before, strict=True))
        self.share = min(1.0, max(0.0, everyone - ours) / (seconds * psutil.cpu_count()))

    def relaxed(self, goal):
        """The goal, in seconds, of a machine that has only the rest of its cores: goal / (1 - share)."""
        return goal / (1 - min(self.share, MOST))

    @staticmethod
    def _taken():
        """(the clock, processor seconds of everybody, processor seconds of this process and its descendants)."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0)
        guests = getattr(times, "guest", 0) + getattr(times, "guest_nice", 0)  # counted in user and nice already
        return time.perf_counter(), sum(times) - guests - idle, sum(map(_used, _family()))


def _family():
    me = psutil.Process(os.getpid())
    return [me, *me.children(recursive=True)]


def _used(process):
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has ended
        return 0.0
    return times.user + times.system
