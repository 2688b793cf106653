"""The status request: JupyterLab sends it to decide whether to show the grading page in its launcher."""

from __future__ import annotations

from tornado.web import authenticated

from autograder.server.handlers import Handlers, PageHandler


class StatusHandler(PageHandler):
    """Replies {"course": id}, or 403 if the user has no course to grade."""

    @authenticated
    def get(self) -> None:
        self.json({"course": self.course.nbgrader.course_id or self.course.root.name})


handlers: Handlers = [("/api/status", StatusHandler)]
