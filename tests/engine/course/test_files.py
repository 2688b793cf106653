"""Files of a course's state are written whole or not at all, and what the disk refuses is said."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course, read_course, state
from autograder.course.files import hold_lock, replace_file, take_lock, write_text
from autograder.errors import AutograderError, RecordsError
from autograder.gradebook.rule import CellMark
from autograder.server import jobs
from autograder.server.feedback_state import write_record
from autograder.server.folders import Folders
from autograder.written.answers import WrittenQuestion
from autograder.written.groups import set_alone
from autograder.written.journal import Change, Journal
from autograder.written.marking import Decision
from autograder.written.rubric import add_item

QUESTION = WrittenQuestion("waves", "waves", "essay", 3.0, "markdown", "")
WRITERS: dict[str, tuple[Callable[[Course], object], str]] = {
    "rubric": (lambda course: add_item(course, QUESTION, "name", 1.0, ""), "nothing was saved"),
    "alone": (lambda course: set_alone(course, QUESTION, ["key"], alone=True), "nothing was saved"),
    "journal": (
        lambda course: Journal(course, QUESTION).add("ann", (Change("k", CellMark(), CellMark(1.0), Decision(1.0)),)),
        "nothing was saved",
    ),
    "feedback": (lambda course: write_record(Folders(course, "waves"), "ann", "1", None), "what is graded is kept"),
    "job": (lambda course: jobs.start(course, "grade", "waves", ["ann"]), "the job was not started"),
}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    return read_course(tmp_path)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_said_in_the_words_of_what_was_to_be_done(course: Course, full_disk: None, name: str) -> None:
    write, words = WRITERS[name]
    with pytest.raises(RecordsError, match=rf"cannot be written: No space left on device; ({words})$"):
        write(course)
    left = [path for path in course.state.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_made_is_said(course: Course, name: str) -> None:
    """Something else lies in its place; where the account may not write it is the same."""
    course.state.write_text("")
    with pytest.raises(RecordsError, match="cannot be written: "):
        WRITERS[name][0](course)


def test_a_job_that_cannot_be_asked_to_end_goes_on(course: Course) -> None:
    with pytest.raises(RecordsError, match="the job goes on"):
        jobs.cancel(course.root / "gone")


def test_a_file_is_replaced_whole_or_stands(tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("file", "old")]


@pytest.mark.parametrize(("mode", "found"), [(None, 0o644), (0o600, 0o600), (0o640, 0o640)])
def test_a_mode_is_exact_and_without_one_the_umask_decides(tmp_path: Path, mode: int | None, found: int) -> None:
    before = os.umask(0o022)
    replace_file(tmp_path / "file", b"new", mode)
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == found


def test_what_is_the_courses_own_is_for_no_other_eyes(tmp_path: Path) -> None:
    before = os.umask(0o022)
    write_text(tmp_path / "result.json", "{}")
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "result.json").stat().st_mode) == 0o600


def test_text_is_utf8_in_any_locale(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from autograder.course.files import write_text; "
        "write_text(pathlib.Path(sys.argv[1]), 'B\\u00e4r')"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], check=True, env=environment)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "Bär"


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, time; from autograder.course.files import hold_lock\n"
        "with hold_lock(pathlib.Path(sys.argv[1]), 0):\n"
        "    print('locked', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"locked\n"
    with pytest.raises(AutograderError, match="another program is writing"), hold_lock(tmp_path, 0):
        pass
    other.kill()
    other.wait()
    with hold_lock(tmp_path, 5):
        pass


def test_who_looks_whether_a_lock_is_taken_takes_it_from_nobody(tmp_path: Path) -> None:
    with (tmp_path / "one").open("w") as one, (tmp_path / "one").open() as two:
        assert take_lock(one.fileno(), wait=True)
        assert not take_lock(two.fileno(), shared=True)
    with (tmp_path / "one").open() as one, (tmp_path / "one").open() as two:
        assert take_lock(one.fileno(), shared=True)
        assert take_lock(two.fileno(), shared=True)


# ---- the layout -------------------------------------------------------------------------------------------


def test_the_layout_on_disk_is_what_it_has_always_been(course: Course) -> None:
    root = course.root
    found = {
        "secret": state.secret(root),
        "results/waves/ann.json": state.result(root, "waves", "ann"),
        "feedback/waves/ann.json": state.feedback(root, "waves", "ann"),
        "written/waves/nb/essay": state.written_marks(root, ("waves", "nb", "essay")),
        "rubrics/waves.json": state.rubric(root, "waves"),
        "jobs": state.jobs(root),
        "gradescope/waves-autograder.zip": state.secret_zip(root, "waves"),
        "demo": state.demo_marker(root),
    }
    assert found == {name: root / ".autograder" / name for name in found}
    for assignment, student in (("waves", "bea"), ("tides", "ann"), ("waves", "ann")):
        write_text(state.result(root, assignment, student), "{}")
    write_text(state.secret_zip(root, "waves"), "")
    assert [(name, path.stem) for name, path in state.results(root)] == [
        ("tides", "ann"),
        ("waves", "ann"),
        ("waves", "bea"),
    ]
    assert [path.stem for _, path in state.results(root, "tides")] == ["ann"]
    assert list(state.secret_zips(root)) == [("waves", state.secret_zip(root, "waves"))]


def test_only_one_module_knows_the_layout() -> None:
    package = Path(state.__file__).parents[1]
    names = ("course.state /", "course.state.joinpath", '/ ".autograder"', "/ STATE")
    found = [
        f"{path.relative_to(package)}: {name}"
        for path in package.rglob("*.py")
        for name in names
        if path != Path(state.__file__) and name in path.read_text()
    ]
    assert found == []
