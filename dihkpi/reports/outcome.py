"""What became of one report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["made", "unchanged", "failed"]


@dataclass(frozen=True)
class RenderResult:
    """What became of one report.

    Attributes
    ----------
    report, level, code, title : str
        Which report of which place.
    path : str
        The page, relative to the folder of the reports.
    key : str
        Key of the job.
    parts : mapping of str to str
        What the key is made of.
    state : {'made', 'unchanged', 'failed'}
        What happened.
    files : mapping of str to str
        Files of the report and their SHA-256.
    message : str
        Template, cell and error of a failed report.
    why : str
        Why it was not left as it was.
    seconds : float
        How long a process was busy with it.
    way : str
        In which way its cells were run.
    """

    report: str
    level: str
    code: str
    title: str
    path: str
    key: str
    parts: Mapping[str, str]
    state: State
    files: Mapping[str, str]
    message: str = ""
    why: str = ""
    seconds: float = 0.0
    way: str = ""
