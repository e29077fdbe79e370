"""The run: inbox, store, scores, indicators, reports. `run` looks whether anything changed; `steps` are the rest."""

from dihkpi.pipeline.run import Choice, RunResult, run

__all__ = ["Choice", "RunResult", "run"]
