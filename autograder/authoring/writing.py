"""Writes built files atomically, and only when their content changed; the last step of the build."""

from __future__ import annotations

import stat
from pathlib import Path

from autograder.course.files import replace_file
from autograder.course.sharing import make_folder


def write(path: Path, content: bytes, mode: int | None = None) -> bool:
    """Replaces the file atomically unless it already has this content. Returns whether it was written."""
    right = mode is None or not path.is_file() or stat.S_IMODE(path.stat().st_mode) == mode
    if path.is_file() and not path.is_symlink() and right and path.read_bytes() == content:
        return False
    make_folder(path.parent)
    replace_file(path, content, mode)
    return True
