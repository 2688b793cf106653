"""Finds the state of each submission of an assignment, from folders, gradebook and results; before the pages."""

from __future__ import annotations

import functools
import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from nbgrader.utils import parse_utc

from autograder.course import Course
from autograder.gradebook.reader import find_marks, read_all
from autograder.gradebook.rule import AssignmentMarks, SubmissionMarks, seconds_late
from autograder.grading.names import BAD_NAME, can_be_id
from autograder.server.feedback_state import Feedback, feedback_state
from autograder.server.folders import Folders
from autograder.server.results import Results, ResultSummary

State = Literal["not_graded", "again", "refused", "by_hand", "graded"]

STATES: dict[State, str] = {
    "not_graded": "Not graded",
    "again": "Handed in again",
    "refused": "Could not be judged",
    "by_hand": "To mark by hand",
    "graded": "Graded",
}

NO_ID = ResultSummary(status="invalid", reason=BAD_NAME, flags=("bad_name",))


@dataclass(frozen=True)
class Submission:
    """One row of the table of submissions."""

    student: str
    name: str
    there: bool  # whether its folder exists; some submissions are only in the gradebook
    state: State
    score: float | None  # after the penalty; None: not graded
    max_score: float
    penalty: float
    late_seconds: float
    handed_in: str  # UTC, to the minute; the exchange's text if that is not a time
    summary: ResultSummary
    by_hand: tuple[str, ...]
    marked: int  # number of cells that a person has marked
    notebooks: tuple[tuple[str, str], ...]
    feedback: Feedback

    @property
    def bad_name(self) -> bool:
        """Whether its folder's name is not a valid student id. The page shows such a row, but nobody can choose it."""
        return not can_be_id(self.student)

    @property
    def can_be_chosen(self) -> bool:
        """Whether a job can include it. It needs a folder, or a score, which is enough for feedback."""
        return (self.there or self.score is not None) and not self.bad_name

    @property
    def person(self) -> bool:
        """Whether a person has to look at it before its marks are complete."""
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
        counts["failed"] = sum(bool(one.summary.failed) for one in self.submissions)
        counts["flagged"] = sum(bool(one.summary.flags) for one in self.submissions)
        return counts

    @property
    def mean(self) -> float | None:
        """The mean score, without submissions that could not be judged; None if there is no score."""
        scores = [one.score for one in self.submissions if one.score is not None and one.state != "refused"]
        return sum(scores) / len(scores) if scores else None


def all_standings(course: Course, results: Results) -> list[Standing]:
    """Every assignment in the source folder or the gradebook, sorted by name."""
    known = read_all(course)
    sources = course.folder("source", "*").parent
    names = {p.name for p in sources.iterdir() if p.is_dir()} if sources.is_dir() else set()
    return [_standing(course, known.get(name, AssignmentMarks(name)), results) for name in sorted(names | set(known))]


def standing(course: Course, assignment: str, results: Results) -> Standing | None:
    """One assignment's submissions; None if the course has no assignment of that name."""
    if assignment != Path(assignment).name or assignment.startswith("."):
        return None  # a path outside of the course's folders is not a name
    marks = find_marks(course, assignment)
    if not marks.by_student and not course.folder("source", assignment).is_dir():
        return None
    return _standing(course, marks, results)


def _standing(course: Course, marks: AssignmentMarks, results: Results) -> Standing:
    folders = Folders(course, marks.name)
    there = folders.students()
    names = {student.id: student.name for student in marks.students}
    submissions = []
    everybody = sorted(there | set(marks.by_student))
    summaries = results.read(course, marks.name, filter(can_be_id, everybody))
    for student in everybody:
        known = marks.by_student.get(student) if student in summaries else None
        summary = summaries.get(student, NO_ID)
        one = _submission(folders, student, known, summary, marks, there=student in there)
        submissions.append(replace(one, name=names.get(student, "")) if known else one)
    due = "" if marks.due is None else marks.due.strftime("%Y-%m-%d %H:%M UTC")
    return Standing(marks.name, due, marks.max_score, tuple(submissions))


def _submission(
    folders: Folders,
    student: str,
    known: SubmissionMarks | None,
    summary: ResultSummary,
    marks: AssignmentMarks,
    *,
    there: bool,
) -> Submission:
    stamp = _text(folders.of("submitted", student), "timestamp.txt")
    autograded = folders.of("autograded", student)
    found = known or SubmissionMarks(student)
    state: State = "graded"
    if known is None or not os.path.isdir(autograded):
        state = "refused" if summary.refused else "not_graded"
    elif there and stamp != _text(autograded, "timestamp.txt"):
        state = "again"
    elif found.by_hand:
        state = "refused" if summary.refused else "by_hand"  # until a person has given all missing marks
    handed_in = _utc(stamp)
    late = found.late_seconds
    if state in ("not_graded", "again"):  # the gradebook gets this submission's time at grading
        late = seconds_late(handed_in, marks.due, found.extension_seconds)
    return Submission(
        student=student,
        name="",
        there=there,
        state=state,
        score=None if known is None or state == "not_graded" else found.total,
        max_score=marks.max_score,
        penalty=found.penalty,
        late_seconds=late,
        handed_in=f"{handed_in:%Y-%m-%d %H:%M}" if handed_in else stamp[:16],
        summary=summary,
        by_hand=found.by_hand,
        marked=found.by_person,
        notebooks=tuple((notebook.name, notebook.id) for notebook in found.notebooks),
        feedback="none" if known is None else feedback_state(folders, student, found.version),
    )


@functools.lru_cache(maxsize=10_000)  # pages parse the same times again and again
def _utc(stamp: str) -> datetime | None:
    """The time in a timestamp.txt as nbgrader parses it: UTC, without tzinfo; None if it is not a time."""
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
