"""A page set by Typst: the page goes in as data, the look of it is ``page.typ`` beside the page template."""

from __future__ import annotations

import importlib.util
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from dihkpi.definitions.locate import bundled_root
from dihkpi.errors import ReportError
from dihkpi.reports.sheets.tree import read_page
from dihkpi.reports.wording import visible

TEMPLATE = "page.typ"
# As in the style sheet of the page; the last one comes with matplotlib, so that there is always one.
_FAMILIES = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
_STANDARD = "ua-1"


def missing() -> str:
    """What is missing to use Typst; empty when nothing is."""
    return "" if importlib.util.find_spec("typst") else "needs a package: pip install 'dihkpi[pdf]'"


@cache
def _fonts() -> Any:
    """The fonts of the system and of matplotlib; looked up once, which takes longer than to set a page."""
    import matplotlib as mpl
    import typst

    return typst.Fonts(font_paths=[str(Path(mpl.get_data_path()) / "fonts" / "ttf")])


@lru_cache(maxsize=4)
def _compiler(folder: Path) -> tuple[Any, bytes]:
    """A compiler that reads no file outside of the folder of the template, and the template."""
    import typst

    source = (folder / TEMPLATE).read_bytes()
    return typst.Compiler(source, root=str(folder), font_paths=_fonts()), source


def warm() -> None:
    """Look for fonts once."""
    _fonts()


def make(page: str, folder: Path | None = None) -> bytes:
    """Set a page.

    Parameters
    ----------
    page : str
        The HTML of a page.
    folder : Path, optional
        Folder of the page template; where it has no ``page.typ``, that of the package is used.
    """
    import typst

    own = folder is not None and (folder / TEMPLATE).is_file()
    compiler, source = _compiler(folder if own and folder else bundled_root() / "notebooks" / "page")
    families = [name for name in _FAMILIES if name in _fonts().families()]
    given = {"page": json.dumps(read_page(page)), "fonts": json.dumps(families)}
    try:
        try:
            made = compiler.compile(input=source, format="pdf", sys_inputs=given, pdf_standards=[_STANDARD])
        except typst.TypstError as error:
            if not str(error).startswith("PDF/UA"):
                raise
            # A letter that no font has, for one: still tagged, but it may not claim to keep the standard.
            made = compiler.compile(input=source, format="pdf", sys_inputs=given)
    except typst.TypstError as error:
        hints = "".join(f"\n  {visible(hint)[:200]}" for hint in getattr(error, "hints", []))
        raise ReportError(f"PDF by Typst: {TEMPLATE}: {visible(error)[:300]}{hints}") from None
    return bytes(made)
