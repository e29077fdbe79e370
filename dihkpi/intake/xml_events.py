"""XML as a stream of events: no document type, no entities, no deep nesting, and no tree in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from dihkpi.errors import FileRefusedError

DEPTH = 100
"""Levels of elements; what survey tools and spreadsheets write stays far below."""
_CHUNK = 1 << 16

Name = tuple[str | None, str]
"""Namespace and local name of an element or attribute."""


class Event(NamedTuple):
    """The begin of an element, its end, or a piece of text."""

    kind: str
    name: Name = (None, "")
    attributes: Mapping[Name, str] = {}
    text: str = ""


class _Collector(ContentHandler):
    """Keeps the events of one chunk of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.depth = 0

    def startElementNS(self, name, qname, attrs) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        self.depth += 1
        if self.depth > DEPTH:
            raise SAXException(f"nests deeper than {DEPTH} elements")
        self.events.append(Event("begin", name, dict(attrs.items())))

    def endElementNS(self, name, qname) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        self.depth -= 1
        self.events.append(Event("end", name))

    def characters(self, content: str) -> None:
        self.events.append(Event("text", text=content))


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
    from defusedxml.expatreader import DefusedExpatParser

    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
    collector = _Collector()
    parser.setContentHandler(collector)
    try:
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
            events, collector.events = collector.events, []
            yield from events
        parser.close()
    except DefusedXmlException:
        raise FileRefusedError(
            rule, f"{path.name} holds a document type declaration, which no table needs", hint
        ) from None
    except SAXException as fault:
        raise FileRefusedError(rule, f"{path.name} cannot be read: {fault.getMessage()}", hint) from None
    yield from collector.events
