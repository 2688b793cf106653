"""Limits of a single process: memory, CPU time, files, and how many processes its user has; set by `walls`."""

from __future__ import annotations

import os
import resource
import sys

from autograder.limits import Limits

OPEN_FILES = 1024  # what Linux gives a login; DataLoader workers and figures stay far below
MIB = 1 << 20


def apply(limits: Limits, processes_of_others: int = 0) -> None:
    """Sets them for this process and all it starts, hard and soft alike, so that none can be raised again.

    `processes_of_others` is how many processes and threads already count as this user's.
    """
    numbers = {
        resource.RLIMIT_CORE: (1, 1),  # no dump at all; 0 would still send one to a program that collects them
        resource.RLIMIT_FSIZE: (limits.file_mib * MIB,) * 2,
        resource.RLIMIT_NOFILE: (OPEN_FILES,) * 2,
        resource.RLIMIT_NPROC: (limits.processes + processes_of_others,) * 2,
        # SIGXCPU first, and SIGKILL a second later: process 1 of a namespace does not hear the former.
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
    }
    if sys.platform == "linux":
        size = address_space() + limits.memory_mib * MIB
        numbers[resource.RLIMIT_AS] = (size, size)
        numbers[resource.RLIMIT_MSGQUEUE] = (0, 0)
    for which, (soft, hard) in numbers.items():
        highest = resource.getrlimit(which)[1]
        if highest != resource.RLIM_INFINITY:  # a limit around the grader may be tighter, and cannot be raised
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(which, (soft, hard))


def address_space() -> int:
    """Bytes of address space that this process has now."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def processes_of_user() -> int:
    """Processes and threads of this user, as RLIMIT_NPROC counts them, in all of /proc."""
    user, count = os.getuid(), 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue  # it has ended meanwhile
    return count


def resident() -> int:
    """Bytes of memory that this process holds now."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
