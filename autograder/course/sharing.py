"""Folders that a group of graders shares: what is made in one is the group's too; before everything that writes files.

A shared folder is one that hands its group on (setgid) and that the group may write, as deploy/folders.sh makes a
course directory. It decides by itself: whatever the umask of the grader's server, the others can go on.
"""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

SHARED = stat.S_ISGID | stat.S_IWGRP


def is_shared(folder: Path) -> bool:
    return folder.stat().st_mode & SHARED == SHARED


def hand_on(path: Path) -> None:
    """Where the folder of a new file or folder is shared, lets the group do with it what its maker may do."""
    if not is_shared(path.parent):
        return
    mode = path.stat().st_mode
    wanted = stat.S_IMODE(mode) | (mode & stat.S_IRWXU) >> 3 | (stat.S_ISGID if stat.S_ISDIR(mode) else 0)
    with contextlib.suppress(PermissionError):  # another grader's, who has done so
        path.chmod(wanted)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """A folder with those that lead to it, where they are missing; `mode` holds for them beside what is handed on."""
    if not path.is_dir():
        make_folder(path.parent, mode)
        path.mkdir(mode, exist_ok=True)
        hand_on(path)
