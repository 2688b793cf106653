"""The page on which a TA releases feedback: it lists the submissions that are ready, and previews each page."""

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

# A feedback page contains its own style and pictures; no script in it may run, since it shows students' notebooks.
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Gate:
    """Submissions, grouped by whether their feedback can be released."""

    ready: tuple[Submission, ...]  # completely graded
    incomplete: tuple[Submission, ...]  # they have a score, but wait for a person or were handed in again
    ungraded: tuple[Submission, ...]  # without a score, so without feedback
    released: tuple[Submission, ...]  # their current feedback is released

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
    """GET shows all submissions of the assignment; POST only those ticked on the submissions page."""

    @authenticated
    async def get(self, assignment: str) -> None:
        await self._show(assignment, None)

    @authenticated
    async def post(self, assignment: str) -> None:
        await self._show(assignment, self.get_body_arguments("student", strip=False))

    async def _show(self, assignment: str, chosen: list[str] | None) -> None:
        found = await self.view_or_404(assignment)
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
    """A preview of a student's feedback page, in a frame."""

    @authenticated
    async def get(self, assignment: str, student: str) -> None:
        beside = await self.neighbours(assignment, student)  # 404 for an unknown name, before it is used in a path
        self.page(
            "preview.html",
            tab="release",
            assignment=assignment,
            pages=sorted(await self.run_in_thread(_pages, self.course, assignment, student)),
            feedback=FEEDBACK,
            **beside,
        )


class FeedbackHandler(AssignmentHandler):
    """The feedback file that nbgrader made, with a policy that runs no scripts."""

    @property
    def content_security_policy(self) -> str:
        return SANDBOX

    @authenticated
    async def get(self, assignment: str, student: str, name: str) -> None:
        await self.view_or_404(assignment)
        path = (await self.run_in_thread(_pages, self.course, assignment, student)).get(name)
        if path is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "There is no feedback '%s' of '%s' yet.", name, student)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(await self.run_in_thread(path.read_bytes))


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
