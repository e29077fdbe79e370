"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dihkpi.definitions import Definitions, load_definitions

_BESIDE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of references and hostile inputs: ``DIHKPI_SHARED``, or ``shared`` beside the checkout."""
    folder = Path(os.environ.get("DIHKPI_SHARED", _BESIDE_CHECKOUT))
    if not folder.is_dir():
        pytest.skip("no folder 'shared' beside the checkout; DIHKPI_SHARED names another place")
    return folder


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """The definitions that come with the package."""
    return load_definitions()
