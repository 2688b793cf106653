"""Says whether this server has the page for its user; JupyterLab asks before it shows an entry."""

from __future__ import annotations

from tornado.web import authenticated

from autograder.server.handlers import Handlers, PageHandler


class StatusHandler(PageHandler):
    """{"course": id}; refused with 403 as every page is."""

    @authenticated
    def get(self) -> None:
        self.json({"course": self.course.nbgrader.course_id or self.course.root.name})


handlers: Handlers = [("/api/status", StatusHandler)]
