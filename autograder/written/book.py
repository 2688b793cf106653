"""Reads the questions that a person marks, and the answers to one of them, from gradebook and autograded notebooks;
between the gradebook and the TA's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autograder.course import Course
from autograder.course.files import PATIENCE
from autograder.errors import UsageError
from autograder.gradebook.address import database
from autograder.gradebook.reader import Reader, open_reader
from autograder.gradebook.rule import AssignmentMarks, CellMark, GradedCell
from autograder.gradebook.writer import Marking, open_marking
from autograder.written.answers import MarkingProgress, WrittenAnswer, WrittenQuestion, progress
from autograder.written.notebooks import answer_text, source_cells


@dataclass(frozen=True)
class Book:
    """A course's gradebook, for written answers.

    Each method opens the database again, so that it keeps no lock and sees the changes of others.
    """

    course: Course
    patience: float = PATIENCE

    def questions(self, assignment: str | None = None) -> list[tuple[WrittenQuestion, MarkingProgress]]:
        """All of the course's written questions (or one assignment's), in the order of the notebook, with progress."""
        with self._open_reader() as reader:
            if reader is None:
                return []
            found = _questions(self.course, reader, assignment)
            marks = {name: reader.assignment(name) for name in {question.assignment for question in found}}
        return [(q, progress([mark for _, _, _, mark in _rows(q, marks[q.assignment])])) for q in found]

    def question(self, assignment: str, notebook: str, grade_id: str) -> WrittenQuestion:
        """The question. UsageError if the gradebook does not have it."""
        with self._open_reader() as reader:
            for question in () if reader is None else _questions(self.course, reader, assignment):
                if question.key == (assignment, notebook, grade_id):
                    return question
        raise UsageError(
            f"the gradebook has no question '{grade_id}' to be marked by hand in {assignment}/{notebook}; "
            "see the list of questions"
        )

    def answers(self, question: WrittenQuestion) -> tuple[WrittenAnswer, ...]:
        """Every student's answer, sorted by the gradebook's keys; they are random, so the order reveals no names."""
        with self._open_reader() as reader:
            if reader is None:
                return ()
            marks = reader.assignment(question.assignment, cell=question.grade_id)
        return _answers(self.course, question, marks)

    def names(self) -> dict[str, str]:
        """Each student's first and last name by id; the id itself if the gradebook has no name."""
        with self._open_reader() as reader:
            return {student.id: student.name or student.id for student in (() if reader is None else reader.students())}

    @contextmanager
    def open_transaction(self) -> Iterator[Transaction]:
        """Opens an exclusive write transaction: nobody else changes what it reads before it ends."""
        with open_marking(self.course, self.patience) as opened:
            yield Transaction(self.course, opened)

    @contextmanager
    def _open_reader(self) -> Iterator[Reader | None]:
        with open_reader(database(self.course), self.patience) as reader:
            yield reader


@dataclass(frozen=True)
class Transaction:
    """An open transaction on the answers to questions."""

    course: Course
    _marking: Marking

    def answers(self, question: WrittenQuestion) -> dict[str, WrittenAnswer]:
        """The question's present answers by key; nobody else changes them before this transaction ends."""
        marks = self._marking.reader.assignment(question.assignment, cell=question.grade_id, lock=True)
        return {answer.key: answer for answer in _answers(self.course, question, marks)}

    def put(self, question: WrittenQuestion, answer: WrittenAnswer, mark: CellMark) -> None:
        self._marking.put(answer.key, answer.submission, question.grade_id, answer.mark, mark)


def _questions(course: Course, reader: Reader, assignment: str | None) -> list[WrittenQuestion]:
    found = [_question(name, cell) for name, cell in reader.cells(assignment) if cell.answered]
    return sorted(found, key=lambda question: (question.assignment, question.notebook, *_place(course, question)))


def _question(assignment: str, cell: GradedCell) -> WrittenQuestion:
    return WrittenQuestion(assignment, cell.notebook, cell.name, cell.max_score, cell.kind, cell.stub)


def _place(course: Course, question: WrittenQuestion) -> tuple[int, str]:
    """A sort key for the question's position in the notebook; the gradebook stores no order."""
    names = [cell.grade_id for cell in source_cells(course, question)]
    place = names.index(question.grade_id) if question.grade_id in names else len(names)
    return place, question.grade_id


def _answers(course: Course, question: WrittenQuestion, marks: AssignmentMarks) -> tuple[WrittenAnswer, ...]:
    """The question's answers with their texts, sorted by key."""
    found = []
    for key, student, submission, mark in _rows(question, marks):
        text, problem = answer_text(course, question, student)
        found.append(WrittenAnswer(key, student, submission, text, mark, problem))
    return tuple(sorted(found, key=lambda answer: answer.key))


def _rows(question: WrittenQuestion, marks: AssignmentMarks) -> Iterator[tuple[str, str, str, CellMark]]:
    """For each answer: its key, the student, the gradebook's id of the submitted notebook, and the mark."""
    for submission in marks.by_student.values():
        for notebook in submission.notebooks:
            if notebook.name == question.notebook and question.grade_id in notebook.cells:
                key = notebook.grade_ids[question.grade_id]
                yield key, submission.student, notebook.id, notebook.cells[question.grade_id]
