"""The nbconvert exporter that nbgrader's generate_feedback calls for a feedback page; after the page's content.

In `nbgrader_config.py`: c.GenerateFeedback.exporter_class = "autograder.feedback.exporter.FeedbackExporter"
"""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Bool, default

from autograder.course import Course
from autograder.errors import UsageError
from autograder.feedback.content import OWN, content
from autograder.gradebook.reader import read_notebook
from autograder.rendering.page import page
from autograder.rendering.text import duration


class FeedbackExporter(Exporter):  # type: ignore[misc]  # nbconvert ships no types
    """An autograded notebook -> the student's page, with the marks and comments from the gradebook."""

    show_tests = Bool(
        False,
        help="Whether the page shows the code of test cells, hidden tests with it, and all that ran there.",
    ).tag(config=True)

    @default("file_extension")  # type: ignore[untyped-decorator]  # traitlets has no types for it
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> tuple[str, Any]:
        notebook, resources = super().from_notebook_node(nb, resources, **kwargs)
        about = resources["nbgrader"]
        submission, marks = read_notebook(about["db_url"], about["assignment"], about["student"], about["notebook"])
        shown = content(notebook, marks, show_tests=self.show_tests)
        moment = f"{submission.submitted:%-d %B %Y, %H:%M} UTC" if submission.submitted else ""
        late = duration(submission.late_seconds) if submission.late_seconds else ""
        return page("feedback", content=shown, moment=moment, late=late, own=OWN), resources


def preview(course: Course, assignment: str, student: str, notebook: str) -> str:
    """Makes the page as generate_feedback would write it now. UsageError if there is no autograded notebook."""
    path = course.folder("autograded", assignment, student) / f"{notebook}.ipynb"
    if not path.is_file():
        raise UsageError(f"{student} has no autograded notebook {path}: grade '{assignment}' first")
    about = {"student": student, "assignment": assignment, "notebook": notebook, "db_url": course.nbgrader.db_url}
    text, _ = FeedbackExporter(config=course.config).from_filename(str(path), resources={"nbgrader": about})
    return str(text)
