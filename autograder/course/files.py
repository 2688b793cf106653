"""Files of the course's state folder: written whole or not at all, and by one program at a time; before the records."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.course.sharing import hand_on, make_folder
from autograder.errors import RecordsError

PATIENCE = 5.0  # seconds to wait for another program that is writing: it takes milliseconds


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all, readable by its owner; RecordsError where it cannot."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        make_folder(path.parent)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        hand_on(temporary)
        temporary.replace(path)
    except OSError as error:
        raise RecordsError(f"{path} cannot be written: {error.strerror}; what is graded is kept") from error


@contextmanager
def locked(folder: Path, patience: float) -> Iterator[None]:
    """Holds a folder's lock against other programs (two TAs have two servers); made where it is missing.

    RecordsError where somebody else holds it for more than `patience` seconds. The lock goes with the process.
    """
    make_folder(folder)
    fd = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    hand_on(folder / ".lock")
    try:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    text = f"another program is writing in {folder}; nothing was saved, and nothing is lost: try again"
                    raise RecordsError(text) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(fd)
