"""A run that ends anywhere is taken up by the next: nothing is lost, nothing graded twice, and no process is left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.gradebook.writer import GradebookWriter
from autograder.grading import batch as grading
from autograder.grading import record
from autograder.grading.batch import SubmissionResult
from autograder.samples.classes import Sample, misconception
from benchmarks.contents import notebooks, rows
from tests.conftest import WARMUP, MakeCourse, environment
from tests.engine.banks import find_bank
from tests.matrix import mostly_matrix
from tests.pools import Warm, grade_here
from tests.processes import below, gone, wait_for

SLEEP = "import time\n\ntime.sleep(2)"  # longer than a signal takes to arrive, shorter than a cell may take
# Little is done in each, so that grading them again and again is quick.
FEW: dict[str, str | None] = {"scaled_dot_product_attention": None}
SAMPLES = [
    Sample("a-right", FEW),
    Sample("b-wrong", {**FEW, "softmax": misconception(find_bank("softmax"), "no_maximum")}),
    Sample("c-slow", FEW, extra=(SLEEP,)),
    Sample("d-half", {**FEW, "causal_mask": None}),
]
STUDENTS = [sample.student for sample in SAMPLES]


def marks(done: list[SubmissionResult]) -> dict[str, Any]:
    """All but the times."""
    return {one.result.student: {k: v for k, v in asdict(one.result).items() if k != "seconds"} for one in done}


def result_file(course: Course, student: str) -> Path:
    return course.state / "results" / WARMUP / f"{student}.json"


class Whole:
    def __init__(self, course: Course, marks: dict[str, Any]) -> None:
        self.secret = (course.state / "secret").read_bytes()
        self.marks, self.rows, self.notebooks = marks, rows(course.root), notebooks(course.root)


@pytest.fixture(scope="module")
def whole(make_short: MakeCourse, short: Warm) -> Whole:
    """What a run gives that nobody interrupts."""
    course = make_short("whole", SAMPLES)
    done = grade_here(course, short)
    assert [one.fresh for one in done] == [True] * len(SAMPLES)
    return Whole(course, marks(done))


@pytest.fixture
def course(make_short: MakeCourse, whole: Whole) -> Course:
    made = make_short("interrupted", SAMPLES)
    made.secret()
    (made.state / "secret").write_bytes(whole.secret)
    return made


def assert_same(course: Course, done: list[SubmissionResult], whole: Whole) -> None:
    for student, found in marks(done).items():
        assert found == whole.marks[student]
    assert rows(course.root) == whole.rows
    assert notebooks(course.root) == whole.notebooks, "nor is anything else left in autograded/"


@pytest.fixture
def running(course: Course) -> Iterator[subprocess.Popen[str]]:
    """`autograder grade`, two students done and the third one's slow cell running."""
    command = [sys.executable, "-m", "autograder", "grade", WARMUP, "--jobs", "1", "--json"]
    with subprocess.Popen(
        command,
        cwd=course.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # As a terminal starts it: what runs in the background of a shell ignores Ctrl-C, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            wait_for(lambda: result_file(course, "b-wrong").exists() or process.poll() is not None)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", mostly_matrix([signal.SIGINT, signal.SIGKILL], keep=[signal.SIGKILL]))
def test_the_next_run_goes_on(
    running: subprocess.Popen[str], course: Course, short: Warm, whole: Whole, number: signal.Signals
) -> None:
    kept = {s: result_file(course, s).stat().st_mtime_ns for s in STUDENTS[:2]}
    started = below(running.pid)
    assert started, "the zygote and a submission"
    running.send_signal(number)
    printed, said = running.communicate(timeout=60)
    if number == signal.SIGINT:
        assert (running.returncode, "interrupted: what is graded is kept" in said) == (130, True), said
        assert "Traceback" not in said
    wait_for(lambda: all(map(gone, started)))
    assert [json.loads(line)["student"] for line in printed.splitlines()] == STUDENTS[:2]
    assert not result_file(course, "c-slow").exists()

    done = grade_here(course, short)
    assert sorted((one.result.student, one.fresh) for one in done) == [
        ("a-right", False), ("b-wrong", False), ("c-slow", True), ("d-half", True)
    ]  # fmt: skip
    assert {s: result_file(course, s).stat().st_mtime_ns for s in STUDENTS[:2]} == kept
    assert_same(course, done, whole)


class Stop(BaseException):
    """Stands for the end of the process, at a moment that a signal could not be timed to hit; nobody catches it."""


@pytest.mark.parametrize(("owner", "name", "after"), [
    (GradebookWriter, "save", False),  # the notebooks are written, the gradebook is not
    (GradebookWriter, "save", True),  # the gradebook is written, that it is done is not
    (record, "write_text", False),
    (grading.shutil, "rmtree", False),  # two folders are there, the old and the new
    (grading.Path, "write_bytes", True),  # in the middle of the files
])  # fmt: skip
def test_stopped_in_the_middle_of_writing(
    course: Course, short: Warm, whole: Whole, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: bool
) -> None:
    if name == "rmtree":
        grade_here(course, short)  # so that there are old ones
    real = getattr(owner, name)

    def stopping(*args: Any, **more: Any) -> Any:
        if name == "rmtree" and not str(args[0]).endswith(".old"):
            return real(*args, **more)  # the sandbox's own folders
        if after:
            real(*args, **more)
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stopping)
        with pytest.raises(Stop):
            grade_here(course, short, regrade=name == "rmtree")
    assert not result_file(course, "a-right").exists(), "it is not done until all of it is written"
    done = grade_here(course, short)
    assert next(one.fresh for one in done if one.result.student == "a-right")
    assert_same(course, done, whole)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"digest": 3}', '{"digest": "", "conditions": {}}'])
def test_a_damaged_result_file_is_graded_anew(course: Course, short: Warm, whole: Whole, damage: str) -> None:
    for student in STUDENTS[1:]:  # refused at once: it is about another one
        (course.root / "submitted" / student / WARMUP / f"{WARMUP}.ipynb").unlink()
    grade_here(course, short)
    result_file(course, "a-right").write_text(damage)
    done = grade_here(course, short)
    assert [one.fresh for one in done if one.result.student == "a-right"] == [True]
    assert marks(done)["a-right"] == whole.marks["a-right"]


def test_what_has_changed_is_graded_anew(course: Course, short: Warm, whole: Whole) -> None:
    grade_here(course, short)
    folder = course.root / "submitted" / "b-wrong" / WARMUP
    folder.joinpath(f"{WARMUP}.ipynb").write_bytes(
        (course.root / "submitted" / "a-right" / WARMUP / f"{WARMUP}.ipynb").read_bytes()
    )
    done = {one.result.student: one for one in grade_here(course, short)}
    assert [student for student, one in done.items() if one.fresh] == ["b-wrong"]
    assert done["b-wrong"].result.score == done["a-right"].result.score


def test_regrading_changes_nothing(course: Course, short: Warm, whole: Whole) -> None:
    for _ in range(2):
        done = grade_here(course, short, regrade=True)
        assert all(one.fresh for one in done)
        assert_same(course, done, whole)
