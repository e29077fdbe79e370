"""Reports: one page per hub, region and network, made by a notebook from the results folder of a run.

Read in this order: `results` (what a run left), `extracting` and `extract` (the rows that one report reads), `facts` (a
figure, and the names of codes); `view` (what a notebook may call) with its `sections`, made of `blocks` and of figures
(`drawing`) in the words of `wording`; then `plan` (which reports) and `why` (what changed), `running` (how cells run)
behind papermill's `engine`, `page` and `sheets` (HTML and PDF), `render` (all of them) here or on a `cluster`, `index`
and `manifest`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Names load on first use: papermill imports the engine in this package whenever it starts.
_HOMES = {
    "Making": "dihkpi.reports.render",
    "RenderResult": "dihkpi.reports.outcome",
    "Report": "dihkpi.reports.view",
    "ReportJob": "dihkpi.reports.plan",
    "open_report": "dihkpi.reports.view",
    "plan_reports": "dihkpi.reports.plan",
    "render_reports": "dihkpi.reports.render",
    "write_index": "dihkpi.reports.index",
    "write_manifest": "dihkpi.reports.manifest",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dihkpi.reports' has no attribute '{name}'")
