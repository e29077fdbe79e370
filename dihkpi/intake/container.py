"""What kind of file this is, decided by its first bytes, and the reader that fits it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dihkpi.errors import FileRefusedError
from dihkpi.intake.sheet import Sheet


@dataclass(frozen=True)
class Limits:
    """Bounds of what is read at all; they come from ``policy.yaml``."""

    file_bytes: int
    rows: int
    columns: int
    characters: int
    entries: int
    unpacked_bytes: int
    ratio: float
    text_bytes: int = 0
    """Largest file that is read in blocks; as ``file_bytes`` when 0."""
    text_rows: int = 0
    """Most rows of a file that is read in blocks; as ``rows`` when 0."""
    block_cells: int = 1_000_000
    """Cells that are looked at together."""

    @classmethod
    def of(cls, value: Any) -> Limits:
        """Limits from a function that gives numbers of policy by name."""
        return cls(
            file_bytes=int(value("max_file_megabytes")) * 1_000_000,
            rows=int(value("max_rows")),
            columns=int(value("max_columns")),
            characters=int(value("max_cell_characters")),
            entries=int(value("max_archive_entries")),
            unpacked_bytes=int(value("max_unpacked_megabytes")) * 1_000_000,
            ratio=float(value("max_compression_ratio")),
            text_bytes=int(value("max_text_megabytes")) * 1_000_000,
            text_rows=int(value("max_text_rows")),
            block_cells=int(value("block_cells")),
        )


# First bytes of files that are something else, and what to do with them.
_REFUSED: Mapping[bytes, tuple[str, str]] = {
    b"\xd0\xcf\x11\xe0": (
        "an old .xls or a password-protected workbook",
        "save it as .xlsx without a password",
    ),
    b"%PDF": ("a PDF", "export the data as XLSX or CSV instead"),
    b"PAR1": ("a Parquet file", "send CSV or XLSX"),
    b"$FL2": ("an SPSS file", "export it as CSV or XLSX"),
    b"$FL3": ("an SPSS file", "export it as CSV or XLSX"),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"\x89PNG": ("a picture", "send CSV or XLSX"),
}


LATIN: Mapping[str, str] = {"other": "cp1252"}
"""Code page of a text that is not UTF-8, where nobody knows its country."""


def read_sheets(
    path: Path, limits: Limits, *, pages: Mapping[str, str] = LATIN, country: str | None = None
) -> tuple[str, list[Sheet]]:
    """Read a file into sheets of text.

    Parameters
    ----------
    path : pathlib.Path
        A CSV or XLSX file, whatever its name says.
    limits : Limits
        Bounds.
    pages : mapping of str to str
        Country to the code page of its texts that are not UTF-8, with an entry ``other``.
    country : str, optional
        Where the file comes from.

    Returns
    -------
    container : {"csv", "xlsx"}
    sheets : list of Sheet

    Raises
    ------
    FileRefusedError
        When the file is missing, empty, too large, or of another kind.
    """
    from dihkpi.intake.csv_file import read_csv
    from dihkpi.intake.encodings import detect
    from dihkpi.intake.xlsx_file import read_xlsx

    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FileRefusedError(
            "not_a_file", f"{path.name} is not an ordinary file", "copy the file itself into the folder"
        )
    if not path.exists():
        raise FileRefusedError("no_such_file", f"there is no file {path}", "check the path")
    size = path.stat().st_size
    if size == 0:
        raise FileRefusedError("empty_file", f"{path.name} is empty (0 bytes)", "export it again")
    with path.open("rb") as handle:
        head = handle.read(512)
    in_blocks = not head.startswith(b"PK")
    most = limits.text_bytes if in_blocks and limits.text_bytes else limits.file_bytes
    if size > most:
        raise FileRefusedError(
            "too_large",
            f"{path.name} has {size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are read",
            f"split it, or raise {'max_text_megabytes' if in_blocks else 'max_file_megabytes'} in policy.yaml",
        )
    for magic, (what, hint) in _REFUSED.items():
        if head.startswith(magic):
            raise FileRefusedError("wrong_container", f"{path.name} is {what}", hint)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "xlsx", read_xlsx(path, limits)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<script")):
        raise FileRefusedError(
            "wrong_container", f"{path.name} is a web page or XML, not a table", "export CSV or XLSX"
        )
    return "csv", read_csv(path, limits, detect(path, None, country, pages))


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse zip bombs, odd names, macros and anything that is not a plain workbook, before unpacking.

    Raises
    ------
    FileRefusedError
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        raise FileRefusedError(
            "wrong_container", f"{path.name} is a damaged archive", "save the workbook again"
        ) from None
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if "xl/workbook.xml" not in names:
        what = "an OpenDocument or other zip file" if "mimetype" in names else "a zip archive or a binary workbook"
        raise FileRefusedError("wrong_container", f"{path.name} is {what}, not an .xlsx workbook", "save it as .xlsx")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise FileRefusedError("macros", f"{path.name} holds macros", "save it as .xlsx without macros")
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise FileRefusedError(
            "unsafe_archive", f"{path.name} holds names that leave its folder", "save it again in Excel"
        )
    if len(entries) > limits.entries or unpacked > limits.unpacked_bytes or unpacked / packed > limits.ratio:
        size = f"{unpacked / 1e6:,.0f} MB in {len(entries)} parts, {unpacked / packed:.0f} times its size"
        raise FileRefusedError(
            "unsafe_archive", f"{path.name} unpacks to {size}", "save it again in Excel, or split it"
        )
