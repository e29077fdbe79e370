"""In which file, sheet and row the newest version of a row stands, and which rows those of other hubs replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from dihkpi.store.record import CHUNK, Store

_PLACES = """
SELECT r.key, r.source_row, s.file, s.sheet FROM rows AS r JOIN submissions AS s ON s.id = r.submission
WHERE r.dataset = :dataset AND r.key IN ({keys})
ORDER BY r.version
"""
_REPLACED = """
SELECT r.source_row, s.file, s.sheet FROM rows AS newer
JOIN rows AS r ON r.dataset = newer.dataset AND r.key = newer.key AND r.version = newer.version - 1
JOIN submissions AS s ON s.id = r.submission
JOIN submissions AS now ON now.id = newer.submission
WHERE newer.version > 1 AND s.hub <> now.hub
ORDER BY r.dataset, r.key
"""


@dataclass(frozen=True)
class Place:
    """Where a row was sent.

    Parameters
    ----------
    row : int
    file, sheet : str
    """

    row: int
    file: str
    sheet: str


def places_of(store: Store, dataset: str, keys: Sequence[str]) -> dict[str, Place]:
    """Natural key to the place of its newest version.

    Parameters
    ----------
    dataset : str
        Survey and form, joined by a dot.
    keys : sequence of str
    """
    found: dict[str, Place] = {}
    with store.engine.connect() as connection:
        for start in range(0, len(keys), CHUNK):
            wanted = {f"k{i}": key for i, key in enumerate(keys[start : start + CHUNK])}
            query = text(_PLACES.format(keys=", ".join(f":{name}" for name in wanted)))
            for row in connection.execute(query, {"dataset": dataset, **wanted}):
                found[row.key] = Place(row.source_row, row.file, row.sheet)
    return found


def replaced_by_others(store: Store) -> Iterator[Place]:
    """Rows that the next version of their key, sent in the folder of another hub, has replaced."""
    with store.engine.connect() as connection:
        for row in connection.execute(text(_REPLACED)).all():
            yield Place(row.source_row, row.file, row.sheet)
