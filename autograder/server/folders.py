"""The paths of all of an assignment's submissions in nbgrader's folders; before standing.

nbgrader builds a path from its settings. This takes longer than reading the folder, so each kind of path is built once.
"""

from __future__ import annotations

import glob
from pathlib import Path

from autograder.course import Course

KINDS = ("submitted", "autograded", "feedback")
STUDENT = "\x00"  # placeholder for the student in a path; no real path contains it


class Folders:
    """The folders of one assignment."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.course = course
        self.assignment = assignment
        self._parts = {kind: str(course.folder(kind, assignment, STUDENT)).split(STUDENT) for kind in KINDS}

    def of(self, kind: str, student: str) -> str:
        """The path of one student's folder of a kind; the folder need not exist."""
        return student.join(self._parts[kind])

    def students(self) -> set[str]:
        """The students who have a folder with a submission."""
        before, *after = self._parts["submitted"]
        if len(after) != 1:
            return set()  # the course's folder layout has no folder for each student
        found = glob.glob(glob.escape(before) + "*" + glob.escape(after[0]))
        return {Path(path[len(before) : len(path) - len(after[0])]).name for path in found}
