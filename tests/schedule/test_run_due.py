"""Making what is due: the record, failures, alerts, the lock, crashes. Reports are made by a stand-in here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from dihkpi.errors import BusyError, UsageError, WorkspaceError
from dihkpi.lock import hold
from dihkpi.schedule import run_due
from dihkpi.schedule.show import overview
from dihkpi.workspace import Workspace, create_workspace, open_workspace

NOW = datetime(2026, 4, 16, 9, tzinfo=UTC)
QUARTERS = 'timezone = "UTC"\n[[schedule]]\nname = "quarter"\nevery = "quarter"\nsince = "2025-Q3"\n'
NIGHTS = '[[schedule]]\nname = "nightly"\nevery = "day"\n'


class Maker:
    """Makes nothing, and remembers for what it was asked."""

    def __init__(self, fails: dict[str, Exception] | None = None, **counts: int) -> None:
        self.asked: list[str] = []
        self.fails, self.counts = fails or {}, {"made": 1, **counts}

    def __call__(self, space, schedule, period):
        self.asked.append(f"{schedule.name} {period}")
        if period in self.fails:
            raise self.fails[period]
        errors = self.counts.get("errors", 0)
        states = [s for s in ("made", "unchanged", "failed") for _ in range(self.counts.get(s, 0))]
        reports = [SimpleNamespace(state=state, message=f"a {state} report") for state in states]
        return SimpleNamespace(reports=reports, counts=SimpleNamespace(errors=errors))


def settle(folder: Path, text: str) -> Workspace:
    space = create_workspace(folder)
    (folder / "dihkpi.toml").write_text(text, encoding="utf-8")
    return open_workspace(space.folder)


@pytest.fixture
def space(tmp_path) -> Workspace:
    return settle(tmp_path / "space", QUARTERS)


def record(space: Workspace) -> dict:
    return json.loads((space.state / "schedule.json").read_text(encoding="utf-8"))["schedules"]


def test_missed_periods_are_made_oldest_first_and_once(space):
    make = Maker()
    first = run_due(space, now=NOW, make=make)
    assert make.asked == ["quarter 2025-Q3", "quarter 2025-Q4", "quarter 2026-Q1"]
    assert [first.state, first.exit_code, len(first.outcomes)] == ["made", 0, 3]
    again = run_due(space, now=NOW, make=make)
    assert [again.state, again.exit_code, len(make.asked)] == ["nothing due", 0, 3]
    assert again.as_object()["next"] == {"schedule": "quarter", "period": "2026-Q2", "at": "2026-07-01T02:00:00+00:00"}
    assert [entry["state"] for entry in record(space)["quarter"]["periods"].values()] == ["made"] * 3


def test_without_since_it_begins_with_the_period_before_the_first_call(tmp_path):
    space = settle(tmp_path / "space", QUARTERS.replace('since = "2025-Q3"\n', "wait_days = 30\n"))
    make = Maker()
    assert run_due(space, now=NOW, make=make).state == "nothing due"
    # the machine was off for half a year: where it began is on record
    run_due(space, now=NOW + timedelta(days=180), make=make)
    assert make.asked == ["quarter 2026-Q1", "quarter 2026-Q2"]


def test_several_schedules_are_made_in_the_order_of_their_days(tmp_path):
    make = Maker()
    summary = run_due(settle(tmp_path / "space", QUARTERS + NIGHTS), now=NOW, make=make)
    assert make.asked == ["quarter 2025-Q3", "quarter 2025-Q4", "quarter 2026-Q1", "nightly 2026"]
    assert summary.next is not None
    assert [summary.next.schedule, summary.next.at.isoformat()] == ["nightly", "2026-04-17T02:00:00+00:00"]


@pytest.mark.parametrize(
    ("counts", "state", "code"),
    [
        ({"made": 2}, "made", 0),
        ({"made": 0, "unchanged": 2}, "unchanged", 0),
        ({"made": 1, "errors": 3}, "made", 1),
        ({"made": 1, "failed": 1, "errors": 3}, "failed", 3),
    ],
)
def test_exit_codes_and_counts(space, counts, state, code):
    told = run_due(space, now=NOW, make=Maker(**counts)).as_object()
    assert [told["state"], told["exit_code"], told["errors"]] == [state, code, counts.get("errors", 0)]
    assert told["reports"] == {name: 3 * counts.get(name, 0) for name in ("made", "unchanged", "failed")}
    json.dumps(told)


def test_a_failure_stops_nothing_and_is_tried_again(tmp_path, capsys):
    space = settle(tmp_path / "space", QUARTERS + NIGHTS)
    make = Maker({"2025-Q4": UsageError("no hub 'x'"), "2026": ZeroDivisionError("oh")})
    first = run_due(space, now=NOW, make=make)
    assert [(o.period, o.state, o.exit_code) for o in first.outcomes] == [
        ("2025-Q3", "made", 0), ("2025-Q4", "failed", 2), ("2026-Q1", "made", 0), ("2026", "failed", 3),
    ]  # fmt: skip
    assert [first.state, first.exit_code] == ["failed", 3]
    assert first.outcomes[3].message == "ZeroDivisionError: oh"
    assert "Traceback" in capsys.readouterr().err
    second = run_due(space, now=NOW, make=make)
    assert [(o.period, o.attempt) for o in second.outcomes] == [("2025-Q4", 2), ("2026", 2)]
    assert record(space)["quarter"]["periods"]["2025-Q4"]["message"] == "no hub 'x'"
    make.fails.clear()
    third = run_due(space, now=NOW, make=make)
    assert [(o.period, o.state, o.attempt) for o in third.outcomes] == [("2025-Q4", "made", 3), ("2026", "made", 3)]


def test_too_much_at_once_is_asked_about_and_holds_up_nothing_else(tmp_path):
    since = QUARTERS.replace("2025-Q3", "1996-Q1")
    make = Maker()
    summary = run_due(settle(tmp_path / "space", since + NIGHTS), now=NOW, make=make)
    assert make.asked == ["nightly 2026"]
    assert [summary.exit_code, summary.outcomes[0].schedule] == [2, "quarter"]
    assert "121 periods are due, 1996-Q1 to 2026-Q1" in summary.outcomes[0].message
    assert "later since or a larger catch_up" in summary.outcomes[0].message
    larger = settle(tmp_path / "larger", since.replace('name = "quarter"', 'name = "quarter"\ncatch_up = 121'))
    assert len(run_due(larger, now=NOW, make=Maker()).outcomes) == 121


def test_a_dry_run_makes_and_writes_nothing(space):
    summary = run_due(space, now=NOW, dry_run=True, make=Maker({"2025-Q3": AssertionError("made")}))
    assert [summary.state, summary.exit_code, len(summary.outcomes)] == ["due", 0, 3]
    assert not space.state.exists()


def test_no_schedule_is_a_wrong_setting(tmp_path):
    summary = run_due(settle(tmp_path / "space", ""), now=NOW)
    assert [summary.state, summary.exit_code] == ["failed", 2]
    assert "[[schedule]]" in summary.message


@pytest.mark.parametrize(
    "damage",
    ["", "{", '{"version": 2, "schedules": {}}', '{"version": 1, "schedules": {"quarter": {"start": "soon"}}}', "\0"],
)
def test_a_damaged_record_is_told_and_not_touched(space, damage):
    run_due(space, now=NOW, make=Maker())
    path = space.state / "schedule.json"
    path.write_text(damage, encoding="utf-8")
    make = Maker()
    summary = run_due(space, now=NOW, make=make)
    assert [summary.state, summary.exit_code, make.asked] == ["failed", 3, []]
    assert f"{path} is damaged" in summary.message
    assert "rename it" in summary.message
    assert path.read_text(encoding="utf-8") == damage
    path.rename(path.with_suffix(".damaged"))
    assert len(run_due(space, now=NOW, make=Maker()).outcomes) == 3


def test_what_is_due_is_shown(tmp_path):
    space = settle(tmp_path / "space", QUARTERS + NIGHTS)
    rows = overview(space, NOW)
    assert rows[0] == ("quarter", "2025-Q3, 2025-Q4, 2026-Q1", "2026-Q2", "2026-07-01 02:00+00:00", "–")
    run_due(space, now=NOW, make=Maker())
    assert [row[1] for row in overview(space, NOW)] == ["–", "–"]
    assert overview(space, NOW)[1][4] == "2026 made"


# settings


def test_all_wrong_settings_of_schedules_are_told_at_once(tmp_path):
    wrong = """
timezone = "Europe/Zagrb"
[[schedule]]
name = "a"
every = "quater"
[[schedule]]
name = "a"
evry = "month"
every = "month"
since = "2026-Q1"
at = "2 o'clock"
period = "year"
reports = ["hub", "regon"]
[[schedule]]
name = "no id"
every = "day"
wait_days = 3
reports = ["hub"]
hubs = ["HR-adria"]
[[schedule]]
name = "old"
every = "quarter"
since = "1926-Q1"
[alerts]
on_failure = [""]
busy_hour = 3
"""
    with pytest.raises(WorkspaceError) as fault:
        settle(tmp_path / "space", wrong)
    head, *lines = str(fault.value).splitlines()
    assert head.endswith("has 14 wrong settings")
    zone = next(line.strip() for line in lines if "timezone" in line)
    assert zone.startswith("timezone: there is no time zone 'Europe/Zagrb'; did you mean 'Europe/Zagreb'")
    assert sorted(line.strip() for line in lines) == sorted([
        zone,
        "schedule › a › every: 'quater' is unknown; did you mean 'quarter'?",
        "schedule › a › evry: unknown setting; did you mean 'every'?",
        "schedule › a › since: '2026-Q1' is no month; write it as 2026-03",
        "schedule › a › at: \"2 o'clock\" is no time of the day; write it as 02:00",
        "schedule › a › period: every month is reported as soon as it has ended; period goes with every day or week",
        "schedule › a › reports › 2: 'regon' is unknown; did you mean 'region'?",
        "schedule › no id › name: 'no id' is no id; allowed: up to 64 of A-Z a-z 0-9 _ -, a letter or digit first",
        "schedule › no id › wait_days: it is for periods that have ended; every day or week reports the period so far",
        "schedule › no id › hubs: reports asks for every hub already; leave 'hub' out there, or this one",
        "schedule › old › since: '1926-Q1' is before 1990",
        "alerts › on_failure: the first word is the program and cannot be empty",
        "alerts › busy_hour: unknown setting; did you mean 'busy_hours'?",
        "schedule: 2 are named 'a'; each needs a name of its own",
    ])  # fmt: skip


@pytest.mark.parametrize(("every", "since"), [("day", "2026-01-31"), ("year", "2026"), ("week", '"2026-W05"')])
def test_dates_may_stand_as_toml_has_them(tmp_path, every, since):
    text = f'[[schedule]]\nname = "a"\nevery = "{every}"\nsince = {since}\nat = 23:30:00\n'
    [plan] = settle(tmp_path / "space", text).settings.schedule
    assert plan.start is not None
    assert plan.start.isoformat() == {"day": "2026-01-31", "year": "2026-01-01", "week": "2026-01-26"}[every]
    assert plan.at.isoformat() == "23:30:00"


# alerts

LISTENER = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text((path.read_text() if path.exists() else "") + sys.stdin.read())
sys.exit(int(sys.argv[2]))
"""


def with_alert(tmp_path: Path, code: int = 0, more: str = "") -> tuple[Workspace, Path]:
    heard, script = tmp_path / "heard.jsonl", tmp_path / "listener.py"
    script.write_text(LISTENER, encoding="utf-8")
    words = json.dumps([sys.executable, str(script), str(heard), str(code)])
    return settle(tmp_path / "space", f"{QUARTERS}[alerts]\non_failure = {words}\n{more}"), heard


def heard_lines(heard: Path) -> list[dict]:
    return [json.loads(line) for line in heard.read_text(encoding="utf-8").splitlines()] if heard.exists() else []


def test_a_failure_is_told_once_a_day_until_it_is_over(tmp_path):
    space, heard = with_alert(tmp_path)
    make = Maker({"2025-Q4": OSError("disk")})
    alerts = [run_due(space, now=NOW + timedelta(hours=hour), make=make).alert for hour in (0, 1, 23, 24)]
    assert alerts == ["sent", "told before", "told before", "sent"]
    assert [(line["state"], line["exit_code"]) for line in heard_lines(heard)] == [("failed", 3)] * 2
    assert heard_lines(heard)[0]["runs"][1]["message"] == "OSError: disk"
    make.fails.clear()
    assert run_due(space, now=NOW + timedelta(hours=25), make=make).alert == ""
    make.fails["2026-Q2"] = OSError("disk")
    assert run_due(space, now=NOW + timedelta(days=100), make=make).alert == "sent"
    make.fails["2026-Q3"] = OSError("disk")
    assert run_due(space, now=NOW + timedelta(days=200), make=make).alert == "sent"


def test_errors_in_the_data_are_no_failure(tmp_path):
    space, heard = with_alert(tmp_path)
    assert run_due(space, now=NOW, make=Maker(errors=2)).exit_code == 1
    assert not heard.exists()


def test_an_alert_that_fails_hides_nothing(tmp_path):
    space, heard = with_alert(tmp_path, code=7)
    summary = run_due(space, now=NOW, make=Maker({"2025-Q4": OSError("disk")}))
    assert [summary.state, summary.exit_code] == ["failed", 3]
    assert summary.outcomes[1].message == "OSError: disk"
    assert summary.alert.startswith("failed: ")
    assert "ended with 7" in summary.alert
    # it was not heard, so it is told again
    run_due(space, now=NOW, make=Maker({"2025-Q4": OSError("disk")}))
    assert len(heard_lines(heard)) == 2


def test_an_alert_that_is_not_there_or_hangs(tmp_path):
    missing = settle(tmp_path / "missing", f'{QUARTERS}[alerts]\non_failure = ["no-such-program"]\n')
    assert "give the whole path" in run_due(missing, now=NOW, make=Maker(failed=1)).alert
    words = json.dumps([sys.executable, "-c", "import time; time.sleep(60)"])
    hangs = settle(tmp_path / "hangs", f"{QUARTERS}[alerts]\non_failure = {words}\ntimeout_seconds = 1\n")
    assert "longer than 1 seconds" in run_due(hangs, now=NOW, make=Maker(failed=1)).alert


def test_an_alert_that_cannot_even_be_started_hides_nothing(tmp_path, monkeypatch):
    space, _ = with_alert(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    summary = run_due(space, now=NOW, make=Maker({"2025-Q4": OSError("disk")}))
    assert [summary.outcomes[1].message, summary.alert] == [
        "OSError: disk",
        "failed: [Errno 28] No space left on device",
    ]


def test_a_damaged_record_is_told_to_people_too(tmp_path):
    space, heard = with_alert(tmp_path)
    run_due(space, now=NOW, make=Maker())
    (space.state / "schedule.json").write_text("{", encoding="utf-8")
    assert run_due(space, now=NOW, make=Maker()).alert == "sent"
    assert "is damaged" in heard_lines(heard)[0]["message"]


# one at a time; real processes

HOLDS = """
import pathlib, sys, time
from dihkpi.schedule import run_due
def make(space, schedule, period):
    if period == "2025-Q4":
        pathlib.Path(sys.argv[2]).touch()
        time.sleep(120)
    from tests_maker import Maker
    return Maker()(space, schedule, period)
from datetime import datetime
run_due(sys.argv[1], now=datetime.fromisoformat("2026-04-16T09:00+00:00"), make=make)
"""


@pytest.fixture
def other(space, tmp_path):
    """Another process that is in the middle of its second period."""
    reached = tmp_path / "reached"
    code = HOLDS.replace("from tests_maker import Maker", f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
                         "    from test_run_due import Maker")  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", code, str(space.folder), str(reached)])
    deadline = time.monotonic() + 60
    while not reached.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_a_second_call_goes_away_quietly_until_the_first_takes_too_long(space, other, tmp_path):
    now = datetime.now(UTC)
    make = Maker()
    busy = run_due(space, now=now, make=make)
    assert [busy.state, busy.exit_code, make.asked] == ["busy", 0, []]
    assert f"process {other.pid}" in busy.message
    late = run_due(space, now=now + timedelta(hours=13), make=make)
    assert [late.state, late.exit_code] == ["busy", 3]
    assert "busy_hours = 12" in late.message
    with (
        pytest.raises(BusyError, match=rf"'dihkpi schedule run-due' \(process {other.pid}\) since 2"),
        space.lock("run"),
    ):
        pass


def test_the_lock_is_waited_for(space, other):
    threading.Timer(0.3, other.kill).start()
    with space.lock("run", wait=60):
        assert other.wait() != 0


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_a_process_that_is_killed_leaves_no_lock_and_its_work_is_finished(space, other):
    assert {p: e["state"] for p, e in record(space)["quarter"]["periods"].items()} == {
        "2025-Q3": "made", "2025-Q4": "started",
    }  # fmt: skip
    other.send_signal(signal.SIGKILL)
    other.wait()
    make = Maker()
    summary = run_due(space, now=NOW, make=make)
    assert make.asked == ["quarter 2025-Q4", "quarter 2026-Q1"]
    assert [(o.period, o.attempt, o.state) for o in summary.outcomes] == [
        ("2025-Q4", 2, "made"), ("2026-Q1", 1, "made"),
    ]  # fmt: skip


FORKS = """
import os, pathlib, signal, sys, time
from dihkpi.lock import hold
with hold(pathlib.Path(sys.argv[1]), "run"):
    child = os.fork()
    if child == 0:
        os.close(1)
        os.close(2)
        time.sleep(120)
        os._exit(0)
    print(child, flush=True)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_that_lives_on_holds_no_lock(tmp_path):
    done = subprocess.run([sys.executable, "-c", FORKS, str(tmp_path)], capture_output=True, text=True, check=False)
    child = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    os.kill(child, 0)
    try:
        with hold(tmp_path, "run"):
            assert json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))["process"] == os.getpid()
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_thread_may_take_the_lock_again_but_no_other_thread(tmp_path):
    met = []

    def try_it() -> None:
        try:
            with hold(tmp_path, "other"):
                met.append("in")
        except BusyError:
            met.append("busy")

    with hold(tmp_path, "outer"):
        with hold(tmp_path, "inner"):
            pass
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    try_it()
    assert met == ["busy", "in"]


# the command line


@pytest.fixture
def dihkpi(monkeypatch, capsys):
    from dihkpi.cli import main

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dihkpi", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
            sys.exit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return call


def one_line(out: str) -> dict:
    assert out.count("\n") == 1
    return json.loads(out)


def test_one_line_of_json_whatever_happens(dihkpi, space, tmp_path):
    code, out, err = dihkpi("schedule", "run-due", space.folder, "--now", "2026-04-16T09:00", "--dry-run")
    assert [code, one_line(out)["state"]] == [0, "due"]
    assert "quarter 2026-Q1 due" in err
    code, out, err = dihkpi("schedule", "run-due", tmp_path / "none")
    assert [code, one_line(out)["exit_code"]] == [2, 2]
    assert "not a workspace" in err
    code, out, err = dihkpi("schedule", "run-due", space.folder, "--now", "tomorrow")
    assert [code, one_line(out)["exit_code"]] == [2, 2]
    code, out, err = dihkpi("schedule", "run-due", space.folder, "--now", "2999-01-01")
    assert [code, one_line(out)["state"]] == [2, "failed"]
    assert "is in the future" in err
    (space.folder / "dihkpi.toml").write_text("[[schedule]]\nname = 3\n", encoding="utf-8")
    code, out, err = dihkpi("schedule", "run-due", space.folder)
    assert [code, one_line(out)["state"]] == [2, "failed"]
    assert "wrong settings" in err


def test_an_empty_inbox_is_a_failure_that_says_so(dihkpi, space):
    code, out, err = dihkpi("schedule", "run-due", space.folder, "--now", "2026-04-16T09:00")
    told = one_line(out)
    assert [code, told["state"], len(told["runs"])] == [2, "failed", 3]
    assert "nothing to report" in err


def test_commands_that_change_something_keep_out_of_each_other(dihkpi, space, other, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("hub,id,title,start,kind,participants\nHR-a,e1,Day,2025-05-01,awareness,30\n", encoding="utf-8")
    for words in (["run", space.folder], ["report", space.folder, "--network"],
                  ["submit", events, "-w", space.folder, "--wait", "0.2"]):  # fmt: skip
        code, _, err = dihkpi(*words)
        assert code == 3
        assert f"is in use by 'dihkpi schedule run-due' (process {other.pid}) since" in err
        assert "--wait" in err


def test_a_call_with_nothing_due_loads_no_heavy_library(space):
    run_due(space, now=datetime.now(UTC), make=Maker())
    code = (
        "import sys\nfrom dihkpi.schedule import run_due\n"
        f"assert run_due({str(space.folder)!r}).state == 'nothing due'\n"
        "print(sorted({'numpy', 'pandas', 'matplotlib', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
