"""Reports: one page per hub, region and network, made by a notebook from the results folder of a run.

Read in this order: `results` (what a run left), `view` (what a notebook may call) with its sections
`overview`, `activity`, `maturity`, `places`, `catalogue` and `quality`, made of `blocks` and `figures` in the words of
`wording`; then `plan` (which reports), `engine` (run a notebook), `page` (make it a page), `render` (all of
them), `index` and `manifest`.
"""

from dihkpi.reports.index import write_index
from dihkpi.reports.manifest import write_manifest
from dihkpi.reports.plan import ReportJob, plan_reports
from dihkpi.reports.render import RenderResult, render_reports
from dihkpi.reports.view import Report, open_report

__all__ = [
    "RenderResult",
    "Report",
    "ReportJob",
    "open_report",
    "plan_reports",
    "render_reports",
    "write_index",
    "write_manifest",
]
