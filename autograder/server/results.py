"""Reads the parts of each submission's result that a table shows; before standing.

Results are cached until their files change, because 200 of them have several megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course
from autograder.grading.record import Judgements, Stamp
from autograder.model import Result


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed, or a question without checks that has less than full marks."""

    question: str
    check: str
    message: str


@dataclass(frozen=True)
class NamedMistake:
    """A known mistake that the judge recognised."""

    question: str
    name: str
    text: str  # the sentence that the student reads


@dataclass(frozen=True)
class ResultSummary:
    """The parts of one result that a table shows."""

    status: str = ""  # empty: autograder has not graded it
    reason: str = ""
    checks: int = 0
    failed: tuple[FailedCheck, ...] = ()
    mistakes: tuple[NamedMistake, ...] = ()
    flags: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        """Whether it was not graded: the notebook is invalid, or the grader failed."""
        return self.status in ("invalid", "grader_error")


NOTHING = ResultSummary()


class Results:
    """A cache of the results of submissions; a result is read again when its file changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str, str], tuple[Stamp, ResultSummary]] = {}

    def read(self, course: Course, assignment: str, students: Iterable[str]) -> dict[str, ResultSummary]:
        """The summary of each student's result; NOTHING if there is none, or while the student is being graded."""
        judgements = Judgements(course, assignment)
        found = {}
        for student in students:
            key, stamp = (course.root, assignment, student), judgements.stamp(student)
            kept = self._kept.get(key)
            if kept is None or kept[0] != stamp:
                record = judgements.read(student)
                kept = self._kept[key] = stamp, NOTHING if record is None else _summary(record.result)
            found[student] = kept[1]
        return found


def _summary(result: Result) -> ResultSummary:
    checks = [(q, v) for q in result.questions for v in q.checks]
    failed = [FailedCheck(q.id, v.name, v.message) for q, v in checks if not v.passed]
    failed += [
        FailedCheck(q.id, q.status, q.message)
        for q in result.questions
        if not q.checks and q.status in ("failed", "partial", "error", "timed_out", "missing")
    ]
    mistakes = {
        (q.id, v.diagnosis.misconception): NamedMistake(q.id, v.diagnosis.misconception, v.diagnosis.text)
        for q, v in checks
        if v.diagnosis is not None
    }
    return ResultSummary(
        result.status,
        result.reason,
        len(checks),
        tuple(failed),
        tuple(mistakes.values()),
        result.flags,
        result.seconds.total,
    )
