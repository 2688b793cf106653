"""Writes what is built, each file in one step and only where its content changed; before the build."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from autograder.course.sharing import make_folder


def write(path: Path, content: bytes, mode: int | None = None) -> bool:
    """Replaces the file in one step, unless it holds that content already; whether it was written.

    With a `mode` nobody can read it who may not by that mode, at no time; without, it is as other files are.
    """
    right = mode is None or not path.is_file() or stat.S_IMODE(path.stat().st_mode) == mode
    if path.is_file() and not path.is_symlink() and right and path.read_bytes() == content:
        return False
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)  # of a run that was killed and had this number
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode or 0o666), "wb") as stream:
            if mode is not None:
                os.fchmod(stream.fileno(), mode)  # whatever the umask
            stream.write(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
