"""Reads one authored assignment into the plan that every target of `compile` builds from; before the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from autograder.authoring import colab, notebooks, percent, rules
from autograder.authoring.beside import files_beside
from autograder.authoring.master import master_of
from autograder.authoring.percent import Authored
from autograder.course.repository import Repository
from autograder.model import MasterNotebook


@dataclass(frozen=True)
class Plan:
    """One assignment, verified: its text, its notebooks, and the files that ship beside them."""

    course: Path
    authored: Authored
    beside: Mapping[str, bytes]  # by path in the assignment's folder
    ignore: Sequence[str]  # what nbgrader leaves alone in the course's folders
    source: Any  # nbgrader's notebook, solutions and hidden tests included
    released: Any  # the students'
    solved: Any  # not executed
    master: MasterNotebook

    @property
    def name(self) -> str:
        return self.authored.name

    @property
    def solved_path(self) -> Path:
        """Relative to the course, as all paths of what is built."""
        return Path("solutions", self.name, f"{self.name}.ipynb")


def make_plan(
    course: Path,
    name: str,
    *,
    known_checks: Set[str] | None = None,
    repository: Repository | None = None,
    ignore: Sequence[str] | None = None,
) -> Plan:
    """The plan of source/<name>.py. `ignore` is c.CourseDirectory.ignore, by default nbgrader's own default.

    With a `repository` the notebooks open in Colab. Raises SourceError where the text breaks a rule.
    """
    ignored = list(CourseDirectory().ignore) if ignore is None else list(ignore)
    authored = percent.read(course / "source" / f"{name}.py")
    rules.verify(authored, known_checks)
    beside = files_beside(course / "source" / name, ignored)
    if repository is not None:
        authored = colab.by_itself(authored, beside, repository)
    source = notebooks.source(authored)
    released = notebooks.release(source)
    solved = notebooks.solve(released, authored)
    master = master_of(source, Path(f"{name}.ipynb"))
    return Plan(course, authored, beside, ignored, source, released, solved, master)
