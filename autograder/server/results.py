"""What the judge wrote down of each submission, shortened to what a table shows; before standing.

The files are read anew only when they have changed: 200 of them are some megabytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import Course


@dataclass(frozen=True)
class Failed:
    """A check that did not pass, or a question that was not judged by checks and has no full marks."""

    question: str
    check: str
    message: str


@dataclass(frozen=True)
class Mistake:
    """A misconception that the judge named."""

    question: str
    name: str
    text: str  # the sentence that the student reads


@dataclass(frozen=True)
class Judged:
    """What a table shows of one result."""

    status: str = ""  # empty: never judged by us
    reason: str = ""
    checks: int = 0
    failed: tuple[Failed, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    flags: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        """Not judged at all: the student's notebook was refused, or the fault is ours."""
        return self.status in ("invalid", "grader_error")


NOTHING = Judged()


class Results:
    """The results of a course's submissions, kept in memory until their files change."""

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[tuple[int, int], Judged]] = {}

    def read(self, course: Course, assignment: str, student: str) -> Judged:
        path = course.state / "results" / assignment / f"{student}.json"
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            kept = self._kept.get(path)
            if kept is None or kept[0] != stamp:
                kept = stamp, _judged(json.loads(path.read_bytes())["result"])
                self._kept[path] = kept
            return kept[1]
        except (OSError, ValueError, KeyError, TypeError):
            return NOTHING  # never graded, or being graded now


def _judged(result: dict[str, Any]) -> Judged:
    checks = [(q, v) for q in result["questions"] for v in q["checks"]]
    failed = [Failed(q["id"], v["name"], v["message"]) for q, v in checks if not v["passed"]]
    failed += [
        Failed(q["id"], q["status"], q["message"])
        for q in result["questions"]
        if not q["checks"] and q["status"] in ("failed", "partial", "error", "timed_out", "missing")
    ]
    mistakes = {
        (q["id"], v["diagnosis"]["misconception"]): Mistake(
            q["id"], v["diagnosis"]["misconception"], v["diagnosis"]["text"]
        )
        for q, v in checks
        if v["diagnosis"]
    }
    return Judged(
        result["status"],
        result["reason"],
        len(checks),
        tuple(failed),
        tuple(mistakes.values()),
        tuple(result["flags"]),
        float(result["seconds"]["total"]),
    )
