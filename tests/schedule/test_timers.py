"""Lines for cron, systemd and the Task Scheduler: hostile names, and a real cron."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dihkpi.demo.workspace import write_demo
from dihkpi.errors import UsageError
from dihkpi.schedule import run_due, timers
from dihkpi.workspace import Workspace, create_workspace, open_workspace

PLAN = '[[schedule]]\nname = "half"\nevery = "half-year"\nsince = "2026-H1"\nreports = ["network"]\n'
HOSTILE = [
    "plain",
    "two words",
    "100% done",
    "it's",
    'say "hi"',
    "$HOME `id` $(id)",
    "a;b & c|d",
    "Köln – 北京",
    "-rf",
    "%n%h",
    "#",
]
posix = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell is needed")


def settle(folder: Path, more: str = "") -> Workspace:
    space = create_workspace(folder)
    (folder / "dihkpi.toml").write_text(more + PLAN, encoding="utf-8")
    return open_workspace(space.folder)


@posix
@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_gets_from_cron_what_was_meant(tmp_path, monkeypatch, name):
    script = tmp_path / name / "bin" / "dihkpi"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(timers, "program", lambda: [str(script)])
    space = settle(tmp_path / name / "space")
    line = timers.cron_line(space)
    # what cron does: five fields, then everything up to the first percent sign without a backslash before it
    *fields, command = line.split(" ", 5)
    assert fields == ["*/15", "*", "*", "*", "*"]
    assert line.count("\n") == 0
    assert line.replace(r"\%", "").count("%") == 0
    subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], cwd="/", check=True)
    said = (space.folder / "schedule.log").read_text(encoding="utf-8")
    assert said == f"schedule\nrun-due\n{space.folder}\n"


def test_paths_that_cannot_stand_in_a_line_are_refused(tmp_path):
    for name in ("line\nend", "tab\tbed", "del\x7f", "x" * 200 + "/" + "y" * 200 + "/" + "z" * 200):
        space = settle(tmp_path / name)
        with pytest.raises(UsageError, match="rename or move the folder"):
            timers.cron_line(space)
    with pytest.raises(UsageError, match="control characters"):
        timers.systemd_units(settle(tmp_path / "a\rb"))
    with pytest.raises(UsageError, match="control characters"):
        timers.windows_task(settle(tmp_path / "a\x1bb"))
    with pytest.raises(UsageError, match="variable"):
        timers.windows_task(settle(tmp_path / "%TEMP%"))
    if os.name != "nt":
        with pytest.raises(UsageError, match="backslash"):
            timers.cron_line(settle(tmp_path / "back\\slash"))


@pytest.mark.parametrize(("minutes", "cron", "calendar"), [(1, "*", "*:0/1"), (15, "*/15", "*:0/15"), (60, "0", "*:0")])
def test_how_often_it_is_called(tmp_path, minutes, cron, calendar):
    space = settle(tmp_path / "space")
    assert timers.cron_line(space, minutes).startswith(f"{cron} * * * * ")
    assert f"\nOnCalendar={calendar}\n" in "".join(timers.systemd_units(space, minutes).values())
    assert f"<Interval>PT{minutes}M</Interval>" in timers.windows_task(space, minutes)
    for make in (timers.cron_line, timers.systemd_units):
        with pytest.raises(UsageError, match="allowed: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60"):
            make(space, 7)


@posix
def test_systemd_finds_nothing_to_complain_about(tmp_path):
    written = []
    for number, name in enumerate([*HOSTILE, "back\\slash"]):
        units = timers.systemd_units(settle(tmp_path / name), minutes=1 if number else 60)
        assert [Path(file).suffix for file in units] == [".service", ".timer"]
        service, timer = units.values()
        assert {"Type=oneshot", "SuccessExitStatus=1", "Nice=10"} <= set(service.splitlines())
        assert "Persistent=true" in timer.splitlines()
        for file, text in units.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
            written.append(str(tmp_path / file))
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here, so the units were not verified by it")
    done = subprocess.run(["systemd-analyze", "verify", *written], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "dihkpi" in line]) == (0, [])


@posix
def test_systemd_gets_the_words_that_were_meant(tmp_path):
    for name in [*HOSTILE, "back\\slash"]:
        units = timers.systemd_units(settle(tmp_path / name))
        text = next(line for line in next(iter(units.values())).splitlines() if line.startswith("ExecStart="))
        # as systemd.service(5) has it: quoted words, backslash escapes, two percent signs for one, no variables
        words = [word.replace("%%", "%") for word in shlex.split(text.removeprefix("ExecStart=:"))]
        assert words == [*timers.program(), "schedule", "run-due", str(tmp_path / name)]


def test_the_network_is_closed_only_where_nobody_needs_it(tmp_path):
    def service(name: str, more: str) -> str:
        return next(iter(timers.systemd_units(settle(tmp_path / name, more)).values()))

    assert "PrivateNetwork=true" in service("a", "")
    assert "PrivateNetwork=true" in service("b", '[store]\nurl = "sqlite:///elsewhere.db"\n')
    assert "PrivateNetwork" not in service("c", '[store]\nurl = "postgresql+psycopg://user@host/database"\n')
    assert "PrivateNetwork" not in service("d", '[alerts]\non_failure = ["mail", "ops@example.org"]\n')


@pytest.mark.parametrize("name", ["plain", "two words", "100% done", "a & b <c>", "Köln – 北京", "it's"])
def test_the_task_scheduler_gets_what_was_meant(tmp_path, name):
    text = timers.windows_task(settle(tmp_path / name))
    assert text.isascii()
    tree = ElementTree.fromstring(text)
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    [run] = tree.iter(f"{space}Exec")
    assert run.findtext(f"{space}Command") == timers.program()[0]
    arguments = run.findtext(f"{space}Arguments") or ""
    assert arguments == subprocess.list2cmdline([*timers.program()[1:], "schedule", "run-due", str(tmp_path / name)])
    assert tree.findtext(f"{space}Settings/{space}StartWhenAvailable") == "true"


def test_workspaces_of_one_name_have_timers_of_their_own(tmp_path):
    names = {timers.unit_name(tmp_path / place / "My Network!") for place in "ab"}
    assert len(names) == 2
    assert all(name.startswith("dihkpi-my-network-") for name in names)
    assert timers.unit_name(tmp_path / "北京").startswith("dihkpi-")


def test_show_prints_only_the_lines(tmp_path):
    space = settle(tmp_path / "space")
    call = [sys.executable, "-m", "dihkpi", "schedule", "show", str(space.folder)]
    one = subprocess.run([*call, "--for", "cron"], capture_output=True, text=True, check=True)
    assert one.stdout == timers.cron_line(space) + "\n"
    assert one.stderr.splitlines()[0].split() == ["schedule", "due", "now", "next", "next", "at", "last"]
    everything = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert [word in everything for word in ("crontab -e", "systemctl enable --now", "schtasks /Create")] == [True] * 3
    wrong = subprocess.run([*call, "--every", "7"], capture_output=True, text=True, check=False)
    assert [wrong.returncode, wrong.stdout] == [2, ""]


def test_the_settings_of_the_handbook_are_right(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    space = settle(tmp_path / "space", block)
    assert [plan.name for plan in space.settings.schedule] == ["quarter", "nightly", "half"]
    told = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    summary = run_due(space, now=datetime(2026, 4, 16, 12, tzinfo=UTC), dry_run=True).as_object()
    assert list(told) == list(summary)
    assert list(told["runs"][0]) == list(summary["runs"][0])
    assert [run["period"] for run in summary["runs"]] == ["2026-Q1", "2026"]


# the real thing


@pytest.mark.slow
def test_a_real_workspace_is_reported_once(tmp_path):
    space = write_demo(tmp_path / "space", hubs=2)
    plan = PLAN.replace('["network"]', '["hub", "network"]')
    with (space.folder / "dihkpi.toml").open("a", encoding="utf-8") as settings:
        settings.write(plan)
    call = [sys.executable, "-m", "dihkpi", "schedule", "run-due", str(space.folder), "--now", "2026-07-01T12:00"]
    first = subprocess.run(call, capture_output=True, text=True, check=False)
    told = json.loads(first.stdout)
    assert first.returncode == 1, first.stderr  # the faults of the demo are planted
    assert told["reports"] == {"made": 4, "unchanged": 0, "failed": 0}
    assert told["errors"] > 0
    folder = space.reports / "2026-H1"
    assert (folder / "network" / "index.html").is_file()
    assert len(list(folder.glob("hub/*/index.html"))) == 2
    assert not (folder / "region").exists()
    second = subprocess.run(call, capture_output=True, text=True, check=False)
    assert [second.returncode, json.loads(second.stdout)["state"]] == [0, "nothing due"]
    # a record that is lost costs a look at each report, and nothing else
    (space.state / "schedule.json").unlink()
    third = run_due(open_workspace(space.folder), now=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert [(run.period, run.state, run.unchanged) for run in third.outcomes] == [("2026-H1", "unchanged", 4)]


def crontab(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["crontab", *words], input=text, capture_output=True, text=True, check=False)


@pytest.fixture
def cron():
    """Sets the crontab of root while a cron is running; both are as before afterwards."""
    daemon = shutil.which("cron") or shutil.which("crond") or next(iter(Path("/usr/sbin").glob("cron*")), None)
    if daemon is None or shutil.which("crontab") is None:
        pytest.skip("no cron here")
    if os.geteuid() != 0:
        pytest.skip("only root can start a cron")
    if crontab("-l").stdout.strip():
        pytest.skip("root has a crontab, which is left alone")
    process = subprocess.Popen([str(daemon), "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield lambda line: crontab("-", text=f"{line}\n")
    crontab("-r")
    process.kill()
    process.wait()


@pytest.mark.slow
@posix
def test_a_real_cron_makes_the_reports(tmp_path, cron):
    space = write_demo(tmp_path / 'Köln\'s 100% "network"', hubs=1)
    with (space.folder / "dihkpi.toml").open("a", encoding="utf-8") as settings:
        settings.write(PLAN.replace('since = "2026-H1"', 'since = "2026-H1"\ncatch_up = 1000'))
    show = [sys.executable, "-m", "dihkpi", "schedule", "show", str(space.folder), "--for", "cron", "--every", "1"]
    line = subprocess.run(show, capture_output=True, text=True, check=True).stdout.rstrip("\n")
    placed = cron(line)
    assert placed.returncode == 0, placed.stderr
    log, deadline = space.folder / "schedule.log", time.monotonic() + 150
    told: list[dict] = []
    while not told and time.monotonic() < deadline:
        time.sleep(1)
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        told = [json.loads(text) for text in lines if text.startswith("{")]
    assert told, log.read_text(encoding="utf-8") if log.is_file() else "cron did not call"
    assert told[0]["state"] == "made", told[0]
    assert told[0]["runs"][0]["period"] == "2026-H1"
    assert (space.reports / "2026-H1" / "network" / "index.html").is_file()
