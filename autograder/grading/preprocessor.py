"""The judge as a preprocessor of nbgrader: stands in for Execute in `nbgrader autograde` and the formgrader.

`nbgrader_config.py` of this course shows the list of preprocessors that it stands in.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course import read_course
from autograder.errors import SandboxError, SubmissionError
from autograder.grading.opening import Options, open_grader
from autograder.grading.record import Judgements
from autograder.grading.scoring import Grader
from autograder.grading.submitted import read_submitted


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Rebuilds a submitted notebook, runs it behind walls, and puts the judge's marks where nbgrader reads them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        about = resources["nbgrader"]
        course = read_course(Path.cwd())  # nbgrader works from the course's root
        grader = _warm.grader(course.root, about["assignment"])
        submitted = read_submitted(course, about["assignment"], about["student"], [about["notebook"]])
        masters = tuple(m for m in grader.assignment.notebooks if m.name == about["notebook"])
        one = replace(grader, assignment=replace(grader.assignment, notebooks=masters))
        graded = one.grade(submitted.handed_in)
        if graded.result.status in ("invalid", "grader_error"):  # nbgrader takes the autograded folder away
            Judgements(course, about["assignment"]).refuse(graded.judgements, graded.conditions)
        if graded.result.status == "invalid":
            raise SubmissionError(graded.result.reason)
        if graded.result.status == "grader_error":
            raise SandboxError(graded.result.reason)
        for flag in graded.result.flags:
            self.log.warning("%s: %s", about["student"], flag)
        if graded.result.reason:
            self.log.warning("%s: %s", about["student"], graded.result.reason)
        return nbformat.reads(graded.notebooks[about["notebook"]], as_version=4), resources


class _Warm:
    """The graders of this process, kept for its life: nbgrader makes a new preprocessor for every notebook."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._graders: dict[tuple[Path, str, str], Grader] = {}
        self._lock = threading.Lock()
        atexit.register(self._stack.close)

    def grader(self, root: Path, assignment: str) -> Grader:
        with self._lock:
            course = read_course(root)
            stamp = ",".join(str(p.stat().st_mtime_ns) for p in sorted(course.folder("source", assignment).glob("*")))
            key = (root, assignment, stamp)
            if key not in self._graders:  # first of its kind, or the instructor has built it anew
                made, _ = self._stack.enter_context(open_grader(course, assignment, Options()))
                self._graders[key] = made
            return self._graders[key]


_warm = _Warm()
