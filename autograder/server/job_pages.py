"""The handlers that start, watch (by server-sent events), cancel and retry a job; between the browser and `jobs`."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from autograder.course import Course
from autograder.errors import UsageError
from autograder.server import job_files, jobs
from autograder.server.handlers import ASSIGNMENT, Handlers, PageHandler
from autograder.server.job_files import KINDS, JobRequest, Kind, summary
from autograder.server.results import Results
from autograder.server.standing import Submission, standing

ID = r"(?P<name>[0-9a-f-]+)"
BESIDE: dict[Kind, str] = {
    "grade": "submissions",
    "regrade": "submissions",
    "feedback": "release",
    "release": "release",
}
LOOK_SECONDS = 0.4  # between two reads of the job's events
HEARTBEAT_SECONDS = 15.0  # proxies close a connection that is silent for a minute


class StartHandler(PageHandler):
    """Starts a job from a form with `kind` and the ticked `student`s, then redirects to the page with the form.

    Asks for confirmation before grading again students whose answers a person has marked: they need another look.
    """

    @authenticated
    async def post(self, assignment: str) -> None:
        kind = self.get_body_argument("kind")
        if kind not in KINDS:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "There is no job '%s'", kind)
        chosen = self.get_body_arguments("student", strip=False)
        anyway = bool(self.get_body_argument("anyway", ""))
        found = await self.run_in_thread(
            _allowed_submissions, self.course, self.results, assignment, kind, chosen, anyway
        )
        marked = [one for one in found if one.marked] if kind == "regrade" else []
        if marked and not self.get_body_argument("sure", ""):
            rest = [one for one in found if not one.marked]
            self.page("regrade.html", tab="submissions", assignment=assignment, chosen=found, marked=marked, rest=rest)
            return
        students = [one.student for one in found]
        await self.run_in_thread(jobs.start, self.course, kind, assignment, students, anyway=anyway)
        self.redirect(self.url("a", assignment, BESIDE[kind]), status=303)


def _allowed_submissions(
    course: Course, results: Results, assignment: str, kind: str, chosen: list[str], anyway: bool
) -> list[Submission]:
    """The submissions of the chosen students. UsageError if one is unknown, or must not be released yet."""
    found = standing(course, assignment, results)
    if found is None:
        raise UsageError(f"there is no assignment {assignment}")
    there = {one.student: one for one in found.submissions}
    unknown = [student for student in chosen if student not in there]
    if unknown:
        raise UsageError(f"no submission of {', '.join(unknown)}: load the page again")
    if kind == "release" and not anyway:
        waiting = [student for student in chosen if there[student].state != "graded"]
        if waiting:
            raise UsageError(f"{len(waiting)} of those chosen are not completely graded: {', '.join(waiting[:5])}")
    return [there[student] for student in chosen]


class JobPageHandler(PageHandler):
    async def job(self, name: str) -> tuple[JobRequest, Path]:
        """The job of that name and its folder, or 404."""
        try:
            return await self.run_in_thread(job_files.read, self.course, name)
        except UsageError as error:
            raise HTTPError(HTTPStatus.NOT_FOUND, "%s", str(error)) from error

    def back(self, job: JobRequest) -> None:
        self.redirect(self.url("a", job.assignment, BESIDE[job.kind]), status=303)


class JobHandler(JobPageHandler):
    """One job as JSON."""

    @authenticated
    async def get(self, name: str) -> None:
        job, folder = await self.job(name)
        self.json(summary(job, await self.run_in_thread(job_files.progress, folder)))


class CancelHandler(JobPageHandler):
    @authenticated
    async def post(self, name: str) -> None:
        job, folder = await self.job(name)
        await self.run_in_thread(jobs.cancel, folder)
        self.back(job)


class RetryHandler(JobPageHandler):
    """Retries a job for the form's `student`s; without any, for the students for whom it failed."""

    @authenticated
    async def post(self, name: str) -> None:
        job, folder = await self.job(name)
        found = await self.run_in_thread(job_files.progress, folder)
        named = self.get_body_arguments("student", strip=False)
        chosen = [s for s in named or (p.student for p in found.problems if p.failed) if s in job.students]
        await self.run_in_thread(
            _allowed_submissions, self.course, self.results, job.assignment, job.kind, chosen, job.anyway
        )
        await self.run_in_thread(jobs.retry, self.course, job, chosen)
        self.back(job)


class EventsHandler(JobPageHandler):
    """A job's summary as server-sent events, one after each change; the event's id is the number of changes."""

    def initialize(self, name: str, *args: Any, **options: Any) -> None:
        super().initialize(name, *args, **options)
        self._gone = asyncio.Event()

    def on_connection_close(self) -> None:
        self._gone.set()

    @authenticated
    async def get(self, name: str) -> None:
        job, folder = await self.job(name)
        watch = job_files.Watch(folder)
        told = self.request.headers.get("Last-Event-ID", "")  # what a browser that reconnects has seen
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        await self._write("retry: 2000\n\n")
        spoken = time.monotonic()
        while not self._gone.is_set():
            await self.run_in_thread(watch.look)
            if str(watch.seen) != told:
                told = str(watch.seen)
                await self._write(f"id: {told}\ndata: {json.dumps(summary(job, watch.progress))}\n\n")
                spoken = time.monotonic()
            elif time.monotonic() - spoken > HEARTBEAT_SECONDS:
                await self._write(": still here\n\n")
                spoken = time.monotonic()
            if watch.progress.end is not None:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), LOOK_SECONDS)

    async def _write(self, text: str) -> None:
        try:
            self.write(text)
            await self.flush()
        except StreamClosedError:
            self._gone.set()


handlers: Handlers = [
    (rf"{ASSIGNMENT}/jobs", StartHandler),
    (rf"/jobs/{ID}/cancel", CancelHandler),
    (rf"/jobs/{ID}/retry", RetryHandler),
    (rf"/api/jobs/{ID}", JobHandler),
    (rf"/api/jobs/{ID}/events", EventsHandler),
]
