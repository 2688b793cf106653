"""Whose a folder is, as long as its process lives: a lock on it, which the kernel drops when the last holder ends.

For what graders share with others of their machine: scratch folders and control groups. Process numbers would not do,
since a grader in a container may see the folders of one outside and not its processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

TRIES = 100  # each is lost only to a grader that clears away at the same instant


def make(folder: Callable[[], Path]) -> tuple[Path, int]:
    """Makes a folder by calling `folder`, and claims it: the folder and a descriptor that holds it until closed."""
    for _ in range(TRIES):
        made = folder()
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            descriptor = _lock(made, fcntl.LOCK_SH)
            if made.exists() and os.path.samestat(made.stat(), os.fstat(descriptor)):
                return made, descriptor
            os.close(descriptor)
    raise OSError(11, f"other graders keep clearing {made.parent} away")


@contextlib.contextmanager
def abandoned(folder: Path) -> Iterator[bool]:
    """Whether nobody holds the folder; if so nobody can while the block lasts."""
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
