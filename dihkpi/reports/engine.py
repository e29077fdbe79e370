"""The engine ``dihkpi`` of papermill: the cells run in a child of a warm process instead of a kernel.

``papermill --engine dihkpi template.ipynb report.ipynb`` uses it too. Where a process cannot be forked safely, the
cells run in a new one; those of another language than Python in papermill's own engine. papermill imports every engine
that is installed, so this module imports lightly.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from papermill.engines import Engine, NBClientEngine

from dihkpi.reports.running.child import Limits, can_fork, in_child
from dihkpi.reports.running.notebook import NAME, STOPPED
from dihkpi.reports.running.order import Cell, Order, fulfil, in_new_process

_log = logging.getLogger("papermill")
_NO_LIMITS = Limits(seconds=1e9, memory_mb=1 << 24, output_mb=1 << 12)
"""For notebooks of others: what they may take is their own business."""


class ReportEngine(Engine):  # type: ignore[misc]
    """papermill's interface to cells in a child."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, execution_timeout: float | None = None, limits: Limits | None = None,
        folders: tuple[tuple[str, ...], str] | None = None, in_this_process: bool = False,
        kept: list[Any] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Run the code cells of a notebook, up to the first that fails.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
        kernel_name : str
            A Python kernel; any other runs in papermill's own engine.
        execution_timeout : float, optional
            Seconds for a cell, as papermill means it; here for the notebook as a whole, that many times its cells.
        limits : Limits, optional
            What the notebook may take; anything by default.
        folders : tuple of (tuple of str, str), optional
            Files and folders that the cells may read, and a folder that they may write to; everything by default.
        in_this_process : bool
            Run the cells right here where no child can be made. Only for a process that has nothing to lose.
        kept : list, optional
            Gets the notebook, for a caller who wants it though a cell fails and papermill raises.
        """
        if kept is not None:
            kept.append(nb_man.nb)
        if folders is None and not _is_this_python(kernel_name):
            _log.warning("kernel '%s' is not this Python: the notebook runs in that kernel", kernel_name)
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, execution_timeout=execution_timeout, **more)
            return
        cells = _cells(nb_man.nb)
        if limits is None:
            limits = replace(_NO_LIMITS, seconds=execution_timeout * len(cells)) if execution_timeout else _NO_LIMITS
        _Managed(nb_man).run(Order(cells, limits, folders), in_this_process)
        if kept is not None:  # papermill would write it to nowhere, which costs as much as a page
            kept[0] = NotebookNode(nb_man.nb)
            nb_man.nb.cells = []


def _is_this_python(kernel_name: str) -> bool:
    """Whether a kernel is the Python of this process, so that its cells may run without it."""
    from jupyter_client.kernelspec import KernelSpecManager

    command = KernelSpecManager().get_kernel_spec(kernel_name).argv[0]  # an unknown name is an error, as in papermill
    return command in ("python", "python3") or Path(command).resolve() == Path(sys.executable).resolve()


def _cells(notebook: Any) -> list[Cell]:
    return [
        Cell(position, cell.source, "raises-exception" in cell.metadata.get("tags", ()))
        for position, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]


class _Managed:
    """The notebook on the side that does not run it: it takes down what it is told of each cell."""

    def __init__(self, nb_man: Any) -> None:
        self._manager, self._running = nb_man, -1

    def run(self, order: Order, in_this_process: bool) -> None:
        """Have the cells run in a child; in a new process where that is not safe; or right here."""
        if can_fork():
            from dihkpi.reports.running.shell import warm_shell

            warm_shell()
            reason = in_child(lambda say: fulfil(order, say, warm_shell()), order.limits, self._hear)
        elif in_this_process:
            reason = ""
            fulfil(order, self._hear)
        else:
            _log.info("a child of this process, which has threads, would not be safe: the cells run in a new one")
            reason = in_new_process(order, self._hear)
        if reason:
            self._stopped(reason, max(self._running, order.cells[0].position if order.cells else 0))

    def _hear(self, message: dict[str, Any]) -> None:
        position = message["cell"]
        cell = self._manager.nb.cells[position]
        if "outputs" not in message:
            self._running = position
            self._manager.cell_start(cell, position)
            return
        cell.outputs = [from_dict(output) for output in message["outputs"]]
        cell.execution_count = message["count"]
        if position == self._running:
            self._ended(cell, position, message["whole"])

    def _ended(self, cell: Any, position: int, whole: bool) -> None:
        if not whole:
            self._manager.cell_exception(cell, cell_index=position)
        self._manager.cell_complete(cell, cell_index=position)

    def _stopped(self, reason: str, position: int) -> None:
        cell = self._manager.nb.cells[position]
        told = NotebookNode(output_type="error", ename=STOPPED, evalue=reason, traceback=[reason])
        cell.outputs = [*cell.get("outputs", ()), told]
        self._ended(cell, position, False)


execute_notebook = ReportEngine.execute_notebook
nb_kernel_name = ReportEngine.nb_kernel_name
nb_language = ReportEngine.nb_language
"""What papermill asks an engine for: the entry point is this module."""


def register() -> str:
    """Make the engine known to a papermill whose entry points do not tell it; returns its name."""
    from papermill.engines import papermill_engines

    papermill_engines.register(NAME, ReportEngine)
    return NAME
