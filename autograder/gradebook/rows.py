"""What nbgrader's gradebook says of an assignment's submissions, read by a few plain queries; before standing.

nbgrader's own objects take a query for each submission and notebook; 200 submissions would keep a TA waiting.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import Course
from autograder.errors import RecordsError

ASSIGNMENTS = "SELECT id, name, duedate FROM assignment ORDER BY name"

SUBMISSIONS = """
SELECT s.id, s.student_id, s.timestamp, s.extension, t.first_name, t.last_name
FROM submitted_assignment s JOIN student t ON t.id = s.student_id
WHERE s.assignment_id = :assignment
"""

NOTEBOOKS = """
SELECT n.id, n.assignment_id, b.name, n.late_submission_penalty
FROM submitted_notebook n
JOIN submitted_assignment s ON s.id = n.assignment_id
JOIN notebook b ON b.id = n.notebook_id
WHERE s.assignment_id = :assignment ORDER BY b.name
"""

GRADES = """
SELECT n.assignment_id, c.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
FROM grade g
JOIN base_cell c ON c.id = g.cell_id
JOIN submitted_notebook n ON n.id = g.notebook_id
JOIN submitted_assignment s ON s.id = n.assignment_id
WHERE s.assignment_id = :assignment ORDER BY n.id, c.name
"""

COMMENTS = """
SELECT n.assignment_id, c.name, m.auto_comment, m.manual_comment
FROM comment m
JOIN base_cell c ON c.id = m.cell_id
JOIN submitted_notebook n ON n.id = m.notebook_id
JOIN submitted_assignment s ON s.id = n.assignment_id
WHERE s.assignment_id = :assignment ORDER BY n.id, c.name
"""

MAX_SCORE = """
SELECT COALESCE(SUM(COALESCE(g.max_score, t.max_score, 0)), 0)
FROM base_cell c
LEFT JOIN grade_cells g ON g.id = c.id
LEFT JOIN task_cells t ON t.id = c.id
JOIN notebook b ON b.id = c.notebook_id
WHERE b.assignment_id = :assignment
"""


@dataclass(frozen=True)
class Row:
    """One submission's marks as the gradebook has them."""

    student: str
    name: str  # "Ada Lovelace"; empty if the gradebook has none
    score: float
    penalty: float
    late_seconds: float
    extension_seconds: float  # that this student has beyond the due date
    by_hand: tuple[str, ...]  # grade_ids that wait for a person
    marked: int  # cells that a person has given marks for
    notebooks: tuple[tuple[str, str], ...]  # name, and the id by which formgrader's pages know it
    marks: str  # changes whenever a score, a comment, a penalty or the time of handing in does


@dataclass(frozen=True)
class Rows:
    """One assignment's part of the gradebook."""

    due: datetime | None = None
    max_score: float = 0.0
    by_student: dict[str, Row] | None = None


def read_rows(course: Course) -> dict[str, Rows]:
    """All assignments that the gradebook knows, by name; none if there is no gradebook yet."""
    with _reading(course) as connection:
        if connection is None:
            return {}
        found = connection.execute(text(ASSIGNMENTS)).all()
        return {name: _assignment(connection, key, due) for key, name, due in found}


def read_assignment(course: Course, assignment: str) -> Rows:
    """The gradebook's part of one assignment; empty if it does not know it."""
    with _reading(course) as connection:
        for key, name, due in () if connection is None else connection.execute(text(ASSIGNMENTS)).all():
            if name == assignment and connection is not None:
                return _assignment(connection, key, due)
    return Rows(by_student={})


@contextmanager
def _reading(course: Course) -> Iterator[Connection | None]:
    """A connection of its own for each reading: threads share nothing, and nothing keeps the file locked."""
    url = str(course.nbgrader.db_url)
    engine: Engine = create_engine(url, poolclass=NullPool)
    database = engine.url.database
    file = course.root / (database or "")
    if engine.url.drivername.startswith("sqlite") and not (file.is_file() and file.stat().st_size):  # empty: not begun
        yield None  # connecting would make an empty file, which nbgrader then takes for a gradebook
        return
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise RecordsError(f"the gradebook {url} cannot be read: {str(error).splitlines()[0]}") from error


def _assignment(connection: Connection, key: str, due: Any) -> Rows:
    def rows(query: str) -> list[Any]:
        return list(connection.execute(text(query), {"assignment": key}))

    grades: dict[str, list[Any]] = defaultdict(list)
    comments: dict[str, list[Any]] = defaultdict(list)
    notebooks: dict[str, list[Any]] = defaultdict(list)
    for group, query in ((grades, GRADES), (comments, COMMENTS)):
        for submission, *rest in rows(query):
            group[submission].append(rest)
    for notebook, submission, name, penalty in rows(NOTEBOOKS):
        notebooks[submission].append((name, notebook, penalty or 0.0))
    due_at = _time(due)
    by_student: dict[str, Row] = {}
    for submission, student, handed_in, extension, first, last in rows(SUBMISSIONS):
        more = _seconds(extension)
        late = seconds_late(_time(handed_in), due_at, more)
        shown = (grades[submission], comments[submission], notebooks[submission], str(handed_in), late)
        by_student[student] = Row(
            student,
            " ".join(part for part in (first, last) if part),
            sum(_score(auto, manual, extra) for _, auto, manual, extra, _ in grades[submission]),
            sum(penalty for _, _, penalty in notebooks[submission]),
            late,
            more,
            tuple(name for name, *_, by_hand in grades[submission] if by_hand),
            sum(manual is not None for _, _, manual, *_ in grades[submission]),
            tuple((name, notebook) for name, notebook, _ in notebooks[submission]),
            hashlib.sha256(repr(shown).encode()).hexdigest()[:16],
        )
    return Rows(due_at, float(rows(MAX_SCORE)[0][0]), by_student)


def _score(auto: float | None, manual: float | None, extra: float | None) -> float:
    """nbgrader's: a person's mark stands in the place of the judge's."""
    mark = manual if manual is not None else auto
    return (mark or 0.0) + (extra or 0.0)


def _time(value: Any) -> datetime | None:
    """SQLite hands times over as text, other databases as times; nbgrader keeps UTC without saying so."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def seconds_late(handed_in: datetime | None, due: datetime | None, extension: float) -> float:
    """Both times are UTC without saying so."""
    return 0.0 if handed_in is None or due is None else max(0.0, (handed_in - due).total_seconds() - extension)


def _seconds(extension: Any) -> float:
    more = (_time(extension) or EPOCH) - EPOCH if isinstance(extension, str) else extension
    return float(more.total_seconds()) if more else 0.0


EPOCH = datetime(1970, 1, 1)  # SQLAlchemy keeps an Interval in SQLite as this day and the interval
