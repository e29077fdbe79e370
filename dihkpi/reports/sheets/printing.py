"""A page printed by its own style sheet: by WeasyPrint, or by a Chromium that is on the machine."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from dihkpi.errors import ReportError
from dihkpi.reports.sheets.tree import read_page

CHROMIUM_SECONDS = 60.0
CHROMIUM_VARIABLE = "DIHKPI_CHROMIUM"
_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge"),
)
_ALONE = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf"),
)
_LINK = re.compile(r"""(<a\b(?:[^>"']|"[^"]*"|'[^']*')*?)\shref\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


def _for_print(page: str) -> str:
    """The page with its title and numbers in the margins, without links, and with a policy that lets nothing in."""
    title = "".join(c if c.isalnum() or c in " ,.-" else f"\\{ord(c):x} " for c in read_page(page)["running"])
    rules = (
        f'@media print {{ @page {{ @top-left {{ content: "{title}" }} '
        '@bottom-right { content: "page " counter(page) " of " counter(pages) } } }'
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{rules}</style>'
    page = _LINK.sub(r"\1", page)  # the other pages do not lie beside a print
    start = re.search(r"<head[^>]*>", page)
    return page[: start.end()] + head + page[start.end() :] if start else f"<head>{head}</head>{page}"


def missing_weasyprint() -> str:
    """What is missing to use WeasyPrint; empty when nothing is."""
    if not importlib.util.find_spec("weasyprint"):
        return "needs a package: pip install 'dihkpi[weasyprint]'"
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return "needs Pango from the system: apt-get install libpango-1.0-0 libpangoft2-1.0-0"
    return ""


def warm_weasyprint() -> None:
    """Load the package, without using it: Pango starts a thread with the first font."""
    import weasyprint  # noqa: F401


@cache
def _font_configuration() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def by_weasyprint(page: str, folder: Path | None = None) -> bytes:
    """Print by WeasyPrint; only what the page itself carries is read."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # it tells of every rule that is for browsers
    fetcher = URLFetcher(allowed_protocols=["data"])
    document = HTML(string=_for_print(page), url_fetcher=fetcher, base_url=None)
    made = document.write_pdf(pdf_variant="pdf/ua-1", font_config=_font_configuration(), pdf_identifier=b"dihkpi")
    return bytes(made)


def chromium() -> str:
    """Path of the Chromium to use, or an empty text."""
    named = os.environ.get(CHROMIUM_VARIABLE, "")
    return next((found for name in ([named] if named else _NAMES) if (found := shutil.which(name))), "")


def missing_chromium() -> str:
    """What is missing to use Chromium; empty when nothing is."""
    if chromium():
        return ""
    named = os.environ.get(CHROMIUM_VARIABLE)
    if named:
        return f"needs a browser: {CHROMIUM_VARIABLE} names '{named}', which is no program here"
    return f"needs a browser on the path ({', '.join(_NAMES[:4])}, …), or its path in {CHROMIUM_VARIABLE}"


def by_chromium(page: str, folder: Path | None = None) -> bytes:
    """Print by a Chromium without a window, with a profile of its own and no way to the network."""
    with tempfile.TemporaryDirectory(prefix="dihkpi-", ignore_cleanup_errors=True) as place:
        source, target = Path(place) / "page.html", Path(place) / "page.pdf"
        source.write_text(_for_print(page), encoding="utf-8")
        as_root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        options = [*_ALONE, *as_root, f"--user-data-dir={place}/profile", f"--print-to-pdf={target}"]
        said = _run([chromium(), *options, source.as_uri()])
        if not target.is_file():
            raise ReportError(f"PDF by Chromium: it wrote nothing\n  {said.strip()[-300:]}")
        return _without_times(target.read_bytes())


def _run(command: list[str]) -> str:
    """Run a command to its end; after the time allowed, it and all that it started are killed."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            return process.communicate(timeout=CHROMIUM_SECONDS)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            raise ReportError(f"PDF by Chromium: it took longer than {CHROMIUM_SECONDS:.0f} seconds") from None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()


def _without_times(made: bytes) -> bytes:
    """A PDF whose dates are always the same; as long as before, because a PDF knows its parts by their place.

    Examples
    --------
    >>> _without_times(b"/CreationDate (D:20261123225553+00'00')")
    b"/CreationDate (D:20000101000000+00'00')"
    """
    return re.sub(rb"(Date \(D:)\d{14}", rb"\g<1>20000101000000", made)
