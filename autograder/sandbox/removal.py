"""Clears away what a submission left; used on both sides of the zygote, when no process of the submission lives."""

from __future__ import annotations

import contextlib
import shutil
import stat
import subprocess
from pathlib import Path


def remove(place: Path) -> None:
    """Removes a file, or a folder with all below it, as far as it can be: a submission may have nested it deeper than
    Python goes, or than a path may be long. No link is followed."""
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(place.lstat().st_mode):
            place.unlink()
            return
        try:
            shutil.rmtree(place)
        except (OSError, RecursionError):
            command = ["rm", "-rf", "--", str(place)]
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
