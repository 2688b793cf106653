"""The Jupyter server extension: its settings and the list of its pages; it imports the server's other modules.

c.GradingPage.enabled = False       no pages and no entry in the launcher: for students' servers
c.GradingPage.course_root = "..."   the course directory, if it is not the server's root directory
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from tornado.ioloop import PeriodicCallback
from traitlets import Bool, Unicode

from autograder.server import assignments, filters, job_pages, release, report, status, submissions, written
from autograder.server.job_files import has_running_job
from autograder.server.place import CourseRefusal, Place
from autograder.server.results import Results

HERE = Path(__file__).parent
AWAKE_MS = 60_000  # hubs look at a server's last activity every few minutes
# Modules with a list `handlers` of (pattern, class); <base_url>/autograder is put before each pattern.
PAGES = (
    status,
    assignments,
    submissions,
    job_pages,
    release,
    report,
    written,
)


class GradingPage(ExtensionApp):
    """Serves the page at <base_url>/autograder."""

    name = "autograder"
    extension_url = "/autograder"
    load_other_extensions = True
    static_paths = [str(HERE / "static")]  # noqa: RUF012  # a trait's default, copied by traitlets

    enabled = Bool(True, help="Whether this server serves the page; False for students.").tag(config=True)
    course_root = Unicode("", help="The course directory; empty: the server's root, or what nbgrader is told.").tag(
        config=True
    )

    def initialize_settings(self) -> None:
        environment = Environment(
            loader=PackageLoader("autograder.server"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, finalize=filters.clean_value,
        )  # fmt: skip
        environment.filters.update(filters.FILTERS)
        assert self.serverapp is not None, "linked by jupyter_server before this is called"
        place = Place(Path(self.serverapp.root_dir), self.course_root, self.enabled)
        self.settings.update(autograder_templates=environment, autograder_place=place, autograder_results=Results())

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """jupyter_server calls this when its event loop runs."""
        self._awake = PeriodicCallback(self._stay_awake, AWAKE_MS)
        self._awake.start()

    async def _stay_awake(self) -> None:
        """Reports activity while a job runs: a hub stops an idle server and its container, and the job with them."""
        assert self.serverapp is not None
        settings = self.serverapp.web_app.settings
        try:
            busy = await asyncio.to_thread(lambda: has_running_job(settings["autograder_place"].course()))
        except CourseRefusal:
            return
        if busy:
            settings["api_last_activity"] = datetime.now(UTC)

    def initialize_handlers(self) -> None:
        for module in PAGES:
            self.handlers.extend((f"/autograder{pattern}", handler) for pattern, handler in module.handlers)
