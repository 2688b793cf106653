"""Reads marks and comments out of nbgrader's gradebook, whoever gave them; for the feedback page and the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import RecordsError


@dataclass(frozen=True)
class Mark:
    """What the gradebook holds of one graded cell."""

    score: float
    max_score: float
    by_person: bool  # a person's marks stand, in the place of automatic ones or where there were none
    waiting: bool  # for a person
    extra: float = 0.0


@dataclass(frozen=True)
class Marks:
    """One notebook of one student; marks by grade_id, comments by that of their cell."""

    student: str
    notebook: str
    score: float  # before the penalty
    max_score: float
    penalty: float = 0.0
    submitted: datetime | None = None
    late_seconds: float = 0.0
    cells: Mapping[str, Mark] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def reading(db_url: str, course_id: str) -> Iterator[Gradebook]:
    """The gradebook, for reading."""
    try:
        with Gradebook(db_url, course_id) as gradebook:
            yield gradebook
    except SQLAlchemyError as error:
        raise RecordsError(f"the gradebook {db_url} cannot be read: {str(error).splitlines()[0]}") from error


def marks_of(notebook: Any) -> Marks:
    """Of nbgrader's SubmittedNotebook."""
    submission = notebook.assignment
    return Marks(
        student=submission.student_id,
        notebook=notebook.name,
        score=float(notebook.score or 0),
        max_score=float(notebook.max_score or 0),
        penalty=float(notebook.late_submission_penalty or 0),
        submitted=submission.timestamp,
        late_seconds=float(submission.total_seconds_late),
        cells={grade.name: _mark(grade) for grade in notebook.grades},
        comments={comment.name: comment.comment for comment in notebook.comments if comment.comment},
    )


def _mark(grade: Any) -> Mark:
    by_person = grade.manual_score is not None
    return Mark(
        score=float(grade.score or 0),
        max_score=float(grade.max_score or 0),
        by_person=by_person,
        waiting=bool(grade.needs_manual_grade) and not by_person,
        extra=float(grade.extra_credit or 0),
    )
