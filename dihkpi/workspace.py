"""The folder a user works in: settings, inbox, store, snapshots, reports."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.errors import WorkspaceError
from dihkpi.lock import hold
from dihkpi.settings import Settings, read_settings

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions
    from dihkpi.store import Store

SETTINGS = "dihkpi.toml"

_TEMPLATE = """\
# Settings of this workspace. Everything here may be left out.
name = {name}                  # how reports call the network
# period = "2026"              # period of the reports when --period is not given
# definitions = "definitions"  # folder with surveys, KPIs, levels and templates of your own

[store]
# url = "postgresql+psycopg://user@host/database"   # instead of store.db

[reports]
formats = ["html"]
workers = 2

[scoring.dma_sme]
# negative_item = "ignore"     # switches: see `dihkpi surveys`

# [[schedule]]                 # see docs/scheduling.md
# name = "quarter"
# every = "quarter"
# wait_days = 15
"""


@dataclass(frozen=True)
class Workspace:
    """A workspace; make one with :func:`create_workspace`, open it with :func:`open_workspace`.

    Parameters
    ----------
    folder : pathlib.Path
    settings : Settings
    """

    folder: Path
    settings: Settings

    @property
    def inbox(self) -> Path:
        """Where files are put; files of a hub in a folder named by its id."""
        return self.folder / "inbox"

    @property
    def crm(self) -> Path:
        """Lists of the hubs' own, each in a folder named by its hub; compared with what is official, nothing else."""
        return self.folder / "crm"

    @property
    def reconciliation(self) -> Path:
        """What came of the comparison; apart from the reports, because it names customers."""
        return self.folder / "reconciliation"

    @property
    def snapshots(self) -> Path:
        """The rows of the store at one moment."""
        return self.folder / "snapshots"

    @property
    def results(self) -> Path:
        """What reports read, one folder per period."""
        return self.folder / "results"

    @property
    def reports(self) -> Path:
        """What comes out, one folder per period."""
        return self.folder / "reports"

    @property
    def issues(self) -> Path:
        """What was wrong in the files, for those who sent them."""
        return self.folder / "issues"

    @property
    def state(self) -> Path:
        """The lock, and the record of what schedules have made."""
        return self.folder / "state"

    def lock(self, command: str, wait: float = 0) -> AbstractContextManager[None]:
        """Keep others out while something is changed; see :func:`dihkpi.lock.hold`.

        Parameters
        ----------
        command : str
            What is told to others who want in.
        wait : float
            Seconds to wait for others to end; a BusyError when they do not.
        """
        return hold(self.state, command, wait)

    def load_definitions(self, folder: Path | None = None) -> Definitions:
        """Definitions of the workspace, or of another folder."""
        from dihkpi.definitions import load_definitions

        own = self.folder / self.settings.definitions if self.settings.definitions else None
        return load_definitions(folder or own)

    def open_store(self) -> Store:
        """The system of record."""
        from dihkpi.store import open_store

        return open_store(self.settings.store.url or self.folder / "store.db")

    def secret(self) -> bytes:
        """Key of the pseudonyms; made on first use, readable by the owner only."""
        path = self.folder / self.settings.key_file
        if not path.exists():
            write_key(path, secrets.token_hex(32))
        return path.read_bytes().strip()


def write_key(path: Path, key: str) -> None:
    """Write the key of the pseudonyms so that only its owner can read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(key + "\n")


def create_workspace(folder: str | Path, name: str | None = None) -> Workspace:
    """Make an empty workspace.

    Parameters
    ----------
    folder : str or pathlib.Path
        A new or empty folder.
    name : str, optional
        How reports call the network; the name of the folder by default.

    Raises
    ------
    WorkspaceError
        When the folder holds anything.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise WorkspaceError(f"{path} is not empty\n  choose a new folder for the workspace")
    try:
        for part in ("inbox", "crm", "reports"):
            (path / part).mkdir(parents=True)
        # A text of JSON is one of TOML but for one character.
        quoted = json.dumps(name or path.resolve().name, ensure_ascii=False).replace("\x7f", "\\u007f")
        (path / SETTINGS).write_text(_TEMPLATE.format(name=quoted), encoding="utf-8")
    except OSError as fault:
        raise WorkspaceError(f"{path} cannot be written: {fault.strerror}") from None
    return open_workspace(path)


def open_workspace(folder: str | Path) -> Workspace:
    """Open a workspace.

    Raises
    ------
    WorkspaceError
        When the folder is none, or its settings are wrong; all problems at once.
    """
    path = Path(folder)
    file = path / SETTINGS
    if not file.is_file():
        raise WorkspaceError(f"{path} is not a workspace: it has no {SETTINGS}\n  make one with: dihkpi init {path}")
    return Workspace(path, read_settings(file))
