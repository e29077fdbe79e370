"""Versions of what decides the bytes of a report beside definitions and data."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    *("dihkpi", "ipython", "jinja2", "matplotlib", "nbconvert", "nbformat", "numpy", "pandas", "papermill"),
    *("seaborn", "typst", "weasyprint"),
)


@cache
def versions() -> dict[str, str]:
    """Python and the libraries that are installed, with their versions."""
    return {"python": sys.version.split()[0]} | {name: found for name in LIBRARIES if (found := _version(name))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
