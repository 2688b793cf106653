"""Atomic writes and file locks, for files that several programs use at once; used by everything that saves records."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.course.sharing import hand_on, make_folder
from autograder.errors import RecordsError

PATIENCE = 5.0  # seconds to wait for another program's lock; a write takes milliseconds
NOTHING_SAVED = "nothing was saved"


def replace_file(path: Path, content: bytes, mode: int | None = None, *, for_group: bool = False) -> None:
    """Writes a file atomically. OSError if it cannot, and then the old file stays and no temporary file is left.

    `mode` holds from the moment the file exists, whatever the umask; without it, the umask decides. `for_group`: in a
    shared folder, the group gets the owner's rights.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        temporary.unlink(missing_ok=True)  # left by a killed process that had the same ids
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode or 0o666), "wb") as stream:
            if mode is not None:
                os.fchmod(stream.fileno(), mode)  # whatever the umask
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if for_group:
            hand_on(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str, otherwise: str = "what is graded is kept") -> None:
    """Writes a file of the course's state, readable by its owner and, in a shared folder, by the group.

    RecordsError if it cannot be written; `otherwise` ends the message with what is kept, or was not done.
    """
    with explain_os_error(otherwise, path):
        make_folder(path.parent)
        replace_file(path, text.encode(), 0o600, for_group=True)


@contextmanager
def explain_os_error(otherwise: str, path: Path) -> Iterator[None]:
    """Turns an OSError into a RecordsError, whose message ends with `otherwise`: what is kept, or was not done."""
    try:
        yield
    except OSError as error:
        raise RecordsError(f"{path} cannot be written: {error.strerror}; {otherwise}") from error


@contextmanager
def hold_lock(folder: Path, patience: float) -> Iterator[None]:
    """Holds a folder's lock, so that only one program writes there (two TAs have two servers). Makes the folder.

    RecordsError if the folder or lock file cannot be made, or if another program holds the lock for more than
    `patience` seconds. The kernel drops the lock when the process ends.
    """
    with explain_os_error(NOTHING_SAVED, folder):
        make_folder(folder)
        fd = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
        hand_on(folder / ".lock")
    try:
        end = time.monotonic() + patience
        while not take_lock(fd):
            if time.monotonic() > end:
                text = f"another program is writing in {folder}; {NOTHING_SAVED}, and nothing is lost: try again"
                raise RecordsError(text)
            time.sleep(0.02)
        yield
    finally:
        os.close(fd)


def take_lock(fd: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Locks an open file; false if another process holds the lock. With `wait`, waits for it instead.

    The kernel drops the lock when the last process that has the file open closes it.
    """
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
