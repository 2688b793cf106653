"""Which users' numbers are in use by graders of this machine, so that no two submissions ever run as the same user.

Called by `process` on the grader's side. Limits per user would count both, and at tier 1 each could signal the other.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from autograder.sandbox.walls.identity import user_of

FOLDER = Path("/run/autograder")  # where only root may write: elsewhere a student could hold the locks


def take(slot: int) -> int | None:
    """A descriptor that holds the slot's user until it is closed or this process ends; None if another grader does."""
    try:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        held = os.open(FOLDER / str(user_of(slot)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_RDONLY)  # a container without a /run to write to: it has one grader
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
