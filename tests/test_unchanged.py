"""Again and again: what did not change is not touched, what changed is found, and nothing is left half done."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys

import pytest

from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
from dihkpi.pipeline import Choice, run, steps
from dihkpi.workspace import open_workspace

CHOICE = Choice(hubs=["HR-adria", "EE-lumi"], network=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three hubs, the reports of two of them, and what the run gave."""
    space = write_demo(tmp_path_factory.mktemp("work") / "space", hubs=3)
    return space, run(space, period=DEMO_PERIOD, choice=CHOICE)


@pytest.fixture
def space(made, tmp_path):
    """A workspace as the run left it; copied, so the next run looks at everything once."""
    shutil.copytree(made[0].folder, tmp_path / "space", symlinks=True)
    copied = open_workspace(tmp_path / "space")
    run(copied, period=DEMO_PERIOD, choice=CHOICE)
    return copied


def reasons(result) -> dict[str, str]:
    return {report.code: report.why for report in result.reports}


@pytest.fixture
def no_steps(monkeypatch):
    """Taking the steps of a run is an error."""

    def refuse(*_):
        raise AssertionError("the steps of a run were taken")

    monkeypatch.setattr(steps, "take_steps", refuse)


def states(result) -> dict[str, str]:
    return {report.code: report.state for report in result.reports}


def test_where_nothing_changed_nothing_is_done(made, space, no_steps):
    again = run(space, period=DEMO_PERIOD, choice=CHOICE)
    assert states(again) == {"HR-adria": "unchanged", "EE-lumi": "unchanged"}
    assert (again.counts, again.lines, again.period) == (made[1].counts, made[1].lines, made[1].period)
    assert again.index == space.reports / DEMO_PERIOD / "index.html" and again.index.is_file()
    assert again.issues.equals(made[1].issues) and again.files.equals(made[1].files)


TOUCHES = {
    "a new file": lambda s: (s.inbox / "HR-adria" / "note.csv").write_text("a\n"),
    "a file removed": lambda s: next((s.inbox / "HR-adria").iterdir()).unlink(),
    "a file of the same size and time": lambda s: same_size_and_time(s.inbox / "hubs.csv"),
    "the settings": lambda s: (s.folder / "dihkpi.toml").write_text('name = "Other"\n'),
    "the store": lambda s: (s.folder / "store.db").touch(),
    "the key": lambda s: (s.folder / "respondents.key").write_text("0" * 64),
    "a report": lambda s: (s.reports / DEMO_PERIOD / "hub/HR-adria/index.html").write_text(""),
    "a report removed": lambda s: (s.reports / DEMO_PERIOD / "hub/HR-adria/index.html").unlink(),
    "the results": lambda s: (s.results / DEMO_PERIOD / "meta.json").unlink(),
    "the note of the last run": lambda s: [note.write_text("{") for note in (s.state / "runs").iterdir()],
}


def same_size_and_time(path):
    """As an editor or a copy may leave it: other content, yet the size and the time of before."""
    before, text = path.stat(), path.read_text()
    path.write_text(text.replace("Adria", "Adrio"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size and path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("touch", TOUCHES)
def test_whatever_changed_is_seen(touch, space, no_steps):
    run(space, period=DEMO_PERIOD, choice=CHOICE)
    TOUCHES[touch](space)
    with pytest.raises(AssertionError, match="the steps of a run were taken"):
        run(open_workspace(space.folder), period=DEMO_PERIOD, choice=CHOICE)


@pytest.mark.parametrize("asked", [{"period": "2026"}, {"choice": Choice()}, {"formats": ["ipynb"]}, {"verify": True}])
def test_what_else_is_asked_for_is_another_run(asked, space, no_steps):
    with pytest.raises(AssertionError, match="the steps of a run were taken"):
        run(space, **{"period": DEMO_PERIOD, "choice": CHOICE, **asked})


def test_without_a_period_the_day_counts(space, no_steps, monkeypatch):
    from datetime import date

    from dihkpi.pipeline import seen

    sight = seen.Sight(space, steps.Asked(), None)
    before = sight.before()
    fixed = seen.Sight(space, steps.Asked(period="2026"), None).before()

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return cls(2031, 1, 1)

    monkeypatch.setattr(seen, "date", Tomorrow)
    assert sight.before() != before
    assert seen.Sight(space, steps.Asked(period="2026"), None).before() == fixed


def test_verify_finds_what_times_cannot_tell_and_says_why(space):
    page = space.reports / DEMO_PERIOD / "hub/HR-adria/index.html"
    page.write_bytes(page.read_bytes().replace(b"Adria", b"Adrio"))
    result = run(space, period=DEMO_PERIOD, choice=CHOICE, verify=True)
    assert states(result) == {"HR-adria": "made", "EE-lumi": "unchanged"}
    assert reasons(result) == {"HR-adria": "hub/HR-adria/index.html was changed or removed since", "EE-lumi": ""}


def test_the_results_of_the_same_data_are_used_again(space, monkeypatch):
    """A new day, a second choice of reports: neither is a reason to score and compute again."""
    monkeypatch.setattr(steps, "prepare", lambda *_: pytest.fail("it was scored again"))
    before = (space.results / DEMO_PERIOD / "meta.json").stat().st_mtime_ns
    result = run(space, period=DEMO_PERIOD, choice=Choice(network=True))
    assert states(result) == {"all": "made"}
    assert (space.results / DEMO_PERIOD / "meta.json").stat().st_mtime_ns == before


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
    assert reasons(result) == {"HR-adria": "its figures changed", "EE-lumi": ""}


def test_the_quick_look_loads_nothing_heavy(space):
    import subprocess

    run(space, period=DEMO_PERIOD, choice=CHOICE)
    code = (
        "import sys\nfrom dihkpi.pipeline.run import Choice, run\n"
        f"choice = Choice({list(CHOICE.hubs)!r}, None, False)\n"
        f"done = run({str(space.folder)!r}, period={DEMO_PERIOD!r}, choice=choice)\n"
        "assert {r.state for r in done.reports} == {'unchanged'}\n"
        "heavy = 'numpy pandas pandera sqlalchemy matplotlib papermill nbconvert openpyxl ruamel'\n"
        "print(sorted(set(heavy.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_note_is_valid_json_and_holds_no_answer(space):
    (note,) = (space.state / "runs").iterdir()
    told = json.loads(note.read_text())
    assert set(told) == {"before", "after", "period", "label", "counts", "lines", "reports"}
