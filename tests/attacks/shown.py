"""A class that hands in the cases of cases/pages.py, graded; and every page that people open on it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from rich.console import Console

from autograder.course import read_course
from autograder.grading.batch import SubmissionResult
from autograder.grading.opening import Options
from autograder.report.tables import class_table, result_table
from tests.attacks.cases import BY_THEME
from tests.attacks.ground import HONEST, NAME, Range, make_course, open_grader
from tests.conftest import NBGRADER
from tests.pools import grade_here

# A folder's name is a student's name: who makes the folder, by an exchange or an upload, chooses it.
NAMES = ("<img src=x onerror=alert(1)>", "\u202e\x1b[2Jeve", "eve" * 60)
HANDED_IN = {
    HONEST.name: HONEST,
    **{attack.name: attack for attack in BY_THEME["pages"]},
    **dict.fromkeys(NAMES, HONEST),
}


@dataclass(frozen=True)
class Pages:
    course: Path
    done: list[SubmissionResult]
    terminal: str

    def feedback_file(self, student: str) -> Path:
        path = self.course / "feedback" / student / NAME / f"{NAME}.html"
        assert path.is_file(), "nbgrader could not make a page of it"
        return path

    def feedback(self, student: str) -> str:
        return self.feedback_file(student).read_text()

    def formgrader(self, student: str) -> str:
        """As nbgrader's extension makes it: see nbgrader/server_extensions/formgrader/formgrader.py."""
        config = read_course(self.course).config
        config.HTMLExporter.template_name = "formgrade"
        config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
        words = dict.fromkeys(("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name",
                               "first_name", "notebook_path"), "x")  # fmt: skip
        path = self.course / "autograded" / student / NAME / f"{NAME}.ipynb"
        page, _ = HTMLExporter(config=config).from_filename(str(path), resources={**words, "index": 0, "total": 1})
        return str(page)


def make_pages(folder: Path) -> Pages:
    course = make_course(folder)
    shutil.rmtree(folder / "submitted")
    with open_grader(course, NAME, Options(device="cpu")) as (grader, prepared):
        writer = Range(folder, grader, {"course": str(folder)}, None)  # type: ignore[arg-type]  # no sibling here
        for student, attack in HANDED_IN.items():
            place = folder / "submitted" / student / NAME
            place.mkdir(parents=True)
            (place / f"{NAME}.ipynb").write_bytes(writer.notebook(attack))
        done = grade_here(course, (grader, prepared))
        said = Console(file=io.StringIO(), width=130)
        class_table(done, grader.assignment, course, out=said, brief=False)
        for one in done:
            result_table(one.result, said)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(  # its exit code says that one page was not made, not which: each has its test
        [*NBGRADER, "generate_feedback", NAME, "--force", "--log-level", "ERROR"],
        cwd=folder, env={**os.environ, "PATH": path}, check=False, capture_output=True, timeout=300,
    )  # fmt: skip
    assert isinstance(said.file, io.StringIO)
    return Pages(folder, done, said.file.getvalue())
