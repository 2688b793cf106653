"""The class's report as a tab of the page: made by `autograder report` in a process of its own, shown in a sandbox."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from http import HTTPStatus
from pathlib import Path

from tornado.web import HTTPError, authenticated

from autograder.course import Course
from autograder.server.handlers import ASSIGNMENT, Handlers
from autograder.server.release import SANDBOX
from autograder.server.submissions import AssignmentHandler


class ReportHandler(AssignmentHandler):
    @authenticated
    async def get(self, assignment: str) -> None:
        found = await self.shown(assignment)
        graded = any(one.score is not None for one in found.standing.submissions)
        self.page("report.html", tab="report", assignment=assignment, graded=graded)


class ReportPageHandler(AssignmentHandler):
    """The report itself, as it is now: its plots take seconds, in which the server answers others."""

    @property
    def content_security_policy(self) -> str:
        return SANDBOX

    @authenticated
    async def get(self, assignment: str) -> None:
        await self.shown(assignment)
        made = await _made(self.course, assignment)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(made)


async def _made(course: Course, assignment: str) -> bytes:
    """HTTPError with the command's own words where it cannot be made."""
    with tempfile.TemporaryDirectory(prefix="autograder-report-") as folder:
        path = Path(folder, "report.html")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "autograder.cli", "report", "--output", str(path), "--", assignment,
            cwd=course.root, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        )  # fmt: skip
        _, said = await process.communicate()
        if process.returncode:
            words = said.decode("utf-8", "replace").strip()
            raise HTTPError(HTTPStatus.CONFLICT, "The report could not be made: %s", words)
        return path.read_bytes()


handlers: Handlers = [
    (rf"{ASSIGNMENT}/report/?", ReportHandler),
    (rf"{ASSIGNMENT}/report/page", ReportPageHandler),
]
