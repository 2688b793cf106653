"""The data that a TA marks: a question, and each student's answer with its mark; after the gradebook."""

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
    stub: str  # the cell's text in the notebook that students get

    @property
    def key(self) -> tuple[str, str, str]:
        return self.assignment, self.notebook, self.grade_id


@dataclass(frozen=True)
class WrittenAnswer:
    """One student's answer. `key` is the id of its Grade in the gradebook, which does not reveal the student."""

    key: str
    student: str
    submission: str  # the gradebook's id of the submitted notebook
    text: str | None  # None: it cannot be read, and `problem` says why
    mark: CellMark
    problem: str = ""

    @property
    def digest(self) -> str:
        """A hash of text and mark. The page sends it back with a save, which compares it to detect changes."""
        return _digest(self.text) + _digest(asdict(self.mark))

    def has_text_of(self, seen: str) -> bool:
        """Whether the digest `seen` is of an answer with the same text; its mark may differ."""
        return seen.startswith(_digest(self.text))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class MarkingProgress:
    """Marking progress of one question, or of some answers to it."""

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
    """The answer without the stub's lines above and below it ("**Your answer**")."""
    lines, stub = text.split("\n"), question.stub.split("\n")
    above, given = _count_outside(lines, stub)
    below, _ = _count_outside(lines[above:][::-1], stub[given:][::-1])
    return "\n".join(lines[above : len(lines) - below])


def _count_outside(lines: Sequence[str], stub: Sequence[str]) -> tuple[int, int]:
    """Counts the leading lines that are blank or match the stub's lines in order, and the stub's lines that match."""
    given = 0
    for count, line in enumerate(lines):
        if given < len(stub) and _lines_match(line, stub[given]):
            given += 1
        elif line.strip():
            return count, given
        while given < len(stub) and not stub[given].strip():
            given += 1
    return len(lines), given


def is_empty(text: str, question: WrittenQuestion) -> bool:
    """Whether there is no answer: the cell is blank or equals the stub."""
    code = question.kind == "code"
    return tidy(text, code=code) == tidy(question.stub, code=code) or not own_words(text, question).strip()


def _lines_match(line: str, other: str) -> bool:
    return line.strip() == other.strip()
