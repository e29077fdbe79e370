"""Strict YAML: every scalar is text, a repeated key is an error, and nothing in a file can run.

``NO`` stays the text ``NO``, ``1.10`` stays ``1.10``: types come from the models, not from the file.
Anchors, aliases and tags are refused, size and depth are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from dihkpi.errors import DefinitionError

Data = Any  # nested dict, list, str or None

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
_NULLS = ("", "~", "null", "Null", "NULL")
_PREFIX = "tag:yaml.org,2002:"


class _FileError(Exception):
    """A fault inside one file, before its name is put in front."""


def read_yaml(path: Path, name: str | None = None) -> Data:
    """Read one YAML file into nested dicts and lists of text.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str, optional
        How messages call it; its own name by default.

    Raises
    ------
    DefinitionError
        When the file is not YAML, repeats a key, is too large or too deep, or uses anchors or tags.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "a.yaml"
    >>> _ = file.write_text("country: NO\\nid: 007\\n")
    >>> read_yaml(file)
    {'country': 'NO', 'id': '007'}
    """
    from yaml import MarkedYAMLError, YAMLError

    name = name or path.name
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise _FileError(f"larger than {MAX_BYTES} bytes")
        return json.loads(_parsed(raw.decode("utf-8-sig")))
    except _FileError as fault:
        raise DefinitionError([f"{name} › {fault}"]) from None
    except UnicodeDecodeError:
        raise DefinitionError([f"{name}: not UTF-8 text\n      save the file as UTF-8"]) from None
    except RecursionError:
        raise DefinitionError([f"{name}: nested more than {MAX_DEPTH} levels deep"]) from None
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise DefinitionError([f"{name} › line {line}: not valid YAML: {fault.problem or fault}"]) from None
    except YAMLError as fault:
        raise DefinitionError([f"{name}: not valid YAML: {str(fault).splitlines()[0]}"]) from None


@lru_cache(maxsize=256)
def _parsed(text: str) -> str:
    """The data of a text as JSON: a process that loads definitions again parses only what is new."""
    import yaml

    # The parser in C is sixteen times as fast; where the library was built without it, its own gives the same events.
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    documents: list[Data] = []
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if documents:
                raise _FileError(f"{_line(event)}: not valid YAML here: a second document, one file holds one")
            documents.append(_data(next(events), events, 0))
    return json.dumps(documents[0] if documents else None)


def _data(event: Any, events: Iterator[Any], depth: int) -> Data:
    """What begins with an event, out of the events that follow."""
    import yaml

    line = _line(event)
    if depth > MAX_DEPTH:
        raise _FileError(f"{line}: nested more than {MAX_DEPTH} levels deep")
    if event.anchor is not None:  # the anchor itself, or an alias of it
        raise _FileError(f"{line}: anchors and aliases (& and *) are not allowed: write it out")
    tag = str(event.tag or "!")
    if tag != "!" and (not tag.startswith(_PREFIX) or "python" in tag):
        raise _FileError(f"{line}: the tag {tag} is not allowed")
    if isinstance(event, yaml.ScalarEvent):
        return None if event.implicit[0] and event.value in _NULLS else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        inside = takewhile(lambda e: not isinstance(e, yaml.SequenceEndEvent), events)
        return [_data(child, events, depth + 1) for child in inside]
    result: dict[str, Data] = {}
    for first in takewhile(lambda e: not isinstance(e, yaml.MappingEndEvent), events):
        key = _data(first, events, depth + 1)
        if not isinstance(key, str):
            raise _FileError(f"{_line(first)}: a key must be text")
        if key in result:
            raise _FileError(f"{_line(first)}: the key '{key}' is there twice")
        result[key] = _data(next(events), events, depth + 1)
    return result


def _line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"
