"""Reads the questions that a person marks, and the answers to one, from nbgrader's gradebook and the autograded
notebooks; between the gradebook and the TA's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import make_url, update
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import aliased

from autograder.course import Course
from autograder.course.files import PATIENCE
from autograder.errors import RecordsError, UsageError
from autograder.gradebook.writer import first_line, open_gradebook
from autograder.written.answers import Answer, Progress, Rows, WrittenQuestion, progress
from autograder.written.notebooks import answer_text, source_cells


def has_gradebook(course: Course) -> bool:
    """Whether there is one: opening would make it, and looking at a page should not."""
    url = make_url(str(course.nbgrader.db_url))
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    return (course.root / url.database).is_file()


class Book:
    """One open gradebook, read for written answers. A context manager."""

    def __init__(self, course: Course, patience: float = PATIENCE) -> None:
        self.course = course
        self._patience = patience
        self._gradebook: Any = None

    def __enter__(self) -> Book:
        self._gradebook = open_gradebook(self.course)
        return self

    def __exit__(self, *_: object) -> None:
        self._gradebook.close()

    # ---- questions ----------------------------------------------------------------------------------------

    def questions(self, assignment: str | None = None) -> list[tuple[WrittenQuestion, Progress]]:
        """All of the course's written questions (or one assignment's), in the order of the notebook, with progress."""
        with self._reading():
            found = []
            for question, cell_id in self._questions(assignment):
                rows = [rows for _, _, _, rows in self._rows(question, cell_id)]
                found.append((question, progress(rows)))
        return found

    def question(self, assignment: str, notebook: str, grade_id: str) -> WrittenQuestion:
        """UsageError where the gradebook has no such question."""
        with self._reading():
            return self._find(assignment, notebook, grade_id)[0]

    def _find(self, assignment: str, notebook: str, grade_id: str) -> tuple[WrittenQuestion, str]:
        for question, cell_id in self._questions(assignment):
            if question.key == (assignment, notebook, grade_id):
                return question, cell_id
        raise UsageError(
            f"the gradebook has no question '{grade_id}' to be marked by hand in {assignment}/{notebook}; "
            "see the list of questions"
        )

    def _questions(self, assignment: str | None) -> list[tuple[WrittenQuestion, str]]:
        answered = aliased(SolutionCell)
        asked = (
            self._gradebook.db.query(
                Assignment.name, Notebook.name, GradeCell.name, GradeCell.max_score, GradeCell.cell_type,
                SourceCell.source, GradeCell.id,
            )
            .select_from(GradeCell)
            .join(Notebook, Notebook.id == GradeCell.notebook_id)
            .join(Assignment, Assignment.id == Notebook.assignment_id)
            .join(
                SourceCell, (SourceCell.notebook_id == Notebook.id) & (SourceCell.name == GradeCell.name), isouter=True
            )
            .join(answered, (answered.notebook_id == Notebook.id) & (answered.name == GradeCell.name))
        )  # fmt: skip
        if assignment is not None:
            asked = asked.filter(Assignment.name == assignment)
        found = [
            (WrittenQuestion(name, notebook, grade_id, points, kind, stub or ""), cell_id)
            for name, notebook, grade_id, points, kind, stub, cell_id in asked
        ]
        return sorted(found, key=lambda pair: (pair[0].assignment, pair[0].notebook, *self._place(pair[0])))

    def _place(self, question: WrittenQuestion) -> tuple[int, str]:
        """Where the question stands in the notebook; the gradebook keeps no order."""
        names = [cell.grade_id for cell in source_cells(self.course, question)]
        place = names.index(question.grade_id) if question.grade_id in names else len(names)
        return place, question.grade_id

    # ---- answers ------------------------------------------------------------------------------------------

    def answers(self, question: WrittenQuestion) -> tuple[Answer, ...]:
        """Every student's answer, sorted by the gradebook's keys, which are random."""
        with self._reading():
            return self._answers(question)

    def names(self) -> dict[str, str]:
        """What to call each student: first and last name, or the id where the gradebook has none."""
        with self._reading():
            known = self._gradebook.db.query(Student.id, Student.first_name, Student.last_name).all()
        return {student: " ".join(part for part in (first, last) if part) or student for student, first, last in known}

    def _answers(self, question: WrittenQuestion, *, lock: bool = False) -> tuple[Answer, ...]:
        _, cell_id = self._find(*question.key)
        found = []
        for key, student, submission, rows in self._rows(question, cell_id, lock=lock):
            text, problem = answer_text(self.course, question, student)
            found.append(Answer(key, student, submission, text, rows, problem))
        return tuple(sorted(found, key=lambda answer: answer.key))

    def _rows(self, question: WrittenQuestion, cell_id: str, *, lock: bool = False) -> list[tuple[str, str, str, Rows]]:
        db = self._gradebook.db
        asked = (
            db.query(
                Grade.id, SubmittedAssignment.student_id, SubmittedNotebook.id,
                Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade,
            )
            .select_from(Grade)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .filter(Grade.cell_id == cell_id)
        )  # fmt: skip
        comments = (
            db.query(Comment.notebook_id, Comment.auto_comment, Comment.manual_comment)
            .join(BaseCell, BaseCell.id == Comment.cell_id)
            .join(Notebook, Notebook.id == BaseCell.notebook_id)
            .join(Assignment, Assignment.id == Notebook.assignment_id)
            .filter(
                BaseCell.name == question.grade_id,
                Notebook.name == question.notebook,
                Assignment.name == question.assignment,
            )
        )
        if lock:  # on databases with locks for rows; SQLite leaves it out and locks the file
            asked, comments = asked.with_for_update(of=Grade), comments.with_for_update(of=Comment)
        said = {notebook: (automatic, manual) for notebook, automatic, manual in comments}
        return [
            (key, student, notebook, Rows(automatic, manual, extra, needed, *said.get(notebook, (None, None))))
            for key, student, notebook, automatic, manual, extra, needed in asked
        ]

    # ---- writing ------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that nobody else writes beside: what is read in it still holds when it is written."""
        db = self._gradebook.db
        with self._translated("written"):
            try:
                if self._is_sqlite():
                    self._wait_for_others()
                    db.execute(sql("BEGIN IMMEDIATE"))  # else two programs read, and the second overwrites the first
                yield Writing(self, db)
                db.commit()
            except BaseException:
                db.rollback()
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._translated("read"):
            if self._is_sqlite():
                self._wait_for_others()
            try:
                yield
            finally:
                self._gradebook.db.rollback()  # nothing stays locked, and the next read sees what others wrote

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        url = self.course.nbgrader.db_url
        try:
            yield
        except OperationalError as error:
            if "locked" in str(error):
                text = (
                    f"another program is writing the gradebook {url} and did not finish within {self._patience:g} s; "
                    "nothing was saved, and nothing is lost: try again"
                )
                raise RecordsError(text) from error
            raise RecordsError(f"the gradebook {url} cannot be {done}: {first_line(error)}") from error
        except SQLAlchemyError as error:
            raise RecordsError(f"the gradebook {url} cannot be {done}: {first_line(error)}") from error

    def _is_sqlite(self) -> bool:
        return bool(self._gradebook.engine.dialect.name == "sqlite")

    def _wait_for_others(self) -> None:
        self._gradebook.db.execute(sql(f"PRAGMA busy_timeout = {int(self._patience * 1000)}"))


class Writing:
    """An open transaction on a Book."""

    def __init__(self, book: Book, db: Any) -> None:
        self._book = book
        self._db = db

    def answers(self, question: WrittenQuestion) -> dict[str, Answer]:
        """By key, as they are now; nobody changes them before this transaction ends."""
        return {answer.key: answer for answer in self._book._answers(question, lock=True)}

    def put(self, question: WrittenQuestion, answer: Answer, rows: Rows) -> None:
        """Sets the columns that a person sets, as the formgrader does; the others stay as they are."""
        grade = {
            "manual_score": rows.manual_score,
            "extra_credit": rows.extra_credit,
            "needs_manual_grade": rows.needs_manual_grade,
        }
        self._db.execute(update(Grade).where(Grade.id == answer.key).values(**grade), {}, **_PLAIN)
        if rows.manual_comment == answer.rows.manual_comment:
            return
        cells = (
            self._db.query(BaseCell.id)
            .join(Notebook, Notebook.id == BaseCell.notebook_id)
            .join(SubmittedNotebook, SubmittedNotebook.notebook_id == Notebook.id)
            .filter(SubmittedNotebook.id == answer.submission, BaseCell.name == question.grade_id)
        )
        chosen = update(Comment).where(
            Comment.notebook_id == answer.submission, Comment.cell_id.in_(cells.scalar_subquery())
        )
        self._db.execute(chosen.values(manual_comment=rows.manual_comment), {}, **_PLAIN)


_PLAIN: Mapping[str, Any] = {"execution_options": {"synchronize_session": False}}  # no objects are held
