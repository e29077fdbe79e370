"""Where the definition files live: in a checkout, in an installed wheel, or in a folder of the user's."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("surveys", "schemas", "notebooks")


def bundled_root() -> Path:
    """Folder that holds the bundled ``surveys/``, ``schemas/`` and ``notebooks/``.

    Returns
    -------
    pathlib.Path
        ``dihkpi/_data`` inside an installed wheel, the top of the repository in a checkout.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent
