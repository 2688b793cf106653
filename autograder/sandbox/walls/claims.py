"""Locks folders that several graders on one machine see: scratch folders and control groups.

`process` and `cgroups` use it. The kernel drops a lock when its last holder ends. A process id in a file could not
replace the lock: a grader in a container may see the folders of a grader outside, but not its processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

TRIES = 100  # a try fails only if another grader removes the folder at the same moment


def make(folder: Callable[[], Path]) -> tuple[Path, int]:
    """Makes a folder by calling `folder`, and locks it. Returns the folder and a descriptor that holds the lock."""
    for _ in range(TRIES):
        made = folder()
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            descriptor = _lock(made, fcntl.LOCK_SH)
            if made.exists() and os.path.samestat(made.stat(), os.fstat(descriptor)):
                return made, descriptor
            os.close(descriptor)
    raise OSError(11, f"other graders keep clearing {made.parent} away")


@contextlib.contextmanager
def take_over(folder: Path) -> Iterator[bool]:
    """Tries to lock the folder of a grader that has ended. Yields whether the block holds the lock."""
    try:
        descriptor = _lock(folder, fcntl.LOCK_EX)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


def _lock(folder: Path, kind: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
