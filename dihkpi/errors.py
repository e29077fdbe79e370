"""Every exception and warning of the package: one class per thing that a user can do something about."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

FINE, DATA_HAS_ERRORS, WRONG_USAGE, FAILED = 0, 1, 2, 3
"""Exit codes of every command."""


class DihkpiError(Exception):
    """Root of all errors of this package; its text is meant to be read by the user.

    Parameters
    ----------
    message : str
        What was found, where, what is allowed, what to do.
    """


class UsageError(DihkpiError):
    """The command was called in a way that cannot work: unknown survey, missing folder, bad option."""


class DefinitionError(DihkpiError):
    """One or more definition files are wrong; all problems are listed at once.

    Parameters
    ----------
    problems : sequence of str
        One problem each, as ``file › path: message``.
    where : str, optional
        The folder that was read.
    """

    def __init__(self, problems: Sequence[str], where: str = "") -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        head = f"{count} in {where}" if where else count
        shown = [f"  {problem}" for problem in self.problems[:10]]
        if len(self.problems) > 10:
            shown.append(f"  and {len(self.problems) - 10} more")
        super().__init__("\n".join([head, "", *shown]))


class ScoringError(DefinitionError):
    """A definition is right, but these values cannot be scored by it, such as an item without spread."""


class ScoringWarning(UserWarning):
    """Something about scores that a reader should know, such as bounds that later data will move."""


class FileRefusedError(DihkpiError):
    """A file is not what it claims, is too large, or fits no layout; nothing of it was read.

    Parameters
    ----------
    rule : str
        Stable id of the reason, used as the rule of the issue.
    message : str
        What was found and what is allowed.
    hint : str
        What to do.
    """

    def __init__(self, rule: str, message: str, hint: str = "") -> None:
        self.rule, self.message, self.hint = rule, message, hint
        super().__init__(f"{message}\n  {hint}" if hint else message)


class WorkspaceError(DihkpiError):
    """A folder is not a workspace, its settings are wrong, or it cannot be written."""


class BusyError(DihkpiError):
    """Another process works in the workspace."""


class ScheduleError(DihkpiError):
    """The record of what schedules have made cannot be read."""


class ReportError(DihkpiError):
    """A report could not be made; the text names the template, the cell and the error."""


def did_you_mean(word: str, options: Iterable[str], limit: int = 3) -> list[str]:
    """Options that look like ``word``, nearest first, letter case ignored.

    Examples
    --------
    >>> did_you_mean("overal", ["overall", "strategy"])
    ['overall']
    """
    by_folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=limit, cutoff=0.6)
    return [by_folded[match] for match in near]


def hint_for(word: str, options: Iterable[str], noun: str = "known", limit: int = 8) -> str:
    """One line that helps with an unknown word: the near misses, or what is known.

    Examples
    --------
    >>> hint_for("dma_sm", ["dma_sme", "odm_2023"])
    "did you mean 'dma_sme'?"
    >>> hint_for("x", ["dma_sme", "odm_2023"])
    'known: dma_sme, odm_2023'
    """
    names = list(options)
    near = did_you_mean(word, names)
    if near:
        return "did you mean " + " or ".join(f"'{name}'" for name in near) + "?"
    if not names:
        return f"{noun}: none"
    tail = f", and {len(names) - limit} more" if len(names) > limit else ""
    return f"{noun}: {', '.join(names[:limit])}{tail}"
