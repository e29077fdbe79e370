"""A workspace around the demo network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from dihkpi.demo import write_network
from dihkpi.errors import WorkspaceError
from dihkpi.settings import KEY_FILE
from dihkpi.workspace import Workspace, create_workspace, open_workspace, write_key

DEMO_PERIOD = "2026-H1"
"""The records of the demo network end on the last day of this period."""
MARK = "demo.json"
LARGE = 100
"""From this many hubs on the network is written as CSV: workbooks of that size are slow to write and to read."""


def write_demo(
    folder: str | Path, hubs: int = 12, seed: int = 1, progress: Callable[[int], None] | None = None
) -> Workspace:
    """Make a workspace with a synthetic network; one that is there already is opened.

    The inbox holds what hubs sent, and ``crm`` the lists that a few of them keep of their own.

    Parameters
    ----------
    folder : str or pathlib.Path
        A new or empty folder, or the demo of the same size and seed made there before.
    hubs, seed : int
    progress : callable, optional
        Called with the number of hubs written so far.

    Raises
    ------
    WorkspaceError
        When the folder holds anything else.
    """
    path, wanted = Path(folder), {"hubs": hubs, "seed": seed}
    mark = path / MARK
    if mark.is_file():
        made = json.loads(mark.read_text(encoding="utf-8"))
        if made != wanted:
            raise WorkspaceError(f"{path} holds the demo of {made}\n  remove it, or choose another folder for {wanted}")
        return open_workspace(path)
    space = create_workspace(path, "Demo network")
    # Everything here is invented, so the key may be known: the same seed gives the same pseudonyms.
    write_key(path / KEY_FILE, hashlib.sha256(f"demo {seed}".encode()).hexdigest())
    write_network(space.inbox, hubs=hubs, seed=seed, workbooks=hubs < LARGE, progress=progress, crm=space.crm)
    mark.write_text(json.dumps(wanted), encoding="utf-8")
    return space
