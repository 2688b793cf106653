"""The local pool: as many workers as one likes give the same; one that dies costs one submission; none is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.grading.batch import Class, SubmissionResult
from autograder.grading.opening import Options, read_confinement, read_opening
from autograder.grading.pool import Job, LocalPool, Outcome
from autograder.grading.travel import (
    Opening,
    SubmittedWork,
    pack_opening,
    pack_submission,
    unpack_graded,
    unpack_opening,
)
from autograder.samples.classes import Sample, misconception
from tests.conftest import WARMUP, MakeCourse, environment
from tests.engine.banks import find_bank
from tests.engine.grading.test_interrupted import FEW, Whole, assert_same, marks, result_file
from tests.matrix import mostly_matrix
from tests.pools import Warm, grade_here
from tests.processes import below, gone, running, wait_for, zygotes

WORKER = b"autograder.grading.worker"
SLEEP = "import time\n\ntime.sleep(2)"
SAMPLES = [
    Sample("a-right", FEW),
    Sample("b-wrong", {**FEW, "softmax": misconception(find_bank("softmax"), "no_maximum")}),
    Sample("c-slow", FEW, extra=(SLEEP,)),
    Sample("d-half", {**FEW, "causal_mask": None}),
    Sample("e-sets", FEW, extra=("print(hash('x'), {'a', 'b', 'c'})",)),
]


def read(course: Course) -> tuple[Opening, dict[str, Any]]:
    return read_opening(course, WARMUP, read_confinement(course, WARMUP, Options()), Options())


def workers() -> list[int]:
    """Workers, without the process that they are forked of."""
    found = running(WORKER)
    return [pid for pid in found if any(pid in below(other) for other in found)]


@pytest.fixture(scope="module")
def whole(make_short: MakeCourse, short: Warm) -> Whole:
    """What judging in one process gives."""
    course = make_short("one", SAMPLES)
    return Whole(course, marks(grade_here(course, short)))


@pytest.fixture
def course(make_short: MakeCourse, whole: Whole) -> Course:
    made = make_short("pool", SAMPLES)
    made.secret()
    (made.state / "secret").write_bytes(whole.secret)
    return made


@pytest.fixture(autouse=True)
def _none_is_left(short: Warm) -> Iterator[None]:
    before = zygotes()
    yield
    assert running(WORKER) == []
    assert zygotes() == before


@pytest.mark.parametrize("jobs", mostly_matrix([1, 2, 8], keep=[2]))
def test_any_number_of_workers_gives_the_same(course: Course, whole: Whole, jobs: int) -> None:
    opening, prepared = read(course)
    before, seen = len(zygotes()), []
    done: list[SubmissionResult] = []
    for one in Class(course, opening, prepared).grade([], LocalPool(jobs)):
        done.append(one)
        seen.append((len(zygotes()) - before, len(workers())))
    assert_same(course, done, whole)
    assert {zygote for zygote, _ in seen} == {1}, "all workers share one"
    assert max(number for _, number in seen) == min(jobs, len(SAMPLES))


def test_a_worker_that_is_killed_costs_its_submission_and_no_mark(course: Course, short: Warm, whole: Whole) -> None:
    opening, prepared = read(course)
    done: list[SubmissionResult] = []
    for one in Class(course, opening, prepared).grade([], LocalPool(1)):
        done.append(one)
        if one.result.student == "b-wrong":
            wait_for(workers)
            os.kill(workers()[0], signal.SIGKILL)  # c-slow is with it
    status = {one.result.student: one.result.status for one in done}
    assert status == {**dict.fromkeys(whole.marks, "graded"), "c-slow": "grader_error"}
    lost = next(one.result for one in done if one.result.student == "c-slow")
    assert "the process that graded it has ended" in lost.reason
    assert not result_file(course, "c-slow").exists()
    again = grade_here(course, short)
    assert [one.result.student for one in again if one.fresh] == ["c-slow"]
    assert_same(course, again, whole)


def submissions(course: Course, students: Iterator[str]) -> Iterator[Job]:
    for student in students:
        path = course.root / "submitted" / student / WARMUP / f"{WARMUP}.ipynb"
        yield Job(student, pack_submission(SubmittedWork(student, {WARMUP: path.read_bytes()})))


def status(outcome: Outcome) -> str:
    return "lost" if outcome.lost else unpack_graded(outcome.data).result.status


@pytest.mark.parametrize("victim", mostly_matrix(["zygote", "nursery"], keep=["nursery"]))
def test_what_workers_share_is_replaced(course: Course, victim: str) -> None:
    opening = pack_opening(read(course)[0])
    before, found = zygotes(), {}
    for outcome in LocalPool(1).run(opening, submissions(course, iter(["b-wrong", "c-slow", "d-half", "a-right"]))):
        found[outcome.student] = status(outcome)
        if outcome.student == "b-wrong":
            time.sleep(0.5)  # c-slow sleeps
            (pid,) = (
                [pid for pid in zygotes() if pid not in before]
                if victim == "zygote"
                else [pid for pid in running(WORKER) if pid not in workers()]
            )
            os.kill(pid, signal.SIGKILL)
    expected = "grader_error" if victim == "zygote" else "lost"
    assert found == {"b-wrong": "graded", "c-slow": expected, "d-half": "graded", "a-right": "graded"}


class Stop(Exception):
    pass


def test_a_consumer_that_fails_ends_all(course: Course) -> None:
    opening, prepared = read(course)

    def grade() -> None:
        for one in Class(course, opening, prepared).grade([], LocalPool(2)):
            raise Stop(one)

    with pytest.raises(Stop):
        grade()
    assert running(WORKER) == [], "though the frame above still lives in the exception"


@pytest.mark.parametrize("number", mostly_matrix([signal.SIGINT, signal.SIGKILL], keep=[signal.SIGKILL]))
@pytest.mark.parametrize("moment", mostly_matrix(["importing", "grading"], keep=["grading"]))
def test_nothing_outlives_the_command(course: Course, number: signal.Signals, moment: str) -> None:
    command = [sys.executable, "-m", "autograder", "grade", WARMUP, "--jobs", "2"]
    with subprocess.Popen(
        command,
        cwd=course.root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        wait_for(lambda: any(WORKER in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below(process.pid)))
        if moment == "grading":
            wait_for(lambda: result_file(course, "a-right").exists())
        started = below(process.pid)
        process.send_signal(number)
        process.wait(timeout=60)
    wait_for(lambda: all(map(gone, started)), 60)


def test_workers_that_cannot_start_say_why(course: Course) -> None:
    with LocalPool(1) as pool:
        pool.start(read_confinement(course, WARMUP, Options()))
        with pytest.raises(AutograderError, match=r"workers could not be started.*JSONDecodeError"):
            list(pool.run(b"{", submissions(course, iter(["a-right"]))))


def test_the_opening_travels_whole(course: Course) -> None:
    opening, _ = read(course)
    opening = replace(opening, files={"data/table.bin": bytes(range(256))})
    packed = pack_opening(opening)
    there = unpack_opening(packed)
    assert there.assignment == opening.assignment
    assert there.banks.digest == opening.banks.digest
    assert dict(there.banks.files()) == dict(opening.banks.files())
    assert {**vars(there), "banks": None} == {**vars(opening), "banks": None}
    json.loads(packed)  # plain text: nothing in it can run


def test_banks_that_came_along_need_no_files(course: Course) -> None:
    """As on another machine; and it is the text that the digest names, whatever lies there by now."""
    opening = unpack_opening(pack_opening(read(course)[0]))
    for path in (course.root / "checks").rglob("*.py"):
        path.write_text("raise RuntimeError('it was read anew')")
    assert opening.banks.find("softmax").name == "softmax"


def test_a_students_name_stands_beside_the_bytes(course: Course) -> None:
    opening = pack_opening(read(course)[0])
    (job,) = submissions(course, iter(["a-right"]))
    named = Job("élise \N{SNOWMAN}", job.data)
    (outcome,) = LocalPool(1).run(opening, iter([named]))
    assert outcome.student == named.student
    assert unpack_graded(outcome.data).result.student == named.student
    assert b"a-right" not in job.data
    assert b"lise" not in named.data
