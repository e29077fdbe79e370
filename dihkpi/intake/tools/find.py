"""All tools tried on a file, and what is said when none fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dihkpi.definitions import Definitions, Survey
from dihkpi.errors import FileRefusedError
from dihkpi.intake.recognise import NEAR, Match
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import normalise_header
from dihkpi.intake.tools.eusurvey import EUSURVEY
from dihkpi.intake.tools.export import Export, ToolReader
from dihkpi.intake.tools.fit import fit
from dihkpi.intake.tools.forms import GOOGLEFORMS, MSFORMS
from dihkpi.intake.tools.kobo import KOBO, ODK
from dihkpi.intake.tools.limesurvey import LIMESURVEY
from dihkpi.intake.tools.qualtrics import QUALTRICS
from dihkpi.intake.tools.spss import SPSS

TOOLS: tuple[ToolReader, ...] = (EUSURVEY, SPSS, LIMESURVEY, KOBO, ODK, QUALTRICS, MSFORMS, GOOGLEFORMS)
"""From the surest sign to the least sure."""
_NAMED = 5


@dataclass
class Tried:
    """What came of the tools.

    Parameters
    ----------
    matches : list of (Sheet, Match)
        Forms that an export carries, well enough to be read.
    tool : ToolReader, optional
        The tool that wrote the file.
    nearest : Match, optional
        The form that fits best, where none fits well enough.
    refusal : FileRefusedError, optional
        Why an export cannot be read.
    questionnaire : str
        What questionnaire the file is, when it holds no answers.
    """

    matches: list[tuple[Sheet, Match]] = field(default_factory=list)
    tool: ToolReader | None = None
    nearest: Match | None = None
    refusal: FileRefusedError | None = None
    questionnaire: str = ""

    def told(self) -> tuple[str, str]:
        """What the file is, and what to do: nothing of it fits a survey."""
        if self.questionnaire:
            return f"it is a questionnaire ({self.questionnaire}), not its answers", "export the responses"
        if self.tool is None:
            signs = "; ".join(f"{tool.title}: {tool.sign}" for tool in TOOLS)
            return "it is not an export of a known tool", f"exports are known by this: {signs}"
        if self.nearest is None:
            return f"it is an export of {self.tool.title} without any column of a survey", self.tool.hint
        match = self.nearest
        absent = [name for name, source in match.layout.headers.items() if getattr(source, "position", None) is None]
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        near = f"{match.survey.survey} › {match.form_name} with {match.found} of {match.wanted} columns"
        message = f"it is an export of {self.tool.title}, nearest to {near}"
        return message, f"missing for it: {', '.join(absent[:_NAMED])}{more}; {self.tool.hint}"


def try_tools(
    sheets: Sequence[Sheet], container: str, surveys: Sequence[Survey], definitions: Definitions, named: bool
) -> Tried:
    """The forms that a file carries as the export of a survey tool.

    Parameters
    ----------
    sheets : sequence of Sheet
    container : str
        Kind of file.
    surveys : sequence of Survey
        Surveys that it may be.
    definitions : Definitions
    named : bool
        Whether the user said which survey it is: then a few columns are enough, and what is missing is told.
    """
    tried = Tried(questionnaire=_questionnaire(sheets))
    for tool in TOOLS:
        try:
            exports = tool.read(sheets, container, definitions)
            fits = [found for export in exports for found in _fits(export, surveys)]
        except FileRefusedError as fault:
            tried.refusal = fault
            continue
        if not exports:
            continue
        tried.tool = tried.tool or tool
        good = [found for found in fits if found[1].complete or named or found[1].found >= NEAR * found[1].wanted]
        if good:
            return Tried(good, tool)
        if fits:
            tried.nearest = max((match for _, match in fits), key=_nearness)
    return tried


def _questionnaire(sheets: Sequence[Sheet]) -> str:
    """What questionnaire a file is, if it is one."""
    if {"survey", "choices"} <= {normalise_header(sheet.name) for sheet in sheets}:
        return "an XLSForm"
    return "the structure of a LimeSurvey" if sheets[0].head[0] >= {"class", "type/scale"} else ""


def _nearness(match: Match) -> tuple[bool, float]:
    """Exports of survey tools are answers before they are anything else."""
    return match.form.kind == "answers", match.found / match.wanted


def _fits(export: Export, surveys: Sequence[Survey]) -> Iterator[tuple[Sheet, Match]]:
    for survey in surveys:
        for name in survey.forms:
            if found := fit(export, survey, name):
                yield found
