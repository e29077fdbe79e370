"""A file that was recognised: its parts, each a table of text with the form it carries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dihkpi.definitions import Definitions
from dihkpi.intake.readers.container import Limits, read_sheets
from dihkpi.intake.recognise import Match, recognise
from dihkpi.intake.sheet import Sheet


@dataclass(frozen=True)
class Part:
    """One sheet of a file and the form it carries."""

    sheet: Sheet
    match: Match


@dataclass(frozen=True)
class Submission:
    """A file as it was sent, recognised but not yet checked.

    Parameters
    ----------
    path : pathlib.Path
        Where the file is.
    name : str
        How issues call it.
    parts : tuple of Part
        Its sheets that carry a form.
    hub : str, optional
        The hub that sent it, when it is known from outside.
    """

    path: Path
    name: str
    parts: tuple[Part, ...]
    hub: str | None = None


def read_submission(
    path: str | Path,
    definitions: Definitions,
    *,
    survey: str | None = None,
    hub: str | None = None,
    name: str | None = None,
    country: str | None = None,
) -> Submission:
    """Read a file and recognise what it carries.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of any kind that is read, whatever its name says.
    definitions : Definitions
        Surveys to recognise.
    survey : str, optional
        Settles doubt about the survey.
    hub : str, optional
        Hub that sent the file.
    name : str, optional
        How issues call the file; its own name by default.
    country : str, optional
        Code of the country that it comes from, which tells the code page of a text that is not UTF-8.

    Returns
    -------
    Submission

    Raises
    ------
    FileRefusedError
        When the file cannot be read or fits no layout.
    UsageError
        When the survey is unknown.
    """
    path = Path(path)
    if survey is not None:
        definitions.survey(survey)
    pages = definitions.codelists["code_pages"].attribute("code_page")
    container, sheets = read_sheets(path, Limits.of(definitions.value), pages=pages, country=country)
    found = recognise(path, container, sheets, definitions, survey)
    return Submission(path, name or path.name, tuple(Part(sheet, match) for sheet, match in found), hub)
