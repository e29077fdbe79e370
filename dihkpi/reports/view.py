"""The read-only view of one place that a notebook calls: every method gives a piece of the page."""

from __future__ import annotations

from pathlib import Path

from dihkpi.reports.blocks import Block, words_of
from dihkpi.reports.extract import Extract, open_extract
from dihkpi.reports.sections import (
    activity,
    catalogue,
    evidence,
    explained,
    maturity,
    money,
    outlook,
    overview,
    places,
    programme,
    quality,
    reconciled,
    surveys,
    targets,
)


class Report:
    """What is known of one hub, region, country or network.

    Parameters
    ----------
    extract : Extract
        Every row that the report reads.
    """

    def __init__(self, extract: Extract) -> None:
        self.name, self.level, self.code = (str(extract.place[key]) for key in ("name", "level", "code"))
        self._extract, self._figures = extract, extract.figures
        self._words = words_of(extract)

    def title(self) -> Block:
        """Name of the place, what it is, period and cut-off day."""
        return overview.title(self._extract)

    def headline(self) -> Block:
        """Four large figures, each with what it rests on, and one plain sentence."""
        return overview.headline(self._extract, self._words)

    def comparison(self) -> Block:
        """The place beside its country and the network."""
        return overview.comparison(self._extract, self._words)

    def kpi_table(self) -> Block:
        """Achieved against target, expected share and status; a forecast where the period is open."""
        return targets.kpi_table(self._extract, self._words, self._figures)

    def money(self) -> Block:
        """Value of services, aid, investment and cost, and the same by year."""
        return money.money(self._extract, self._words, self._figures)

    def state_aid(self) -> Block:
        """Where state aid went, and the room for more."""
        return money.state_aid(self._extract, self._words, self._figures)

    def funding(self) -> Block:
        """Sources of funding and their shares."""
        return money.funding(self._extract, self._words, self._figures)

    def completeness(self) -> Block:
        """How many customers lack which assessment, and how many are due."""
        return outlook.completeness(self._extract)

    def services_by_category(self) -> Block:
        """Services delivered by category."""
        return activity.services_by_category(self._extract, self._figures)

    def services_by_technology(self) -> Block:
        """Services delivered by technology, small ones merged."""
        return activity.services_by_technology(self._extract, self._figures)

    def customers(self) -> Block:
        """Customers by type, size and sector."""
        return activity.customers(self._extract, self._words, self._figures)

    def trend(self) -> Block:
        """Yearly figures."""
        return activity.trend(self._extract, self._words, self._figures)

    def maturity_scores(self, survey: str) -> Block:
        """Overall score per wave."""
        return maturity.maturity_scores(self._extract, self._words, self._figures, survey)

    def maturity_profile(self, survey: str) -> Block:
        """The dimensions per wave, drawn with their intervals."""
        return maturity.maturity_profile(self._extract, self._words, self._figures, survey)

    def maturity_change(self, survey: str) -> Block:
        """The change of organisations that were assessed twice."""
        return maturity.maturity_change(self._extract, self._words, self._figures, survey)

    def score_parts(self, survey: str) -> Block:
        """What each dimension adds to the overall score."""
        return explained.score_parts(self._extract, self._words, survey)

    def standing(self, survey: str) -> Block:
        """Which places among others the data leave open, and the tier."""
        return explained.standing(self._extract, self._words, survey)

    def change_evidence(self, survey: str) -> Block:
        """How sure a change is, what it would be without any effect, and what may be said of its cause."""
        return evidence.change_evidence(self._extract, self._words, survey)

    def programme(self) -> Block:
        """What of gross figures came on top of what would have come anyway, step by step."""
        return programme.programme(self._extract, self._words)

    def coverage(self) -> Block:
        """Hubs, regions with a hub, technologies offered."""
        return places.coverage(self._extract, self._words)

    def places(self) -> Block:
        """The places one level below."""
        return places.places(self._extract, self._words)

    def hubs(self) -> Block:
        """The hubs of the place side by side, in alphabetical order."""
        return places.hubs(self._extract, self._words)

    def indicators(self) -> Block:
        """All indicators with a total, this period and since the start, by survey."""
        return catalogue.indicators(self._extract, self._words, self._figures)

    def indicator(self, name: str) -> Block:
        """One indicator with its definition and breakdowns."""
        return catalogue.indicator(self._extract, self._words, self._figures, name)

    def own_records(self) -> Block:
        """The hub's own records beside the official ones; nothing where it has no list of its own."""
        return reconciled.own_records(self._extract)

    def data_quality(self) -> Block:
        """What was received, set aside, and why."""
        return quality.data_quality(self._extract)

    def survey_headline(self) -> Block:
        """Per survey: whether its scales are reliable enough, and how many of its items should be looked at."""
        return surveys.survey_headline(self._extract, self._words)

    def survey_scales(self) -> Block:
        """The scales of every survey with their alpha."""
        return surveys.survey_scales(self._extract, self._words)

    def survey_issues(self) -> Block:
        """The items of every survey that should be looked at, and why."""
        return surveys.survey_issues(self._extract, self._words)

    def survey_items(self) -> Block:
        """How the answers to every item are spread, and how many gave none."""
        return surveys.survey_items(self._extract, self._words)

    def provenance(self) -> Block:
        """How the report was made, and what its words mean."""
        return overview.provenance(self._extract, self._words)


def open_report(data: str | Path, level: str, code: str) -> Report:
    """Open the results folder of a run for one place.

    Parameters
    ----------
    data : path
        The results folder, relative to the working directory.
    level : str
        Kind of place: ``hub``, ``nuts2``, ``country`` or ``network``.
    code : str
        Which place of that level.

    Returns
    -------
    Report
        A read-only view; its methods give pieces of a page.

    Raises
    ------
    ReportError
        When the folder holds no results, or no such place.
    """
    return Report(open_extract(data, level, code))
