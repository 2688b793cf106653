"""Where nbgrader keeps an assignment's submissions, asked for hundreds of students at once; before standing.

nbgrader puts each path together from its settings, which takes longer than looking at what is there.
"""

from __future__ import annotations

import glob
from pathlib import Path

from autograder.course import Course

KINDS = ("submitted", "autograded", "feedback")
STUDENT = "\x00"  # stands for the student in a path; no path can hold it


class Folders:
    """The folders of one assignment."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.course = course
        self.assignment = assignment
        self._parts = {kind: str(course.folder(kind, assignment, STUDENT)).split(STUDENT) for kind in KINDS}

    def of(self, kind: str, student: str) -> str:
        """The path of one student's folder of a kind, which may not be there."""
        return student.join(self._parts[kind])

    def students(self) -> set[str]:
        """Who has handed in: those with a folder."""
        before, *after = self._parts["submitted"]
        if len(after) != 1:
            return set()  # a course that does not keep its students apart has nobody's folder
        found = glob.glob(glob.escape(before) + "*" + glob.escape(after[0]))
        return {Path(path[len(before) : len(path) - len(after[0])]).name for path in found}
