"""A virtual environment that every user of the machine may read, with what the tests' own one has.

The hub starts servers as other users, and a checkout or its interpreter may lie where they cannot go.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ABI = "import sys, sysconfig; print(sys.version_info[:2], sysconfig.get_config_var('SOABI'))"


def readable_environment(folder: Path) -> Path:
    """Makes `folder` such an environment; the packages themselves are linked to where that is enough, else copied."""
    subprocess.run([_interpreter(), "-m", "venv", "--without-pip", folder], check=True)
    mine = Path(sys.prefix)
    for part in (Path(sysconfig.get_path("purelib")).relative_to(mine), Path("etc"), Path("share")):
        if (folder / part).exists():
            shutil.rmtree(folder / part)
        if everybody_reads(mine / part) and everybody_reads(ROOT / "autograder"):
            (folder / part).symlink_to(mine / part)
        else:
            _copy(mine / part, folder / part)
    if not everybody_reads(ROOT / "autograder"):  # found before the checkout that the copied packages name
        _copy(ROOT / "autograder", folder / Path(sysconfig.get_path("purelib")).relative_to(mine) / "autograder")
    for script in (mine / "bin").iterdir():
        _copy_script(script, folder / "bin")
    return folder


def everybody_reads(path: Path) -> bool:
    """Whether a user without any rights of their own gets to this file or folder."""
    real = path.resolve()
    return bool(real.stat().st_mode & 0o004) and all(parent.stat().st_mode & 0o001 for parent in real.parents)


def _interpreter() -> str:
    """A Python that everybody may start and that loads the packages of this one."""
    for candidate in _candidates():
        if not everybody_reads(Path(candidate)):
            continue
        told = [
            subprocess.run([p, "-c", ABI], capture_output=True, text=True).stdout for p in (candidate, sys.executable)
        ]
        if told[0] == told[1]:
            return candidate
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise LookupError(f"no Python {version} that every user may start; install one in /usr")


def _candidates() -> Iterator[str]:
    yield str(Path(sys.executable).resolve())
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    yield from (f"{folder}/{name}" for folder in ("/usr/bin", "/usr/local/bin"))


def _copy(path: Path, copy: Path) -> None:
    try:
        shutil.copytree(path, copy, copy_function=os.link, symlinks=True)  # hard links: a thousand times less to write
    except (OSError, shutil.Error):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy, symlinks=True)


def _copy_script(script: Path, folder: Path) -> None:
    """A console script, with the first line that starts the new environment's Python."""
    target = folder / script.name
    if target.exists() or not script.is_file():
        return
    start, _, rest = script.read_bytes().partition(b"\n")
    if start.startswith(b"#!") and b"python" in start:
        target.write_bytes(b"#!" + bytes(folder / "python") + b"\n" + rest)
        target.chmod(0o755)
