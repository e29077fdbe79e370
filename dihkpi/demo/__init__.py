"""A synthetic network: an inbox of files that look like the official exports, as large as one likes.

Everything is invented. Hub ``i`` of a seed is the same whatever the number of hubs; same seed, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dihkpi.demo import exports, faults, own, records
from dihkpi.demo.answers import assess
from dihkpi.demo.files import Fault, Table
from dihkpi.demo.money import money
from dihkpi.demo.people import Hub, World, found_hub, organisations
from dihkpi.errors import UsageError

if TYPE_CHECKING:
    from dihkpi.definitions import Definitions

__all__ = ["planted_faults", "write_network"]

SHARE = {"sme": 54, "pso": 6}
"""Organisations assessed by a hub of size 1; a quarter more are served without an assessment."""


@dataclass(frozen=True)
class Submission:
    """The files of one hub, the faults in them, its line in the register, and its rows in the files about all hubs."""

    row: dict[str, object]
    tables: list[Table]
    faults: list[Fault]
    shared: dict[str, pd.DataFrame]
    own: Table | None = None


def write_network(
    folder: str | Path,
    hubs: int = 12,
    seed: int = 1,
    definitions: Definitions | None = None,
    dirt: bool = True,
    workbooks: bool = True,
    progress: Callable[[int], None] | None = None,
    crm: str | Path | None = None,
) -> None:
    """Write the inbox of a synthetic network: a folder per hub, and files about all hubs, such as ``targets.csv``.

    Parameters
    ----------
    folder : str or Path
        Where to write; made if it is not there.
    hubs : int
        Number of hubs. The first twelve sit in eight regions of five countries, the others all over the EU.
    seed : int
        Same seed, same bytes.
    definitions : Definitions, optional
        Where code lists and questionnaires come from; the bundled ones by default.
    dirt : bool
        Plant a few faults in about half of the hubs, see `planted_faults`.
    workbooks : bool
        Without, the same tables as CSV and no customer registers: much faster for large networks.
    progress : callable, optional
        Called with the number of hubs written so far.
    crm : str or Path, optional
        Where to write lists of their own that a few hubs keep, see `dihkpi.demo.own`; none by default.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as inbox:
    ...     write_network(inbox, hubs=1, workbooks=False)
    ...     sorted(path.name for path in Path(inbox, "HR-adria").iterdir())
    ['PSOEuDMAdata.csv', 'SMEEuDMAdata.csv', 'collaborations.csv', 'events.csv', 'services.csv']
    """
    register: list[dict[str, object]] = []
    shared: dict[str, list[pd.DataFrame]] = {}
    for submission in _submissions(hubs, seed, definitions, dirt, workbooks):
        for table in submission.tables:
            table.write(Path(folder), submission.faults)
        if crm and submission.own:
            submission.own.write(Path(crm))
        register.append(submission.row)
        for name, frame in submission.shared.items():
            shared.setdefault(name, []).append(frame)
        if progress:
            progress(len(register))
    Table("hubs.csv", pd.DataFrame(register)).write(Path(folder))
    for name, frames in shared.items():
        Table(f"{name}.csv", pd.concat(frames, ignore_index=True)).write(Path(folder))


def planted_faults(
    hubs: int = 12, seed: int = 1, definitions: Definitions | None = None, workbooks: bool = True
) -> pd.DataFrame:
    """The faults that `write_network` plants: file, row, column and kind.

    ``row`` is the row of the spreadsheet or the line of the CSV; of two doubled rows, the second.
    All are errors but ``aid_above_price``, which is odd rather than wrong. Hubs that send scores instead
    of answers have faults in their services only.

    Examples
    --------
    >>> list(planted_faults(hubs=2).columns)
    ['file', 'row', 'column', 'kind']
    """
    every = _submissions(hubs, seed, definitions, dirt=True, workbooks=workbooks)
    planted = [fault for submission in every for fault in submission.faults]
    return pd.DataFrame(planted, columns=Fault._fields).drop(columns="value")


def _submissions(
    hubs: int, seed: int, definitions: Definitions | None, dirt: bool, workbooks: bool
) -> Iterator[Submission]:
    if hubs < 1:
        raise UsageError(f"A network of {hubs} hubs cannot be made.\n  Ask for at least 1.")
    if definitions is None:
        from dihkpi.definitions import load_definitions

        definitions = load_definitions()
    world = World(definitions, seed)
    for index in range(hubs):
        yield _submission(world, index, dirt, workbooks)


def _submission(world: World, index: int, dirt: bool, workbooks: bool) -> Submission:
    rng = np.random.default_rng([world.seed, index])
    hub = found_hub(world, index, rng)
    dates, customers, assessments = [], [_shared_customers(world, hub)], []
    for kind, share in SHARE.items():
        count = max(8, round(share * hub.size))
        first = 1000 * index + (800 if kind == "pso" else 0)
        people = organisations(world, rng, count + count // 4, kind, hub.nuts, first)
        waves, answers = assess(rng, hub, count, world.questionnaires[kind])
        table = exports.results_table if index % 4 == 3 else exports.answers_table
        assessments.append(table(hub, kind, people, waves, answers, world.questionnaires[kind]))
        dates.append(waves["date"])
        ready = waves[waves["wave"] == "T0"].set_index("who")["date"] + pd.Timedelta(days=7)
        customers.append(people.assign(since=ready.reindex(people.index)))
    served = pd.concat(customers, ignore_index=True).fillna({"since": pd.Timestamp(hub.grant_start)})

    services = records.services(world, hub, rng, served)
    work = records.collaborations(world, hub, rng)
    targets = exports.targets(hub, rng, services, work, pd.concat(dates))
    asked = records.without_support(world, hub, services)
    tables = [
        *assessments,
        Table(f"{hub.hub}/services.xlsx", services, "Sheet1"),
        Table(f"{hub.hub}/collaborations.csv", work),
        Table(f"{hub.hub}/events.csv", records.events(world, hub, rng)),
    ]
    if workbooks:
        tables += [exports.customer_register(world, hub, kind, served[served["kind"] == kind]) for kind in SHARE]
    else:
        tables = [table.as_csv() for table in tables]
    tables, planted = faults.plant(tables, world, index) if dirt else (tables, [])
    kept = own.own_list(world, hub, services) if index in own.HUBS else None
    shared = {"targets": targets, "without_support": asked, **money(world, hub)}
    return Submission(exports.hub_row(world, hub), tables, planted, shared, kept)


def _shared_customers(world: World, hub: Hub) -> pd.DataFrame:
    """A few firms of the region that every hub there may serve."""
    place = int(np.searchsorted(world.regions, hub.nuts))
    rng = np.random.default_rng([world.seed, 10**6 + place])
    return organisations(world, rng, 6, "sme", hub.nuts, 10**8 + 100 * place, brand="Nova")
