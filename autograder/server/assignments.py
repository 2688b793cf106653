"""The first page: every assignment, with the number of submissions in each state."""

from __future__ import annotations

from tornado.web import authenticated

from autograder.server import job_files
from autograder.server.handlers import Handlers, PageHandler
from autograder.server.standing import STATES, all_standings


class AssignmentsHandler(PageHandler):
    @authenticated
    async def get(self) -> None:
        standings = await self.run_in_thread(all_standings, self.course, self.results)
        at_work = await self.run_in_thread(job_files.running_jobs, self.course)
        order = ("graded", "by_hand", "again", "refused", "not_graded")  # of a bar's segments: finished ones first
        self.page(
            "assignments.html", tab="assignments", standings=standings, states=STATES, order=order, at_work=at_work
        )


handlers: Handlers = [("/?", AssignmentsHandler)]
