"""Finds submissions without a mark, or with the mark of an earlier version; used when marks are exported."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from autograder.course import Course
from autograder.errors import UsageError
from autograder.gradebook.rule import AssignmentMarks
from autograder.grading.batch import UNKNOWN
from autograder.grading.names import BAD_NAME, can_be_id
from autograder.grading.record import Judgements
from autograder.grading.submitted import read_submitted, students

STAMP = "timestamp.txt"


@dataclass(frozen=True)
class UngradedStudents:
    """Students, by the names of their folders; `reasons` says why `grade` can never take some of them."""

    not_graded: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # handed in again since they were graded
    reasons: dict[str, str] = field(default_factory=dict)


def find_ungraded(course: Course, marks: AssignmentMarks) -> UngradedStudents:
    """Compares the submitted folders of the assignment with its marks."""
    name, marked = marks.name, set(marks.by_student)
    there = students(course, name)
    waiting = tuple(student for student in there if student not in marked)
    known = {student.id for student in marks.students}
    create = bool(course.config.Autograde.get("create_student", True))
    reasons = {one: BAD_NAME for one in waiting if not can_be_id(one)}
    if not create:
        reasons |= {one: UNKNOWN for one in waiting if one not in known and one not in reasons}
    judgements = Judgements(course, name)
    changed = tuple(student for student in there if student in marked and _has_changed(course, judgements, student))
    return UngradedStudents(waiting, changed, reasons)


def _has_changed(course: Course, judgements: Judgements, student: str) -> bool:
    """Whether the submitted files differ from the graded ones, as far as time stamps and records of grading show."""
    graded, submitted = (course.folder(kind, judgements.assignment, student) for kind in ("autograded", "submitted"))
    with contextlib.suppress(OSError):  # without nbgrader's exchange there is no time stamp
        if (graded / STAMP).read_bytes() != (submitted / STAMP).read_bytes():
            return True
    record = judgements.read(student)
    if record is None:
        return False  # nothing to compare with
    names = [one.notebook for one in record.judgements]
    try:
        now = read_submitted(course, judgements.assignment, student, names).handed_in.digests
    except (OSError, UsageError):
        return False
    return any(now[one.notebook] != one.inputs.submission for one in record.judgements)
