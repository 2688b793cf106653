"""Reads one assignment's marks back from nbgrader's gradebook; after all that writes to it, before what leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.course import Course
from autograder.errors import RecordsError, UsageError
from autograder.gradebook.writer import put_alembic_on_path


@dataclass(frozen=True)
class Student:
    """Who somebody is in the gradebook; what was never entered is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


@dataclass(frozen=True)
class FinalMark:
    """What one submission earned, by nbgrader's own rules: `score` is without the late penalty, and at least 0."""

    raw_score: float
    penalty: float
    score: float
    timestamp: datetime | None
    seconds_late: float
    provisional: bool  # something in it waits for a person
    failed: bool = False  # a question of the grader's has no mark, since the grader failed: the score is none


@dataclass(frozen=True)
class FinalMarks:
    """An assignment's marks; None for a student who has handed in nothing."""

    assignment: str
    duedate: datetime | None
    max_score: float
    by_student: tuple[tuple[Student, FinalMark | None], ...]


def read_marks(course: Course, assignment: str) -> FinalMarks:
    """UsageError where the gradebook or the assignment is not there; RecordsError where it cannot be read."""
    url = str(course.nbgrader.db_url)
    file = make_url(url).database
    if url.startswith("sqlite") and file and not Path(file).is_file():
        raise UsageError(f"there is no gradebook {file}; grade something first: autograder grade {assignment}")
    put_alembic_on_path()
    try:
        with Gradebook(url, course.nbgrader.course_id) as gradebook:
            return _read(gradebook, assignment)
    except SQLAlchemyError as error:
        raise RecordsError(f"the gradebook {url} cannot be read: {str(error).splitlines()[0]}") from error


def _read(gradebook: Any, name: str) -> FinalMarks:
    try:
        assignment = gradebook.find_assignment(name)
    except MissingEntry:
        known = ", ".join(sorted(one.name for one in gradebook.assignments)) or "none"
        raise UsageError(f"the gradebook knows no assignment {name!r}; it knows {known}") from None
    submissions = {one.student_id: one for one in gradebook.assignment_submissions(name)}
    found: list[tuple[Student, FinalMark | None]] = []
    for row in sorted(gradebook.students, key=lambda one: str(one.id)):
        submission = submissions.get(row.id)
        student = Student(*(str(getattr(row, key) or "") for key in Student.__dataclass_fields__))
        found.append((student, None if submission is None else _mark(submission)))
    return FinalMarks(name, assignment.duedate, float(assignment.max_score), tuple(found))


def _mark(submission: Any) -> FinalMark:
    raw, penalty = float(submission.score), float(submission.late_submission_penalty or 0.0)
    return FinalMark(
        raw_score=raw,
        penalty=penalty,
        score=max(0.0, raw - penalty),
        timestamp=submission.timestamp,
        seconds_late=float(submission.total_seconds_late),
        provisional=bool(submission.needs_manual_grade),
        failed=any(_failed(notebook) for notebook in submission.notebooks),
    )


def _failed(notebook: Any) -> bool:
    """Whether a test cell has neither an automatic mark nor a person's. Code that a person marks is not locked."""
    by_hand = {cell.name for cell in notebook.notebook.source_cells if not cell.locked}
    return any(
        grade.cell.cell_type == "code"
        and grade.name not in by_hand
        and grade.auto_score is None
        and grade.manual_score is None
        for grade in notebook.grades
    )
