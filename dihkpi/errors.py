"""Every exception and warning of the package: one class per thing that a user can do something about."""

from __future__ import annotations

from collections.abc import Sequence


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


class ReportError(DihkpiError):
    """A report could not be made; the text names the template, the cell and the error."""
