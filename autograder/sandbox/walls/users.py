"""Locks the user of a slot, so that no two submissions on this machine run as one user; called by `session`.

Two submissions with one user would share its limits, and at tier 1 could signal each other.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from autograder.sandbox.walls.identity import user_of

FOLDER = Path("/run/autograder")  # only root may write there; in another folder a student could take the locks


def take(slot: int) -> int | None:
    """Locks the slot's user. Returns a descriptor that holds the lock; None if another grader holds it."""
    try:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        held = os.open(FOLDER / str(user_of(slot)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_RDONLY)  # a container whose /run is not writable has only one grader
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
