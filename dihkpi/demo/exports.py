"""Assessments, customers, hubs and targets of the demo in the columns of their files."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dihkpi.demo.answers import DATE, LAST_DAY, Questionnaire
from dihkpi.demo.files import Table
from dihkpi.demo.people import Hub, World
from dihkpi.demo.records import AID, RUNNING

DAY = "20260701"
"""Day in the names of the exported files."""
DIMENSIONS = {
    "sme": (
        "Digital Business Strategy", "Digital Readiness", "Human-Centric Digitalisation", "Data Governance",
        "Automation & Artificial Intelligence", "Green Digitalisation",
    ),
    "pso": (
        "Digital Strategy and Investments", "Digital Readiness", "Human-Centric Digitalisation",
        "Data Management and Security", "Interoperability", "Green Digitalisation",
    ),
}  # fmt: skip


def hub_row(world: World, hub: Hub) -> dict[str, object]:
    """The hub's line in ``hubs.csv``."""
    return {
        "hub": hub.hub,
        "name": hub.name,
        "title": f"{hub.name}, {world.label('nuts2024', hub.nuts)}",
        "country": hub.country,
        "type": hub.type,
        "nuts": hub.nuts,
        "nuts_version": "2024",
        "grant_start": str(hub.grant_start),
        "staff_fte": hub.staff_fte,
        "website": hub.website,
    }


def answers_table(
    hub: Hub,
    kind: str,
    people: pd.DataFrame,
    waves: pd.DataFrame,
    answers: np.ndarray,
    questionnaire: Questionnaire,
) -> Table:
    """The upload file: one row of answers per assessment."""
    who = people.iloc[waves["who"]].reset_index(drop=True)
    head = pd.DataFrame(
        {
            "time_point": waves["wave"],
            "maturity_assessment_date": waves["date"].dt.strftime(DATE),
            "enterprise_name_edih": who["name"],
            "fiscal_registration_number_vat": who["vat"],
        }
    )
    frame = pd.concat([head, questionnaire.cells(answers)], axis=1)
    return Table(f"{hub.hub}/{kind.upper()}EuDMAdata.csv", frame, quoted=True)


def results_table(
    hub: Hub,
    kind: str,
    people: pd.DataFrame,
    waves: pd.DataFrame,
    answers: np.ndarray,
    questionnaire: Questionnaire,
) -> Table:
    """The results export: scores without the answers behind them."""
    who = people.iloc[waves["who"]].reset_index(drop=True)
    scores = pd.DataFrame(questionnaire.scores(answers), columns=DIMENSIONS[kind])
    name = kind.upper()
    head = {f"{name} name": who["name"], f"{name} ID": who["id"], "DMA Timing": waves["wave"]}
    frame = pd.DataFrame(head | {"DMA Score": scores.mean(axis=1).round(2)})
    frame = pd.concat([frame, scores], axis=1).assign(**{"EDIH Name": hub.name})
    return Table(f"{hub.hub}/my-{kind}s-dma-results-{DAY}.xlsx", frame, f"My {name}s DMA Results")


def customer_register(world: World, hub: Hub, kind: str, people: pd.DataFrame) -> Table:
    """The customer register; only its second column and the VAT of firms are known for sure."""
    columns = {
        "Registration ID": people["id"],
        f"Registered name of the {kind.upper()}": people["name"],
        "Country": people["country"].map(world.definitions.codelists["countries"].labels),
        "VAT or registration number": people["vat"],
        "Region": people["nuts"],
        "Primary sector": people["sector"],
        "Staff size": people["staff"],
    }
    if kind == "pso":
        del columns["VAT or registration number"]
    frame = pd.DataFrame(columns).sort_values("Registration ID")
    return Table(f"{hub.hub}/export-{kind}-{DAY}.xlsx", frame, "Reporting of EDIH services del")


def targets(
    hub: Hub,
    rng: np.random.Generator,
    services: pd.DataFrame,
    collaborations: pd.DataFrame,
    assessed: pd.Series,
) -> pd.DataFrame:
    """Targets of the grant up to months 18 and 36: some hubs are ahead of them, others behind."""
    plan = rng.normal(0.8, 0.25)
    rows = []
    done = services[services["Status"] != RUNNING]
    ambition = np.clip(rng.normal(plan, 0.2, 6), 0.4, 1.5)
    for months in (18, 36):
        start, end = pd.Timestamp(hub.grant_start), pd.Timestamp(hub.grant_start) + pd.DateOffset(months=months)
        passed = min(1.0, (pd.Timestamp(LAST_DAY) - start) / (end - start))  # of a period that is open, its part
        past = done[done["Dates"].str[:10] < str(end.date())]
        reached = {
            "customers_supported": past["Customer ID"].nunique(),
            "services_delivered": len(past),
            "investment_triggered": past["Amount of investment triggered"].sum(),
            "collaborations": (collaborations["start"] < str(end.date())).sum(),
            "aid_granted": past[AID].sum(),
            "dma_count": (assessed < end).sum(),
        }
        aims = np.maximum(np.array(list(reached.values()), dtype=float) / passed / ambition, 1)
        step = 10 ** np.maximum(np.floor(np.log10(aims)) - 1, 0)
        rows.append(pd.DataFrame({"indicator": list(reached), "value": (np.ceil(aims / step) * step).astype(int)}))
        rows[-1].insert(1, "period", f"M{months}")
    frame = pd.concat(rows, ignore_index=True)
    frame.insert(0, "hub", hub.hub)
    return frame.assign(reference="Grant agreement, Annex 1")
