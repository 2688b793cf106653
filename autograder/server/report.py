"""The tab with the class report. `autograder report` makes it in its own process, and a sandboxed frame shows it."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from tornado.web import HTTPError, authenticated

from autograder.course import Course, state
from autograder.gradebook.address import gradebook_file
from autograder.server.handlers import ASSIGNMENT, Handlers
from autograder.server.release import SANDBOX
from autograder.server.submissions import AssignmentHandler

LIMIT = 300.0  # seconds for one report; for a class of 2,000 it takes one
NICE = "import os, runpy; os.nice(5); runpy.run_module('autograder', run_name='__main__', alter_sys=True)"

Key = tuple[Path, str]  # a course and its assignment
Stamp = tuple[object, ...]


class Reports:
    """The cached reports of one server; each is made again when the gradebook or the results have changed.

    Use it only from the server's event loop. It cancels a report when no request waits for it any longer.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, tuple[Stamp, bytes]] = {}
        self._making: dict[Key, tuple[Stamp, asyncio.Task[bytes]]] = {}
        self._waiting: Counter[Key] = Counter()

    async def get(self, course: Course, assignment: str) -> bytes:
        """The report as HTML. HTTPError with the command's error output if the command fails or takes too long."""
        key = (course.root, assignment)
        stamp = await asyncio.to_thread(_stamp, course, assignment)
        if stamp and self._kept.get(key, ((), b""))[0] == stamp:
            return self._kept[key][1]
        if key not in self._making:
            self._making[key] = stamp, asyncio.create_task(_make_report(course, assignment))
        begun = self._making[key]
        self._waiting[key] += 1
        try:
            made = await asyncio.shield(begun[1])
        finally:
            self._waiting[key] -= 1
            if begun[1].done() or not self._waiting[key]:
                begun[1].cancel()
                if self._making.get(key) is begun:
                    del self._making[key]
        self._kept[key] = begun[0], made  # after a change meanwhile the next request's stamp differs
        return made


class ReportHandler(AssignmentHandler):
    @authenticated
    async def get(self, assignment: str) -> None:
        found = await self.view_or_404(assignment)
        graded = any(one.score is not None for one in found.standing.submissions)
        self.page("report.html", tab="report", assignment=assignment, graded=graded)


class ReportPageHandler(AssignmentHandler):
    """The report's HTML. Making it takes seconds, so it runs in a task beside other requests."""

    _reply: asyncio.Task[bytes] | None = None

    @authenticated
    async def get(self, assignment: str) -> None:
        await self.view_or_404(assignment)
        reports: Reports = self.settings.setdefault("autograder_reports", Reports())
        self._reply = asyncio.create_task(reports.get(self.course, assignment))
        try:
            made = await self._reply
        except asyncio.CancelledError:
            return  # the browser closed the connection
        self.set_header("Content-Security-Policy", SANDBOX)  # not for error pages, which use our style sheet
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(made)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._reply is not None:
            self._reply.cancel()


async def _make_report(course: Course, assignment: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="autograder-report-") as folder:
        path = Path(folder, "report.html")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", NICE, "report", "--output", str(path), "--", assignment,
            cwd=course.root, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        )  # fmt: skip
        try:
            _, said = await asyncio.wait_for(process.communicate(), LIMIT)
        except TimeoutError:
            text = "The report of '%s' was not made within %g seconds; run `autograder report` where there is time."
            raise HTTPError(HTTPStatus.CONFLICT, text, assignment, LIMIT) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            words = said.decode("utf-8", "replace").strip()
            raise HTTPError(HTTPStatus.CONFLICT, "The report could not be made: %s", words)
        return path.read_bytes()


def _stamp(course: Course, assignment: str) -> Stamp:
    """Path, time and size of each file that the report depends on; empty (do not cache) with a database server."""
    gradebook = gradebook_file(course)
    if gradebook is None:
        return ()
    looked_at = [gradebook, Path(f"{gradebook}-wal"), *(path for _, path in state.results(course.root, assignment))]
    found = []
    for path in looked_at:
        with suppress(FileNotFoundError):
            about = path.stat()
            found.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(found)


handlers: Handlers = [
    (rf"{ASSIGNMENT}/report/?", ReportHandler),
    (rf"{ASSIGNMENT}/report/page", ReportPageHandler),
]
