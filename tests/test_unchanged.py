"""Again and again: what did not change is not touched, what changed is found, and nothing is left half done."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime

import pytest

from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
from dihkpi.pipeline import Choice, run, seen, steps
from dihkpi.pipeline.run import Asked, Counts, RunResult
from dihkpi.pipeline.seen import Sight
from dihkpi.reports.outcome import RenderResult
from dihkpi.workspace import create_workspace, open_workspace

CHOICE = Choice(hubs=["HR-adria", "EE-lumi"], network=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two hubs, their reports, and what the run gave."""
    space = write_demo(tmp_path_factory.mktemp("work") / "space", hubs=2)
    return space, run(space, period=DEMO_PERIOD, choice=CHOICE)


@pytest.fixture
def space(made, tmp_path):
    """A copy of the workspace as the run left it."""
    shutil.copytree(made[0].folder, tmp_path / "space", symlinks=True)
    return open_workspace(tmp_path / "space")


@pytest.fixture
def no_steps(monkeypatch):
    """Taking the steps of a run is an error."""

    def refuse(*_):
        raise AssertionError("the steps of a run were taken")

    monkeypatch.setattr(steps, "take_steps", refuse)


def states(result) -> dict[str, str]:
    return {report.code: report.state for report in result.reports}


def reasons(result) -> dict[str, str]:
    return {report.code: report.why for report in result.reports}


@pytest.mark.slow
def test_where_nothing_changed_nothing_is_done(made, no_steps):
    space, first = made
    again = run(space, period=DEMO_PERIOD, choice=CHOICE)
    assert states(again) == {"HR-adria": "unchanged", "EE-lumi": "unchanged"}
    assert (again.counts, again.lines, again.period) == (first.counts, first.lines, first.period)
    assert again.index == space.reports / DEMO_PERIOD / "index.html" and again.index.is_file()
    assert len(again.issues) == first.counts.errors + first.counts.warnings and len(again.files)


@pytest.mark.parametrize("asked", [{"period": "2026"}, {"choice": Choice()}, {"formats": ["ipynb"]}, {"verify": True}])
@pytest.mark.slow
def test_what_else_is_asked_for_is_another_run(asked, made, no_steps):
    with pytest.raises(AssertionError, match="the steps of a run were taken"):
        run(made[0], **{"period": DEMO_PERIOD, "choice": CHOICE, **asked})


@pytest.mark.slow
def test_the_quick_look_loads_nothing_heavy(made):
    code = (
        "import sys\nfrom dihkpi.pipeline.run import Choice, run\n"
        f"choice = Choice({list(CHOICE.hubs)!r}, None, False)\n"
        f"done = run({str(made[0].folder)!r}, period={DEMO_PERIOD!r}, choice=choice)\n"
        "assert {r.state for r in done.reports} == {'unchanged'}\n"
        "heavy = 'numpy pandas pandera sqlalchemy matplotlib papermill nbconvert openpyxl yaml'\n"
        "print(sorted(set(heavy.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def small(tmp_path):
    """A workspace of a few files, and a run of it that was noted."""
    space = create_workspace(tmp_path / "space")
    for path in ("inbox/hubs.csv", "inbox/HR-a/services.csv", "store.db", "respondents.key", "results/2026/meta.json",
                 "issues/issues.html", "reports/2026/index.html", "reports/2026/hub/HR-a/index.html"):  # fmt: skip
        (space.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (space.folder / path).write_text("Adria")
    report = RenderResult("hub_assessment", "hub", "HR-a", "Adria", "hub/HR-a/index.html", "k", {}, "made", {})
    counts = Counts(files=2, received=5, accepted=4, quarantined=1, errors=1, warnings=0)
    result = RunResult(space.reports / "2026/index.html", "2026", space.results / "2026", counts, ("a line",), [report])
    sight = Sight(space, Asked(), None)
    sight.remember(sight.before(), result)
    return space


def recalled(space) -> RunResult | None:
    sight = Sight(open_workspace(space.folder), Asked(), None)
    return sight.recall(sight.before())


TOUCHES = {
    "a new file": lambda s: (s.inbox / "HR-a" / "note.csv").write_text("a\n"),
    "a file removed": lambda s: (s.inbox / "HR-a" / "services.csv").unlink(),
    "a file renamed": lambda s: (s.inbox / "HR-a").rename(s.inbox / "HR-b"),
    "a file of the same size and time": lambda s: same_size_and_time(s.inbox / "hubs.csv"),
    "the settings": lambda s: (s.folder / "dihkpi.toml").write_text('name = "Other"\n'),
    "the store": lambda s: (s.folder / "store.db").write_text("more"),
    "the key": lambda s: (s.folder / "respondents.key").write_text("0" * 64),
    "a report": lambda s: (s.reports / "2026/hub/HR-a/index.html").write_text(""),
    "a report removed": lambda s: (s.reports / "2026/hub/HR-a/index.html").unlink(),
    "an extract": lambda s: (s.results / "2026/extracts.json").write_text("{}"),
    "the issues": lambda s: (s.issues / "issues.html").unlink(),
    "the results": lambda s: (s.results / "2026/meta.json").unlink(),
    "the note of the last run": lambda s: [note.write_text("{") for note in (s.state / "runs").iterdir()],
    "a note of another version": lambda s: [note.write_text('{"before": 1}') for note in (s.state / "runs").iterdir()],
}


def same_size_and_time(path):
    """As an editor or a copy may leave it: other content, yet the size and the time of before."""
    before, text = path.stat(), path.read_text()
    path.write_text(text.replace("Adria", "Adrio"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size and path.stat().st_mtime_ns == before.st_mtime_ns


def test_what_was_noted_is_recalled(small):
    found = recalled(small)
    assert found is not None and found.counts.received == 5 and found.lines == ("a line",)
    assert [(report.code, report.state) for report in found.reports] == [("HR-a", "unchanged")]


@pytest.mark.parametrize("touch", TOUCHES)
def test_whatever_changed_is_seen(touch, small):
    TOUCHES[touch](small)
    assert recalled(small) is None


def test_without_a_period_the_day_counts(small, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2031, 1, 1, tzinfo=tz)

    fixed = Sight(small, Asked(period="2026"), None)
    before = fixed.before()
    monkeypatch.setattr(seen, "datetime", Later)
    assert recalled(small) is None and fixed.before() == before


@pytest.mark.slow
@pytest.mark.slow
def test_verify_finds_what_times_cannot_tell_and_says_why(space):
    page = space.reports / DEMO_PERIOD / "hub/HR-adria/index.html"
    page.write_bytes(page.read_bytes().replace(b"Adria", b"Adrio"))
    result = run(space, period=DEMO_PERIOD, choice=CHOICE, verify=True)
    assert states(result) == {"HR-adria": "made", "EE-lumi": "unchanged"}
    assert reasons(result) == {"HR-adria": "hub/HR-adria/index.html was changed or removed since", "EE-lumi": ""}


@pytest.mark.slow
@pytest.mark.slow
def test_the_results_of_the_same_data_are_used_again(space, monkeypatch):
    """A new day, a second choice of reports: neither is a reason to score and compute again."""
    monkeypatch.setattr(steps, "prepare", lambda *_: pytest.fail("it was scored again"))
    before = (space.results / DEMO_PERIOD / "meta.json").stat().st_mtime_ns
    result = run(space, period=DEMO_PERIOD, choice=Choice(network=True))
    assert states(result) == {"all": "made"}
    assert (space.results / DEMO_PERIOD / "meta.json").stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.slow
def test_a_corrected_answer_makes_the_reports_of_its_hub_only(space):
    """The other hub reads nothing of it, while its region, its country and the network would."""
    file = space.inbox / "HR-adria" / "SMEEuDMAdata.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        head, first, *rest = csv.reader(lines)
    question = next(i for i, name in enumerate(head) if name.startswith("it_infrastructures"))
    first[question] = "1" if first[question] == "0" else "0"
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines, quoting=csv.QUOTE_ALL).writerows([head, first, *rest])
    result = run(space, period=DEMO_PERIOD, choice=CHOICE)
    assert reasons(result) == {"HR-adria": "its figures and its scores and how they come about changed", "EE-lumi": ""}


def test_a_note_is_valid_json_and_holds_no_answer(small):
    (note,) = (small.state / "runs").iterdir()
    told = json.loads(note.read_text())
    assert set(told) == {"before", "after", "period", "label", "counts", "lines", "reports"}


def test_a_new_version_of_a_library_is_seen(small, monkeypatch):
    monkeypatch.setattr(seen, "versions", lambda: {"seaborn": "98"})
    assert recalled(small) is None


def test_one_workspace_by_two_names_is_one(small, monkeypatch):
    monkeypatch.chdir(small.folder.parent)
    assert recalled(open_workspace("space")) is not None


def test_a_clock_that_went_back_stops_nothing(small, monkeypatch):
    monkeypatch.setattr(seen.time, "time_ns", lambda: 0)
    assert recalled(small) is not None
