"""The run: inbox, store, scores, indicators, reports."""

from dihkpi.pipeline.run import RunResult, run

__all__ = ["RunResult", "run"]
