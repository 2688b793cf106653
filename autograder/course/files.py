"""Files that others may read or write meanwhile: written whole or not at all, and by one program at a time; before the
records."""

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

PATIENCE = 5.0  # seconds to wait for another program that is writing: it takes milliseconds
NOTHING_SAVED = "nothing was saved"


def replace_file(path: Path, content: bytes, mode: int | None = None, *, for_group: bool = False) -> None:
    """Writes a file whole or not at all; OSError where it cannot, and nothing is left of the attempt.

    With a `mode` nobody can read it who may not by that mode, at no time; without, it is as other files are.
    `for_group`: in a shared folder its group may do with it what its owner may.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        temporary.unlink(missing_ok=True)  # of a run that was killed and had these numbers
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
    """Writes a file of the course's state, readable by its owner and those whom a folder is shared with.

    RecordsError where it cannot be written; `otherwise` says what is not lost, or not done, then.
    """
    with saying_what_failed(otherwise, path):
        make_folder(path.parent)
        replace_file(path, text.encode(), 0o600, for_group=True)


@contextmanager
def saying_what_failed(otherwise: str, path: Path) -> Iterator[None]:
    """Turns what the disk refuses into a RecordsError; `otherwise` says what is not lost, or not done, then."""
    try:
        yield
    except OSError as error:
        raise RecordsError(f"{path} cannot be written: {error.strerror}; {otherwise}") from error


@contextmanager
def locked(folder: Path, patience: float) -> Iterator[None]:
    """Holds a folder's lock against other programs (two TAs have two servers); made where it is missing.

    RecordsError where it cannot be made, or somebody else holds it for more than `patience` seconds. The lock goes with
    the process.
    """
    with saying_what_failed(NOTHING_SAVED, folder):
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
    """Locks an open file; whether it could, as another may have it. The lock goes with the last process that has the
    file open."""
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
