"""The base class of the server's pages: access, headers, templates, and work in threads."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from markupsafe import Markup
from tornado.web import HTTPError

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.server.place import CourseRefusal, Place
from autograder.server.results import Results

P = ParamSpec("P")
T = TypeVar("T")

ASSIGNMENT = r"/a/(?P<assignment>[^/]+)"  # the start of the pattern of an assignment's page

# Pages load everything from this server, and have no inline scripts and no style attributes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class PageHandler(ExtensionHandlerMixin, JupyterHandler):
    """A page, or a reply in JSON. `prepare` sets `self.course`, or answers with 403 and a reason.

    Subclasses decorate get and post with `tornado.web.authenticated`, and call code that reads files or the gradebook
    through `await self.run_in_thread(function, ...)`, so that it does not block the server's event loop.
    """

    course: Course

    @property
    def results(self) -> Results:
        """The judge's results, shared by all pages of this server."""
        return cast("Results", self.settings["autograder_results"])

    @property
    def content_security_policy(self) -> str:
        return POLICY

    async def prepare(self, **options: Any) -> None:
        await super().prepare(**options)
        if self._finished or self.current_user is None:
            return  # the browser is redirected to the login page
        place: Place = self.settings["autograder_place"]
        try:
            self.course = await self.run_in_thread(place.course)
        except CourseRefusal as refused:
            raise HTTPError(HTTPStatus.FORBIDDEN, "%s", str(refused)) from refused

    async def run_in_thread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls function(*args, **kwargs) in a thread and returns its result."""
        return await asyncio.to_thread(function, *args, **kwargs)

    def url(self, *parts: str) -> str:
        """A path below <base_url>/autograder; `parts` are names that are not yet quoted."""
        # A folder's name may not be valid UTF-8; fsencode accepts it, so its page can still be shown.
        return url_path_join(self.base_url, "autograder", *(quote(os.fsencode(part), safe="") for part in parts))

    def page(self, template: str, *, tab: str, assignment: str = "", **values: Any) -> None:
        """Replies with a rendered template. `tab` is the selected tab; `assignment` is the page's assignment."""
        self._send(self._render(template, tab=tab, assignment=assignment, **values))

    async def long_page(self, template: str, *, tab: str, assignment: str = "", **values: Any) -> None:
        """As `page`, but renders in a thread: a table of hundreds of rows would block the event loop too long."""
        self.xsrf_token  # noqa: B018  # the first access sets a cookie, which only the event loop's thread may do
        self._send(await self.run_in_thread(self._render, template, tab=tab, assignment=assignment, **values))

    def _send(self, html: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(html)

    def _render(self, template: str, **values: Any) -> str:
        course = getattr(self, "course", None)
        found = self.settings["autograder_templates"].get_template(template)
        return str(
            found.render(
                url=self.url,
                static=self.static_url,
                base_url=self.base_url,
                course_id="" if course is None else course.nbgrader.course_id or course.root.name,
                xsrf_token=self.xsrf_token.decode(),
                xsrf_field=Markup(self.xsrf_form_html()),  # tornado has escaped it
                **values,
            )
        )

    def json(self, value: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(value))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Does not log an AutograderError: the user reads its message and can correct the cause."""
        if not isinstance(value, AutograderError):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Replies with a page, or with JSON below /api/, that says what went wrong and what to do."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, AutograderError):
            text, status_code = str(error), HTTPStatus.CONFLICT
            self.set_status(status_code)
        elif isinstance(error, HTTPError) and error.log_message:
            text = error.log_message % error.args if error.args else error.log_message
        else:
            text = "Something went wrong on our side; the server's log says what."
        if status_code >= 500:
            self.log.log(logging.ERROR, "%s %s", self.request.method, self.request.path, exc_info=error)
        if "/autograder/api/" in self.request.path:
            self.json({"error": text}, status_code)
            return
        title = {403: "Not for you to see", 404: "There is no such page"}.get(status_code, "That did not work")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self._render("error.html", tab="", assignment="", title=title, text=text))


Handlers = list[tuple[str, type[PageHandler]]]
