"""Builds an assignment's files from its authored text, and reports files on disk that differ from a fresh build.

authored text -> Plan -> the files of each chosen target -> disk. `targets` defines the files of each target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import find_all_files

from autograder.authoring import execute as execution
from autograder.authoring import notebooks
from autograder.authoring.plan import Plan, make_plan
from autograder.authoring.targets import TARGETS, Target
from autograder.authoring.targets.face import notebook_bytes
from autograder.authoring.writing import write
from autograder.course.repository import Repository
from autograder.errors import SourceError, UsageError


@dataclass(frozen=True)
class BuildReport:
    """The changes that a build made."""

    name: str
    written: tuple[Path, ...]
    removed: tuple[Path, ...]  # files in a built folder that no target builds
    executed: bool  # whether the solved notebook was run


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
    ignore: Sequence[str] | None = None,
    execute: bool = True,
    force: bool = False,
    targets: Sequence[Target] = TARGETS,
) -> BuildReport:
    """Builds the files of one assignment for these targets. Files whose content is unchanged are not written.

    With a `repository` the notebooks open in Colab and install what they need; `ignore` is the course's
    c.CourseDirectory.ignore. The solved notebook runs only if its code or the files beside it changed, or outputs
    are missing (always with `force`, never without `execute`). If there is an error, nothing is written.
    """
    plan = make_plan(course, name, known_checks=known_checks, repository=repository, ignore=ignore)
    files = _files(plan, targets)
    run = False
    if plan.solved_path in files:
        current = _reusable_notebook(plan)
        fresh = current is not None and _files_beside_match(plan)
        run = execute and (force or not fresh or not execution.is_executed(current))
        if run:
            files[plan.solved_path] = notebook_bytes(execution.execute(plan.solved, plan.authored, plan.beside))
        elif current is not None:
            files[plan.solved_path] = (course / plan.solved_path).read_bytes()
    written = tuple(course / path for path, content in sorted(files.items()) if write(course / path, content))
    removed = tuple(course / path for path in _unexpected_files(plan, files, targets))
    for path in removed:
        path.unlink()
    return BuildReport(name, written, removed, run)


def drift(plan: Plan, targets: Sequence[Target] = TARGETS) -> list[str]:
    """One message for each file that `compile_assignment` would change. Outputs of the solved notebook are not
    compared, so nothing is executed. Files that do not belong in the repository are skipped: see `outdated_uploads`."""
    chosen = [target for target in targets if target.committed]
    files, lines = _files(plan, chosen), []
    for path, content in sorted(files.items()):
        on_disk = plan.course / path
        if not on_disk.is_file():
            lines.append(f"{path}: missing")
        elif path == plan.solved_path:
            if _reusable_notebook(plan) is None:
                lines.append(f"{path}: differs{_first_difference(on_disk.read_bytes(), content)}")
        elif on_disk.read_bytes() != content:
            lines.append(f"{path}: differs{_first_difference(on_disk.read_bytes(), content)}")
    lines += [f"{path}: unexpected, nothing builds it" for path in _unexpected_files(plan, files, chosen)]
    lines += [f"{path}: unexpected, nbgrader would release it" for path in _other_notebooks(plan)]
    return lines


def outdated_uploads(plan: Plan, targets: Sequence[Target]) -> list[Path]:
    """Files outside the repository (for upload) from an earlier build that a build now would change."""
    files = _files(plan, [target for target in targets if not target.committed])
    there = {path: plan.course / path for path in files if (plan.course / path).is_file()}
    return [path for path, on_disk in there.items() if on_disk.read_bytes() != files[path]]


def uncompiled_notice(course: Path, name: str, repository: Repository | None = None) -> str:
    """A message if source/<name>.py changed since the notebook in source/, used for grading, was compiled; else "".

    It is also empty if the assignment has no text. Contents are compared only if the text is newer than the notebook.
    """
    text, built = Path("source", f"{name}.py"), Path("source", name, f"{name}.ipynb")
    authored, on_disk = course / text, course / built
    if not authored.is_file() or not on_disk.is_file() or authored.stat().st_mtime_ns < on_disk.stat().st_mtime_ns:
        return ""
    try:
        content = notebook_bytes(make_plan(course, name, repository=repository).source)
    except SourceError as error:
        return f"{error}; {built} is graded by, which was compiled before"
    if content == on_disk.read_bytes():
        return ""
    where = _first_difference(on_disk.read_bytes(), content)
    return f"{text} is not what {built} was compiled from, it differs{where}; run: autograder compile {name}"


def _files(plan: Plan, targets: Sequence[Target]) -> dict[Path, bytes]:
    """The files that these targets build, by path relative to the course; the solved notebook is not executed."""
    return {path: content for target in targets for path, content in target.files(plan).items()}


def _reusable_notebook(plan: Plan) -> Any | None:
    """The solved notebook on disk, if everything but its outputs equals a fresh build; else None."""
    path = plan.course / plan.solved_path
    current = _parse_notebook(path.read_bytes()) if path.is_file() else None
    if current is None or notebooks.text(notebooks.strip_outputs(current)) != notebooks.text(plan.solved):
        return None
    return current


def _parse_notebook(content: bytes) -> Any | None:
    """The notebook, or None if the content is not a valid one: an edited build, or another kind of file."""
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        nbformat.validate(notebook)
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError):
        return None
    return notebook


def _files_beside_match(plan: Plan) -> bool:
    folder = plan.course / plan.solved_path.parent
    return all((folder / path).is_file() and (folder / path).read_bytes() == data for path, data in plan.beside.items())


def _unexpected_files(plan: Plan, files: Mapping[Path, bytes], targets: Sequence[Target]) -> list[Path]:
    """Files in the targets' folders that no target builds, except those that nbgrader ignores."""
    folders = [plan.course / folder / plan.name for target in targets for folder in target.folders]
    found = (Path(path) for folder in folders for path in find_all_files(str(folder), plan.ignore))
    return sorted(path for one in found if (path := one.relative_to(plan.course)) not in files)


def _other_notebooks(plan: Plan) -> list[Path]:
    found = (plan.course / "source" / plan.name).glob("*.ipynb")
    return sorted(path.relative_to(plan.course) for path in found if path.stem != plan.name)


def _first_difference(on_disk: bytes, built: bytes) -> str:
    """Describes the first difference between two versions of a notebook; empty for other files."""
    old, new = _parse_notebook(on_disk), _parse_notebook(built)
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
