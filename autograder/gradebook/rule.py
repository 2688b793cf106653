"""What counts of what the gradebook holds: nbgrader's own rules, each said once; pure, before all that reads marks.

A cell's score is a person's, where one was given, else the grader's; extra credit adds to a score that was given. A
submission's score is the sum over its cells; late work loses the penalty, and never more than it has.
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
    """One graded cell of one submission: nbgrader's columns, of which a person sees each change."""

    auto_score: float | None = None
    manual_score: float | None = None
    extra_credit: float | None = None
    needs_manual_grade: bool = False
    auto_comment: str | None = None
    manual_comment: str | None = None

    @property
    def score(self) -> float | None:
        """With extra credit; None where nobody has given one."""
        given = self.auto_score if self.manual_score is None else self.manual_score
        return None if given is None else given + (self.extra_credit or 0.0)

    @property
    def points(self) -> float:
        """What it adds to the submission's score."""
        return self.score or 0.0

    @property
    def by_person(self) -> bool:
        """Whether a person's score stands, in the place of an automatic one or where there was none."""
        return self.manual_score is not None

    @property
    def waiting(self) -> bool:
        """For a person, who has given no score yet."""
        return self.needs_manual_grade and not self.by_person

    @property
    def graded(self) -> bool:
        """Whether nobody has to look at it any more."""
        return not self.needs_manual_grade

    @property
    def comment(self) -> str:
        """What a student reads."""
        return comment(self.auto_comment, self.manual_comment)


@dataclass(frozen=True)
class GradedCell:
    """A graded cell of an assignment, whoever answers it."""

    notebook: str
    name: str  # its grade_id
    kind: Kind
    max_score: float
    locked: bool = True  # students cannot write in it
    answered: bool = False  # it holds the answer itself: a person marks it
    stub: str = ""  # what stands in it when it is handed out

    @property
    def judged(self) -> bool:
        """Whether its score is the grader's to give."""
        return self.kind == "code" and self.locked


@dataclass(frozen=True)
class NotebookMarks:
    """One notebook of one submission; marks by grade_id, comments by that of their cell."""

    student: str
    name: str
    cells: Mapping[str, CellMark] = field(default_factory=dict)
    max_scores: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    id: str = ""  # by which the gradebook and the formgrader's pages know it
    grade_ids: Mapping[str, str] = field(default_factory=dict)  # the gradebook's random keys of `cells`

    @property
    def score(self) -> float:
        """Before the penalty."""
        return add_up(mark.points for mark in self.cells.values())

    @property
    def max_score(self) -> float:
        return add_up(self.max_scores.values())

    @property
    def total(self) -> float:
        return after_penalty(self.score, self.penalty)


@dataclass(frozen=True)
class SubmissionMarks:
    """What one student has for one assignment."""

    student: str
    submitted: datetime | None = None  # in UTC without saying so, as all of nbgrader's times
    late_seconds: float = 0.0
    extension_seconds: float = 0.0  # that this student has beyond the due date
    notebooks: tuple[NotebookMarks, ...] = ()
    failed: bool = False  # a cell that is the grader's to judge has no score: the grader failed, so this is no mark
    version: str = ""  # changes whenever a score, a comment, a penalty or the time of handing in does

    @property
    def marks(self) -> tuple[CellMark, ...]:
        return tuple(mark for notebook in self.notebooks for mark in notebook.cells.values())

    @property
    def score(self) -> float:
        """Before the penalty."""
        return add_up(mark.points for mark in self.marks)

    @property
    def penalty(self) -> float:
        return add_up(notebook.penalty for notebook in self.notebooks)

    @property
    def total(self) -> float:
        return after_penalty(self.score, self.penalty)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Grade_ids of the cells that wait for a person: until then the marks may change."""
        return tuple(
            name for notebook in self.notebooks for name, mark in notebook.cells.items() if mark.needs_manual_grade
        )

    @property
    def by_person(self) -> int:
        """How many cells a person has given a score."""
        return sum(mark.by_person for mark in self.marks)


@dataclass(frozen=True)
class Student:
    """Who somebody is in the gradebook; what was never entered is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """ "Ada Lovelace"; empty where the gradebook has none."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True)
class AssignmentMarks:
    """One assignment's part of the gradebook."""

    name: str
    due: datetime | None = None
    cells: tuple[GradedCell, ...] = ()
    students: tuple[Student, ...] = ()  # all of the course, also who has handed in nothing; sorted by id
    by_student: Mapping[str, SubmissionMarks] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        return add_up(cell.max_score for cell in self.cells)


def add_up(points: Iterable[float]) -> float:
    """Rounded once, so that it does not hang on the order of the rows."""
    return math.fsum(points)


def comment(automatic: str | None, manual: str | None) -> str:
    """What a student reads: a person's words in the place of nbgrader's own, also where they emptied them."""
    return (automatic if manual is None else manual) or ""


def after_penalty(score: float, penalty: float) -> float:
    """What counts of a score."""
    return max(0.0, score - penalty)


def penalty_on(score: float, wanted: float | None) -> float | None:
    """What the course's rule for late work can take off a score; None where it takes nothing."""
    return None if wanted is None else min(max(wanted, 0.0), score)


def seconds_late(submitted: datetime | None, due: datetime | None, extension: float) -> float:
    """`extension` in seconds; where either time is not known nobody is late."""
    return 0.0 if submitted is None or due is None else max(0.0, (submitted - due).total_seconds() - extension)
