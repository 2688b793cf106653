"""The page with an assignment's submissions, and the page of one submission; after standing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, authenticated

from autograder.course import Course
from autograder.grading.record import Judgements
from autograder.model import QuestionResult
from autograder.server import job_files
from autograder.server.feedback_state import FEEDBACK
from autograder.server.handlers import ASSIGNMENT, Handlers, PageHandler
from autograder.server.results import Results
from autograder.server.standing import STATES, Standing, standing


@dataclass(frozen=True)
class AssignmentView:
    """An assignment with its submissions, the known mistakes and the newest job."""

    standing: Standing
    mistakes: tuple[tuple[str, str, int], ...]  # question, name, number of students; most frequent first
    job: dict[str, Any] | None  # the newest job's `job_files.summary`


class AssignmentHandler(PageHandler):
    async def view_or_404(self, assignment: str) -> AssignmentView:
        """The assignment, or 404."""
        found = await self.run_in_thread(_assignment_view, self.course, assignment, self.results)
        if found is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "This course has no assignment '%s'.", assignment)
        return found

    async def neighbours(self, assignment: str, student: str) -> dict[str, Any]:
        """One submission (`one`), and the ids of the students `before` and `after` it; or 404."""
        submissions = [one for one in (await self.view_or_404(assignment)).standing.submissions if not one.bad_name]
        place = next((n for n, one in enumerate(submissions) if one.student == student), None)
        if place is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "Nobody named '%s' has handed in '%s'.", student, assignment)
        before, after = submissions[:place][-1:], submissions[place + 1 :][:1]
        return {
            "one": submissions[place],
            "before": before[0].student if before else None,
            "after": after[0].student if after else None,
        }


def _assignment_view(course: Course, assignment: str, results: Results) -> AssignmentView | None:
    found = standing(course, assignment, results)
    if found is None:
        return None
    made = Counter((m.question, m.name) for one in found.submissions for m in one.summary.mistakes)
    latest = job_files.latest(course, assignment)
    job = None if latest is None else job_files.summary(latest[0], job_files.progress(latest[1]))
    return AssignmentView(found, tuple((question, name, n) for (question, name), n in made.most_common()), job)


class SubmissionsHandler(AssignmentHandler):
    @authenticated
    async def get(self, assignment: str) -> None:
        found = await self.view_or_404(assignment)
        await self.long_page(
            "submissions.html", tab="submissions", assignment=assignment, shown=found, states=STATES, feedback=FEEDBACK
        )


class SubmissionHandler(AssignmentHandler):
    """One student's submission: each question with its checks and the messages that the student reads."""

    @authenticated
    async def get(self, assignment: str, student: str) -> None:
        beside = await self.neighbours(assignment, student)  # 404 for an unknown name, before it is used in a path
        self.page(
            "submission.html",
            tab="submissions",
            assignment=assignment,
            questions=await self.run_in_thread(_questions, self.course, assignment, student),
            states=STATES,
            feedback=FEEDBACK,
            **beside,
        )


def _questions(course: Course, assignment: str, student: str) -> tuple[QuestionResult, ...]:
    """The questions in the recorded result; empty if there is none."""
    record = Judgements(course, assignment).read(student)
    return () if record is None else record.result.questions


handlers: Handlers = [
    (rf"{ASSIGNMENT}/submissions/?", SubmissionsHandler),
    (rf"{ASSIGNMENT}/s/(?P<student>[^/]+)/?", SubmissionHandler),
]
