"""Cells without a kernel: an IPython shell inside this process gives the outputs that a kernel would have sent."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dihkpi.errors import ReportError
from dihkpi.reports.running.order import Cell

Outputs = list[dict[str, Any]]


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    """What a cell displays on the way."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        shown = {"output_type": "display_data", "data": _as_text(data), "metadata": metadata or {}}
        name = (transient or {}).get("display_id")
        if update:
            self.shell.update(name, shown)
        else:
            self.shell.add(shown, name)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.clear(wait)


class _Hook(DisplayHook):  # type: ignore[misc]
    """The value of the last line of a cell."""

    def __call__(self, result: Any = None) -> None:
        shell: Any = self.shell
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        if data:
            about = {"metadata": metadata, "execution_count": shell.number}
            shell.add({"output_type": "execute_result", "data": _as_text(data), **about})


def _as_text(data: dict[str, Any]) -> dict[str, Any]:
    """A display with its images as a notebook holds them."""
    return {
        kind: base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content
        for kind, content in data.items()
    }


class _Stream(io.TextIOBase):
    """What is printed becomes an output, together with what the same stream said right before."""

    def __init__(self, shell: ReportShell, name: str) -> None:
        self._shell, self._name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._shell.say(self._name, str(text))
        return len(text)


class ReportShell(InteractiveShell):  # type: ignore[misc]
    """A shell without history, terminal or kernel, for the cells of one notebook.

    ``outputs`` are those of the running cell, which stands at ``position``; ``number`` counts the cells.
    """

    def __init__(self) -> None:
        self.outputs: Outputs = []
        self.number = 0
        self.room = 20 << 20
        self.position = 0
        self.changed: set[int] = set()
        self._displays: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self._clear_first = False
        quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"colors": "nocolor"})
        super().__init__(config=quiet, display_pub_class=_Publisher, displayhook_class=_Hook)

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window."""

    def add(self, output: dict[str, Any], name: str | None = None) -> None:
        """One more output of the running cell; one with a name can be replaced later. A ReportError without room."""
        if self._clear_first:
            self.clear(False)
        self._make_room(sum(len(content) for content in output.get("data", {}).values() if isinstance(content, str)))
        self.outputs.append(output)
        if name:
            self._displays.setdefault(name, []).append((self.position, output))

    def update(self, name: str | None, shown: dict[str, Any]) -> None:
        """Replace a display, in whichever cell it stands."""
        for position, output in self._displays.get(name or "", ()):
            output.update(data=shown["data"], metadata=shown["metadata"])
            self.changed.add(position)

    def clear(self, wait: bool) -> None:
        """Take back the outputs of the running cell, now or when the next one comes."""
        self._clear_first = wait
        if not wait:
            self.outputs.clear()

    def say(self, stream: str, text: str) -> None:
        """Text that was printed."""
        self._make_room(len(text))
        last = self.outputs[-1] if self.outputs and not self._clear_first else {}
        if last.get("output_type") == "stream" and last["name"] == stream:
            last["text"] += text
        elif text:
            self.add({"output_type": "stream", "name": stream, "text": text})

    def _make_room(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise ReportError("the cells print more than is allowed\n  print less: a report shows values, not logs")

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.add({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)})

    def run(self, source: str, position: int = 0) -> tuple[Outputs, bool]:
        """Outputs of a cell, and whether it came to its end; ``changed`` holds the cells whose displays it replaced."""
        self.outputs, self.number, self._clear_first = [], self.number + 1, False
        self.position, self.changed = position, set()
        with contextlib.redirect_stdout(_Stream(self, "stdout")), contextlib.redirect_stderr(_Stream(self, "stderr")):
            result = self.run_cell(source, store_history=True)
        if not result.success and not any(output["output_type"] == "error" for output in self.outputs):
            error = result.error_before_exec or result.error_in_exec
            self._showtraceback(type(error), error, [])  # an exit is an error too: the report is not whole
        return self.outputs, bool(result.success)

    def run_all(self, cells: Sequence[Cell], say: Callable[[Any], None], room: int) -> None:
        """Run the cells of a notebook up to the first that fails; ``room`` is how much they may print."""
        self.room = room
        done: dict[int, tuple[Outputs, int]] = {}
        for cell in cells:
            say({"cell": cell.position})
            outputs, whole = self.run(cell.source, cell.position)
            for position in self.changed & set(done):  # a display of an earlier cell that this one replaced
                say({"cell": position, "outputs": done[position][0], "count": done[position][1], "whole": True})
            done[cell.position] = (outputs, self.number)
            say({"cell": cell.position, "outputs": outputs, "count": self.number, "whole": whole})
            if not whole and not cell.may_fail:
                return


def new_shell() -> ReportShell:
    """A shell that knows nothing of an earlier one, and that everything in this process takes for the shell."""
    ReportShell.clear_instance()
    shell: ReportShell = ReportShell.instance()
    return shell


@cache
def warm_shell() -> ReportShell:
    """A shell that was made ahead, for a child that inherits it; only one notebook may use it."""
    shell = new_shell()
    shell.run("from dihkpi.reports.blocks import NO_BLOCK\n\nNO_BLOCK")  # also what the first display sets up
    shell.run("del NO_BLOCK")
    shell.number = 0
    return shell
