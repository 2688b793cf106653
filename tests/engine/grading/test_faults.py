"""What breaks around grading costs no mark: it is said in one line, and the next run gives what a quiet one gives."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, read_course
from autograder.errors import RecordsError
from autograder.grading import scoring
from autograder.samples.classes import Sample, misconception
from tests.conftest import WARMUP, MakeCourse, autograder, environment
from tests.engine.banks import find_bank
from tests.engine.grading.test_interrupted import FEW, Whole, assert_same, marks, result_file
from tests.pools import Warm, class_of, grade_here
from tests.processes import forks, gone, wait_for, zygote

WRONG = {**FEW, "softmax": misconception(find_bank("softmax"), "no_maximum")}
SAMPLES = [  # b waits for whoever kills it
    Sample("a-few", FEW),
    Sample("b-wrong", WRONG, extra=("import time\n\ntime.sleep(1)",)),
    Sample("c-few", FEW),
]
STUDENTS = [sample.student for sample in SAMPLES]
KIB = 1 << 10


@pytest.fixture(scope="module")
def whole(make_short: MakeCourse, short: Warm) -> Whole:
    """What a run gives that nothing disturbs."""
    course = make_short("undisturbed", SAMPLES)
    return Whole(course, marks(grade_here(course, short)))


@pytest.fixture
def course(make_short: MakeCourse, whole: Whole) -> Course:
    made = make_short("disturbed", SAMPLES)
    made.secret()
    (made.state / "secret").write_bytes(whole.secret)
    return made


def assert_next_run_is_whole(course: Course, short: Warm, whole: Whole) -> None:
    done = grade_here(course, short)
    assert [one.result.status for one in done] == ["graded"] * len(SAMPLES)
    assert_same(course, done, whole)


# ---- processes that are killed -----------------------------------------------------------------------------


def test_a_submissions_process_that_is_killed_from_outside_costs_nothing(
    course: Course, short: Warm, whole: Whole
) -> None:
    """As the kernel does when the machine's memory is used up, by whomever."""
    with ThreadPoolExecutor(1) as executor:
        found = executor.submit(grade_here, course, short)
        wait_for(lambda: result_file(course, "a-few").exists() and forks(short[0].sandbox))
        for pid in forks(short[0].sandbox):
            os.kill(pid, signal.SIGKILL)
        done = found.result(timeout=400)
    assert {one.result.student: one.result.reason for one in done} == dict.fromkeys(STUDENTS, "")
    assert_same(course, done, whole)


def test_a_killed_zygote_is_our_fault_and_is_made_good_by_the_next_run(
    course: Course, short: Warm, whole: Whole
) -> None:
    sandbox = short[0].sandbox
    with ThreadPoolExecutor(1) as executor:
        found = executor.submit(grade_here, course, short)
        wait_for(lambda: result_file(course, "a-few").exists() and forks(sandbox))
        left = forks(sandbox)
        os.kill(zygote(sandbox), signal.SIGKILL)
        status = {one.result.student: one.result.status for one in found.result(timeout=400)}
    assert sorted(status.values()) == ["graded", "graded", "grader_error"]
    wait_for(lambda: all(map(gone, left)))
    before = {s: result_file(course, s).stat().st_mtime_ns for s in STUDENTS if status[s] == "graded"}
    assert_next_run_is_whole(course, short, whole)
    assert {s: result_file(course, s).stat().st_mtime_ns for s in before} == before, "none was graded twice"


# ---- memory and clocks -------------------------------------------------------------------------------------


def test_memory_that_the_grader_lacks_is_our_fault(
    course: Course, short: Warm, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = scoring.rebuild, iter((False, True, False))

    def rebuild(*words: Any) -> Any:
        if next(calls):
            raise MemoryError
        return real(*words)

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "rebuild", rebuild)
        done = grade_here(course, short)
    assert [one.result.status for one in done] == ["graded", "grader_error", "graded"]
    assert "MemoryError" in done[1].result.reason
    assert_next_run_is_whole(course, short, whole)


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group for a grader and its zygote, whose memory can be limited; version 1 or 2."""
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    place = Path("/sys/fs/cgroup" if unified else "/sys/fs/cgroup/memory") / "autograder-test-memory"
    try:
        place.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made, run the tests as root of a machine: {error}")
    if not any((place / name).exists() for name in LIMITS):
        place.rmdir()
        pytest.skip(f"{place.parent} hands no memory controller on")
    try:
        yield place
    finally:
        wait_for(lambda: not (place / "cgroup.procs").read_text())
        place.rmdir()


LIMITS = ("memory.max", "memory.limit_in_bytes")  # of version 2 and 1


@pytest.mark.matrix
def test_a_machine_without_memory_loses_nothing(course: Course, short: Warm, whole: Whole, small_memory: Path) -> None:
    """The kernel kills what it likes of the grader and its zygote, which together need some 600 MiB."""
    for name in LIMITS:
        if (small_memory / name).exists():
            limit = small_memory / name
    command = [sys.executable, "-m", "autograder", "grade", WARMUP, "--jobs", "1", "--json"]
    ends = []
    for mib in (300, 500):
        limit.write_text(str(mib << 20))
        ran = subprocess.run(
            ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(small_memory), *command],
            cwd=course.root, env=environment(), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert ran.returncode in (0, 3, -signal.SIGKILL), ran.stderr
        assert ran.returncode == -signal.SIGKILL or "Traceback" not in ran.stderr
        printed = [json.loads(line)["status"] for line in ran.stdout.splitlines()]
        assert set(printed) <= {"graded", "grader_error"}
        ends.append((ran.returncode, printed))
    assert any(code != 0 for code, _ in ends), "there was memory enough: the test is out of date"
    assert_next_run_is_whole(course, short, whole)


WALL_CLOCKS = re.compile(
    r"\btime\.time\(|time_ns\(|\bdatetime\.(now|utcnow|today)\(|\btime\.(localtime|gmtime|ctime)\("
)


def test_no_clock_that_can_jump_is_read_while_grading() -> None:
    """Also in the zygote and in a submission's process, where no test can change the clock."""
    package = Path(scoring.__file__).parents[1]
    parts = ("sandbox", "judging", "gradebook", "grading")
    files = [*package.glob("*.py"), *(path for part in parts for path in (package / part).rglob("*.py"))]
    assert {path.relative_to(package).parts[0] for path in files} >= {*parts, "model.py"}
    assert [str(p.relative_to(package)) for p in files if WALL_CLOCKS.search(p.read_text())] == []


def test_a_clock_that_jumps_changes_nothing(
    course: Course, short: Warm, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps = random.Random(0)
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: jumps.uniform(-1e9, 4e9))
        done = grade_here(course, short)
    assert_same(course, done, whole)


# ---- disks -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled needs a mount: run the tests as root, in a container with CAP_SYS_ADMIN")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, room: int) -> Path:
    """A file that leaves `room` bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        os.posix_fallocate(file.fileno(), 0, max(free - room, 1))
    return filler


@pytest.mark.parametrize(("kind", "rooms"), [
    ("all", (0, 64 * KIB, 256 * KIB, 400 * KIB, 560 * KIB)),  # the gradebook, notebooks, results
    ("state", (0, 4 * KIB, 8 * KIB)),
])  # fmt: skip
def test_a_full_disk_stops_the_run_and_loses_nothing(
    course: Course, short: Warm, whole: Whole, small_disk: Path, kind: str, rooms: tuple[int, ...]
) -> None:
    if kind == "all":
        shutil.copytree(course.root, small_disk / "course")
        course = read_course(small_disk / "course")
    else:
        shutil.copytree(course.state, small_disk / "state")
        shutil.rmtree(course.state)
        course.state.symlink_to(small_disk / "state")
    said = []
    for room in rooms:
        filler = fill(small_disk, room)
        try:
            grade_here(course, short)
        except RecordsError as error:
            said.append(str(error))
        finally:
            filler.unlink()
    assert len(said) >= 2, "there was room enough: the test is out of date"
    assert all("No space left" in text or "disk is full" in text for text in said), said
    assert_next_run_is_whole(course, short, whole)


# ---- the gradebook -----------------------------------------------------------------------------------------


def with_gradebook(course: Course, url: str) -> Course:
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + f"\nc.CourseDirectory.db_url = {url!r}\n")
    return read_course(course.root)


def test_a_gradebook_that_is_locked_meanwhile_stops_the_run(course: Course, short: Warm, whole: Whole) -> None:
    path = course.root / "gradebook.db"
    impatient = with_gradebook(course, f"sqlite:///{path}?timeout=0.2")
    a_class, pool = class_of(impatient, short)
    run = a_class.grade([], pool)
    first = next(run)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RecordsError, match=r"locked; another program holds it.*is kept"):
            next(run)
    assert not result_file(course, "b-wrong").exists()
    done = grade_here(course, short)
    assert {one.result.student: one.fresh for one in done} == {"a-few": False, "b-wrong": True, "c-few": True}
    assert marks([first])["a-few"] == whole.marks["a-few"]
    assert_same(course, done, whole)


def test_a_gradebook_that_cannot_be_written_is_said_to_be_that(course: Course, short: Warm, whole: Whole) -> None:
    grade_here(course, short)
    path = course.root / "gradebook.db"
    saved = path.read_bytes()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE grade SET auto_score = 0")  # else there would be nothing to write
    config = (course.root / "nbgrader_config.py").read_text()
    read_only = with_gradebook(course, f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(RecordsError, match=r"readonly database; make it writable"):
        grade_here(read_only, short, regrade=True)
    (course.root / "nbgrader_config.py").write_text(config)
    path.write_bytes(saved)
    assert_next_run_is_whole(course, short, whole)


# ---- as a TA meets them ------------------------------------------------------------------------------------


def test_a_locked_gradebook_on_the_command_line(course: Course) -> None:
    path = course.root / "gradebook.db"
    with_gradebook(course, f"sqlite:///{path}?timeout=0.2")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("BEGIN EXCLUSIVE")
        ran = autograder(course.root, "grade", WARMUP, "--student", "a-few")
    assert ran.returncode == 3, ran.stderr
    assert "database is locked; another program holds it" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_stops_nothing(course: Course, short: Warm, whole: Whole) -> None:
    """autograder grade ASSIGNMENT --json | head -1"""
    command = [sys.executable, "-m", "autograder", "grade", WARMUP, "--json", "--jobs", "1"]
    with subprocess.Popen(
        command, cwd=course.root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["student"] == "a-few"
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=300) == 0, said
    assert "nobody reads the results any more" in said
    done = grade_here(course, short)
    assert [one.fresh for one in done] == [False] * len(SAMPLES), "all was graded, and nothing twice"
    assert_same(course, done, whole)
