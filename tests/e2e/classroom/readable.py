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


def readable_environment(folder: Path, *, project: bool) -> Path:
    """Makes `folder` such an environment, with this project in it or without; packages are linked to, or copied."""
    subprocess.run([_interpreter(), "-m", "venv", "--without-pip", folder], check=True)
    mine = Path(sys.prefix)
    packages = Path(sysconfig.get_path("purelib"))
    site = folder / packages.relative_to(mine)
    if project:  # whole: the sandbox lets student code read an environment's packages as one folder
        shutil.rmtree(site)
        _give(packages, site)
        if not site.is_symlink():  # found before the checkout, which the copied packages only name
            _give(ROOT / "autograder", site / "autograder")
    else:
        for found in packages.iterdir():
            if "autograder" not in found.name and not (site / found.name).exists():
                _give(found, site / found.name)
    for part in ("etc", "share"):
        _give(mine / part, folder / part)
    for script in (mine / "bin").iterdir():
        if project or script.name != "autograder":
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


def _give(path: Path, place: Path) -> None:
    """A link where everybody may follow it, else a copy."""
    if everybody_reads(path):
        place.symlink_to(path)
        return
    if path.is_file():
        shutil.copy(path, place)
        return
    try:
        shutil.copytree(path, place, copy_function=os.link, symlinks=True)  # hard links: a thousand times less to write
    except (OSError, shutil.Error):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(path, place, symlinks=True)


def _copy_script(script: Path, folder: Path) -> None:
    """A console script, with the first line that starts the new environment's Python."""
    target = folder / script.name
    if target.exists() or not script.is_file():
        return
    start, _, rest = script.read_bytes().partition(b"\n")
    if start.startswith(b"#!") and b"python" in start:
        target.write_bytes(b"#!" + bytes(folder / "python") + b"\n" + rest)
        target.chmod(0o755)
