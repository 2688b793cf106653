"""The judge as an nbgrader preprocessor: it replaces Execute in `nbgrader autograde` and the formgrader.

The course's `nbgrader_config.py` shows the list of preprocessors to put it in.
"""

from __future__ import annotations

import atexit
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course import CONFIG, Course, read_course
from autograder.course.secret import fingerprint
from autograder.errors import SandboxError, SubmissionError
from autograder.grading.opening import Options, open_grader
from autograder.grading.record import Judgements
from autograder.grading.scoring import Grader
from autograder.grading.submitted import read_submitted
from autograder.judging.banks import Banks


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Rebuilds a submitted notebook, runs it in the sandbox, and writes the scores where nbgrader reads them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        about = resources["nbgrader"]
        course = read_course(Path.cwd())  # nbgrader runs in the course's root
        submitted = read_submitted(course, about["assignment"], about["student"], [about["notebook"]])
        with _warm.grader(course, about["assignment"]) as grader:
            masters = tuple(m for m in grader.assignment.notebooks if m.name == about["notebook"])
            one = replace(grader, assignment=replace(grader.assignment, notebooks=masters))
            graded = one.grade(submitted.handed_in)
        if graded.result.status in ("invalid", "grader_error"):  # nbgrader then deletes the autograded folder
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


@dataclass(frozen=True)
class _OpenGrader:
    stamp: str
    grader: Grader
    close: Callable[[], None]


class _GraderCache:
    """Cache of this process's graders: nbgrader makes a new preprocessor for every notebook.

    It holds one grader per assignment. If the instructor changes the assignment, the old grader and its zygote are
    closed before a new grader is opened.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[Path, str], _OpenGrader] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    @contextmanager
    def grader(self, course: Course, assignment: str) -> Iterator[Grader]:
        """The cached grader, under a lock: the random generator and the parser are shared by the whole process."""
        with self._lock:
            key, stamp = (course.root, assignment), _stamp(course, assignment)
            if key in self._open and self._open[key].stamp != stamp:
                self._open.pop(key).close()
            if key not in self._open:
                with ExitStack() as stack:
                    made, _ = stack.enter_context(open_grader(course, assignment, Options()))
                    self._open[key] = _OpenGrader(stamp, made, stack.pop_all().close)
            yield self._open[key].grader

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _stamp(course: Course, assignment: str) -> str:
    """A key that changes whenever the assignment's folder, the banks, the settings or the secret change.

    Files may be large, so their name, size and modification time are compared instead of their content.
    """
    total = hashlib.sha256()
    source = course.folder("source", assignment)
    for path in [*sorted(source.rglob("*")), course.root / CONFIG]:
        with suppress(FileNotFoundError):  # it was removed after it was listed
            about = path.stat()
            total.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return f"{total.hexdigest()} {Banks(course.root).digest} {fingerprint(course.secret())}"


_warm = _GraderCache()
