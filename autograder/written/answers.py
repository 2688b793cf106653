"""What a TA marks: one question, and each student's answer with the gradebook's rows; frozen, after the gradebook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from autograder.gradebook.rule import CellMark, Kind, add_up
from autograder.written.grouping import tidy


@dataclass(frozen=True)
class WrittenQuestion:
    """A cell that a person marks: nbgrader's "manually graded answer"."""

    assignment: str
    notebook: str
    grade_id: str
    max_score: float
    kind: Kind
    stub: str  # what stands in the cell when it is handed out

    @property
    def key(self) -> tuple[str, str, str]:
        return self.assignment, self.notebook, self.grade_id


@dataclass(frozen=True)
class WrittenAnswer:
    """One student's answer. `key` is its Grade's id in the gradebook, which tells nothing of the student."""

    key: str
    student: str
    submission: str  # the gradebook's id of the notebook handed in
    text: str | None  # None: it cannot be read, and `problem` says why
    mark: CellMark
    problem: str = ""

    @property
    def digest(self) -> str:
        """Changes when the text or a row does: what a page has seen, and a save compares."""
        return _digest(self.text) + _digest(asdict(self.mark))

    def has_text_of(self, seen: str) -> bool:
        """Whether this digest is that of an answer with the same text, whatever its rows were."""
        return seen.startswith(_digest(self.text))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class MarkingProgress:
    """The running total of one question, or of some answers to it."""

    answers: int
    graded: int
    points: float  # given so far, extra credit included

    @property
    def mean(self) -> float | None:
        return self.points / self.graded if self.graded else None


def progress(marks: Sequence[CellMark]) -> MarkingProgress:
    graded = [mark for mark in marks if mark.graded]
    return MarkingProgress(len(marks), len(graded), add_up(mark.points for mark in graded))


def own_words(text: str, question: WrittenQuestion) -> str:
    """The answer without the lines of the stub that still stand above or below it ("**Your answer**")."""
    lines, stub = text.split("\n"), question.stub.split("\n")
    above, given = _outside(lines, stub)
    below, _ = _outside(lines[above:][::-1], stub[given:][::-1])
    return "\n".join(lines[above : len(lines) - below])


def _outside(lines: Sequence[str], stub: Sequence[str]) -> tuple[int, int]:
    """How many lines from the first on are blank or the stub's, in its order; and how many of the stub's those are."""
    given = 0
    for count, line in enumerate(lines):
        if given < len(stub) and _same(line, stub[given]):
            given += 1
        elif line.strip():
            return count, given
        while given < len(stub) and not stub[given].strip():
            given += 1
    return len(lines), given


def is_empty(text: str, question: WrittenQuestion) -> bool:
    """Whether nothing was answered: the cell is blank or as it was handed out."""
    code = question.kind == "code"
    return tidy(text, code=code) == tidy(question.stub, code=code) or not own_words(text, question).strip()


def _same(line: str, other: str) -> bool:
    return line.strip() == other.strip()
