"""What the hubs of the demo did: services, collaborations and events, in the columns of their files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from dihkpi.demo.answers import LAST_DAY
from dihkpi.demo.names import hub_name
from dihkpi.demo.people import Hub, World, favour

PRICE = "Service price"
AID = "Amount of the service price to be reported as Aid of national or regional public nature, €"
RUNNING = "In progress"
"""A status that hubs write and the code list does not know."""


class Offer(NamedTuple):
    """One line of a hub's price list."""

    category: str
    description: str
    price: int
    share: float
    days: int


OFFERS = pd.DataFrame(
    [
        Offer("test_before_invest", "DMA (Digital Maturity Assessment)", 1500, 0.13, 1),
        Offer("test_before_invest", "Feasibility study for sensors on a production line", 3500, 0.13, 30),
        Offer("test_before_invest", "Test of a planning model on own data", 8000, 0.12, 60),
        Offer("test_before_invest", "Prototype in the test bed", 15_000, 0.08, 90),
        Offer("test_before_invest", "Pilot on the shop floor, with evaluation", 20_000, 0.04, 90),
        Offer("training_and_skills_development", "Half-day course: safe use of AI tools", 500, 0.14, 1),
        Offer("training_and_skills_development", "Boot camp on data analysis", 1000, 0.10, 3),
        Offer("training_and_skills_development", "Tailored course on cybersecurity", 2000, 0.04, 5),
        Offer("support_to_find_investment", "Financing advice", 2000, 0.06, 20),
        Offer("support_to_find_investment", "Preparation of a pitch for investors", 3500, 0.04, 40),
        Offer(
            "networking_and_access_to_innovation_ecosystems",
            "Matchmaking with a technology provider",
            500,
            0.08,
            5,
        ),
        Offer("networking_and_access_to_innovation_ecosystems", "Study visit to a partner hub", 1000, 0.04, 2),
    ]
)
WITH_ATTENDEES = ("training_and_skills_development", "networking_and_access_to_innovation_ecosystems")
EVENTS = {
    "awareness": "Digital breakfast",
    "training": "Hands-on afternoon",
    "networking": "Demo day",
    "train_the_trainer": "Trainers' workshop",
}


WITHOUT_SUPPORT = (0.30, 0.25, 0.25, 0.05, 0.15)
"""Shares of the answers to the question what customers would have invested without the service."""


def numbered(start: str, count: int) -> list[str]:
    """Identifiers in a row."""
    return [f"{start}{number:04d}" for number in range(1, count + 1)]


def services(world: World, hub: Hub, rng: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """The 28 columns of a services workbook; customers carry the day from which they may be served."""
    count = round(500 * hub.size)
    loyalty = rng.gamma(1.5, size=len(customers))
    who = customers.iloc[rng.choice(len(customers), count, p=loyalty / loyalty.sum())].reset_index(drop=True)
    offer = OFFERS.iloc[rng.choice(len(OFFERS), count, p=OFFERS["share"])].reset_index(drop=True)
    dates, running = _when(hub, rng, who["since"], offer["days"])
    invoiced, aid = _paid(hub, rng, who["kind"], offer["price"])
    invested, source = _invested(world, rng, offer["category"])
    technology, capacity = _technologies(world, rng, count)
    attendees = pd.Series(rng.integers(3, 40, count), dtype="Int64")
    lists = world.definitions.codelists
    countries = lists["countries"].labels
    return pd.DataFrame(
        {
            "Content ID": numbered(str(hub.index + 1), count),
            "Customer": who["name"],
            "VAT": who["vat"],
            "Service category delivered": offer["category"].map(lists["service_categories"].labels),
            "Number of attendees": attendees.where(offer["category"].isin(WITH_ATTENDEES)),
            PRICE: offer["price"].astype(float),
            "Price invoiced to customer": invoiced,
            AID: aid,
            "Specific information on State Aid": np.where(aid > 0, "De minimis", "No State aid: public task"),
            "Technology type used": technology,
            "Status": np.where(running, RUNNING, favour(rng, world.labels("statuses"), count, 0.5)),
            "Short description of the service": offer["description"],
            "Amount of investment triggered": invested,
            "Type of investment": source,
            "Dates": dates,
            "Information on the use of capacities financed by the Digital Europe Programme": capacity,
            "Specify use of capacities financed by the Digital Europe Programme": "",
            "Specify type of investment": np.where(
                source == world.label("investment_types", "other"), "Crowdfunding", ""
            ),
            "Specify Technology type used": np.where(
                technology.str.contains(world.label("technologies", "other"), regex=False), "Drones", ""
            ),
            "Customer ID": who["id"],
            "EDIH Name": hub.name,
            "EDIH Country": countries[hub.country],
            "Customer Country": who["country"].map(countries),
            "Customer  region": who["nuts"],
            "Customer primary sector": who["sector"],
            "Customer staff size": who["staff"],
            "Customer type": who["kind"].map(lists["customer_types"].labels),
            "Author's email": f"kpi@{hub.website.removeprefix('https://')}",
        }
    )


def _when(hub: Hub, rng: np.random.Generator, since: pd.Series, days: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Dates as text, and which services are still running; some begin before the first assessment."""
    early = rng.random(len(since)) < 0.05
    first = np.where(early, hub.grant_start, since.to_numpy("datetime64[D]"))
    start = first + (rng.random(len(since)) * (LAST_DAY - first).astype(int)).astype(int)
    end = np.minimum(start + rng.integers(0, days), LAST_DAY)
    running = (start > LAST_DAY - 90) & (rng.random(len(since)) < 0.4)
    return _days(start) + np.where(early & (end == start), " /", " / " + _days(end)), running


def _paid(hub: Hub, rng: np.random.Generator, kind: pd.Series, price: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """What customers pay, and the aid to firms; public bodies get no aid."""
    aid = np.where(kind == "sme", price * hub.aid_share, 0).round() / 100
    return np.where(rng.random(len(price)) < 0.4, price - aid, 0).round(2), aid


def _invested(world: World, rng: np.random.Generator, category: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Investment found by about a third of the services that look for it, and its type."""
    found = (category == "support_to_find_investment").to_numpy() & (rng.random(len(category)) < 0.35)
    amount = rng.lognormal(11.3, 1.1, len(category)).round(-3) + 5000
    source = favour(rng, world.labels("investment_types"), len(category), 0.7)
    return np.where(found, amount, np.nan), np.where(found, source, "")


def without_support(world: World, hub: Hub, services: pd.DataFrame) -> pd.DataFrame:
    """What two of three customers who invested say they would have done without the service.

    Drawn by itself, so that nothing else of the hub depends on it.
    """
    rng = np.random.default_rng([world.seed, hub.index, 2])
    asked = services.loc[services["Amount of investment triggered"].notna() & (services["Status"] != RUNNING)]
    answered = asked[rng.random(len(asked)) < 0.66]
    said = rng.choice(world.codes("without_support"), len(answered), p=WITHOUT_SUPPORT)
    return pd.DataFrame({"hub": hub.hub, "content_id": answered["Content ID"], "without_support": said})


def _technologies(world: World, rng: np.random.Generator, count: int) -> tuple[pd.Series, np.ndarray]:
    """One to three technologies of a service, and the Digital Europe capacity behind the first of them."""
    labels = world.labels("technologies")
    pillars = world.definitions.codelists["technologies"].attribute("dep_pillar")
    capacities = world.definitions.codelists["dep_pillars"].labels
    behind = pd.Series(world.codes("technologies")).map(pillars).map(capacities).fillna("").to_numpy(object)
    taste = np.log(rng.dirichlet(np.where(behind == "", 0.5, 3.0)) + 1e-6)
    chosen = np.argsort(-(taste + rng.gumbel(size=(count, len(labels)))), axis=1)[:, :3]
    text = pd.Series(labels[chosen[:, 0]])
    how_many = rng.choice([1, 2, 3], count, p=[0.5, 0.35, 0.15])
    for more in (1, 2):
        text = text.where(how_many <= more, text + ";" + labels[chosen[:, more]])
    return text, np.where(rng.random(count) < 0.7, behind[chosen[:, 0]], "")


def collaborations(world: World, hub: Hub, rng: np.random.Generator) -> pd.DataFrame:
    """Work with other hubs and with partners outside the region."""
    count = max(3, rng.poisson(20 * hub.size))
    start = _between(rng, hub.grant_start, count)
    end = start + rng.integers(30, 500, count)
    regions = pd.Series(rng.choice(world.regions, count))
    places = regions.map(world.definitions.codelists["nuts2024"].labels)
    types = favour(rng, world.codes("partner_types"), count, 0.95)
    types = np.where(rng.random(count) < 0.4, "digital_innovation_hub", types)
    kinds = rng.choice(world.codes("collaboration_kinds"), count)
    labels = world.definitions.codelists["partner_types"].labels
    partners = [hub_name(number) for number in rng.integers(0, 900, count)]
    joint = np.isin(kinds, ["infrastructure", "investment"])
    return pd.DataFrame(
        {
            "id": numbered(f"{hub.hub}-C", count),
            "hub": hub.hub,
            "partner_name": np.where(
                types == "digital_innovation_hub", partners, pd.Series(types).map(labels) + ", " + places
            ),
            "partner_type": types,
            "partner_country": regions.str[:2],
            "partner_region": regions,
            "start": _days(start),
            "end": np.where(end > LAST_DAY, "", _days(end)),
            "kind": kinds,
            "joint_amount": np.where(joint, rng.lognormal(10.3, 0.8, count).round(-2), np.nan),
            "infrastructure": np.where(kinds == "infrastructure", "Shared test bed, " + places, ""),
            "technology_transfer": _yes(rng, 0.3, count),
            "confirmed": _yes(rng, 0.8, count),
            "evidence": np.where(joint, "Signed agreement", "Minutes of a meeting"),
        }
    )


def events(world: World, hub: Hub, rng: np.random.Generator) -> pd.DataFrame:
    """Events with their participants."""
    count = max(3, rng.poisson(25 * hub.size))
    start = _between(rng, hub.grant_start, count)
    kinds = favour(rng, world.codes("event_kinds"), count, 0.6)
    participants = rng.integers(8, 120, count)
    sme = rng.binomial(participants, 0.6)
    return pd.DataFrame(
        {
            "id": numbered(f"{hub.hub}-E", count),
            "hub": hub.hub,
            "title": pd.Series(kinds).map(EVENTS).fillna("Open day") + [f" {number}" for number in range(1, count + 1)],
            "start": _days(start),
            "end": _days(np.minimum(start + rng.integers(0, 3, count), LAST_DAY)),
            "place": np.where(rng.random(count) < 0.3, "online", hub.nuts),
            "kind": kinds,
            "participants": participants,
            "participants_sme": sme,
            "participants_pso": rng.binomial(participants - sme, 0.5),
            "evidence": "Attendance list",
        }
    )


def _between(rng: np.random.Generator, first: np.datetime64, count: int) -> np.ndarray:
    return np.sort(first + rng.integers(0, (LAST_DAY - first).astype(int), count))


def _days(days: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(days.astype("datetime64[D]")).astype(object)


def _yes(rng: np.random.Generator, share: float, count: int) -> np.ndarray:
    return np.where(rng.random(count) < share, "yes", "no")
