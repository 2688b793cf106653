"""A course's gradebook, autograded notebooks and results -> one assignment's class; first of the cohort report.

What was judged is read off the notebooks, as the feedback page does, so that it is the same whichever command graded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from autograder.course import Course
from autograder.errors import UsageError
from autograder.feedback.judged import Judged
from autograder.feedback.questions import Asked, Question, asked
from autograder.gradebook.marks import Mark, Marks, marks_of, reading
from autograder.grading.record import Judgements
from autograder.rendering.text import joined

Key = tuple[str, str]  # notebook and grade_id


@dataclass(frozen=True)
class Item:
    """One question of the assignment, as the class was asked it."""

    key: Key
    number: int
    name: str  # the function's, or the cell's
    max_score: float


@dataclass(frozen=True)
class Answer:
    mark: Mark
    state: str  # see feedback/questions.py; by_person is resolved into right, partly right or not right
    judged: Judged | None = None
    code: str = ""


@dataclass(frozen=True)
class Entry:
    """One student's submission. Who it is serves to leave the name out of what is shown."""

    names: tuple[str, ...]
    status: str
    score: float
    max_score: float
    penalty: float = 0.0
    late_seconds: float = 0.0
    seconds: float | None = None
    answers: Mapping[Key, Answer] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return max(0.0, self.score - self.penalty)


@dataclass(frozen=True)
class Cohort:
    assignment: str
    max_score: float
    students: int  # in the gradebook, whether they handed in or not
    items: tuple[Item, ...]
    entries: tuple[Entry, ...]


def read_cohort(course: Course, assignment: str) -> Cohort:
    """Everybody with a submission in the gradebook. Raises UsageError where there is nothing to report."""
    with reading(course.nbgrader.db_url, course.nbgrader.course_id) as gradebook:
        try:
            found = gradebook.find_assignment(assignment)
        except MissingEntry:
            known = ", ".join(sorted(a.name for a in gradebook.assignments)) or "none"
            raise UsageError(
                f"the gradebook has no assignment '{assignment}' (it has: {known}); run: autograder grade {assignment}"
            ) from None
        submissions = sorted(gradebook.assignment_submissions(assignment), key=lambda s: str(s.student_id))
        if not submissions:
            raise UsageError(f"nobody's '{assignment}' is graded yet; run: autograder grade {assignment}")
        items: dict[Key, Item] = {}
        judgements = Judgements(course, assignment)
        entries = tuple(_entry(judgements, submission, items) for submission in submissions)
        _add_unseen(gradebook, assignment, items)
        return Cohort(assignment, float(found.max_score), len(gradebook.students), tuple(items.values()), entries)


def _entry(judgements: Judgements, submission: Any, items: dict[Key, Item]) -> Entry:
    """One submission; `items` learns the questions, in the order in which notebooks ask them."""
    student = submission.student
    notebooks = judgements.notebooks(student.id)
    record = judgements.record(student.id, notebooks.values())
    answers: dict[Key, Answer] = {}
    total = penalty = 0.0
    for notebook in sorted(submission.notebooks, key=lambda n: str(n.name)):
        marks = marks_of(notebook)
        total, penalty = total + marks.score, penalty + marks.penalty
        found = _asked(notebooks.get(marks.notebook), marks)
        if found is None:
            answers |= {(marks.notebook, cell): Answer(mark, _by_share(mark)) for cell, mark in marks.cells.items()}
            continue
        for question in found.questions:
            key = (marks.notebook, question.grade_id)
            items.setdefault(key, Item(key, len(items) + 1, _name(question), question.mark.max_score))
            answers[key] = _answer(question)
    status = "graded" if record is None else record.result.status
    seconds = record.result.seconds.total if record is not None and record.complete else None
    names = tuple(str(n) for n in (student.id, student.first_name, student.last_name, student.email) if n)
    late = float(submission.total_seconds_late)
    return Entry(names, status, total, float(submission.max_score), penalty, late, seconds, answers)


def _add_unseen(gradebook: Gradebook, assignment: str, items: dict[Key, Item]) -> None:
    """Questions that no autograded notebook shows: nobody's notebook could be read."""
    for notebook in sorted(gradebook.find_assignment(assignment).notebooks, key=lambda n: str(n.name)):
        for cell in sorted((*notebook.grade_cells, *notebook.task_cells), key=lambda c: str(c.name)):
            key = (str(notebook.name), str(cell.name))
            items.setdefault(key, Item(key, len(items) + 1, str(cell.name), float(cell.max_score)))


def _asked(notebook: Mapping[str, Any] | None, marks: Marks) -> Asked | None:
    try:
        return None if notebook is None else asked(notebook, marks)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # nothing that can be read: the marks alone count


def _answer(question: Question) -> Answer:
    state = question.state.key if question.state.key != "by_person" else _by_share(question.mark)
    code = "\n\n".join(joined(c["source"]) for c in question.answers if c["cell_type"] == "code")
    return Answer(question.mark, state, question.judged, code)


def _by_share(mark: Mark) -> str:
    if mark.waiting:
        return "waiting"
    return "passed" if mark.score >= mark.max_score else "partial" if mark.score > 0 else "failed"


def _name(question: Question) -> str:
    return question.judged.id if question.judged else question.grade_id


def checks_of(judged: Judged) -> Iterator[tuple[str, bool]]:
    """Each check's name, and whether it passed."""
    yield from ((name, True) for name in judged.passed)
    yield from ((name, False) for reason in judged.reasons for name in reason.checks)
