"""Gives a group of graders access to new files in a shared folder; every module that writes files uses it.

A folder is shared if it has the setgid bit and its group may write, as deploy/folders.sh makes a course directory.
New files there get the group's rights whatever the umask, so that all graders can change them.
"""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

SHARED = stat.S_ISGID | stat.S_IWGRP


def is_shared(folder: Path) -> bool:
    return folder.stat().st_mode & SHARED == SHARED


def hand_on(path: Path) -> None:
    """Gives the group the owner's rights on a new file or folder, if its parent folder is shared."""
    if not is_shared(path.parent):
        return
    mode = path.stat().st_mode
    wanted = stat.S_IMODE(mode) | (mode & stat.S_IRWXU) >> 3 | (stat.S_ISGID if stat.S_ISDIR(mode) else 0)
    with contextlib.suppress(PermissionError):  # it belongs to another grader, who has set it
        path.chmod(wanted)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Makes a folder and its missing parents with `mode`; in a shared folder the group gets the owner's rights."""
    if not path.is_dir():
        make_folder(path.parent, mode)
        path.mkdir(mode, exist_ok=True)
        hand_on(path)
