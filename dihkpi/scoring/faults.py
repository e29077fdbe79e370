"""What a method cannot work with: told by the method, completed with the place in the definition by who called it."""

from __future__ import annotations

from collections.abc import Sequence

from dihkpi.errors import ScoringError


class UnfitError(Exception):
    """Values that a method cannot work with.

    Parameters
    ----------
    child : int or None
        Position of the item or child, or ``None`` where it is about all.
    reason : str
        What was found.
    hint : str
        What to do.
    """

    def __init__(self, child: int | None, reason: str, hint: str = "") -> None:
        self.child, self.reason, self.hint = child, reason, hint
        super().__init__(reason)

    def at(self, place: str, children: Sequence[str]) -> ScoringError:
        """The error for the user, with its place in the definition."""
        where = place if self.child is None else f"{place} › {children[self.child]}"
        return ScoringError([f"{where}: {self.reason}" + (f"\n      {self.hint}" if self.hint else "")], "the scoring")
