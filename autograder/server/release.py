"""The gate before feedback is released: what is complete and what is not, and a preview of what students will see."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tornado.web import HTTPError, authenticated

from autograder.course import Course
from autograder.server.feedback_state import FEEDBACK
from autograder.server.handlers import ASSIGNMENT, Handlers
from autograder.server.standing import STATES, Submission
from autograder.server.submissions import AssignmentHandler

# A page of feedback has its own style and pictures in it; no script of it runs, whatever a notebook brought along.
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Gate:
    """Submissions, by what releasing their feedback would mean."""

    ready: tuple[Submission, ...]  # completely graded
    incomplete: tuple[Submission, ...]  # a person is to look at them first, or they were handed in again
    ungraded: tuple[Submission, ...]  # there is nothing to release
    released: tuple[Submission, ...]  # as they stand now

    def count(self, state: str) -> int:
        return sum(one.state == state for one in (*self.incomplete, *self.ungraded))


def gate(submissions: tuple[Submission, ...]) -> Gate:
    stands = {one.student for one in submissions if one.feedback == "released" and one.state != "again"}
    released = tuple(one for one in submissions if one.student in stands)
    rest = [one for one in submissions if one.student not in stands]
    return Gate(
        ready=tuple(one for one in rest if one.state == "graded"),
        incomplete=tuple(one for one in rest if one.state != "graded" and one.score is not None),
        ungraded=tuple(one for one in rest if one.state != "graded" and one.score is None),
        released=released,
    )


class ReleaseHandler(AssignmentHandler):
    """For the whole assignment, or for those who are ticked on the submissions' page."""

    @authenticated
    async def get(self, assignment: str) -> None:
        await self._show(assignment, None)

    @authenticated
    async def post(self, assignment: str) -> None:
        await self._show(assignment, self.get_body_arguments("student", strip=False))

    async def _show(self, assignment: str, chosen: list[str] | None) -> None:
        found = await self.shown(assignment)
        submissions = found.standing.submissions
        if chosen is not None:
            submissions = tuple(one for one in submissions if one.student in set(chosen))
        await self.long_page(
            "release.html",
            tab="release",
            assignment=assignment,
            shown=found,
            gate=gate(submissions),
            submissions=submissions,
            everybody=chosen is None,
            states=STATES,
            feedback=FEEDBACK,
        )


class PreviewHandler(AssignmentHandler):
    """The page that a student will get, in a frame of its own."""

    @authenticated
    async def get(self, assignment: str, student: str) -> None:
        beside = await self.neighbours(assignment, student)  # or 404, before the name leads to any file
        self.page(
            "preview.html",
            tab="release",
            assignment=assignment,
            pages=sorted(await self.in_thread(_pages, self.course, assignment, student)),
            feedback=FEEDBACK,
            **beside,
        )


class FeedbackHandler(AssignmentHandler):
    """The file itself, as nbgrader made it, in a sandbox."""

    @property
    def content_security_policy(self) -> str:
        return SANDBOX

    @authenticated
    async def get(self, assignment: str, student: str, name: str) -> None:
        await self.shown(assignment)
        path = (await self.in_thread(_pages, self.course, assignment, student)).get(name)
        if path is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "There is no feedback '%s' of '%s' yet.", name, student)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(await self.in_thread(path.read_bytes))


def _pages(course: Course, assignment: str, student: str) -> dict[str, Path]:
    """The files of one student's feedback, by name."""
    if student != Path(student).name or student.startswith("."):
        return {}
    folder = course.folder("feedback", assignment, student)
    return {path.name: path for path in folder.glob("*.html") if path.is_file() and not path.is_symlink()}


handlers: Handlers = [
    (rf"{ASSIGNMENT}/release/?", ReleaseHandler),
    (rf"{ASSIGNMENT}/preview/(?P<student>[^/]+)/?", PreviewHandler),
    (rf"{ASSIGNMENT}/feedback/(?P<student>[^/]+)/(?P<name>[^/]+)", FeedbackHandler),
]
