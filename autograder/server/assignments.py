"""The first page: every assignment with how many submissions are in each state."""

from __future__ import annotations

from tornado.web import authenticated

from autograder.server.handlers import Handlers, PageHandler
from autograder.server.standing import all_standings


class AssignmentsHandler(PageHandler):
    @authenticated
    async def get(self) -> None:
        standings = await self.in_thread(all_standings, self.course, self.results)
        self.page("assignments.html", tab="assignments", standings=standings)


handlers: Handlers = [("/?", AssignmentsHandler)]
