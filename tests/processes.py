"""What the system says of processes, for tests of what is left of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.process import Sandbox

ZYGOTE = b"autograder.sandbox.zygote"
LAUNCHER = b"autograder.sandbox.walls.launch"


def below(pid: int) -> list[int]:
    """All living processes started by `pid`, and by those; nearest first."""
    found: list[int] = []
    queue = [pid]
    while queue:
        at = queue.pop(0)
        for task in Path(f"/proc/{at}/task").glob("*/children"):
            try:
                children = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += children
            queue += children
    return found


def gone(pid: int) -> bool:
    """Whether it has ended; one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(true: Callable[[], object], seconds: float = 240) -> None:
    """Bounded wait for what another process does; fails when it did not come."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


def zygote(sandbox: Sandbox) -> int:
    """Its process, below the launcher's; 0 while there is none."""
    if sandbox._process is None:
        return 0
    for pid in (sandbox._process.pid, *below(sandbox._process.pid)):
        if b"autograder.sandbox.walls.launch" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return 0


def forks(sandbox: Sandbox) -> list[int]:
    found = zygote(sandbox)
    return [pid for pid in below(found) if not gone(pid)] if found else []


def running(word: bytes) -> list[int]:
    """Processes below this one with that word in their command line."""
    found = []
    for pid in below(os.getpid()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if word in line and LAUNCHER not in line and not gone(pid):
            found.append(pid)
    return found


def zygotes() -> list[int]:
    """Zygotes, without the submissions' processes, which are forked of one."""
    found = running(ZYGOTE)
    forked = {child for pid in found for child in below(pid)}
    return [pid for pid in found if pid not in forked]
