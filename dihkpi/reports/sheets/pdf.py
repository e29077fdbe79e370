"""A page as PDF: tagged, numbered, the same bytes for the same page, nothing fetched.

Three engines, in the order in which they are worth trying. ``typst`` sets the page by the rules of ``page.typ``, ten
times faster than the others. ``weasyprint`` and ``chromium`` print it by its own style sheet, see `printing`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dihkpi.errors import ReportError, UsageError, hint_for
from dihkpi.reports.running.child import Limits, Say, can_fork, in_child
from dihkpi.reports.sheets import printing, typeset
from dihkpi.reports.wording import visible

LIMITS = Limits(seconds=120.0)


class Engine(NamedTuple):
    """A way to a PDF."""

    make: Callable[[str, Path | None], bytes]
    missing: Callable[[], str]
    warm: Callable[[], object]
    title: str


ENGINES: Mapping[str, Engine] = {
    "typst": Engine(typeset.make, typeset.missing, typeset.warm, "Typst"),
    "weasyprint": Engine(printing.by_weasyprint, printing.missing_weasyprint, printing.warm_weasyprint, "WeasyPrint"),
    "chromium": Engine(printing.by_chromium, printing.missing_chromium, lambda: None, "Chromium"),
}


def pdf_engines() -> dict[str, str]:
    """Name of each engine, and what is missing here to use it; an empty text when nothing is.

    Examples
    --------
    >>> list(pdf_engines())
    ['typst', 'weasyprint', 'chromium']
    """
    return {name: engine.missing() for name, engine in ENGINES.items()}


def check_engine(engine: str = "typst") -> None:
    """Stop early when an engine is not known or cannot work here.

    Parameters
    ----------
    engine : str
        ``typst``, ``weasyprint`` or ``chromium``.

    Raises
    ------
    UsageError
        When the engine is not known.
    ReportError
        When something is missing; the text says what to install.

    Examples
    --------
    >>> check_engine("typts")
    Traceback (most recent call last):
        ...
    dihkpi.errors.UsageError: unknown PDF engine 'typts'
      did you mean 'typst'?
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown PDF engine '{visible(engine)}'\n  {hint_for(engine, ENGINES)}")
    if reason := ENGINES[engine].missing():
        ready = [name for name, missing in pdf_engines().items() if not missing]
        other = f"\n  or choose another engine, ready here: {', '.join(ready)}" if ready else ""
        raise ReportError(f"PDF by {ENGINES[engine].title} {reason}{other}")


@cache
def warm_pdf(engine: str = "typst") -> None:
    """Load once what every PDF needs; starts no thread, so that a worker may go on to fork."""
    check_engine(engine)
    ENGINES[engine].warm()


def make_pdf(page: str, *, engine: str = "typst", folder: Path | None = None) -> bytes:
    """Turn a page into a PDF.

    Parameters
    ----------
    page : str
        The HTML of `make_page`.
    engine : str
        ``typst``, ``weasyprint`` or ``chromium``.
    folder : Path, optional
        Folder of the page template; its ``page.typ`` says how Typst sets the page. Without one, that of the package.

    Returns
    -------
    bytes
        A4, tagged, with the title of the page on top and its number at the foot of each page.

    Raises
    ------
    UsageError, ReportError
        As `check_engine`; and when the page cannot be set.
    """
    warm_pdf(engine)
    make = ENGINES[engine].make
    if engine == "chromium" or not can_fork():
        return make(page, folder)
    return _apart(lambda: make(page, folder))


def _apart(work: Callable[[], bytes]) -> bytes:
    """Work in a child: the threads and the memory of an engine end with it, and it can be stopped."""
    with tempfile.TemporaryDirectory(prefix="dihkpi-") as folder:
        target = Path(folder) / "page.pdf"
        faults: list[str] = []

        def write(say: Say) -> None:
            try:
                target.write_bytes(work())
            except ReportError as error:
                say(str(error))

        reason = in_child(write, LIMITS, faults.append)
        if faults or reason:
            raise ReportError(faults[0] if faults else f"PDF could not be made: {visible(reason)[:300]}")
        return target.read_bytes()
