"""Gradebook, autograded notebooks and results -> the data of one assignment's class; first step of the class report.

It reads verdicts from the notebooks, as the feedback page does, so they do not depend on the command that graded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.course import Course
from autograder.errors import UsageError
from autograder.feedback.questions import GradedQuestion, NotebookQuestions, read_questions
from autograder.feedback.verdicts import QuestionVerdicts
from autograder.gradebook.reader import read_marks
from autograder.gradebook.rule import AssignmentMarks, CellMark, NotebookMarks, Student, after_penalty
from autograder.grading.record import Judgements
from autograder.rendering.text import join_lines

Key = tuple[str, str]  # notebook and grade_id


@dataclass(frozen=True)
class Item:
    """One question of the assignment."""

    key: Key
    number: int
    name: str  # the function's, or the cell's
    max_score: float


@dataclass(frozen=True)
class ItemAnswer:
    mark: CellMark
    max_score: float
    state: str  # see feedback/questions.py; by_person is resolved into right, partly right or not right
    verdicts: QuestionVerdicts | None = None
    code: str = ""


@dataclass(frozen=True)
class Entry:
    """One student's submission. `names` are used only to remove them from the code examples in the report."""

    names: tuple[str, ...]
    status: str
    score: float
    max_score: float
    penalty: float = 0.0
    late_seconds: float = 0.0
    seconds: float | None = None
    answers: Mapping[Key, ItemAnswer] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return after_penalty(self.score, self.penalty)


@dataclass(frozen=True)
class Cohort:
    assignment: str
    max_score: float
    students: int  # in the gradebook, whether they handed in or not
    items: tuple[Item, ...]
    entries: tuple[Entry, ...]


def read_cohort(course: Course, assignment: str) -> Cohort:
    """All students with a submission in the gradebook. UsageError if nobody is graded."""
    marks = read_marks(course, assignment)
    if not marks.by_student:
        raise UsageError(f"nobody's '{assignment}' is graded yet; run: autograder grade {assignment}")
    items: dict[Key, Item] = {}
    judgements = Judgements(course, assignment)
    graded = [student for student in marks.students if student.id in marks.by_student]
    entries = tuple(_entry(judgements, marks, student, items) for student in graded)
    for cell in marks.cells:  # questions that are in no readable autograded notebook
        key = (cell.notebook, cell.name)
        items.setdefault(key, Item(key, len(items) + 1, cell.name, cell.max_score))
    return Cohort(assignment, marks.max_score, len(marks.students), tuple(items.values()), entries)


def _entry(judgements: Judgements, marks: AssignmentMarks, student: Student, items: dict[Key, Item]) -> Entry:
    """Reads one submission, and adds its questions to `items` in the notebook's order."""
    submission = marks.by_student[student.id]
    notebooks = judgements.notebooks(student.id)
    record = judgements.record(student.id, notebooks.values())
    answers: dict[Key, ItemAnswer] = {}
    for notebook in submission.notebooks:
        found = _find_questions(notebooks.get(notebook.name), notebook)
        if found is None:
            answers |= {
                (notebook.name, cell): ItemAnswer(mark, worth, _by_share(mark, worth))
                for cell, mark in notebook.cells.items()
                for worth in (notebook.max_scores[cell],)
            }
            continue
        for question in found.questions:
            key = (notebook.name, question.grade_id)
            items.setdefault(key, Item(key, len(items) + 1, _name(question), question.max_score))
            answers[key] = _answer(question)
    return Entry(
        names=tuple(name for name in (student.id, student.first_name, student.last_name, student.email) if name),
        status="graded" if record is None else record.result.status,
        score=submission.score,
        max_score=marks.max_score,
        penalty=submission.penalty,
        late_seconds=submission.late_seconds,
        seconds=record.result.seconds.total if record is not None and record.complete else None,
        answers=answers,
    )


def _find_questions(notebook: Mapping[str, Any] | None, marks: NotebookMarks) -> NotebookQuestions | None:
    try:
        return None if notebook is None else read_questions(notebook, marks)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # an unreadable notebook: use only the marks


def _answer(question: GradedQuestion) -> ItemAnswer:
    state = question.state.key if question.state.key != "by_person" else _by_share(question.mark, question.max_score)
    code = "\n\n".join(join_lines(c["source"]) for c in question.answers if c["cell_type"] == "code")
    return ItemAnswer(question.mark, question.max_score, state, question.verdicts, code)


def _by_share(mark: CellMark, max_score: float) -> str:
    if mark.waiting:
        return "waiting"
    return "passed" if mark.points >= max_score else "partial" if mark.points > 0 else "failed"


def _name(question: GradedQuestion) -> str:
    return question.verdicts.id if question.verdicts else question.grade_id


def checks_of(judged: QuestionVerdicts) -> Iterator[tuple[str, bool]]:
    """Each check's name, and whether it passed."""
    yield from ((name, True) for name in judged.passed)
    yield from ((name, False) for reason in judged.reasons for name in reason.checks)
