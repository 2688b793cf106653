"""An environment as an instructor's `pip install` makes it: the wheel and what it stands on, nothing more."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.places import ROOT

# What this repository's course needs and the engine does not; and this package itself, which the wheel brings.
HIDDEN = ("gensim", "gensim-*", "transformers", "transformers-*", "tokenizers", "tokenizers-*",
          "autograder", "autograder-*", "*autograder*.pth", "__editable__*autograder*", "__pycache__")  # fmt: skip
# nbgrader starts it by its name.
ALEMBIC = "#!{python}\nimport sys\n\nfrom alembic.config import main\n\nsys.exit(main())\n"


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the package in it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def package(self) -> Path:
        return _packages(self.folder) / "autograder"

    def run(self, *words: str, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """A command of the environment: autograder, python, or python -m something."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "JUPYTER"))}
        env["PATH"] = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        command = [str(self.folder / "bin" / words[0]), *words[1:]]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False)

    def digests(self) -> dict[str, str]:
        """The files of the package, byte code left out."""
        files = sorted(p for p in self.package.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return {str(p.relative_to(self.package)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def build_wheel(folder: Path) -> Path:
    """The wheel of this repository, as an index would have it."""
    # without hatchling here, pip fetches it
    isolated = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", *isolated, "-w", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("autograder-*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Installed:
    """A new environment in `folder` with this one's packages, less those HIDDEN, and the wheel."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    ignore = shutil.ignore_patterns(*HIDDEN)
    for kind in {sysconfig.get_path(name) for name in ("purelib", "platlib")}:
        top = ignore(kind, os.listdir(kind))
        for entry in os.scandir(kind):
            if entry.name in top:
                continue
            target = _packages(folder) / entry.name
            if entry.is_dir():
                shutil.copytree(entry.path, target, copy_function=_link, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
            else:
                _link(entry.path, str(target))
    made = Installed(folder)
    command = [sys.executable, "-m", "pip", "--python", str(made.python), "install", "--no-deps", "--quiet", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    alembic = folder / "bin" / "alembic"
    alembic.write_text(ALEMBIC.format(python=made.python))
    alembic.chmod(0o755)
    return made


def required(metadata: Iterable[str]) -> set[str]:
    """The names that a wheel requires without any extra, from its Requires-Dist."""
    return {line.partition(";")[0].split(">")[0].split("=")[0].split("[")[0].strip().lower()
            for line in metadata if "extra ==" not in line}  # fmt: skip


def _packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def _link(source: str, target: str) -> None:
    """A file is linked, which costs nothing, or copied to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
