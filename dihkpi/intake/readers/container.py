"""What kind of file this is, decided by its first bytes, and the reader that fits it."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
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
    b"PARE": ("an encrypted Parquet file", "write it without encryption"),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"\x89PNG": ("a picture", "send CSV or XLSX"),
}

# First bytes of text that is no CSV.
_RECORDS = re.compile(rb"""\[\s*[{\[\]]|\{\s*["}]""")
_EUSURVEY = re.compile(rb"(?:<\?xml[^>]*>\s*)?<results[\s>]")
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<script", b"<results")


LATIN: Mapping[str, str] = {"other": "cp1252"}
"""Code page of a text that is not UTF-8, where nobody knows its country."""


def read_sheets(
    path: Path, limits: Limits, *, pages: Mapping[str, str] = LATIN, country: str | None = None
) -> tuple[str, list[Sheet]]:
    """Read a file into sheets of text.

    Parameters
    ----------
    path : pathlib.Path
        A file of any kind, whatever its name says.
    limits : Limits
        Bounds.
    pages : mapping of str to str
        Country to the code page of its texts that are not UTF-8, with an entry ``other``.
    country : str, optional
        Where the file comes from.

    Returns
    -------
    container : {"csv", "xlsx", "ods", "json", "parquet", "sav", "eusurvey_xml"}
    sheets : list of Sheet

    Raises
    ------
    FileRefusedError
        When the file is missing, empty, too large, or of another kind.
    """
    container = container_of(path, limits)
    return container, _reader(container, pages, country)(path, limits)


def _reader(container: str, pages: Mapping[str, str], country: str | None) -> Callable[[Path, Limits], list[Sheet]]:
    """The function that reads a kind of file; its libraries are imported only then."""
    from dihkpi.intake.readers import (
        csv_file,
        encodings,
        eusurvey_xml,
        json_file,
        ods_file,
        parquet_file,
        spss_file,
        xlsx_file,
    )

    return {
        "csv": lambda path, limits: csv_file.read_csv(path, limits, encodings.detect(path, None, country, pages)),
        "xlsx": xlsx_file.read_xlsx,
        "ods": ods_file.read_ods,
        "json": json_file.read_json,
        "parquet": parquet_file.read_parquet,
        "sav": lambda path, limits: [spss_file.read_sav(path, limits).labelled()],
        "eusurvey_xml": lambda path, limits: [eusurvey_xml.read_eusurvey_xml(path, limits).sheet],
    }[container]


def container_of(path: Path, limits: Limits) -> str:
    """What kind of file this is, by its first bytes.

    Raises
    ------
    FileRefusedError
        When the file is missing, empty, too large, or of a kind that is not read.
    """
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
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    held = head.startswith((b"PK", b"PAR1", b"$FL2", b"$FL3")) or _RECORDS.match(start) or _EUSURVEY.match(start)
    in_blocks = not held
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
        return check_archive(path, limits)
    if head.startswith((b"PAR1", b"$FL2", b"$FL3")):
        return "parquet" if head.startswith(b"PAR1") else "sav"
    if _RECORDS.match(start):
        return "json"
    if _EUSURVEY.match(start):
        return "eusurvey_xml"
    if start.startswith(_MARKUP):
        raise FileRefusedError(
            "wrong_container", f"{path.name} is a web page or XML, not a table", "export CSV or XLSX"
        )
    return "csv"


_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SCRIPTS = re.compile(r"(.*/)?vbaProject\.bin|(Basic|Scripts)/.+")


def check_archive(path: Path, limits: Limits) -> str:
    """Refuse zip bombs, odd names, macros and anything that is not a plain workbook, before unpacking.

    Returns
    -------
    {"xlsx", "ods"}

    Raises
    ------
    FileRefusedError
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            kind = b""
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    kind = stream.read(2 * len(_ODS)).strip()
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, zlib.error, EOFError):
        raise FileRefusedError(
            "wrong_container", f"{path.name} is a damaged archive", "save the workbook again"
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    ods = kind in (_ODS, _ODS + b"-template")
    if not ods and "xl/workbook.xml" not in names:
        what = "an OpenDocument text or other zip file" if "mimetype" in names else "a zip archive or a binary workbook"
        raise FileRefusedError("wrong_container", f"{path.name} is {what}, not a workbook", "save it as .xlsx or .ods")
    if any(map(_SCRIPTS.fullmatch, names)):
        raise FileRefusedError("macros", f"{path.name} holds macros", "save it without macros")
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise FileRefusedError("unsafe_archive", f"{path.name} holds names that leave its folder", "save it again")
    if len(entries) > limits.entries or unpacked > limits.unpacked_bytes or unpacked / packed > limits.ratio:
        size = f"{unpacked / 1e6:,.0f} MB in {len(entries)} parts, {unpacked / packed:.0f} times its size"
        raise FileRefusedError("unsafe_archive", f"{path.name} unpacks to {size}", "save it again, or split it")
    return "ods" if ods else "xlsx"
