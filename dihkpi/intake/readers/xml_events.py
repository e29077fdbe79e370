"""XML as a stream of events: no document type, no entities, no deep nesting, and no tree in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from xml.sax import SAXException

from dihkpi.errors import FileRefusedError

DEPTH = 100
"""Levels of elements; what survey tools and spreadsheets write stays far below."""
_CHUNK = 1 << 16

Event = tuple[str, str, Mapping[str, str]]
"""``begin`` with name and attributes of an element, ``end`` with its name, or ``text`` with the text itself.

A name in a namespace is written as namespace, blank, name."""
_NONE: Mapping[str, str] = {}


def _parser(events: list[Event]) -> Any:
    """A parser of defusedxml that appends what it finds to the events."""
    from defusedxml.expatreader import DefusedExpatParser

    depth = 0

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise SAXException(f"it nests deeper than {DEPTH} elements")
        events.append(("begin", name, attributes))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        events.append(("end", name, _NONE))

    class Parser(DefusedExpatParser):  # type: ignore[misc,unused-ignore]
        """Straight from expat: the way through the objects of SAX takes five times as long."""

        def reset(self) -> None:
            super().reset()
            self._parser.namespace_prefixes = False
            self._parser.StartElementHandler, self._parser.EndElementHandler = begin, end
            self._parser.CharacterDataHandler = lambda text: events.append(("text", text, _NONE))

    return Parser(namespaceHandling=1, forbid_dtd=True)


def xml_events(path: Path, stream: IO[bytes], rule: str, hint: str) -> Iterator[Event]:
    """Events of an XML text, as it is read.

    Parameters
    ----------
    path : pathlib.Path
        The file, for messages.
    stream : file
        Its XML.
    rule, hint : str
        Rule and advice of the refusal.

    Raises
    ------
    FileRefusedError
        When the XML is damaged, holds a document type or an entity, or nests too deeply.
    """
    from defusedxml import DefusedXmlException

    events: list[Event] = []
    parser = _parser(events)
    try:
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
            yield from events
            events.clear()
        parser.close()
    except DefusedXmlException:
        raise FileRefusedError(
            rule, f"{path.name} holds a document type declaration, which no table needs", hint
        ) from None
    except SAXException as fault:
        raise FileRefusedError(rule, f"{path.name} cannot be read: {fault.getMessage()}", hint) from None
    yield from events
