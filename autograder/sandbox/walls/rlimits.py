"""Limits a process's memory, CPU time and files, and the number of its user's processes; called by `walls`."""

from __future__ import annotations

import os
import resource
import sys

from autograder.limits import Limits

OPEN_FILES = 1024  # the default of a Linux login; DataLoader workers and figures need far fewer
MIB = 1 << 20


def apply(limits: Limits, processes_of_others: int = 0) -> None:
    """Sets hard and soft limits, which this process and its descendants cannot raise again.

    `processes_of_others` is the number of processes and threads that this user already has.
    """
    numbers = {
        resource.RLIMIT_CORE: (1, 1),  # 1 byte means no dump; with 0 the kernel may still send a dump to a program
        resource.RLIMIT_FSIZE: (limits.file_mib * MIB,) * 2,
        resource.RLIMIT_NOFILE: (OPEN_FILES,) * 2,
        resource.RLIMIT_NPROC: (limits.processes + processes_of_others,) * 2,
        # SIGKILL follows one second after SIGXCPU, because SIGXCPU does not reach process 1 of a namespace.
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
    }
    if sys.platform == "linux":
        size = address_space() + limits.memory_mib * MIB
        numbers[resource.RLIMIT_AS] = (size, size)
        numbers[resource.RLIMIT_MSGQUEUE] = (0, 0)
    for which, (soft, hard) in numbers.items():
        highest = resource.getrlimit(which)[1]
        if highest != resource.RLIM_INFINITY:  # the grader's own hard limit may be lower, and nobody can raise it
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(which, (soft, hard))


def address_space() -> int:
    """The size of this process's address space now, in bytes."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def processes_of_user() -> int:
    """The number of this user's processes and threads in /proc, as RLIMIT_NPROC counts them."""
    user, count = os.getuid(), 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue  # the process has ended
    return count


def resident_bytes() -> int:
    """The memory that this process holds now, in bytes."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
