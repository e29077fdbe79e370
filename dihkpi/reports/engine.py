"""The engine ``dihkpi`` of papermill: the cells run in a child of a warm process instead of a kernel.

``papermill --engine dihkpi template.ipynb report.ipynb`` uses it too. Where a process cannot be forked safely, the
cells run in a new one; those of another language than Python in papermill's own engine. papermill imports every engine
that is installed, so this module imports lightly.
"""

from __future__ import annotations

import logging
from typing import Any

from nbformat import NotebookNode, from_dict
from papermill.engines import Engine, NBClientEngine

from dihkpi.reports.running.child import Limits, can_fork, in_child
from dihkpi.reports.running.notebook import NAME, STOPPED
from dihkpi.reports.running.order import Cell, Order, fulfil, in_new_process

_log = logging.getLogger("papermill")


class ReportEngine(Engine):  # type: ignore[misc]
    """papermill's interface to cells in a child."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, execution_timeout: float | None = None, limits: Limits | None = None,
        folders: tuple[str, str] | None = None, in_this_process: bool = False,
        kept: list[Any] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Run the code cells of a notebook, up to the first that fails.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
        kernel_name : str
            A Python kernel; any other runs in papermill's own engine.
        execution_timeout : float, optional
            Seconds for the whole notebook.
        limits : Limits, optional
            What the notebook may take.
        folders : tuple of (str, str), optional
            A folder that the cells may read and one that they may write to; everything by default.
        in_this_process : bool
            Run the cells right here where no child can be made. Only for a process that has nothing to lose.
        kept : list, optional
            Gets the notebook, for a caller who wants it though a cell fails and papermill raises.
        """
        if kept is not None:
            kept.append(nb_man.nb)
        if "python" not in kernel_name:
            _log.warning("the notebook is not in Python: it runs in a kernel")
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, execution_timeout=execution_timeout, **more)
            return
        if limits is None:
            limits = Limits(seconds=execution_timeout) if execution_timeout else Limits()
        _Managed(nb_man).run(Order(_cells(nb_man.nb), limits, folders), in_this_process)
        if kept is not None:  # papermill would write it to nowhere, which costs as much as a page
            kept[0] = NotebookNode(nb_man.nb)
            nb_man.nb.cells = []


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
            _log.info("a child of this process would not be safe: the cells run in a new one")
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
"""What papermill calls: the entry point is this module."""


def register() -> str:
    """Make the engine known to a papermill whose entry points do not tell it; returns its name."""
    from papermill.engines import papermill_engines

    papermill_engines.register(NAME, ReportEngine)
    return NAME
