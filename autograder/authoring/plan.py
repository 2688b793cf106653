"""Reads one authored assignment into the Plan from which every target of `compile` builds; before the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from autograder.authoring import colab, notebooks, percent, rules
from autograder.authoring.beside import files_beside
from autograder.authoring.master import master_of
from autograder.authoring.percent import AuthoredAssignment
from autograder.course.repository import Repository
from autograder.model import MasterNotebook


@dataclass(frozen=True)
class Plan:
    """One verified assignment: its text, its notebooks, and the files that ship with them."""

    course: Path
    authored: AuthoredAssignment
    beside: Mapping[str, bytes]  # by path in the assignment's folder
    ignore: Sequence[str]  # globs of files that nbgrader ignores in the course's folders
    source: Any  # the source notebook, with solutions and hidden tests
    released: Any  # the students' notebook
    solved: Any  # the solved notebook, not executed
    master: MasterNotebook

    @property
    def name(self) -> str:
        return self.authored.name

    @property
    def solved_path(self) -> Path:
        """The path of the solved notebook, relative to the course like all paths of built files."""
        return Path("solutions", self.name, f"{self.name}.ipynb")


def make_plan(
    course: Path,
    name: str,
    *,
    known_checks: Set[str] | None = None,
    repository: Repository | None = None,
    ignore: Sequence[str] | None = None,
) -> Plan:
    """Makes the plan of source/<name>.py. `ignore` is c.CourseDirectory.ignore; the default is nbgrader's default.

    With a `repository` the notebooks open in Colab. SourceError if the text breaks a rule.
    """
    ignored = list(CourseDirectory().ignore) if ignore is None else list(ignore)
    authored = percent.read(course / "source" / f"{name}.py")
    rules.verify(authored, known_checks)
    beside = files_beside(course / "source" / name, ignored)
    if repository is not None:
        authored = colab.make_standalone(authored, beside, repository)
    source = notebooks.source(authored)
    released = notebooks.release(source)
    solved = notebooks.solve(released, authored)
    master = master_of(source, Path(f"{name}.ipynb"))
    return Plan(course, authored, beside, ignored, source, released, solved, master)
