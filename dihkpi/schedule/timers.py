"""Ready lines for cron, systemd and the Task Scheduler: each calls ``schedule run-due``, which knows what is due."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from dihkpi.errors import UsageError
from dihkpi.workspace import Workspace

CRON_BYTES = 900
"""Some crons read no more of a line."""


def program() -> list[str]:
    """The ``dihkpi`` of this interpreter, by its absolute path."""
    script = Path(sys.executable).with_name("dihkpi.exe" if os.name == "nt" else "dihkpi")
    return [str(script)] if script.is_file() else [sys.executable, "-P", "-m", "dihkpi"]


def unit_name(folder: Path) -> str:
    """A name for the timer of a workspace: its own, and a few letters that tell it from others of that name."""
    path = _absolute(folder)
    slug = re.sub(r"[^a-z0-9]+", "-", path.name.casefold()).strip("-")[:30]
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:6]
    return "-".join(part for part in ("dihkpi", slug, mark) if part)


def cron_line(space: Workspace, minutes: int = 15) -> str:
    """A line for ``crontab -e``; what is told goes to ``schedule.log`` of the workspace.

    Raises
    ------
    UsageError
        When a path cannot stand in a crontab.
    """
    words, folder = _words(space)
    if any("\\" in word for word in words):
        raise _refused("cron", folder, "crons read a backslash in different ways")
    log = shlex.quote(str(Path(folder) / "schedule.log"))
    command = f"{shlex.join(words)} >> {log} 2>&1"
    # To cron a percent sign is the end of the command, in quotes too.
    line = f"{minute_field(minutes)} * * * * {command}".replace("%", r"\%")
    if len(line.encode()) > CRON_BYTES:
        raise _refused("cron", folder, f"a line of a crontab holds about {CRON_BYTES} bytes")
    return line


def systemd_units(space: Workspace, minutes: int = 15) -> dict[str, str]:
    """A service and its timer, by file name.

    Exit code 1 (the data has errors) is no failure of the service. Without a database and an alert nothing needs the
    network, so the service gets none.
    """
    words, folder = _words(space)
    minute_field(minutes)
    local_store = (space.settings.store.url or "sqlite:").startswith("sqlite:")
    closed = local_store and not space.settings.alerts.on_failure
    name = unit_name(space.folder)
    about = f"Reports that are due in {folder}".replace("\\", "\\\\").replace("%", "%%")
    service = [
        "[Unit]", f"Description={about}", "",
        "[Service]", "Type=oneshot", f"User={getpass.getuser()}",
        # The colon: no variables are put in for dollar signs.
        f"ExecStart=:{' '.join(map(_systemd_word, words))}",
        "SuccessExitStatus=1", "Nice=10", "ProtectSystem=full",
        *([] if any(word.startswith(("/tmp/", "/var/tmp/")) for word in words) else ["PrivateTmp=true"]),
        *(["PrivateNetwork=true", "NoNewPrivileges=true"] if closed else []),
    ]  # fmt: skip
    timer = [
        "[Unit]", f"Description={about}", "",
        "[Timer]", f"OnCalendar=*:0{f'/{minutes}' if minutes < 60 else ''}", "Persistent=true", "AccuracySec=1min", "",
        "[Install]", "WantedBy=timers.target",
    ]  # fmt: skip
    return {f"{name}.service": "\n".join(service) + "\n", f"{name}.timer": "\n".join(timer) + "\n"}


def windows_task(space: Workspace, minutes: int = 15) -> str:
    """A task for ``schtasks /Create /XML``; plain ASCII, so that its encoding does not matter."""
    words, folder = _words(space)
    if any(word.count("%") > 1 or '"' in word for word in words):
        raise _refused("the Task Scheduler", folder, "it would put a variable in for %…%, and knows no quotes in paths")
    command, arguments = escape(words[0]), escape(subprocess.list2cmdline(words[1:]))
    text = f"""\
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Reports that are due in {escape(folder)}</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>2026-01-01T00:00:00</StartBoundary>
      <Repetition><Interval>PT{minutes}M</Interval></Repetition>
    </TimeTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _words(space: Workspace) -> tuple[list[str], str]:
    """The command as words, and the workspace; refused when a path cannot stand in a line of text."""
    folder = str(_absolute(space.folder))
    words = [*program(), "schedule", "run-due", folder]
    for word in words:
        if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", word):
            raise _refused("a timer", word, "it has control characters, line ends or bytes that are no text")
    return words, folder


def _absolute(folder: Path) -> Path:
    # Not resolved: a link that is set anew keeps its timer.
    return Path(os.path.abspath(folder))  # noqa: PTH100


def minute_field(minutes: int) -> str:
    """The first field of a crontab for a call every so many minutes.

    >>> [minute_field(minutes) for minutes in (1, 15, 60)]
    ['*', '*/15', '0']
    """
    if not 1 <= minutes <= 60 or 60 % minutes:
        allowed = ", ".join(str(number) for number in range(1, 61) if 60 % number == 0)
        raise UsageError(f"a timer cannot call every {minutes} minutes\n  allowed: {allowed}")
    return {1: "*", 60: "0"}.get(minutes, f"*/{minutes}")


def _systemd_word(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"'


def _refused(timer: str, path: str, reason: str) -> UsageError:
    return UsageError(f"{path!r} cannot stand in a line for {timer}: {reason}\n  rename or move the folder")
