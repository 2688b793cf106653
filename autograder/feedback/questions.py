"""An autograded notebook and its marks -> its questions, each with its state; between verdicts and page content.

The class report uses it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.feedback.verdicts import QuestionVerdicts, is_own, read_verdicts
from autograder.gradebook.rule import CellMark, NotebookMarks
from autograder.grading.record import Judgement, judgement_of
from autograder.rendering.text import join_lines, name_as_words, plain_text

HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
NUMBERED = re.compile(r"\W*(question|exercise|task|problem)\s*\d", re.IGNORECASE)
NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell


@dataclass(frozen=True)
class State:
    """The state of a question."""

    key: str
    label: str
    sign: str  # beside the colour, for readers who cannot see it


STATES = {
    state.key: state
    for state in (
        State("passed", "right", "✓"),
        State("partial", "partly right", "◐"),
        State("failed", "not right yet", "✗"),
        State("error", "stopped with an error", "✗"),
        State("timed_out", "took too long", "✗"),
        State("missing", "not done", "–"),
        State("waiting", "waits for a person", "…"),
        State("by_person", "marked by a person", "✎"),
        State("not_graded", "could not be graded", "!"),
    )
}
WRONG = ("partial", "failed", "error", "timed_out", "missing")


@dataclass(frozen=True)
class GradedQuestion:
    """One graded cell, and the cells with the student's answer."""

    number: int
    grade_id: str
    title: str  # markdown: the lesson's heading above it, or its name
    cell: Mapping[str, Any]
    answers: tuple[Mapping[str, Any], ...]
    mark: CellMark
    max_score: float
    state: State
    verdicts: QuestionVerdicts | None  # None for written answers, and if another program graded it
    comments: tuple[str, ...] = ()
    first: tuple[GradedQuestion, ...] = ()  # earlier wrong questions whose function this answer uses

    @property
    def is_test(self) -> bool:
        return self.cell["cell_type"] == "code" and not nbgrader_metadata(self.cell).get("solution")


@dataclass(frozen=True)
class NotebookQuestions:
    """A notebook's questions and other cells."""

    title: str  # markdown
    status: str
    reason: str
    questions: tuple[GradedQuestion, ...]
    others: tuple[Mapping[str, Any], ...]  # cells that belong to no question, without lessons


def nbgrader_metadata(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """nbgrader's metadata of a cell."""
    found = cell["metadata"].get("nbgrader")
    return found if isinstance(found, Mapping) else {}


def read_questions(notebook: Mapping[str, Any], marks: NotebookMarks) -> NotebookQuestions:
    """Reads an autograded notebook. `marks` are from the gradebook and take precedence over the notebook's record."""
    judgement = judgement_of(notebook)
    if judgement is not None and (judgement.student, judgement.notebook) != (marks.student, marks.name):
        judgement = None  # another student's record
    status, reason = ("graded", "") if judgement is None else (judgement.status, plain_text(judgement.reason))
    questions: list[GradedQuestion] = []
    others: list[Mapping[str, Any]] = []
    title = ""
    headings: list[str] = []  # headings and answers since the last question
    answers: list[Mapping[str, Any]] = []
    for cell in notebook["cells"]:
        if str(nbgrader_metadata(cell).get("grade_id")) in marks.cells:
            question = _question(len(questions) + 1, cell, answers, headings, marks, judgement)
            questions.append(replace(question, first=_first(question, questions)))
            headings, answers = [], []
        elif nbgrader_metadata(cell).get("solution"):
            answers.append(cell)
        elif cell["cell_type"] == "markdown" and not is_own(cell):
            found = HEADING.findall(join_lines(cell["source"]))
            title = title or next(iter(found), "")
            headings += found
        else:
            others.append(cell)
    return NotebookQuestions(title or name_as_words(marks.name), status, reason, tuple(questions), (*others, *answers))


def _question(
    number: int,
    cell: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    headings: Sequence[str],
    marks: NotebookMarks,
    judgement: Judgement | None,
) -> GradedQuestion:
    is_test = cell["cell_type"] == "code" and not nbgrader_metadata(cell).get("solution")
    grade_id = str(nbgrader_metadata(cell).get("grade_id"))
    found = read_verdicts(judgement.question(grade_id)) if is_test and judgement is not None else None
    status = "graded" if judgement is None else judgement.status
    answered = (*answers, *(() if is_test else (cell,)))
    comments = tuple(marks.comments.get(str(nbgrader_metadata(c).get("grade_id")), "") for c in answered)
    mark, max_score = marks.cells[grade_id], marks.max_scores[grade_id]
    return GradedQuestion(
        number=number,
        grade_id=grade_id,
        title=_title(number, headings, found.id if found else grade_id),
        cell=cell,
        answers=answered,
        mark=mark,
        max_score=max_score,
        state=STATES[_state(mark, max_score, found, status, untouched=NO_RESPONSE in comments)],
        verdicts=found,
        comments=tuple(text for text in comments if text and text != NO_RESPONSE),
    )


def _first(question: GradedQuestion, earlier: Sequence[GradedQuestion]) -> tuple[GradedQuestion, ...]:
    if question.state.key not in WRONG:
        return ()
    code = "\n".join(join_lines(cell["source"]) for cell in question.answers if cell["cell_type"] == "code")
    wrong = (q for q in earlier if q.verdicts is not None and q.state.key in WRONG)
    return tuple(q for q in wrong if q.verdicts and re.search(rf"\b{re.escape(q.verdicts.id)}\b", code))


def _state(mark: CellMark, max_score: float, found: QuestionVerdicts | None, status: str, *, untouched: bool) -> str:
    if mark.by_person:
        return "by_person"
    if status == "invalid":
        return "not_graded"
    if mark.waiting:
        return "waiting"
    if mark.points >= max_score:
        return "passed"
    if found is not None and found.status in STATES:
        return found.status
    if untouched:
        return "missing"
    return "partial" if mark.points > 0 else "failed"


def _title(number: int, headings: Sequence[str], name: str) -> str:
    numbered = next((h for h in headings if NUMBERED.match(h)), None)
    return numbered or f"Question {number}: {headings[-1] if headings else name_as_words(name)}"
