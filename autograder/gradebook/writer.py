"""Writes the grader's results and a person's marks to nbgrader's gradebook, with nbgrader's own API and models.

The rows are those that `nbgrader autograde` and its formgrader write. Each submission is one commit, so that an
interrupted run never leaves part of one; all marks that a person saves at once are one commit too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from sqlalchemy import select, update
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from autograder.course import Course
from autograder.course.files import PATIENCE
from autograder.errors import RecordsError
from autograder.gradebook.address import database
from autograder.gradebook.beginning import begin
from autograder.gradebook.reader import (
    CELL,
    COMMENT,
    GRADE,
    Reader,
    gradebook_error,
    open_connection,
    reason,
)
from autograder.gradebook.rule import CellMark, penalty_on
from autograder.model import QuestionResult, Result

KEPT = "what is graded is kept"
Comments = Mapping[str, Mapping[str, str | None]]


class GradebookWriter:
    """One open gradebook. A context manager."""

    def __init__(self, course: Course) -> None:
        self._url = database(course)
        self._gradebook = self._open(course)
        self._gradebook.db().expire_on_commit = False  # else all rows are read again after every commit
        self._penalties = AssignLatePenalties(config=course.config)
        self._penalties.init_plugin()

    def _open(self, course: Course) -> Any:
        """Opens nbgrader's Gradebook; creates the gradebook if there is none."""
        try:
            begin(self._url)
            return Gradebook(self._name, course.nbgrader.course_id)
        except SQLAlchemyError as error:
            raise gradebook_error(self._url, "opened", error, KEPT) from error

    @property
    def _name(self) -> str:
        return self._url.render_as_string(hide_password=False)

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._gradebook.close()

    def register(self, assignment: str, notebooks: Mapping[str, Any]) -> None:
        """Writes the assignment's cells to the gradebook, as `nbgrader generate_assignment` does, if they have changed.

        `notebooks` are the prepared ones: with solutions cleared, hidden tests included and checksums computed.
        """
        try:
            if all(self._knows(assignment, name, notebook) for name, notebook in notebooks.items()):
                return
            self._gradebook.update_or_create_assignment(assignment)
            for name, notebook in notebooks.items():
                about = {"notebook": name, "assignment": assignment, "student": ".", "db_url": self._name}
                SaveCells().preprocess(notebook, {"nbgrader": about})
            self._gradebook.db.expire_all()
        except RuntimeError as error:  # nbgrader raises it if cells change while submissions exist
            raise RecordsError(f"{error}; remove them (nbgrader db assignment) or restore the cells") from error
        except SQLAlchemyError as error:
            self._gradebook.db.rollback()
            raise gradebook_error(self._url, "written", error, KEPT) from error

    def _knows(self, assignment: str, name: str, notebook: Any) -> bool:
        try:
            known = self._gradebook.find_notebook(name, assignment)
        except MissingEntry:
            return False
        old = {(c.name, c.source, c.checksum) for c in known.source_cells}
        old_points = {(c.name, c.max_score) for c in [*known.grade_cells, *known.task_cells]}
        marked = [(c.metadata.nbgrader, c) for c in notebook.cells if "nbgrader" in c.metadata]
        new = {(m.grade_id, c.source, m.get("checksum")) for m, c in marked}
        new_points = {(m.grade_id, float(m.points)) for m, _ in marked if m.get("grade") or m.get("task")}
        return old == new and old_points == new_points

    def knows_student(self, student: str) -> bool:
        return self._finds(self._gradebook.find_student, student)

    def has_submission(self, assignment: str, student: str) -> bool:
        return self._finds(self._gradebook.find_submission, assignment, student)

    def _finds(self, find: Callable[..., Any], *names: str) -> bool:
        try:
            find(*names)
        except MissingEntry:
            return False
        except SQLAlchemyError as error:
            raise gradebook_error(self._url, "read", error, KEPT) from error
        return True

    def save(self, result: Result, comments: Comments, timestamp: datetime | None) -> None:
        """Writes a submission's rows. `comments`: nbgrader's automatic ones ("No response."), by notebook and cell."""
        try:
            self._save(result, comments, timestamp)
        except SQLAlchemyError as error:
            self._gradebook.db.rollback()
            raise RecordsError(f"marks of {result.student} were not written: {reason(error, KEPT)}") from error

    def _save(self, result: Result, comments: Comments, timestamp: datetime | None) -> None:
        if not self.knows_student(result.student):
            self._gradebook.add_student(result.student)
        when = {} if timestamp is None else {"timestamp": timestamp}
        with self._gradebook.db.no_autoflush:  # nbgrader builds rows in steps, and SQLAlchemy warns of incomplete ones
            submission = self._gradebook.update_or_create_submission(result.assignment, result.student, **when)
        questions = {(q.notebook, q.grade_id): q for q in result.questions}
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                _fill(grade, questions.get((notebook.name, grade.name)), result)
            for comment in notebook.comments:
                mine = comments.get(notebook.name, {})
                if comment.name in mine:
                    comment.auto_comment = mine[comment.name]
        self._gradebook.db.flush()
        for notebook in submission.notebooks:
            self._penalize(submission, notebook)
        self._gradebook.db.commit()

    def _penalize(self, submission: Any, notebook: Any) -> None:
        """Sets the late penalty as nbgrader's AssignLatePenalties does, with the course's plugin."""
        notebook.late_submission_penalty = None
        late = submission.total_seconds_late
        if late <= 0:
            return
        penalty = self._penalties.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
        notebook.late_submission_penalty = penalty_on(notebook.score, penalty)


def _fill(grade: Any, question: QuestionResult | None, result: Result) -> None:
    """Writes the automatic score. By nbgrader's rule, a person must look at the cell if it has no automatic score, or
    already has a manual one."""
    if question is None:
        return
    if result.status == "grader_error" or question.status == "needs_manual":
        grade.auto_score = None  # not 0: nobody has judged it
    else:
        grade.auto_score = float(question.score)
    person = grade.auto_score is None or grade.manual_score is not None or result.status == "invalid"
    grade.needs_manual_grade = person


# ---- marks given by a person ------------------------------------------------------------------------------


@contextmanager
def open_marking(course: Course, patience: float = PATIENCE) -> Iterator[Marking]:
    """An exclusive write transaction: rows that are read in it cannot change before it writes.

    Raises RecordsError if the gradebook cannot be written; then nothing is saved.
    """
    url = database(course)
    try:
        with open_connection(url, patience) as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(
                    sql("BEGIN IMMEDIATE")
                )  # else two programs read, and the second overwrites the first
            yield Marking(Reader(connection))
            connection.commit()
    except SQLAlchemyError as error:
        raise gradebook_error(url, "written", error, "nothing was saved, and nothing is lost") from error


@dataclass(frozen=True)
class Marking:
    """The open transaction; uncommitted changes are rolled back when its connection closes."""

    reader: Reader

    def put(self, key: str, notebook: str, grade_id: str, before: CellMark, after: CellMark) -> None:
        """Writes the columns that a person sets in the formgrader; leaves the others unchanged.

        `key` is the gradebook's id of the grade, `notebook` that of the submitted notebook.
        """
        values = {
            "manual_score": after.manual_score,
            "extra_credit": after.extra_credit,
            "needs_manual_grade": after.needs_manual_grade,
        }
        execute = self.reader.connection.execute
        execute(update(GRADE).where(GRADE.c.id == key).values(values))
        if after.manual_comment == before.manual_comment:
            return
        named = select(CELL.c.id).where(CELL.c.name == grade_id).scalar_subquery()
        chosen = update(COMMENT).where(COMMENT.c.notebook_id == notebook, COMMENT.c.cell_id.in_(named))
        execute(chosen.values(manual_comment=after.manual_comment))
