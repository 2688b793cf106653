"""What the attempts go after, and the list they put themselves on; stands before all of them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

from autograder.limits import Limits

# Small, so that reaching beyond each costs this machine next to nothing.
LIMITS = Limits(cpu_seconds=20, memory_mib=128, processes=24, file_mib=4, scratch_mib=8)
BANK = "checks/assignment/function.py"  # where a course has its hidden checks
SLEEP_SECONDS = 4.0  # how long a process lives that should have been ended before


@dataclass(frozen=True)
class Targets:
    """What the attempts go after, all of it made for them outside the walls."""

    folder: str  # as a course folder: holds "gradebook.db", BANK, a socket "socket", and room to write
    secret: str  # what stands in the gradebook and in the victim's environment
    victim: int  # pid of a process of the grader's user
    port: int  # on 127.0.0.1, where TCP and UDP are listened to
    abstract: str  # name of a listening abstract unix socket
    home: str  # the grader's
    sibling: int = 0  # pid of another submission's process
    sibling_folder: str = ""  # its scratch folder; its "secret" lies there, and in /dev/shm as sibling_shared
    sibling_shared: str = "autograder-sibling"


Attempt = Callable[[Targets], str]
ATTEMPTS: dict[str, Attempt] = {}


def attempt(name: str) -> Callable[[Attempt], Attempt]:
    def note(function: Attempt) -> Attempt:
        ATTEMPTS[name] = function
        return function

    return note


def libc(name: str, *arguments: object) -> int:
    result = int(getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
