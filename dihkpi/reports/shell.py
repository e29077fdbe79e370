"""Cells without a kernel: an IPython shell inside this process writes the outputs that a kernel would have sent.

The shell is meant for a process that makes one report and ends. It is put behind papermill's own engine interface, so
that parameters, the order of cells and errors are those of papermill.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import v4
from papermill.engines import Engine
from traitlets.config import Config

NAME = "dihkpi"


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    """What a cell displays on the way."""

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        self.shell.outputs.append(v4.new_output("display_data", data=data, metadata=metadata or {}))


class _Hook(DisplayHook):  # type: ignore[misc]
    """The value of the last line of a cell."""

    def __call__(self, result: Any = None) -> None:
        shell: Any = self.shell
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        if data:
            about = {"metadata": metadata, "execution_count": shell.number}
            shell.outputs.append(v4.new_output("execute_result", data=data, **about))


class ReportShell(InteractiveShell):  # type: ignore[misc]
    """A shell without history, terminal or kernel; ``outputs`` are those of the running cell, ``number`` counts."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.number = 0
        quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"colors": "nocolor"})
        super().__init__(config=quiet, display_pub_class=_Publisher, displayhook_class=_Hook)

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.outputs.append(v4.new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)))

    def run(self, source: str) -> tuple[list[Any], bool]:
        """Outputs of a cell, and whether it came to its end."""
        self.outputs, self.number = [], self.number + 1
        with _streams() as streams:
            result = self.run_cell(source, store_history=True)
        if not result.success and not any(output.output_type == "error" for output in self.outputs):
            error = result.error_before_exec or result.error_in_exec
            self._showtraceback(type(error), error, [])  # an exit is an error too: the report is not whole
        texts = [v4.new_output("stream", name=name, text=text) for name, text in streams.items() if text]
        return texts + self.outputs, result.success


@contextlib.contextmanager
def _streams() -> Iterator[dict[str, str]]:
    """What is printed, by stream."""
    said: dict[str, str] = {}
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield said
    said.update(stdout=out.getvalue(), stderr=err.getvalue())


class ShellEngine(Engine):  # type: ignore[misc]
    """papermill's interface to the shell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Run the code cells of a notebook, up to the first that fails."""
        shell = ReportShell()
        for position, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, position)
            try:
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                cell.outputs, whole = shell.run(cell.source)
                cell.execution_count = shell.number
                if not whole:
                    nb_man.cell_exception(cell, cell_index=position)
                    break
            finally:
                nb_man.cell_complete(cell, cell_index=position)


def register() -> str:
    """Make the engine known to papermill; returns its name."""
    from papermill.engines import papermill_engines

    papermill_engines.register(NAME, ShellEngine)
    return NAME
