"""JSON: records of plain values; every number keeps the text in which it was written."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.rectangle import rectangle, too_long
from dihkpi.intake.sheet import Sheet
from dihkpi.intake.text import show

# A record is flat, so that its grammar is a regular expression; nothing nested is ever built.
_BLANK = r"[ \t\r\n]*+"
_STRING = r'"((?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+)"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_NAME = re.compile(rf"{_BLANK}{_STRING}{_BLANK}:{_BLANK}")
_VALUE = rf"(?:{_STRING}|({_NUMBER})|(true|false|null))"
_PAIR = re.compile(rf"{_NAME.pattern}{_VALUE}{_BLANK}([,}}])")
_LIST = re.compile(rf"\[{_BLANK}[{{\]]")
_SPACES = re.compile(_BLANK)
_WORDS = {"true": "TRUE", "false": "FALSE", "null": ""}
_HINT = "write one array of records, or one record per line"


def read_json(path: Path, limits: Limits) -> list[Sheet]:
    """Read records as one sheet: an array, an object with one list of records, or JSON lines.

    The header is row 1, so that the first record is row 2. Columns come in the order of their first appearance.

    Raises
    ------
    FileRefusedError
        When the file is not UTF-8, not JSON, nested, or beyond the limits.
    """
    raw = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FileRefusedError("encoding", f"{path.name} is not UTF-8, as JSON must be", "export it again") from None
    scanner = _Scanner(path, text, limits)
    columns: dict[str, int] = {}
    rows: list[list[str]] = []
    numbers: list[int] = [1]
    for number, record in enumerate(scanner.records(), 2):
        if number > limits.rows + 1:
            raise FileRefusedError("too_many_rows", f"{path.name} has more than {limits.rows:,} rows", "split it")
        for name in record:
            columns.setdefault(name, len(columns))
        if len(columns) > limits.columns:
            raise scanner.wide()
        if any(map(str.strip, record.values())):
            rows.append([record.get(name, "") for name in columns])
            numbers.append(number)
    if not columns:
        raise FileRefusedError("empty_file", f"{path.name} has no records", "export it again")
    cells = rectangle(path, [list(columns), *rows], limits)
    return [Sheet("", cells, np.array(numbers, dtype=np.int64))]


class _Scanner:
    """Reads one record after the other."""

    def __init__(self, path: Path, text: str, limits: Limits) -> None:
        self.path, self.text, self.limits = path, text, limits
        self.at = 0
        self.number = 0

    def records(self) -> Iterator[dict[str, str]]:
        """The records, wherever the list of them stands."""
        if self._take("["):
            yield from self._list()
        else:
            wrapper = yield from self._object(outermost=True)
            while not wrapper and not self._ended():
                yield from self._object()
        if not self._ended():
            raise self._broken("more after the end of the list")

    def _list(self) -> Iterator[dict[str, str]]:
        """Records up to the end of the list."""
        if self._take("]"):
            return
        yield from self._object()
        while not self._take("]"):
            self._want(",")
            yield from self._object()

    def _object(self, outermost: bool = False) -> Generator[dict[str, str], None, bool]:
        """One record; the outermost object may hold the list of records instead. Tells whether it does."""
        self.number += 1
        if not self._take("{"):
            if self.text[self.at : self.at + 1] in ("", "]", "}", ",", ":"):
                raise self._broken("no record, which begins with '{'")
            raise self._nested(f"record {self.number} is not an object")
        found, values = False, dict[str, str]()
        closed = self._take("}")
        while not closed:
            if match := _PAIR.match(self.text, self.at):
                closed = self._keep(match, values)
            elif outermost and (name := self._name()) and _LIST.match(self.text, self.at):
                if found:
                    raise self._broken(f"a second list of records, '{show(name)}'")
                found, self.number = True, 0
                self._want("[")
                yield from self._list()
                closed = self._take("}") or self._want(",")
            else:
                raise self._no_value(name if outermost else self._name())
        if not found:
            yield values
        return found

    def _keep(self, match: re.Match[str], values: dict[str, str]) -> bool:
        """A name with its value. Tells whether the record ends with it."""
        name, string, number, word, mark = match.groups()
        name = self._string(name, "a name")
        if name in values:
            message = f"{self.path.name}, record {self.number}: the name '{show(name)}' is there twice"
            raise FileRefusedError("duplicate_column", message, "keep one of the two")
        values[name] = self._string(string, name) if string is not None else number or _WORDS[word]
        if number and len(number) > self.limits.characters:
            raise self._long(name)
        if len(values) > self.limits.columns:
            raise self.wide()
        self.at = match.end()
        return bool(mark == "}")

    def _name(self) -> str:
        """The name at which a record cannot be read further."""
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise self._broken("no name in quotes and a colon")
        self.at = match.end()
        return self._string(match[1], "a name")

    def _no_value(self, name: str) -> FileRefusedError:
        if self.text.startswith(("{", "["), self.at):
            return self._nested(f"record {self.number} › {show(name)} is a list or an object")
        what = self.text[self.at : self.at + 20].split("\n")[0]
        return self._broken(f"'{show(what)}' is no JSON value with ',' or '}}' after it")

    def _string(self, text: str, name: str) -> str:
        if "\\" in text:
            text = json.loads(f'"{text}"')
            if any("\ud800" <= letter <= "\udfff" for letter in text):
                raise self._broken("half a character, as \\ud83d without its other half")
        if len(text) > self.limits.characters:
            raise self._long(name)
        return text

    def _long(self, name: str) -> FileRefusedError:
        return too_long(self.path, f"record {self.number} › {show(name)}", self.limits)

    def wide(self) -> FileRefusedError:
        """The refusal of a file for a record with which there are too many columns."""
        message = f"{self.path.name}, record {self.number}: more than {self.limits.columns} columns"
        return FileRefusedError("too_many_columns", message, "export fewer columns")

    def _take(self, mark: str) -> bool:
        """Steps over a mark, if it comes next."""
        space = _SPACES.match(self.text, self.at)
        self.at = space.end() if space else self.at
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _want(self, mark: str) -> Literal[False]:
        """Steps over a mark that must come next."""
        if not self._take(mark):
            found = self.text[self.at : self.at + 1]
            raise self._broken(f"{repr(show(found)) if found else 'the end'} where '{mark}' belongs")
        return False

    def _ended(self) -> bool:
        return self._take("") and self.at == len(self.text)

    def _broken(self, what: str) -> FileRefusedError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        return FileRefusedError("broken_file", f"{self.path.name}, line {line}, character {column}: {what}", _HINT)

    def _nested(self, what: str) -> FileRefusedError:
        return FileRefusedError("plain_values", f"{self.path.name}: {what}; a cell holds one plain value", _HINT)
