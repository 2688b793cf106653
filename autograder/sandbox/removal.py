"""Removes the files of a submission after all its processes ended; used by the grader and the zygote."""

from __future__ import annotations

import contextlib
import shutil
import stat
import subprocess
from pathlib import Path


def remove(place: Path) -> None:
    """Removes a file, or a folder with everything below it, and follows no link. Ignores what it cannot remove.

    A submission may nest folders deeper than Python's recursion limit or the longest path; then `rm` removes them.
    """
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(place.lstat().st_mode):
            place.unlink()
            return
        try:
            shutil.rmtree(place)
        except (OSError, RecursionError):
            command = ["rm", "-rf", "--", str(place)]
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
