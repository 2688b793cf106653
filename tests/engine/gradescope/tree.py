"""An autograder's zip file and submissions to it, for the tests that run `run_autograder` as Gradescope does."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.authoring.plan import make_plan
from autograder.gradescope.target import write_secret_bundle
from autograder.samples.classes import Sample, misconception, notebook
from benchmarks.load import WARMUP as NAME
from benchmarks.load import make_warmup
from tests.conftest import REFLECT
from tests.engine.banks import BANKS, find_bank

HERE = Path(__file__).parent
SECRET = bytes(range(32))
LATE = """import math

from nbgrader.plugins import BasePlugin


class HalfAPointADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * math.ceil(total_seconds_late / 86400)
"""
# Of the machine that the course stands on, and no good in a container.
SETTINGS = """
c.AssignLatePenalties.plugin_class = "late.HalfAPointADay"
c.Autograder.tier = 2
c.CourseDirectory.db_url = "postgresql://ta:PASSWORD@db.test/course"
c.IncludeHeaderFooter.header = "header.ipynb"
"""

# What a student would write to break out of a page, of Markdown, or of the JSON around it.
INJECTION = (
    '"}],"score":99}</pre><script>alert(1)</script>\\n\\n# **full marks** [a](javascript:b) `` ```\\n\\n    code $$x$$'
)
SHOUTS = f"""def softmax(x, dim=-1):
    raise ValueError({INJECTION!r})
"""
REACHES = '''
import glob, importlib, os, pathlib, socket, subprocess, sys
def _tries(*attempts):
    for attempt in attempts:
        try:
            got = attempt()
        except BaseException:
            continue
        if got:
            raise RuntimeError(f"BROKE OUT {got!r}")
def causal_mask(n_q, n_k=None, device=None):
    _tries(
        lambda: glob.glob("/autograder/source/*"),
        lambda: open("/autograder/source/course/.autograder/secret").read(),
        lambda: open("/autograder/source/course/source/warmup/warmup.ipynb").read(),
        lambda: open("/autograder/submission_metadata.json").read(),
        lambda: pathlib.Path("/autograder/results/results.json").write_text('{"score": 99}'),
        lambda: os.listdir("/autograder/source/course/checks/warmup"),
        lambda: open("/autograder/source/course/checks/warmup/softmax.py").read(),
        lambda: sys.path.append("/autograder/source/course") or importlib.import_module("checks.warmup.softmax"),
        lambda: open("/autograder/source/tests/softmax.py").read(),
        lambda: [n for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid() and open(f"/proc/{n}/mem")],
        lambda: os.setuid(0) is None,
        lambda: socket.create_server(("127.0.0.1", 0)),
        lambda: subprocess.Popen(["sleep", "300"], start_new_session=True) and False,
    )
    return None
'''  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One submission: files by path, what Gradescope tells of it, and shell lines run before and after grading."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    before: str = ""
    after: str = ""


def metadata(*emails: str, created: str = "2026-03-01T10:00:00.123456-08:00", **more: Any) -> dict[str, Any]:
    """As Gradescope documents submission_metadata.json; due on the first of March at noon, late work for a week."""
    return {
        "id": 123456,
        "created_at": created,
        "assignment": {
            "due_date": "2026-03-01T12:00:00.000000-08:00",
            "group_size": 2,
            "group_submission": True,
            "id": 25828,
            "course_id": 1234,
            "late_due_date": "2026-03-08T12:00:00.000000-08:00",
            "release_date": "2026-02-01T00:00:00.000000-08:00",
            "title": "Warm-up",
            "total_points": "11.0",
        },
        "submission_method": "upload",
        "users": [{"email": email, "id": n, "name": email.split("@")[0]} for n, email in enumerate(emails)],
        "previous_submissions": [],
        **more,
    }


def make_course(folder: Path) -> Path:
    """The warm-up course with a question marked by hand, built; its zip file holds the secret."""
    folder.mkdir(exist_ok=True)
    (folder / "late.py").write_text(LATE)
    make_warmup(folder, text=REFLECT, settings=SETTINGS)
    write_secret_bundle(make_plan(folder, NAME, known_checks=set(BANKS)), zip_of(folder), SECRET)
    return folder


def zip_of(course: Path) -> Path:
    return course / ".autograder" / "gradescope" / f"{NAME}-autograder.zip"


def handed_in(course: Path, sample: Sample, *, release: str = "release-otter") -> bytes:
    """The notebook of a sample student."""
    given = json.loads((course / release / NAME / f"{NAME}.ipynb").read_text())
    solved = json.loads((course / "solutions" / NAME / f"{NAME}.ipynb").read_text())
    return json.dumps(notebook(given, solved, sample)).encode()


def cases(course: Path) -> dict[str, Case]:
    earlier = {
        "submission_time": "2026-02-27T10:00:00.0-08:00",
        "score": 7.25,
        "results": {"extra_data": {"status": "graded"}},
    }
    failed = {**earlier, "submission_time": "2026-02-28T10:00:00.0-08:00", "score": 0.0}
    failed["results"] = {"extra_data": {"status": "grader_error"}}
    wrong = {"causal_mask": misconception(find_bank("causal_mask"), "first_sees_first"), "reflect": None}
    unlike = handed_in(course, Sample("", wrong))
    honest = handed_in(course, Sample(""))
    crash = handed_in(course, Sample("", appended={"causal_mask": "\n\nimport os\n\nos._exit(0)"}))
    late = metadata("ada@example.edu", created="2026-03-02T13:30:00.0-08:00", previous_submissions=[earlier])
    hostile = handed_in(course, Sample("", {"softmax": SHOUTS, "causal_mask": REACHES}), release="release")
    return {
        "honest-and-late": Case({"warmup.ipynb": honest, ".OTTER_LOG": b"log"}, late),
        "wrong": Case({"hw/my work.ipynb": unlike}, metadata("grace@example.edu", "alan@example.edu")),
        "hostile": Case({"warmup.ipynb": hostile}, metadata("eve@x.edu")),
        "crashing": Case({"warmup.ipynb": crash}, metadata("ada@example.edu")),
        "empty": Case({"notes.txt": b"sorry"}, metadata("ada@example.edu")),
        "nothing-and-too-late": Case({}, metadata("ada@example.edu", created="2026-03-09T12:00:00.0-08:00")),
        "two-notebooks": Case({"a.ipynb": honest, "b.ipynb": honest}, metadata("ada@example.edu")),
        "our-fault": Case(
            {"warmup.ipynb": honest}, metadata("ada@example.edu", previous_submissions=[earlier, failed]),
            before="mv source/course/source /tmp/hidden", after="mv /tmp/hidden source/course/source",
        ),
        "killed": Case(
            {"warmup.ipynb": honest}, metadata("ada@example.edu", previous_submissions=[earlier, failed]),
            before="mv venv/bin/python /tmp/python; ln -s /bin/false venv/bin/python",
            after="mv /tmp/python venv/bin/python",
        ),
    }  # fmt: skip


def lay_out(folder: Path, given: Mapping[str, Case]) -> None:
    """Writes the cases as image.sh reads them."""
    for name, case in given.items():
        here = folder / name
        (here / "submission").mkdir(parents=True)
        for path, data in case.files.items():
            (here / "submission" / path).parent.mkdir(parents=True, exist_ok=True)
            (here / "submission" / path).write_bytes(data)
        (here / "submission_metadata.json").write_text(json.dumps(copy.deepcopy(dict(case.metadata))))
        (here / "before").write_text(case.before)
        (here / "after").write_text(case.after)


def command(course: Path, given: Path, out: Path) -> list[str]:
    """Grades the cases; to be run as root."""
    script = str(HERE / "image.sh")
    inside = ["bash", script, sys.prefix, sys.base_prefix, str(zip_of(course)), str(given), str(out)]
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", *inside]
