"""Strict YAML: every scalar is text, a repeated key is an error, and nothing in a file can run.

``NO`` stays the text ``NO``, ``1.10`` stays ``1.10``: types come from the models, not from the file.
Anchors, aliases and tags are refused, size and depth are bounded.
"""

from __future__ import annotations

import json
from functools import lru_cache
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
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

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
    from ruamel.yaml import YAML

    node = YAML(typ="safe", pure=True).compose(text)
    return json.dumps(None if node is None else _plain(node, 0))


def _plain(node: Any, depth: int) -> Data:
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise _FileError(f"line {line}: nested more than {MAX_DEPTH} levels deep")
    if node.anchor is not None:
        raise _FileError(f"line {line}: anchors and aliases (& and *) are not allowed: write it out")
    if not str(node.tag).startswith(_PREFIX) or "python" in str(node.tag):
        raise _FileError(f"line {line}: the tag {node.tag} is not allowed")
    if node.id == "scalar":
        return None if node.style is None and node.value in _NULLS else node.value
    if node.id == "sequence":
        return [_plain(child, depth + 1) for child in node.value]
    result: dict[str, Data] = {}
    for key_node, value_node in node.value:
        key = _plain(key_node, depth + 1)
        key_line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise _FileError(f"line {key_line}: a key must be text")
        if key in result:
            raise _FileError(f"line {key_line}: the key '{key}' is there twice")
        result[key] = _plain(value_node, depth + 1)
    return result
