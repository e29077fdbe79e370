"""The system of record: what was submitted, every version of it, and the snapshots that reports read."""

from dihkpi.store.database import open_store
from dihkpi.store.record import Recorded, Store
from dihkpi.store.snapshot import Snapshot

__all__ = ["Recorded", "Snapshot", "Store", "open_store"]
