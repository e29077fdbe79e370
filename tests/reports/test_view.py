"""What a template may call: every section, with everything there, with nothing there, and in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.definitions import load_definitions
from dihkpi.errors import ReportError
from dihkpi.pipeline.results import dictionary
from dihkpi.reports import open_report
from dihkpi.reports.blocks import Words
from dihkpi.reports.facts import Estimate
from dihkpi.reports.results import by_name
from dihkpi.reports.sections.overview import change_sentence

PLAIN = [
    "title",
    "headline",
    "comparison",
    "kpi_table",
    "money",
    "completeness",
    "services_by_category",
    "services_by_technology",
    "customers",
    "trend",
    "coverage",
    "places",
    "hubs",
    "indicators",
    "data_quality",
    "provenance",
]
BY_SURVEY = ["maturity_scores", "maturity_profile", "score_parts", "standing", "maturity_change", "change_evidence"]
PLACES = [("hub", "HR-adria"), ("nuts2", "HR03"), ("country", "HR"), ("network", "all")]
ALL = [
    "customers_supported",
    "services_delivered",
    "attendees",
    "service_value",
    "aid_granted",
    "aid_intensity",
    "investment_triggered",
    "collaborations",
    "cross_border_share",
    "own_region_share",
    "events_held",
    "dma_count",
    "maturity_score",
    "maturity_gain",
    "dma_completeness",
    "hubs",
    "hubs_offering",
    "public_sector_share",
    "coverage_seat",
]
WORDS = Words(5, 0.95)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\xa0", " ").split())


def every_section(data: Path, level: str, code: str) -> dict[str, str]:
    report = open_report(data, level, code)
    found = {name: getattr(report, name)()._repr_html_() for name in PLAIN}
    for survey in ("dma_sme", "dma_pso", "unknown"):
        found |= {f"{name} {survey}": getattr(report, name)(survey)._repr_html_() for name in BY_SURVEY}
    return found


@pytest.mark.parametrize(("level", "code"), PLACES)
def test_every_section_shows_something_for_every_place(results: Path, level: str, code: str) -> None:
    for name, html in every_section(results, level, code).items():
        assert text_of(html) or "<img" in html, name
        assert "nan" not in text_of(html).lower().split(), name
        assert "None" not in text_of(html), name


@pytest.mark.parametrize("dropped", [ALL, ALL[::3], ALL[1::3], ALL[2::3]], ids=["all", "a", "b", "c"])
def test_missing_indicators_become_plain_sentences(make_results: Callable[..., Path], dropped: list[str]) -> None:
    data = make_results(hubs=8, drop=dropped)
    for level, code in [("hub", "HR-adria"), ("network", "all")]:
        found = every_section(data, level, code)
        if dropped == ALL:
            assert "No data" in found["maturity_profile dma_sme"] and "<figure" not in "".join(found.values())
            assert "no data" in found["headline"] or "nothing was submitted" in found["headline"]


def test_a_hub_that_submitted_nothing_has_a_page_that_says_so(results: Path) -> None:
    report = open_report(results, "hub", "EL-minho")
    assert "No customers or services are on record" in report.headline().html
    assert "No targets are on record" in report.kpi_table().html
    assert "No data: no file names this place" in report.data_quality().html


def test_small_bases_are_said_in_words_everywhere(make_results: Callable[..., Path]) -> None:
    data = make_results()
    rows = pd.read_parquet(data / "indicators.parquet")
    rows.loc[rows["indicator"] != "hubs", ["value", "lo", "hi", "n"]] = None
    rows["status"] = "c"
    rows.to_parquet(data / "indicators.parquet")
    found = every_section(data, "hub", "HR-adria")
    assert "fewer than 5" in text_of(found["headline"])
    assert "Too few firms were assessed twice since the start" in found["maturity_change dma_sme"]
    assert "Too few public bodies were assessed twice" in found["maturity_change dma_pso"]
    assert "<figure" not in "".join(found.values())


def test_headline_tells_base_and_interval(results: Path) -> None:
    said = text_of(open_report(results, "hub", "HR-adria").headline().html)
    assert "95 % interval" in said and "pairs of assessments" in said and "counted, so no interval" in said


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (
            Estimate(7.2, 4.9, 9.5, 27, "points", "ok"),
            "of firms assessed twice rose by 7.2 points on average since the start (95 % interval 4.9 to 9.5, 27",
        ),
        (
            Estimate(-3.0, -5.0, -1.0, 27, "points", "ok"),
            "fell by 3.0 points on average since the start (95 % interval of the change −5.0",
        ),
        (
            Estimate(1.2, -0.8, 3.2, 9, "points", "ok"),
            "+1.2 points (95 % interval −0.8 to +3.2, 9 pairs), cannot be told",
        ),
        (Estimate(4.0, None, None, 2, "points", "u"), "too few pairs for an interval"),
        (Estimate(status="c"), "Too few firms were assessed twice since the start"),
        (Estimate(), "cannot be told yet"),
    ],
)
def test_change_in_words(gain: Estimate, said: str) -> None:
    assert said in change_sentence(WORDS, gain, "firms").replace("\xa0", " ")


def test_targets_tell_status_in_words_and_shape(results: Path) -> None:
    html = open_report(results, "hub", "HR-adria").kpi_table().html
    assert 'class="light on_track" style="--light: #2e7d32">on\xa0track<' in html
    assert "Targets up to month 18 of the grant" in html
    assert 'aria-hidden="true"' in html, "the bar repeats the numbers beside it"


def test_comparison_needs_enough_other_hubs(make_results: Callable[..., Path]) -> None:
    few = open_report(make_results(hubs=5), "hub", "HR-adria").comparison().html
    assert "fewer than 5 other hubs" in few and "<table" not in few
    many = open_report(make_results(hubs=40), "hub", "HR-adria").comparison().html
    assert "Croatia" in many and "Synthetic network" in many


def test_many_hubs_are_cut_and_drawn_as_a_spread(make_results: Callable[..., Path]) -> None:
    html = open_report(make_results(hubs=64), "network", "all").hubs().html
    assert html.count("<tr>") == 61 and "and 3 more hubs, all in the index page" in html
    assert "half of them stand at" in html


def test_hubs_that_sent_nothing_are_counted_and_not_listed(make_results: Callable[..., Path]) -> None:
    data = make_results()
    html = open_report(data, "network", "all").hubs().html
    assert "11 hubs that submitted" in html and "and 1 hub of the register that sent nothing" in html
    assert "Minho" not in html
    pd.read_parquet(data / "hubs.parquet").assign(submitted=False).to_parquet(data / "hubs.parquet")
    assert "none of them sent anything" in open_report(data, "network", "all").hubs().html


def test_places_below_follow_the_order_of_levels(make_results: Callable[..., Path]) -> None:
    """More countries than regions are known: the network still has countries, Croatia its region."""
    data = make_results()
    places = pd.read_parquet(data / "places.parquet")
    places[(places["level"] != "nuts2") | (places["code"] == "HR03")].to_parquet(data / "places.parquet")
    assert "Countries with a hub" in open_report(data, "network", "all").places().html
    croatia = open_report(data, "country", "HR").places().html
    assert "(HR03)" in croatia and "NUTS 2 region unknown: 2 hubs." in croatia
    assert "the NUTS 2 region of 2 hubs is not known" in open_report(data, "country", "EE").places().html
    assert "no smaller places" in open_report(data, "nuts2", "HR03").places().html


def test_quality_adds_up_and_says_when_it_does_not(make_results: Callable[..., Path]) -> None:
    data = make_results()
    said = text_of(open_report(data, "hub", "HR-nordlys").data_quality().html)
    assert "4 files brought 2,000 rows: 2,000 received = 1,997 accepted + 3 set aside." in said
    assert "Did you mean" in said and "2024-02-30" not in said, "hints are shown, cells of the file are not"
    assert "Dates are written as declared. error 1" in said, "a rule is told by its brief"
    assert "code_known error 1" in said, "one that the dictionary does not know by its id"
    files = pd.read_parquet(data / "files.parquet").assign(accepted=0)
    files.to_parquet(data / "files.parquet")
    assert "do not add up" in open_report(data, "network", "all").data_quality().html


def test_provenance_names_switches_and_hashes(results: Path) -> None:
    said = text_of(open_report(results, "hub", "HR-adria").provenance().html)
    assert (
        "dma_sme: negative_item = ignore" in said
        and open_report(results, "hub", "HR-adria")._extract.id in said
        and "NUTS version 2024" in said
    )


def test_unknown_place_and_folder_are_errors_that_help(results: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="did you mean 'HR-adria'"):
        open_report(results, "hub", "HR-adra")
    with pytest.raises(ReportError, match="not a results folder"):
        open_report(tmp_path, "hub", "HR-adria")


def test_same_data_same_bytes(results: Path) -> None:
    assert every_section(results, "network", "all") == every_section(results, "network", "all")


def test_hubs_are_sorted_without_accents_and_case() -> None:
    hubs = pd.DataFrame({"hub": ["c", "b", "a"], "name": ["zenne", "Ágora", "Meuse"]})
    assert list(by_name(hubs)["name"]) == ["Ágora", "Meuse", "zenne"]


def test_files_whose_rows_name_the_hub_belong_to_its_folder(make_results: Callable[..., Path]) -> None:
    data = make_results()
    files = pd.read_parquet(data / "files.parquet").assign(hub=None)
    files.to_parquet(data / "files.parquet")
    assert "4 files brought" in open_report(data, "hub", "HR-adria").data_quality().html


def test_main_survey_is_the_one_with_most_pairs_whatever_the_order(make_results: Callable[..., Path]) -> None:
    data = make_results()
    dictionary = json.loads((data / "dictionary.json").read_text(encoding="utf-8"))
    for surveys in (dictionary["surveys"], dict(sorted(dictionary["surveys"].items()))):
        (data / "dictionary.json").write_text(json.dumps({**dictionary, "surveys": surveys}), encoding="utf-8")
        assert "Gain in digital maturity of firms" in open_report(data, "network", "all").headline().html


def test_services_that_nobody_called_delivered_are_not_nothing(make_results: Callable[..., Path]) -> None:
    data = make_results()
    rows = pd.read_parquet(data / "indicators.parquet")
    rows = rows[(rows["indicator"] != "services_delivered") | (rows["breakdown"] == "")]
    rows.loc[rows["indicator"].isin(["services_delivered", "customers_supported"]), ["value", "status"]] = [None, "m"]
    start = rows[(rows["indicator"] == "services_delivered") & rows["period"].str.startswith("../")]
    planned = start.assign(indicator="services_not_delivered", value=99.0, status="ok")
    pd.concat([rows, planned]).to_parquet(data / "indicators.parquet")
    report = open_report(data, "hub", "HR-adria")
    said = text_of(report.headline().html)
    assert "nothing was submitted" not in said
    assert "Services submitted since the start: 99 records, none of them known as delivered." in said
    assert "Planned, running or of unknown status since the start: 99." in report.services_by_category().html


def test_the_newest_record_is_told_and_its_year_is_not_over(make_results: Callable[..., Path]) -> None:
    data = make_results()
    meta = json.loads((data / "meta.json").read_text(encoding="utf-8"))
    whole = open_report(data, "network", "all")
    assert "cut-off 31 December 2026" in whole.title().html and "newest" not in whole.title().html
    assert "so far" not in whole.trend().html
    (data / "meta.json").write_text(
        json.dumps({**meta, "newest": {"HR-adria": "2026-06-30", "": "2026-01-01"}}), encoding="utf-8"
    )
    part = open_report(data, "network", "all")
    assert "Assessment in 2026, cut-off 31 December 2026, newest record 30 June 2026" in part.title().html
    assert "2026 so far" in part.trend().html and "2025 so far" not in part.trend().html


def test_a_new_indicator_stands_among_all_figures(make_results: Callable[..., Path]) -> None:
    data = make_results()
    rows = pd.read_parquet(data / "indicators.parquet")
    events = rows[(rows["indicator"] == "events_held") & (rows["level"] == "network")]
    pd.concat([rows, events.assign(indicator="ai_<services>", value=42.0, n=7)]).to_parquet(data / "indicators.parquet")
    report = open_report(data, "network", "all")
    html = report.indicators().html
    said = text_of(html)
    assert "ai &lt;services&gt;" in html and "42 42 (n = 7)" in said and "Other indicators" in said
    assert said.index("Customers supported") < said.index("Digital Maturity Assessment"), "the order of the dictionary"
    assert "strategy" not in said, "the profile stands in its own section"


def test_one_indicator_with_its_breakdowns(results: Path) -> None:
    report = open_report(results, "network", "all")
    said = text_of(report.indicator("services_delivered").html)
    assert "Services delivered in the window." in said and "Services delivered by category" in said
    assert "Test before invest" in said and "(n = " in said
    with pytest.raises(ReportError, match="did you mean 'services_delivered'"):
        report.indicator("service_delivered")
    assert "not computed for this place" in open_report(results, "hub", "EL-minho").indicator("hubs").html


def test_the_glossary_says_no_more_than_is_done(results: Path) -> None:
    said = text_of(open_report(results, "network", "all").provenance().html)
    assert "fewer than 5 units stand behind it" in said and "another figure" not in said


def test_the_dictionary_of_a_run_tells_rules_and_who_gives_an_indicator() -> None:
    told = dictionary(load_definitions(), {})
    assert told["rules"]["no_such_file"] == "The file exists." and "T0 comes before T1" in told["rules"]["wave_order"]
    assert told["indicators"]["dma_count"]["surveys"] == ["dma_pso", "dma_sme"]


def test_a_score_is_the_sum_of_what_is_shown(results: Path) -> None:
    said = text_of(open_report(results, "hub", "EE-aegean").score_parts("dma_sme").html)
    assert "Adds at T0 (before support) Adds at T1" in said and "Overall score 42.0 48.0" in said
    assert said.count("7.0 8.0") == 6, "six dimensions of one weight"
    assert (
        "T1. Clearly apart from the mean of the other hubs: Data Governance above by 9.5 points (3.3 standard" in said
    )
    assert "T0 (before support). No dimension can be told apart from the mean of the other hubs" in said


def test_a_standing_is_a_range_and_never_a_bare_rank(results: Path) -> None:
    said = text_of(open_report(results, "hub", "EE-aegean").standing("dma_sme").html)
    assert "T0 (before support) 12 1 to 12 2 to 7 1 of 2" in said
    assert "10" not in said.split("A score of some")[0], "its rank by the score alone is the tenth"


def test_a_wave_of_too_few_has_no_parts_and_no_standing(results: Path) -> None:
    report = open_report(results, "hub", "HR-adria")
    parts, place = (text_of(block.html) for block in (report.score_parts("dma_sme"), report.standing("dma_sme")))
    assert "Adds at T0" in parts and "Adds at T1" not in parts
    assert "T0 (before support) 12" in place and "T1 1" not in place


def test_where_nothing_is_explained_that_is_said(results: Path) -> None:
    report = open_report(results, "hub", "HR-adria")
    assert "no score of public bodies can be explained" in report.score_parts("dma_pso").html
    assert "no standing among others" in report.standing("dma_pso").html


def test_how_sure_a_change_is_and_what_chance_alone_explains(results: Path) -> None:
    said = text_of(open_report(results, "hub", "HR-adria").change_evidence("dma_sme").html)
    assert "Mean change, same organisations +6.0 +3.0 to +9.0 27" in said
    assert "for the worst, or the best – −20.0 to +30.0 27" in said and "55 % 40 % to 70 % 27" in said
    assert "The third that started lowest: change +9.3" in said and "without any effect +2.3" in said
    assert "Verdict: descriptive." in said and "impact" not in said.lower()
    assert "firms assessed twice gained 6.0 points on average (95 % interval of the change +3.0 to +9.0)" in said
    other = text_of(open_report(results, "hub", "EE-aegean").change_evidence("dma_sme").html)
    assert "started lowest: change" not in other, "too few to be said"
    assert "too few public bodies" in open_report(results, "hub", "HR-adria").change_evidence("dma_pso").html


def test_the_network_tells_the_effect_of_the_declared_analysis(results: Path) -> None:
    said = text_of(open_report(results, "network", "all").change_evidence("dma_sme").html)
    assert "a difference of −1.3 (−4 to 1.5) that goes along with the support" in said
    assert "Overall Overall; difference in differences −1.3 −4.0 to +1.5 0.61 90 Associational" in said
    assert "Met: two supported units or more: 45. Not met or not known: six clusters or more: 4, not met." in said
    assert "The interval holds zero" in said


def test_forecasts_of_open_targets_and_who_is_due(results: Path) -> None:
    report = open_report(results, "hub", "HR-adria")
    said = text_of(report.kpi_table().html)
    assert (
        "Up to month 18 of the grant : over since 30 November 2025, so the figures are final: 0 of 1 target reached"
        in said
    )
    assert "runs until 31 May 2027, 86 % of the time has passed: 5 on track." in said
    assert "520 (470 to 580) 12 %" in said and said.count("not reached") == 1
    waiting = text_of(report.completeness().html)
    assert "T1 60 27 45 % 8 4 17" in waiting and "Due within 3 months" in waiting
    assert "ann 40 50 % 3 4 11 No adviser named 20 35 % 5 0 6" in waiting
    other = open_report(results, "hub", "EE-aegean")
    assert "final" not in other.kpi_table().html and "no customer is on record" in other.completeness().html
