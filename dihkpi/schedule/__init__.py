"""Reports when they are due: which periods, one call at a time, ready lines for timers."""

from dihkpi.schedule.run import run_due
from dihkpi.schedule.summary import Summary

__all__ = ["Summary", "run_due"]
