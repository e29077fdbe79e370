"""The command line: one file per group of commands; nothing is computed here."""

from __future__ import annotations

import os
import sys

from dihkpi.errors import (
    DATA_HAS_ERRORS,
    FAILED,
    FINE,
    WRONG_USAGE,
    DefinitionError,
    DihkpiError,
    FileRefusedError,
    UsageError,
    WorkspaceError,
)

__all__ = ["DATA_HAS_ERRORS", "FAILED", "FINE", "WRONG_USAGE", "main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
    ):  # before NumPy is loaded: small problems, no thread pools
        os.environ.setdefault(name, "1")
    from dihkpi.cli.app import app

    try:
        app()
    except BrokenPipeError:
        sys.exit(FAILED)
    except Exception as fault:
        sys.exit(_explain(fault))


def _explain(fault: Exception) -> int:
    """Say what went wrong in plain words; returns the exit code."""
    from dihkpi.cli.messages import complain

    if isinstance(fault, DihkpiError):
        complain(str(fault))
        if isinstance(fault, UsageError | WorkspaceError):
            return WRONG_USAGE
        return DATA_HAS_ERRORS if isinstance(fault, FileRefusedError | DefinitionError) else FAILED
    if isinstance(fault, OSError) and fault.filename is not None:
        complain(f"{fault.strerror or fault}: {fault.filename}")
        return FAILED
    import traceback

    complain("a fault of the program: please report it with the lines below")
    traceback.print_exception(fault, file=sys.stderr)
    return FAILED
