"""Computes scores from the gradebook's columns by nbgrader's rules; pure functions, for the reader and the writer.

A cell's score is the manual score if there is one, else the automatic score; extra credit is added to it. A
submission's score is the sum over its cells, less the late penalty, but never below zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["markdown", "code"]


@dataclass(frozen=True)
class CellMark:
    """The gradebook's columns for one graded cell of one submission."""

    auto_score: float | None = None
    manual_score: float | None = None
    extra_credit: float | None = None
    needs_manual_grade: bool = False
    auto_comment: str | None = None
    manual_comment: str | None = None

    @property
    def score(self) -> float | None:
        """The score with extra credit; None if the cell has no score yet."""
        given = self.auto_score if self.manual_score is None else self.manual_score
        return None if given is None else given + (self.extra_credit or 0.0)

    @property
    def points(self) -> float:
        """The points that the cell adds to the submission's score."""
        return self.score or 0.0

    @property
    def by_person(self) -> bool:
        """Whether a person has given a score."""
        return self.manual_score is not None

    @property
    def waiting(self) -> bool:
        """Whether the cell needs a person's score and has none yet."""
        return self.needs_manual_grade and not self.by_person

    @property
    def graded(self) -> bool:
        """Whether no person needs to look at the cell."""
        return not self.needs_manual_grade

    @property
    def comment(self) -> str:
        """The comment that the student reads."""
        return comment(self.auto_comment, self.manual_comment)


@dataclass(frozen=True)
class GradedCell:
    """A graded cell of an assignment, the same for all students."""

    notebook: str
    name: str  # its grade_id
    kind: Kind
    max_score: float
    locked: bool = True  # students cannot write in it
    answered: bool = False  # a solution cell: it holds the answer, and a person gives the score
    stub: str = ""  # the cell's text when it is released

    @property
    def by_grader(self) -> bool:
        """Whether the grader, not a person, gives its score."""
        return self.kind == "code" and self.locked


@dataclass(frozen=True)
class NotebookMarks:
    """One notebook of one submission; marks and comments by grade_id."""

    student: str
    name: str
    cells: Mapping[str, CellMark] = field(default_factory=dict)
    max_scores: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    id: str = ""  # the gradebook's id, which the formgrader's URLs use
    grade_ids: Mapping[str, str] = field(default_factory=dict)  # the gradebook's random keys of `cells`

    @property
    def score(self) -> float:
        """The score before the penalty."""
        return add_up(mark.points for mark in self.cells.values())

    @property
    def max_score(self) -> float:
        return add_up(self.max_scores.values())

    @property
    def total(self) -> float:
        return after_penalty(self.score, self.penalty)


@dataclass(frozen=True)
class SubmissionMarks:
    """One student's marks for one assignment."""

    student: str
    submitted: datetime | None = None  # UTC without a time zone, as all of nbgrader's times
    late_seconds: float = 0.0
    extension_seconds: float = 0.0  # this student's extension of the due date
    notebooks: tuple[NotebookMarks, ...] = ()
    failed: bool = False  # the grader failed: a cell that it should judge has no score
    version: str = ""  # changes with any score, comment, penalty or submission time

    @property
    def marks(self) -> tuple[CellMark, ...]:
        return tuple(mark for notebook in self.notebooks for mark in notebook.cells.values())

    @property
    def score(self) -> float:
        """The score before the penalty."""
        return add_up(mark.points for mark in self.marks)

    @property
    def penalty(self) -> float:
        return add_up(notebook.penalty for notebook in self.notebooks)

    @property
    def total(self) -> float:
        return after_penalty(self.score, self.penalty)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The grade_ids of the cells that a person must still look at; the marks may change until then."""
        return tuple(
            name for notebook in self.notebooks for name, mark in notebook.cells.items() if mark.needs_manual_grade
        )

    @property
    def by_person(self) -> int:
        """How many cells a person has given a score."""
        return sum(mark.by_person for mark in self.marks)


@dataclass(frozen=True)
class Student:
    """A student's entry in the gradebook; missing data are empty strings."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name; empty if the gradebook has neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True)
class AssignmentMarks:
    """One assignment's cells, students and marks."""

    name: str
    due: datetime | None = None
    cells: tuple[GradedCell, ...] = ()
    students: tuple[Student, ...] = ()  # all students of the course, also without a submission; sorted by id
    by_student: Mapping[str, SubmissionMarks] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        return add_up(cell.max_score for cell in self.cells)


def add_up(points: Iterable[float]) -> float:
    """The sum, rounded once, so that it does not depend on the order of the rows."""
    return math.fsum(points)


def comment(automatic: str | None, manual: str | None) -> str:
    """The comment that a student reads: the manual comment, even an empty one, replaces the automatic one."""
    return (automatic if manual is None else manual) or ""


def after_penalty(score: float, penalty: float) -> float:
    """The score less the penalty, at least 0."""
    return max(0.0, score - penalty)


def penalty_on(score: float, wanted: float | None) -> float | None:
    """The penalty `wanted` by the course's late policy, limited to between 0 and the score; None if there is none."""
    return None if wanted is None else min(max(wanted, 0.0), score)


def seconds_late(submitted: datetime | None, due: datetime | None, extension: float) -> float:
    """Seconds after the due date plus `extension` (seconds); 0 if on time, or if either time is unknown."""
    return 0.0 if submitted is None or due is None else max(0.0, (submitted - due).total_seconds() - extension)
