"""Where each submission of an assignment stands: folders, gradebook and results put together; before the pages."""

from __future__ import annotations

import functools
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from nbgrader.utils import parse_utc

from autograder.course import Course
from autograder.gradebook.rows import Row, Rows, read_assignment, read_rows, seconds_late
from autograder.grading.names import BAD_NAME, can_be_id
from autograder.server.feedback_state import Feedback, feedback_state
from autograder.server.folders import Folders
from autograder.server.results import Results, Summary

State = Literal["not_graded", "again", "refused", "by_hand", "graded"]

STATES: dict[State, str] = {
    "not_graded": "Not graded",
    "again": "Handed in again",
    "refused": "Could not be judged",
    "by_hand": "To mark by hand",
    "graded": "Graded",
}

NO_ID = Summary(status="invalid", reason=BAD_NAME, flags=("bad_name",))


@dataclass(frozen=True)
class Submission:
    """One row of the submissions' table."""

    student: str
    name: str
    there: bool  # its folder is; the gradebook alone may know of others
    state: State
    score: float | None  # what counts, so without the penalty; None: nothing is known
    max_score: float
    penalty: float
    late_seconds: float
    handed_in: str  # to the minute, in UTC; what the exchange wrote, where that is no time
    judged: Summary
    by_hand: tuple[str, ...]
    marked: int  # cells that a person has given marks for
    notebooks: tuple[tuple[str, str], ...]
    feedback: Feedback

    @property
    def bad_name(self) -> bool:
        """Whether its folder has a name that is no student's id: it is shown, and nothing can be done with it."""
        return not can_be_id(self.student)

    @property
    def can_be_chosen(self) -> bool:
        """Whether there is something to be done for it: what was graded gets feedback, wherever its folder is."""
        return (self.there or self.score is not None) and not self.bad_name

    @property
    def person(self) -> bool:
        """Whether somebody has to look at it before its marks are complete."""
        return self.state in ("refused", "by_hand")


@dataclass(frozen=True)
class Standing:
    """One assignment and its submissions, sorted by student."""

    assignment: str
    due: str
    max_score: float
    submissions: tuple[Submission, ...]

    def count(self, state: str) -> int:
        return self._counts[state]

    @functools.cached_property
    def _counts(self) -> Counter[str]:
        counts: Counter[str] = Counter(one.state for one in self.submissions)
        counts.update(f"feedback_{one.feedback}" for one in self.submissions)
        counts["late"] = sum(one.late_seconds > 0 for one in self.submissions)
        counts["person"] = sum(one.person for one in self.submissions)
        counts["failed"] = sum(bool(one.judged.failed) for one in self.submissions)
        counts["flagged"] = sum(bool(one.judged.flags) for one in self.submissions)
        return counts

    @property
    def mean(self) -> float | None:
        """Of the scores that the judge or a person has given."""
        scores = [one.score for one in self.submissions if one.score is not None and one.state != "refused"]
        return sum(scores) / len(scores) if scores else None


def all_standings(course: Course, results: Results) -> list[Standing]:
    """Every assignment that the course has text for, or that somebody handed in, sorted by name."""
    rows = read_rows(course)
    sources = course.folder("source", "*").parent
    names = {p.name for p in sources.iterdir() if p.is_dir()} if sources.is_dir() else set()
    return [_standing(course, name, rows.get(name, Rows(by_student={})), results) for name in sorted(names | set(rows))]


def standing(course: Course, assignment: str, results: Results) -> Standing | None:
    """One assignment; None if the course has none of that name."""
    if assignment != Path(assignment).name or assignment.startswith("."):
        return None  # a name, never a path to somewhere else
    rows = read_assignment(course, assignment)
    if not rows.by_student and not course.folder("source", assignment).is_dir():
        return None
    return _standing(course, assignment, rows, results)


def _standing(course: Course, name: str, rows: Rows, results: Results) -> Standing:
    by_student = rows.by_student or {}
    folders = Folders(course, name)
    there = folders.students()
    submissions = []
    everybody = sorted(there | set(by_student))
    found = results.read(course, name, filter(can_be_id, everybody))
    for student in everybody:
        row = by_student.get(student) if student in found else None
        summary = found.get(student, NO_ID)
        submissions.append(_submission(folders, student, row, summary, rows, there=student in there))
    due = "" if rows.due is None else rows.due.strftime("%Y-%m-%d %H:%M UTC")
    return Standing(name, due, rows.max_score, tuple(submissions))


def _submission(
    folders: Folders, student: str, row: Row | None, judged: Summary, rows: Rows, *, there: bool
) -> Submission:
    stamp = _text(folders.of("submitted", student), "timestamp.txt")
    autograded = folders.of("autograded", student)
    state: State = "graded"
    if row is None or not os.path.isdir(autograded):
        state = "refused" if judged.refused else "not_graded"
    elif there and stamp != _text(autograded, "timestamp.txt"):
        state = "again"
    elif row.by_hand:
        state = "refused" if judged.refused else "by_hand"  # until a person has given every mark that it waits for
    handed_in = _utc(stamp)
    late = 0.0 if row is None else row.late_seconds
    if state in ("not_graded", "again"):  # the gradebook knows of this one's time when it is graded
        late = seconds_late(handed_in, rows.due, 0.0 if row is None else row.extension_seconds)
    return Submission(
        student=student,
        name="" if row is None else row.name,
        there=there,
        state=state,
        score=None if row is None or state == "not_graded" else max(0.0, row.score - row.penalty),
        max_score=rows.max_score,
        penalty=0.0 if row is None else row.penalty,
        late_seconds=late,
        handed_in=f"{handed_in:%Y-%m-%d %H:%M}" if handed_in else stamp[:16],
        judged=judged,
        by_hand=() if row is None else row.by_hand,
        marked=0 if row is None else row.marked,
        notebooks=() if row is None else row.notebooks,
        feedback="none" if row is None else feedback_state(folders, student, row.marks),
    )


@functools.lru_cache(maxsize=10_000)  # pages are drawn again and again from the same times
def _utc(stamp: str) -> datetime | None:
    """What nbgrader reads in a timestamp.txt: UTC without saying so; None for what is no time."""
    try:
        found: datetime | None = parse_utc(stamp) if stamp else None
    except (ValueError, OverflowError):
        return None
    return found


def _text(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as stream:
            return stream.read(100).strip()
    except OSError:
        return ""
