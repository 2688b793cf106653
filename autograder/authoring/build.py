"""Builds an assignment's files from its authored text, and tells where those on disk have drifted from it.

source/<name>.py -> source/<name>/<name>.ipynb, release/<name>/, solutions/<name>/   for nbgrader, Colab and GitHub
                    release-otter/<name>/, build/gradescope/<name>-autograder.zip    for Otter and Gradescope
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from autograder.authoring import colab, notebooks, otter, percent, rules
from autograder.authoring import execute as execution
from autograder.authoring.master import master_of
from autograder.authoring.percent import Authored
from autograder.course.repository import Repository
from autograder.course.sharing import is_shared, make_folder
from autograder.errors import UsageError
from autograder.gradescope.bundle import bundle
from autograder.model import MasterNotebook

FOLDERS = {"nbgrader": ("source", "release", "solutions"), "otter": ("release-otter", "build")}  # what a target builds
TARGETS = tuple(FOLDERS)
STUDENTS = ("release", "release-otter")  # the folders that students get
BUILT = (*STUDENTS, "solutions")  # where nothing stands but what is built
BUNDLES = Path("build", "gradescope")


@dataclass(frozen=True)
class Built:
    """What a build changed."""

    name: str
    written: tuple[Path, ...]
    removed: tuple[Path, ...]  # stood in a built folder and nothing builds them
    executed: bool  # whether the solved notebook was run


@dataclass(frozen=True)
class _Plan:
    """Every file of one assignment, by its path relative to the course; the solved notebook is not executed."""

    authored: Authored
    beside: Mapping[str, bytes]  # files that ship beside the notebook, by their path in its folder
    files: Mapping[Path, bytes]
    solved: Any
    solved_path: Path
    master: MasterNotebook
    autograder: Path  # the zip file among `files`: it is the instructor's, and in no repository


def assignments(course: Path) -> list[str]:
    """Names of the assignments authored as source/<name>.py, sorted."""
    folder = course / "source"
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; is {course} a course directory?")
    return sorted(path.stem for path in folder.glob("*.py") if not path.name.startswith((".", "_")))


def compile_assignment(
    course: Path,
    name: str,
    *,
    known_checks: Set[str] | None = None,
    repository: Repository | None = None,
    execute: bool = True,
    force: bool = False,
    targets: Collection[str] = TARGETS,
) -> Built:
    """Builds the files of one assignment for these targets; a file whose content stays is not touched.

    With a `repository` the notebooks open in Colab and get by themselves what they need.
    The solved notebook is run only where its code or the files beside it changed, or outputs are missing
    (always with `force`, never without `execute`). Nothing is written when anything is wrong.
    """
    plan = _plan(course, name, known_checks, repository)
    current = _current_solved(course, plan)
    fresh = current is not None and _same_beside(course, plan)
    run = execute and "nbgrader" in targets and (force or not fresh or not execution.is_executed(current))
    files = dict(plan.files)
    if run:
        files[plan.solved_path] = _bytes(execution.execute(plan.solved, plan.authored, plan.beside))
    elif current is not None:
        files[plan.solved_path] = (course / plan.solved_path).read_bytes()
    chosen = {path: content for path, content in sorted(files.items()) if _is_of(path, targets)}
    written = tuple(course / path for path, content in chosen.items() if _write(course / path, content))
    removed = tuple(course / path for path in _unexpected(course, plan) if _is_of(path, targets))
    for path in removed:
        path.unlink()
    return Built(name, written, removed, run)


def write_secret_bundle(
    course: Path, name: str, path: Path, secret: bytes, *, known_checks: Set[str], repository: Repository | None = None
) -> bool:
    """Writes the autograder of one assignment with the course's secret in it; whether anything changed.

    Its owner alone can read it, in a shared course the group of graders too: from the first byte on.
    """
    plan = _plan(course, name, known_checks, repository)
    source = plan.files[Path("source", name, f"{name}.ipynb")]
    content = bundle(course, plan.master, source, plan.beside, secret)
    return _write(path, content, 0o640 if is_shared(course) else 0o600)


def drift(
    course: Path,
    name: str,
    *,
    known_checks: Set[str] | None = None,
    repository: Repository | None = None,
    targets: Collection[str] = TARGETS,
) -> list[str]:
    """One line for each file that is not as `compile_assignment` would leave it; outputs of the solved notebook
    are not compared, so nothing is executed. The zip file is in no repository: see `old_bundle`."""
    plan = _plan(course, name, known_checks, repository)
    lines = []
    for path, content in sorted(plan.files.items()):
        on_disk = course / path
        if not _is_of(path, targets) or path == plan.autograder:
            continue
        if not on_disk.is_file():
            lines.append(f"{path}: missing")
        elif path == plan.solved_path:
            if _current_solved(course, plan) is None:
                lines.append(f"{path}: differs{_first_difference(on_disk.read_bytes(), content)}")
        elif on_disk.read_bytes() != content:
            lines.append(f"{path}: differs{_first_difference(on_disk.read_bytes(), content)}")
    lines += [f"{path}: unexpected, nothing builds it" for path in _unexpected(course, plan) if _is_of(path, targets)]
    lines += [f"{path}: unexpected, nbgrader would release it" for path in _other_notebooks(course, plan)]
    return lines


def old_bundle(
    course: Path, name: str, *, known_checks: Set[str] | None = None, repository: Repository | None = None
) -> Path | None:
    """The autograder of an earlier build, if there is one that would be another now: nobody should upload it."""
    path = course / BUNDLES / f"{name}-autograder.zip"
    if not path.is_file():
        return None
    plan = _plan(course, name, known_checks, repository)
    return None if path.read_bytes() == plan.files[plan.autograder] else plan.autograder


def _plan(course: Path, name: str, known_checks: Set[str] | None, repository: Repository | None) -> _Plan:
    authored = percent.read(course / "source" / f"{name}.py")
    rules.verify(authored, known_checks)
    beside = _beside(course / "source" / name)
    if repository is not None:
        authored = colab.by_itself(authored, beside, repository)
    source = notebooks.source(authored)
    released = notebooks.release(source)
    solved = notebooks.solved(released, authored)
    master = master_of(source, Path(f"{name}.ipynb"))
    file = f"{name}.ipynb"
    files = {
        Path("source", name, file): _bytes(source),
        Path("release", name, file): _bytes(released),
        Path("solutions", name, file): _bytes(solved),
        Path("release-otter", name, file): _bytes(otter.student(released, master)),
    }
    for folder in BUILT:
        files |= {Path(folder, name, path): content for path, content in beside.items()}
    autograder = BUNDLES / f"{name}-autograder.zip"
    files[autograder] = bundle(course, master, files[Path("source", name, file)], beside)
    return _Plan(authored, beside, files, solved, Path("solutions", name, file), master, autograder)


def _is_of(path: Path, targets: Collection[str]) -> bool:
    """Whether one of the targets builds this file, given relative to the course."""
    return any(path.parts[0] in FOLDERS[target] for target in targets)


def _bytes(notebook: Any) -> bytes:
    return notebooks.text(notebook).encode("utf-8")


def _beside(folder: Path) -> dict[str, bytes]:
    """What nbgrader copies along with a notebook: all files in its folder that are neither notebooks nor ignored."""
    ignored = [*CourseDirectory().ignore, "*.ipynb"]
    found = (Path(path) for path in find_all_files(str(folder), ignored))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def _current_solved(course: Path, plan: _Plan) -> Any | None:
    """The solved notebook on disk, if all of it but the outputs is what would be built."""
    path = course / plan.solved_path
    current = _parsed(path.read_bytes()) if path.is_file() else None
    if current is None or notebooks.text(notebooks.unexecuted(current)) != notebooks.text(plan.solved):
        return None
    return current


def _parsed(content: bytes) -> Any | None:
    """The notebook, or None where it is none: somebody edited what is built, or it is another sort of file."""
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        nbformat.validate(notebook)
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError):
        return None
    return notebook


def _same_beside(course: Path, plan: _Plan) -> bool:
    folder = course / plan.solved_path.parent
    return all((folder / path).is_file() and (folder / path).read_bytes() == data for path, data in plan.beside.items())


def _unexpected(course: Path, plan: _Plan) -> list[Path]:
    """Files in the built folders that no build puts there; what nbgrader ignores may lie about."""
    folders = [course / folder / plan.authored.name for folder in BUILT]
    found = [Path(path) for folder in folders for path in find_all_files(str(folder), CourseDirectory().ignore)]
    return sorted(path.relative_to(course) for path in found if path.relative_to(course) not in plan.files)


def _other_notebooks(course: Path, plan: _Plan) -> list[Path]:
    found = (course / "source" / plan.authored.name).glob("*.ipynb")
    return sorted(path.relative_to(course) for path in found if path.relative_to(course) not in plan.files)


def _write(path: Path, content: bytes, mode: int | None = None) -> bool:
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


def _first_difference(on_disk: bytes, built: bytes) -> str:
    """Where two versions of a notebook part; empty for other files."""
    old, new = _parsed(on_disk), _parsed(built)
    if old is None or new is None:
        return ""
    for number, (before, after) in enumerate(zip(old.cells, new.cells, strict=False), start=1):
        for key in ("cell_type", "source", "metadata", "id"):
            if before.get(key) != after.get(key):
                grade_id = after.metadata.get("nbgrader", {}).get("grade_id")
                return f" from cell {number}{f' ({grade_id})' if grade_id else ''} on, in its {key}"
    if len(old.cells) != len(new.cells):
        return f": {len(old.cells)} cells, {len(new.cells)} would be built"
    return " in its outputs, notebook metadata or layout"
