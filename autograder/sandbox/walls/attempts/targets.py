"""The targets of the attempts, and the table in which each attempt registers itself; all attempts import it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

from autograder.limits import Limits

# The limits are small, so that an attempt to exceed one costs this machine very little.
LIMITS = Limits(cpu_seconds=20, memory_mib=128, processes=24, file_mib=4, scratch_mib=8)
BANK = "checks/assignment/function.py"  # where a course has its hidden checks
SLEEP_SECONDS = 4.0  # the life of a process that the walls should end earlier


@dataclass(frozen=True)
class Targets:
    """The targets of the attempts, made for them outside the walls."""

    folder: str  # like a course folder: has "gradebook.db", BANK and a socket "socket", and is writable
    secret: str  # a text in the gradebook and in the victim's environment
    victim: int  # pid of a process of the grader's user
    port: int  # on 127.0.0.1, with a TCP and a UDP socket
    abstract: str  # name of a listening abstract unix socket
    home: str  # the grader's home folder
    sibling: int = 0  # pid of another submission's process
    sibling_folder: str = ""  # its scratch folder with the file "secret"; sibling_shared in /dev/shm is another copy
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
