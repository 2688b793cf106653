"""The extension itself: settings, and which pages are served; last of the server's modules on the path to the cli.

c.GradingPage.enabled = False       no pages and no entry in the launcher: for students' servers
c.GradingPage.course_root = "..."   the course directory, where it is not the folder that the server shows
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Unicode

from autograder.server import assignments, filters, job_pages, release, status, submissions
from autograder.server.place import Place
from autograder.server.results import Results

HERE = Path(__file__).parent
# Modules with a list `handlers` of (pattern, class); a pattern begins behind <base_url>/autograder.
PAGES = (
    status,
    assignments,
    submissions,
    job_pages,
    release,
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
            trim_blocks=True, lstrip_blocks=True, finalize=filters.printable,
        )  # fmt: skip
        environment.filters.update(filters.FILTERS)
        assert self.serverapp is not None, "linked by jupyter_server before this is called"
        place = Place(Path(self.serverapp.root_dir), self.course_root, self.enabled)
        self.settings.update(autograder_templates=environment, autograder_place=place, autograder_results=Results())

    def initialize_handlers(self) -> None:
        for module in PAGES:
            self.handlers.extend((f"/autograder{pattern}", handler) for pattern, handler in module.handlers)
