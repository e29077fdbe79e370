"""Where the definition files live: in a checkout, in an installed wheel, or in a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from dihkpi.errors import did_you_mean

FOLDERS = ("surveys", "schemas", "notebooks")
READ = (
    *(f"surveys/*/*/{name}.yaml" for name in ("survey", "scoring", "indicators", "examples", "analysis", "design")),
    *("surveys/*/*/*.csv", "schemas/codelists/*.csv", "schemas/tables/*.yaml", "schemas/layouts/*.yaml"),
    *(f"schemas/{name}.yaml" for name in ("levels", "policy", "rules", "designs")),
    *("notebooks/reports.yaml", "notebooks/*.ipynb"),
)
"""Every file that is read."""
_KINDS = (".yaml", ".yml", ".csv", ".ipynb")


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


def misplaced(folder: Path) -> Iterator[str]:
    """Files and folders that look like definitions and stand where nothing is read.

    Beside the three folders only what is clearly meant is named, since a workspace may hold its definitions too.
    """
    yield from _misplaced(folder, "", [tuple(pattern.split("/")) for pattern in READ])


def _misplaced(folder: Path, above: str, patterns: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for entry in sorted(folder.iterdir()):
        fitting = [pattern[1:] for pattern in patterns if fnmatch(entry.name, pattern[0])]
        inner = [pattern for pattern in fitting if pattern]
        name, is_folder = f"{above}{entry.name}", entry.is_dir()
        if entry.name.startswith(".") or (not is_folder and () in fitting):
            continue
        if is_folder and inner:
            yield from _misplaced(entry, f"{name}/", inner)
            continue
        near = did_you_mean(entry.name, {pattern[0] for pattern in patterns if (len(pattern) > 1) == is_folder}, 1)
        home = [above + hit for hit in near] or [path for path in READ if path.endswith(f"/{entry.name}")]
        if home or (above and any(path.suffix in _KINDS for path in (entry.rglob("*") if is_folder else (entry,)))):
            read = ", ".join(above + "/".join(pattern) for pattern in patterns)
            hint = f"did you mean '{home[0]}'?" if home else f"what is read here: {read}"
            yield f"{name}{'/' if is_folder else ''} is not read\n      {hint}"
