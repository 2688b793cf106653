"""What the judge wrote down of each submission, shortened to what a table shows; before standing.

The files are read anew only when they have changed: 200 of them are some megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course
from autograder.grading.record import Judgements, Stamp
from autograder.model import Result


@dataclass(frozen=True)
class Failed:
    """A check that did not pass, or a question that was not judged by checks and has no full marks."""

    question: str
    check: str
    message: str


@dataclass(frozen=True)
class NamedMistake:
    """A misconception that the judge named."""

    question: str
    name: str
    text: str  # the sentence that the student reads


@dataclass(frozen=True)
class ResultSummary:
    """What a table shows of one result."""

    status: str = ""  # empty: never judged by us
    reason: str = ""
    checks: int = 0
    failed: tuple[Failed, ...] = ()
    mistakes: tuple[NamedMistake, ...] = ()
    flags: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        """Not judged at all: the student's notebook was refused, or the fault is ours."""
        return self.status in ("invalid", "grader_error")


NOTHING = ResultSummary()


class Results:
    """The results of a course's submissions, kept in memory until their files change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str, str], tuple[Stamp, ResultSummary]] = {}

    def read(self, course: Course, assignment: str, students: Iterable[str]) -> dict[str, ResultSummary]:
        """Of each of these students; NOTHING for one who was never graded, or is being graded now."""
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
    failed = [Failed(q.id, v.name, v.message) for q, v in checks if not v.passed]
    failed += [
        Failed(q.id, q.status, q.message)
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
