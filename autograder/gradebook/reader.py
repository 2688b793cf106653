"""Reads the marks from the gradebook with a few queries, for feedback, pages and exports.

nbgrader's own objects run a query for each submission and notebook, which is slow for 200 submissions. Reading never
creates a gradebook, and leaves none locked.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from nbgrader import api
from sqlalchemy import URL, Connection, Select, create_engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import Course
from autograder.course.files import PATIENCE
from autograder.errors import RecordsError, UsageError
from autograder.gradebook.address import database, is_begun
from autograder.gradebook.rule import (
    AssignmentMarks,
    CellMark,
    GradedCell,
    NotebookMarks,
    Student,
    SubmissionMarks,
    comment,
    seconds_late,
)

ASSIGNMENT, NOTEBOOK, CELL = api.Assignment.__table__, api.Notebook.__table__, api.BaseCell.__table__
GRADE_CELL, TASK_CELL, SOURCE = api.GradeCell.__table__, api.TaskCell.__table__, api.SourceCell.__table__
ANSWER = CELL.alias("answer")  # nbgrader stores a graded solution cell as two rows with one name
SUBMITTED, SHEET = api.SubmittedAssignment.__table__, api.SubmittedNotebook.__table__
GRADE, COMMENT, STUDENT = api.Grade.__table__, api.Comment.__table__, api.Student.__table__


# ---- error messages -----------------------------------------------------------------------------------------

# What to do about a database error, by a part of its text.
ADVICE = {
    "database is locked": "another program holds it (the formgrader, a second grade): run this again when that is done",
    "readonly database": "make it writable for this account",
    "disk is full": "make room, and run this again",
}


def gradebook_error(url: URL, done: str, error: Exception, kept: str = "") -> RecordsError:
    """The error for a gradebook that cannot be `done` ("read", "written"); `kept` says what is not lost.

    A password in the URL is not shown.
    """
    return RecordsError(f"the gradebook {url} cannot be {done}: {reason(error, kept)}")


def reason(error: Exception, kept: str = "") -> str:
    """The text of a database error, short enough for a sentence, and what to do about it."""
    text = str(getattr(error, "orig", None) or error)  # the driver's text, without the advice that SQLAlchemy may add
    text = text.splitlines()[0] if text else type(error).__name__
    advice = next((a for words, a in ADVICE.items() if words in text), "")
    return "; ".join(part for part in (text, advice, kept if advice else "") if part)


# ---- queries ----------------------------------------------------------------------------------------------


def read_all(course: Course) -> dict[str, AssignmentMarks]:
    """The marks of all assignments in the gradebook, by name; empty if there is no gradebook yet."""
    with open_reader(database(course)) as reader:
        return {} if reader is None else {name: reader.assignment(name) for name in reader.assignments()}


def find_marks(course: Course, assignment: str) -> AssignmentMarks:
    """One assignment's marks; empty ones if the assignment is not in the gradebook."""
    with open_reader(database(course)) as reader:
        known = reader is not None and assignment in reader.assignments()
        return reader.assignment(assignment) if known and reader is not None else AssignmentMarks(assignment)


def read_marks(course: Course, assignment: str) -> AssignmentMarks:
    """One assignment's marks. Raises UsageError if the gradebook or the assignment does not exist."""
    url = database(course)
    with open_reader(url) as reader:
        advice = f"run: autograder grade {assignment}"
        if reader is None:
            raise UsageError(f"there is no gradebook {url.database}; {advice}")
        known = reader.assignments()
        if assignment not in known:
            raise UsageError(
                f"the gradebook knows no assignment {assignment!r}; it knows {', '.join(known) or 'none'}; {advice}"
            )
        return reader.assignment(assignment)


def read_notebook(db_url: str, assignment: str, student: str, notebook: str) -> tuple[SubmissionMarks, NotebookMarks]:
    """One student's submission, and one notebook of it. Raises UsageError if it does not exist."""
    with open_reader(make_url(db_url)) as reader:
        known = reader is not None and assignment in reader.assignments()
        marks = reader.assignment(assignment, student=student) if known and reader is not None else None
    submission = None if marks is None else marks.by_student.get(student)
    for found in () if submission is None else submission.notebooks:
        if submission is not None and found.name == notebook:
            return submission, found
    raise UsageError(f"the gradebook has no notebook {notebook!r} of {student} in {assignment!r}; grade it first")


@contextmanager
def open_reader(url: URL, patience: float = PATIENCE) -> Iterator[Reader | None]:
    """A reader with its own connection, so that threads share nothing; None if there is no gradebook yet."""
    if not is_begun(url):
        yield None
        return
    try:
        with open_connection(url, patience) as connection:
            yield Reader(connection)
    except SQLAlchemyError as error:
        raise gradebook_error(url, "read", error) from error


@contextmanager
def open_connection(url: URL, patience: float) -> Iterator[Connection]:
    waits = url.get_backend_name() == "sqlite" and "timeout" not in url.query
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": patience} if waits else {})
    with engine.connect() as connection:
        yield connection


@dataclass(frozen=True)
class Reader:
    """An open gradebook."""

    connection: Connection

    def assignments(self) -> list[str]:
        return list(self.connection.execute(select(ASSIGNMENT.c.name).order_by(ASSIGNMENT.c.name)).scalars())

    def students(self) -> tuple[Student, ...]:
        columns = (STUDENT.c[key] for key in Student.__dataclass_fields__)
        rows = self.connection.execute(select(*columns).order_by(STUDENT.c.id))
        return tuple(Student(*(str(value or "") for value in row)) for row in rows)

    def cells(self, assignment: str | None = None) -> list[tuple[str, GradedCell]]:
        """(assignment, graded cell) for one assignment, or for all, in the gradebook's order."""
        columns = (
            ASSIGNMENT.c.name, NOTEBOOK.c.name, CELL.c.name, GRADE_CELL.c.cell_type, GRADE_CELL.c.max_score,
            TASK_CELL.c.max_score, SOURCE.c.locked, SOURCE.c.source, ANSWER.c.id,
        )  # fmt: skip
        graded = (
            select(*columns)
            .select_from(CELL)
            .join(NOTEBOOK, NOTEBOOK.c.id == CELL.c.notebook_id)
            .join(ASSIGNMENT, ASSIGNMENT.c.id == NOTEBOOK.c.assignment_id)
            .outerjoin(GRADE_CELL, GRADE_CELL.c.id == CELL.c.id)
            .outerjoin(TASK_CELL, TASK_CELL.c.id == CELL.c.id)
            .outerjoin(SOURCE, (SOURCE.c.notebook_id == NOTEBOOK.c.id) & (SOURCE.c.name == CELL.c.name))
            .outerjoin(
                ANSWER,
                (ANSWER.c.notebook_id == NOTEBOOK.c.id)
                & (ANSWER.c.name == CELL.c.name)
                & (ANSWER.c.type == api.SolutionCell.__name__),
            )
            .where(CELL.c.type.in_((api.GradeCell.__name__, api.TaskCell.__name__)))
            .order_by(NOTEBOOK.c.name, CELL.c.name)
        )
        if assignment is not None:
            graded = graded.where(ASSIGNMENT.c.name == assignment)
        found = []
        for of, notebook, name, kind, points, task, locked, stub, answer in self.connection.execute(graded):
            cell = GradedCell(
                notebook,
                name,
                kind="code" if kind == "code" else "markdown",
                max_score=float((task if kind is None else points) or 0),
                locked=locked is None or bool(locked),
                answered=kind is not None and answer is not None,
                stub=stub or "",
            )
            found.append((of, cell))
        return found

    def assignment(
        self, name: str, *, student: str | None = None, cell: str | None = None, lock: bool = False
    ) -> AssignmentMarks:
        """The marks of an assignment in the gradebook; of one student or one grade_id only, if given.

        With `lock`, the rows cannot be changed by others until the connection's transaction ends.
        """
        due = self.connection.execute(select(ASSIGNMENT.c.duedate).where(ASSIGNMENT.c.name == name)).scalar()
        cells = tuple(found for _, found in self.cells(name))
        chosen = _Selection(student, cell, lock)
        comments = self._comments(name, chosen)
        notebooks = self._notebooks(name, cells, comments, chosen)
        judged = {(one.notebook, one.name) for one in cells if one.by_grader}
        columns = (SUBMITTED.c.id, SUBMITTED.c.student_id, SUBMITTED.c.timestamp, SUBMITTED.c.extension)
        submissions = _restrict(select(*columns).select_from(SUBMITTED), name, student)
        by_student: dict[str, SubmissionMarks] = {}
        for key, who, submitted, extension in self.connection.execute(submissions):
            more = float((extension or timedelta()).total_seconds())
            late = seconds_late(submitted, due, more)
            failed = any(
                mark.score is None and (notebook.name, grade_id) in judged
                for notebook in notebooks[key]
                for grade_id, mark in notebook.cells.items()
            )
            found = SubmissionMarks(who, submitted, late, more, tuple(notebooks[key]), failed)
            by_student[who] = replace(found, version=_version(found, comments))
        return AssignmentMarks(name, due, cells, self.students(), by_student)

    def _notebooks(
        self, name: str, cells: tuple[GradedCell, ...], comments: _Comments, chosen: _Selection
    ) -> defaultdict[str, list[NotebookMarks]]:
        """Notebooks by the gradebook's id of their submission, sorted by name."""
        grades: defaultdict[str, dict[str, CellMark]] = defaultdict(dict)
        keys: defaultdict[str, dict[str, str]] = defaultdict(dict)
        columns = (
            GRADE.c.notebook_id, CELL.c.name, GRADE.c.id,
            GRADE.c.auto_score, GRADE.c.manual_score, GRADE.c.extra_credit, GRADE.c.needs_manual_grade,
        )  # fmt: skip
        for row in self.connection.execute(chosen.rows(columns, GRADE, name)):
            sheet, cell, key, automatic, manual, extra, waits = row
            said = comments[sheet].get(cell, (None, None))
            grades[sheet][cell] = CellMark(automatic, manual, extra, waits, *said)
            keys[sheet][cell] = key
        max_scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for one in cells:
            max_scores[one.notebook][one.name] = one.max_score
        found: defaultdict[str, list[NotebookMarks]] = defaultdict(list)
        sheets = (
            select(
                SHEET.c.id,
                SHEET.c.assignment_id,
                SUBMITTED.c.student_id,
                NOTEBOOK.c.name,
                SHEET.c.late_submission_penalty,
            )
            .select_from(SUBMITTED)
            .join(SHEET, SHEET.c.assignment_id == SUBMITTED.c.id)
            .join(NOTEBOOK, NOTEBOOK.c.id == SHEET.c.notebook_id)
            .order_by(NOTEBOOK.c.name)
        )
        for sheet, submission, who, notebook, penalty in self.connection.execute(
            _restrict(sheets, name, chosen.student)
        ):
            read = {cell: text for cell, pair in comments[sheet].items() if (text := comment(*pair))}
            found[submission].append(
                NotebookMarks(
                    who, notebook, grades[sheet], max_scores[notebook], read, penalty or 0.0, sheet, keys[sheet]
                )
            )
        return found

    def _comments(self, name: str, chosen: _Selection) -> _Comments:
        found: _Comments = defaultdict(dict)
        columns = (COMMENT.c.notebook_id, CELL.c.name, COMMENT.c.auto_comment, COMMENT.c.manual_comment)
        for sheet, cell, automatic, manual in self.connection.execute(chosen.rows(columns, COMMENT, name)):
            found[sheet][cell] = (automatic, manual)
        return found


# By the submitted notebook's id: the cell's name -> (automatic comment, manual comment).
_Comments = defaultdict[str, dict[str, tuple[str | None, str | None]]]


def _version(found: SubmissionMarks, comments: _Comments) -> str:
    """A digest of a submission's rows. Stored with feedback: if its format changes, every page looks outdated."""
    sheets = sorted(found.notebooks, key=lambda notebook: notebook.id)
    grades = [
        [name, mark.auto_score, mark.manual_score, mark.extra_credit, int(mark.needs_manual_grade)]
        for sheet in sheets
        for name, mark in sheet.cells.items()
    ]
    said = [[name, *pair] for sheet in sheets for name, pair in comments[sheet.id].items()]
    penalties = [(notebook.name, notebook.id, notebook.penalty) for notebook in found.notebooks]
    when = None if found.submitted is None else found.submitted.isoformat(" ", "microseconds")
    shown = (grades, said, penalties, str(when), found.late_seconds)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Selection:
    """Which rows of an assignment are read."""

    student: str | None
    cell: str | None
    lock: bool

    def rows(self, columns: tuple[Any, ...], table: Any, assignment: str) -> Select[Any]:
        """The query for the chosen rows of the grades or the comments."""
        found = (
            select(*columns)
            .select_from(table)
            .join(CELL, CELL.c.id == table.c.cell_id)
            .join(SHEET, SHEET.c.id == table.c.notebook_id)
            .join(SUBMITTED, SUBMITTED.c.id == SHEET.c.assignment_id)
            .order_by(SHEET.c.id, CELL.c.name)
        )
        if self.cell is not None:
            found = found.where(CELL.c.name == self.cell)
        if self.lock:  # SQLite ignores this and locks the file instead
            found = found.with_for_update(of=table)
        return _restrict(found, assignment, self.student)


def _restrict(rows: Select[Any], assignment: str, student: str | None) -> Select[Any]:
    rows = rows.join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMITTED.c.assignment_id).where(ASSIGNMENT.c.name == assignment)
    return rows if student is None else rows.where(SUBMITTED.c.student_id == student)
