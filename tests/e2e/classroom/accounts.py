"""Accounts of the machine for a class, and their removal: nbgrader takes a student's name from the Unix user."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.processes import wait_for

MADE_BY = "account of an autograder test, process"
END_SECONDS = 20.0  # from a signal to the end of what it was sent to
GROUP_PREFIX = "graders-e2e-"


@dataclass(frozen=True)
class Account:
    name: str
    home: Path
    uid: int
    gid: int


def make_account(name: str, homes: Path, groups: list[str]) -> Account:
    """A user with a group and a home folder of its own, that nobody else may enter."""
    home = homes / name
    subprocess.run(
        ["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/bash", "--user-group",
         "--comment", f"{MADE_BY} {os.getpid()}", *(["--groups", ",".join(groups)] if groups else []), name],
        check=True,
    )  # fmt: skip
    home.chmod(0o700)
    made = pwd.getpwnam(name)
    return Account(name, home, made.pw_uid, made.pw_gid)


def make_group() -> str:
    """The graders' group of this test run."""
    name = f"{GROUP_PREFIX}{os.getpid()}"
    subprocess.run(["groupadd", name], check=True)
    return name


def remove_account(account: Account) -> None:
    """Removes a user, and what still runs of theirs: a terminal's shell outlives its server. The home folder stays."""

    def removed() -> bool:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # ended meanwhile
                if process.stat().st_uid == account.uid:
                    os.kill(int(process.name), signal.SIGKILL)
        return subprocess.run(["userdel", account.name], capture_output=True).returncode == 0

    wait_for(removed, END_SECONDS)


def remove_group(name: str) -> None:
    subprocess.run(["groupdel", name], check=True)


def remove_left_over() -> None:
    """Removes what a test that was killed has left behind."""
    for user in pwd.getpwall():
        if user.pw_gecos.startswith(MADE_BY) and not _lives(user.pw_gecos.split()[-1]):
            subprocess.run(["userdel", user.pw_name], check=False, capture_output=True)
    for group in grp.getgrall():
        if group.gr_name.startswith(GROUP_PREFIX) and not _lives(group.gr_name.removeprefix(GROUP_PREFIX)):
            subprocess.run(["groupdel", group.gr_name], check=False, capture_output=True)


def _lives(pid: str) -> bool:
    return Path("/proc", pid).exists()
