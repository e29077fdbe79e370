"""A warm process that makes one report after the other: jobs come in by its standard input, answers go out.

One line of JSON is one job; one line of JSON is one answer. The process has a single thread, so that it can fork a
child per report; it ends when its input ends.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dihkpi.errors import DihkpiError
from dihkpi.reports.running.child import Lifeline, Limits, can_fork
from dihkpi.reports.running.notebook import FailedNotebookError, Way, execute

Job = Mapping[str, Any]
Answer = dict[str, Any]


def serve() -> None:
    """Answer jobs until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    Lifeline.descriptor = 0
    warm_up()
    with open(0, "rb", buffering=0, closefd=False) as jobs:
        while line := jobs.readline():
            answers.write(json.dumps(answer(json.loads(line)), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            answers.flush()


@cache
def warm_up() -> None:
    """Import and use once what every report needs, so that no child pays for it again.

    Nothing here may start a thread: no Parquet is read (Arrow has a pool of threads), no kernel is started.
    """
    import encodings.ascii  # noqa: F401

    import numpy.random  # noqa: F401
    import papermill  # noqa: F401

    from dihkpi.reports import engine, page, view  # noqa: F401
    from dihkpi.reports.drawing import figures
    from dihkpi.reports.running import guard  # noqa: F401
    from dihkpi.reports.running.shell import warm_shell

    figures.warm()
    warm_shell()
    gc.collect()
    gc.freeze()


def answer(job: Job) -> Answer:
    """Make one report; every fault becomes an answer.

    Returns
    -------
    dict
        ``files``: format to content (that of a PDF in base64). ``error``: what went wrong, and then ``notebook``: as
        far as it came. ``seconds`` that it took, and the ``way`` in which the cells were run.
    """
    start = time.perf_counter()
    way: Way = job["way"] or ("child" if can_fork() else "process")
    found: Answer = {"files": {}, "error": "", "notebook": "", "way": way}
    try:
        folder = Path(job["folder"])
        _read_ahead(folder / str(job["parameters"].get("data", "")))
        notebook = execute(Path(job["template"]), job["parameters"], folder, limits=Limits(**job["limits"]), way=way)
        found["files"] = _files(notebook, job)
    except FailedNotebookError as error:
        found |= {"error": str(error), "notebook": notebook_text(error.notebook)}
    except (DihkpiError, OSError) as error:
        found["error"] = str(error)
    except Exception as error:  # a fault of ours or of a library: this report fails, the process goes on
        found["error"] = f"{Path(job['template']).name}: {type(error).__name__}: {error}"
    if way == "process":
        _forget()
    return found | {"seconds": round(time.perf_counter() - start, 3)}


def _read_ahead(data: Path) -> None:
    """What all children read alike is read by their parent."""
    from dihkpi.reports.extract import read_dictionary

    if (file := data / "dictionary.json").is_file():
        read_dictionary(file, file.stat().st_mtime_ns)


def _files(notebook: Any, job: Job) -> dict[str, str]:
    """The report in each format that is asked for."""
    from dihkpi.reports.page import make_page

    formats, found = job["formats"], {}
    if "ipynb" in formats:
        found["ipynb"] = notebook_text(notebook)
    if {"html", "pdf"} & set(formats):
        page = make_page(notebook, Path(job["page"]), job["title"])
        if "html" in formats:
            found["html"] = page
        if "pdf" in formats:
            from dihkpi.reports.sheets.pdf import make_pdf

            made = make_pdf(page, engine=job["pdf_engine"], folder=Path(job["page"]))
            found["pdf"] = base64.b64encode(made).decode("ascii")
    return found


def _forget() -> None:
    """In a process that goes on, nothing of a report may stay behind."""
    import matplotlib
    from matplotlib import pyplot

    pyplot.close("all")
    matplotlib.rcdefaults()


def notebook_text(notebook: Any) -> str:
    """A notebook as a file holds it."""
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"


if __name__ == "__main__":
    serve()
