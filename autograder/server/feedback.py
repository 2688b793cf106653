"""Makes and releases one student's feedback with nbgrader's converter and exchange; a job's process uses it.

For each student it records the version of the marks and notebooks in the page, so that the TA sees outdated pages.
"""

from __future__ import annotations

import glob
import logging
from pathlib import Path
from typing import Any

from nbgrader.apps.baseapp import NbGrader
from nbgrader.auth import Authenticator
from nbgrader.converters import GenerateFeedback
from nbgrader.exchange import ExchangeError, ExchangeFactory

from autograder.course import Course
from autograder.gradebook.reader import find_marks
from autograder.server.feedback_state import record, version, write_record
from autograder.server.folders import Folders

NOT_GRADED = "there is no graded notebook to make a page of: grade it, or see why it could not be judged"
NO_SECRET = (
    "the submission did not come through nbgrader's exchange (submission_secret.txt or timestamp.txt is missing), "
    "so the exchange cannot bring its feedback back"
)


class FeedbackMaker:
    """nbgrader, configured as its command is in the course's folder."""

    def __init__(self, course: Course, assignment: str) -> None:
        self._folders = Folders(course, assignment)
        self._app = NbGrader()
        self._app.initialize([], root=str(course.root))
        self._app.coursedir.assignment_id = assignment
        self._said = _LastError()
        self._app.log.addHandler(self._said)

    def serve(self, student: str, *, release: bool) -> str:
        """Makes a student's feedback pages; with `release`, keeps up-to-date pages and releases them.

        Returns why it failed, or an empty text.
        """
        # Read the marks again for each student: a TA may change them while the job runs.
        marks = find_marks(self._folders.course, self._folders.assignment).by_student.get(student)
        if marks is None or not any(Path(self._folders.of("autograded", student)).glob("*.ipynb")):
            return NOT_GRADED
        self._app.coursedir.student_id = glob.escape(student)
        self._said.text = ""
        try:
            made_of = version(self._folders, student, marks.version)
            if not release or not self._stands(student, made_of):
                self._make()
                write_record(self._folders, student, made_of, None)
            if release:
                self._release()
                write_record(self._folders, student, made_of, made_of)
        except FileNotFoundError as error:
            known = str(error.filename).endswith(("submission_secret.txt", "timestamp.txt"))
            return NO_SECRET if known else str(error)
        except (Exception, SystemExit) as error:  # nbgrader's converters and exchanges raise any type
            return self._said.text or str(error) or type(error).__name__
        return ""

    def _stands(self, student: str, made_of: str) -> bool:
        there = any(Path(self._folders.of("feedback", student)).glob("*.html"))
        return there and record(self._folders, student)[0] == made_of

    def _make(self) -> None:
        GenerateFeedback(coursedir=self._app.coursedir, parent=self._app, force=True).start()

    def _release(self) -> None:
        self._app.authenticator = Authenticator(parent=self._app)
        exchange: Any = ExchangeFactory(parent=self._app).ReleaseFeedback(
            coursedir=self._app.coursedir, authenticator=self._app.authenticator, parent=self._app
        )
        try:
            exchange.start()
        except ExchangeError as error:
            raise RuntimeError(self._said.text or f"nbgrader's exchange refused it: {error}") from error


class _LastError(logging.Handler):
    """Keeps the last line of the first error in nbgrader's log: its exceptions say only "see the log"."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        lines = record.getMessage().strip().splitlines()
        if lines and not self.text:
            self.text = lines[-1]  # the last line of a traceback names the exception
