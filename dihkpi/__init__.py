"""Validated data, maturity scores, impact indicators and assessment reports for Digital Innovation Hubs.

>>> import dihkpi as dk
>>> definitions = dk.load_definitions()
>>> sorted(definitions.surveys)[:2]
['dma_pso', 'dma_sme']
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Names load on first use, so that importing the package costs nothing.
_HOMES = {
    "load_definitions": "dihkpi.definitions",
    "read_submission": "dihkpi.intake.submission",
    "validate": "dihkpi.intake.validate",
    "score": "dihkpi.scoring.score",
    "score_values": "dihkpi.scoring.composite",
    "survey_quality": "dihkpi.scoring.reliability.card",
    "compute_indicators": "dihkpi.indicators.compute",
    "open_report": "dihkpi.reports",
    "plan_reports": "dihkpi.reports",
    "render_reports": "dihkpi.reports",
    "run": "dihkpi.pipeline",
    "run_due": "dihkpi.schedule",
    "write_network": "dihkpi.demo",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dihkpi' has no attribute '{name}'")
