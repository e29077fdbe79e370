"""The encoding of a text file, by stated rules and never by statistics.

In this order: a byte order mark; UTF-16 without one, by its NUL bytes; strict UTF-8; the declared encoding; the code
page of the country, with a warning that shows what the first odd letters came out as. Single-byte code pages cannot be
told from each other: a file in another one, such as Mac Roman, comes out as that of the country, and the warning shows
it.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

from dihkpi.errors import FileRefusedError
from dihkpi.intake.text import show

_BLOCK = 1 << 20
_START = 512
"""Bytes in which UTF-16 without a mark must show itself; a header of ordinary letters does."""
_AROUND = 16
"""Bytes on both sides of an odd letter that a warning shows."""
_ELSEWHERE = "other"
"""Row of the code pages for every country that is not listed."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BYTES = {bytes([b]).decode("cp1252", "ignore") or chr(b): b for b in range(0x80, 0x100)}
"""What became of bytes that were taken for cp1252; those without a meaning there are kept as control characters."""
_TRAIL = "[" + "".join(character for character, byte in _BYTES.items() if byte < 0xC0) + "]"
_LEADS = "ÂÃÄÅÎÏÐÑ"
_GARBLED = re.compile(f"[{_LEADS}]{_TRAIL}|â{_TRAIL}{{2}}")
"""UTF-8 of Latin, Greek and Cyrillic letters and of dashes and quotes, taken for cp1252."""
Note = tuple[str, str]


@dataclass(frozen=True)
class Encoding:
    """How a file is to be decoded.

    Parameters
    ----------
    name : str
        Name of the codec.
    bom_bytes : int
        Bytes of byte order marks before the text.
    notes : tuple of (str, str)
        Rule and message of each warning.
    errors : {"strict", "replace"}
        What to do with bytes that have no meaning in a code page.
    """

    name: str
    bom_bytes: int = 0
    notes: tuple[Note, ...] = ()
    errors: str = "strict"


def detect(path: Path, declared: str | None, country: str | None, table: Mapping[str, str]) -> Encoding:
    """The encoding of a file; the file is read once, in blocks.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    declared : str, optional
        Encoding that the layout states, for files that are not UTF-8.
    country : str, optional
        Code of the country whose code page is taken when nothing is declared.
    table : mapping
        Country to code page, with the entry ``other``.

    Raises
    ------
    FileRefusedError
        When it is not text, damaged UTF-16, or declared in an encoding that does not exist or does not fit.
    """
    with path.open("rb") as stream:
        start = stream.read(_START)
    name, mark = _by_mark(start)
    notes: tuple[Note, ...] = ()
    if name is None and (name := _without_mark(start)):
        notes = (("encoding", f"the file has no byte order mark; it was read as {name.upper()} by its NUL bytes"),)
    if name and name.startswith("utf-16"):
        return Encoding(name, mark, notes + _whole(path, name, mark))
    odd, notes = _utf8(path, mark)
    if odd is None:
        return Encoding("utf-8", mark, notes)
    if mark:
        message = f"the file is marked as UTF-8, but is not (line {odd.line}); odd bytes are shown as \ufffd"
        return Encoding("utf-8", mark, (("encoding", message),), "replace")
    if declared and (stated := _declared(path, declared, odd.line)) != "utf-8":
        return Encoding(stated)
    page = table.get(country or _ELSEWHERE, table[_ELSEWHERE])
    message = f"the file is not UTF-8 (line {odd.line}); it was read as {page}, for example '{_sample(odd, page)}'"
    return Encoding(page, 0, (("encoding", message),), "replace")


def open_text(path: Path, encoding: Encoding) -> TextIO:
    """The text of a file without its byte order marks; line ends are left as they are."""
    stream = path.open("rb")
    stream.seek(encoding.bom_bytes)
    return io.TextIOWrapper(stream, encoding=encoding.name, errors=encoding.errors, newline="")


def _by_mark(start: bytes) -> tuple[str | None, int]:
    """Encoding of the byte order mark, and the bytes of all marks; some programs write two."""
    for mark, name in _MARKS:
        at = 0
        while start.startswith(mark, at):
            at += len(mark)
        if at:
            return name, at
    return None, 0


def _without_mark(start: bytes) -> str | None:
    """UTF-16 when exactly every other byte is NUL."""
    even, odd = start[0::2], start[1::2]
    if len(odd) < 2:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if not any(even) and all(odd) else None


def _blocks(path: Path, skip: int = 0) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(skip)
        while block := stream.read(_BLOCK):
            yield block


def _whole(path: Path, name: str, mark: int) -> tuple[Note, ...]:
    """Warnings about a UTF-16 file; every block must decode."""
    decoder = codecs.getincrementaldecoder(name)()
    found: tuple[Note, ...] = ()
    try:
        for block in _blocks(path, mark):
            text = decoder.decode(block)
            if "\0" in text:
                raise _not_text(path)
            found = found or _garbled(text)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRefusedError("encoding", f"{path.name} is damaged UTF-16 text", "export it again") from None
    return found


def _not_text(path: Path) -> FileRefusedError:
    return FileRefusedError("wrong_container", f"{path.name} is not text (it holds NUL bytes)", "export CSV in UTF-8")


@dataclass(frozen=True)
class _Odd:
    """The first bytes of a file that are not UTF-8."""

    line: int
    left: bytes
    right: bytes


def _utf8(path: Path, mark: int) -> tuple[_Odd | None, tuple[Note, ...]]:
    """Where a file is not UTF-8, and the warnings about its text, in one pass."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    odd: _Odd | None = None
    notes: tuple[Note, ...] = ()
    feeds = returns = 0
    before = b""
    for block in chain(_blocks(path, mark), (b"",)):
        if b"\0" in block:
            raise _not_text(path)
        if odd is not None:
            continue
        try:
            text = decoder.decode(block, final=not block)
            notes = notes or _garbled(text)
        except UnicodeDecodeError as fault:
            # the object is the block, after the bytes of a letter that the block before began
            whole, at = bytes(fault.object), fault.start
            left = before[: len(before) + len(block) - len(whole)] + whole[:at]
            feeds, returns = feeds + whole.count(b"\n", 0, at), returns + whole.count(b"\r", 0, at)
            odd = _Odd((feeds or returns) + 1, left[-_AROUND:], whole[at : at + _AROUND])
        feeds, returns, before = feeds + block.count(b"\n"), returns + block.count(b"\r"), block[-_AROUND:]
    return odd, notes


def _declared(path: Path, declared: str, line: int) -> str:
    """Name of the declared encoding of a file that is not UTF-8; all of the file must fit."""
    try:
        name = codecs.lookup(declared).name
        decoder = codecs.getincrementaldecoder(name)()
        if name != "utf-8":
            for block in chain(_blocks(path), (b"",)):
                decoder.decode(block, final=not block)
    except LookupError:
        message = f"{path.name}: there is no encoding '{show(declared)}'"
        raise FileRefusedError("encoding", message, "declare one such as cp1250, or none") from None
    except UnicodeDecodeError:
        message = f"{path.name} is neither UTF-8 (line {line}) nor {name}, as is declared"
        raise FileRefusedError("encoding", message, "save the file as UTF-8") from None
    return name


def _sample(odd: _Odd, page: str) -> str:
    """The odd letters as they come out, with what stands around them in the same line."""
    left, right = re.split(rb"[\r\n]", odd.left)[-1], re.split(rb"[\r\n]", odd.right)[0]
    return show((left + right).decode(page, errors="replace").strip(), 2 * _AROUND)


def _garbled(text: str) -> tuple[Note, ...]:
    """A warning when letters were garbled before: UTF-8 that was once read as cp1252 and saved again.

    Examples
    --------
    >>> _garbled("Müller"), _garbled("MÃ¼ller")[0][0]
    ((), 'mojibake')
    """
    if text.isascii() or not any(lead in text for lead in _LEADS + "â"):
        return ()
    for match in _GARBLED.finditer(text):
        if _meant(match) == match[0]:
            continue
        left = re.split(r"[\r\n]", text[max(0, match.start() - _AROUND) : match.start()])[-1]
        right = re.split(r"[\r\n]", text[match.end() : match.end() + _AROUND])[0]
        found = left + match[0] + right
        better = show(_GARBLED.sub(_meant, found))
        return (("mojibake", f"letters were garbled before the file was sent: '{show(found)}' was '{better}'"),)
    return ()


def _meant(match: re.Match[str]) -> str:
    """The letter that was garbled; two letters that only look so are left."""
    try:
        return bytes(_BYTES[character] for character in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
