"""A class in which nearly everyone hands in something broken: each gets a reason, and the others their marks."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nbgrader
import pytest

from autograder.cli.main import main
from autograder.course import read_course
from autograder.gradebook.writer import GradebookWriter
from autograder.samples.classes import WRITTEN, Sample
from tests.conftest import WARMUP, MakeCourse, autograder, json_lines

NAME = f"{WARMUP}.ipynb"
FULL = 9  # points of checks; two more are given by hand
ODD = "Ünal, Ö. [bold] $(id)"
HONEST = ("ada", "zoe", ODD)

# What each one's folder holds is made in `spoil`; the words that the reason must have for a TA to act on.
INVALID = {
    "not-json": "not JSON",
    "cut-off": "cut off",
    "no-notebook": "not a notebook",
    "format-3": "notebook format 3",
    "other-assignment": "of another assignment",
    "duplicate": "two cells with the id 'softmax'",
    "deep": "nested deeper",
    "linked": "is a link",
    "linked-folder": "is a link",
    "huge": "the limit is 32",
    "empty": "no file warmup.ipynb was handed in",
    "other-files": "no file warmup.ipynb was handed in",
    "folder-for-file": "not a regular file",
    "fifo": "not a regular file",
}
GRADED = {
    "missing-cells": "missing_cell:softmax",
    "extra-cells": "",
    "edited": "edited_locked_cell:test_softmax",
    "shadowing": "shadows_module:torch/__init__.py",
    "bad-timestamp": "bad_timestamp",
}


def spoil(course: Path) -> None:
    """Turns honest submissions into broken ones, each named after what is wrong with it."""
    submitted = course / "submitted"

    def path(student: str) -> Path:
        return submitted / student / WARMUP / NAME

    def change(student: str, edit: Any) -> None:
        notebook = json.loads(path(student).read_text())
        edit(notebook["cells"])
        path(student).write_text(json.dumps(notebook))

    def find(cells: list[Any], grade_id: str) -> Any:
        return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)

    def rename(cells: list[Any]) -> None:
        for cell in cells:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"]["grade_id"] += "_of_last_year"

    path("not-json").write_text("<html>please log in</html>")
    path("cut-off").write_bytes(path("cut-off").read_bytes()[:-500])
    path("no-notebook").write_text('{"some": "data"}')
    path("format-3").write_text('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}')
    path("deep").write_text("[" * 200_000)
    change("other-assignment", rename)
    change("duplicate", lambda cells: cells.append(find(cells, "softmax")))
    change("missing-cells", lambda cells: cells.remove(find(cells, "softmax")))
    change("extra-cells", lambda cells: cells.insert(1, {"cell_type": "code", "source": "mine = 1", "metadata": {}}))
    change("edited", lambda cells: find(cells, "test_softmax").update(source="pass"))
    path("linked").unlink()
    path("linked").symlink_to(path("ada"))
    shutil.rmtree(submitted / "linked-folder" / WARMUP)
    (submitted / "linked-folder" / WARMUP).symlink_to(submitted / "ada" / WARMUP)
    os.truncate(path("huge"), 900 << 20)
    path("other-files").rename(path("other-files").with_name("homework (1).ipynb"))
    for student in ("empty", "folder-for-file", "fifo"):
        path(student).unlink()
    path("empty").with_name("timestamp.txt").unlink()
    path("folder-for-file").mkdir()
    os.mkfifo(path("fifo"))
    path("bad-timestamp").with_name("timestamp.txt").write_text("yesterday, I think")
    torch = path("shadowing").with_name("torch")
    torch.mkdir()
    (torch / "__init__.py").write_text("raise SystemExit")


Here = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command line in this process, which spares the import of torch: exit code, stdout, stderr."""

    def call(course: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(course)
        monkeypatch.setattr(sys, "argv", ["autograder", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()  # type: ignore[return-value]  # codes of ours are numbers

    return call


class Broken:
    def __init__(self, course: Path, ran: CompletedProcess[str]) -> None:
        self.course, self.ran = course, ran
        self.by_student = {line["student"]: line for line in json_lines(ran.stdout)}


@pytest.fixture(scope="module")
def broken(make_short: MakeCourse) -> Broken:
    course = make_short("broken", [Sample(name) for name in (*HONEST, *INVALID, *GRADED)]).root
    spoil(course)
    return Broken(course, autograder(course, "grade", WARMUP, "--json"))


def grades(course: Path) -> dict[str, list[tuple[Any, ...]]]:
    """(auto_score, needs_manual_grade) of each cell, by student."""
    query = (
        "SELECT s.student_id, g.auto_score, g.needs_manual_grade FROM grade g "
        "JOIN submitted_notebook n ON n.id = g.notebook_id JOIN submitted_assignment s ON s.id = n.assignment_id"
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    with sqlite3.connect(course / "gradebook.db") as db:
        for student, *grade in db.execute(query):
            found.setdefault(student, []).append(tuple(grade))
    return found


def test_the_batch_ends_well(broken: Broken) -> None:
    assert broken.ran.returncode == 0, broken.ran.stderr
    assert set(broken.by_student) == {*HONEST, *INVALID, *GRADED}
    assert "Traceback" not in broken.ran.stderr


@pytest.mark.parametrize("student", HONEST)
def test_the_others_get_full_marks(broken: Broken, student: str) -> None:
    line = broken.by_student[student]
    assert (line["status"], line["score"], line["flags"]) == ("graded", FULL, [])


@pytest.mark.parametrize("student", INVALID)
def test_each_broken_one_is_invalid_with_its_reason(broken: Broken, student: str) -> None:
    line = broken.by_student[student]
    assert (line["status"], line["score"]) == ("invalid", 0)
    assert INVALID[student] in line["reason"]
    assert {q["status"] for q in line["questions"]} == {"error"}


@pytest.mark.parametrize("student", INVALID)
def test_the_summary_names_who_needs_a_person(broken: Broken, student: str) -> None:
    (line,) = [text for text in broken.ran.stderr.splitlines() if text.startswith(f"needs a person {student}:")]
    assert INVALID[student] in line


@pytest.mark.parametrize("student", INVALID)
def test_the_gradebook_asks_for_a_person(broken: Broken, student: str) -> None:
    rows = grades(broken.course)[student]
    assert len(rows) == 4
    assert all(needs_manual for _, needs_manual in rows)


@pytest.mark.parametrize("student", GRADED)
def test_what_can_be_graded_is(broken: Broken, student: str) -> None:
    line = broken.by_student[student]
    assert line["status"] == "graded"
    assert GRADED[student] in ",".join(line["flags"])
    lost = 3 if student == "missing-cells" else 0
    assert line["score"] <= FULL - lost
    assert student == "missing-cells" or line["score"] == FULL


def test_a_missing_cell_costs_its_question_only(broken: Broken) -> None:
    by_id = {q["id"]: q for q in broken.by_student["missing-cells"]["questions"]}
    assert by_id["softmax"]["status"] == "missing"
    assert by_id["causal_mask"]["status"] == "passed"


def test_an_odd_name_is_one_student_in_the_gradebook(broken: Broken) -> None:
    assert sum(auto for auto, _ in grades(broken.course)[ODD] if auto is not None) == FULL
    assert (broken.course / "autograded" / ODD / WARMUP / NAME).is_file()


def test_nothing_of_another_student_was_copied(broken: Broken) -> None:
    for student in ("linked", "linked-folder"):
        (shown,) = (broken.course / "autograded" / student).rglob("*.ipynb")
        assert "is a link" in shown.read_text(), "the page that a TA opens says why there are no marks"
        assert WRITTEN[:30] not in shown.read_text()


def test_grading_again_keeps_all_of_it(broken: Broken, here: Here) -> None:
    code, printed, said = here(broken.course, "grade", WARMUP, "--json")
    assert (code, "0 graded; " in said) == (0, True)
    again = {line["student"]: line for line in json_lines(printed)}
    assert again == broken.by_student


# ---- students and names that the gradebook does not take --------------------------------------------------


def test_neither_a_stranger_nor_the_name_of_a_file_or_folder_stops_the_batch(make_short: MakeCourse) -> None:
    course = make_short("names", [Sample(name) for name in ("ada", "eve", "bob", "jos", "stranger")]).root
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("c.Autograde.create_student = False\n")
    with GradebookWriter(read_course(course)) as records:
        for student in ("ada", "eve", "bob"):
            records._gradebook.add_student(student)
    os.rename(course / "submitted" / "jos", os.fsencode(course / "submitted") + b"/jos\xe9\n")
    (course / "source" / WARMUP / "data").mkdir()
    (course / "source" / WARMUP / "data" / "table.csv").write_text("1,2")
    (course / "source" / WARMUP / "names.txt").write_text("a")
    (course / "submitted" / "eve" / WARMUP / "data").write_text("a file, where the assignment has a folder")
    (course / "submitted" / "bob" / WARMUP / "names.txt").mkdir()
    (course / "submitted" / "bob" / WARMUP / "names.txt" / "x").write_text("a folder, where it has a file")
    ran = autograder(course, "grade", WARMUP, "--json")
    assert ran.returncode == 0, ran.stderr
    by_student = {line["student"]: line for line in json_lines(ran.stdout)}
    latin = by_student.pop("jos??")
    assert (latin["status"], "name of the folder" in latin["reason"]) == ("invalid", True)
    stranger = by_student.pop("stranger")
    assert (stranger["status"], stranger["flags"]) == ("invalid", ["unknown_student"])
    assert "nbgrader db student add" in stranger["reason"]
    assert "needs a person stranger: not in the gradebook" in ran.stderr
    assert {s: (line["status"], line["score"]) for s, line in by_student.items()} == dict.fromkeys(
        ("ada", "bob", "eve"), ("graded", FULL)
    )
    assert sorted(grades(course)) == ["ada", "bob", "eve"]
    for student in ("eve", "bob"):
        folder = course / "autograded" / student / WARMUP
        assert (folder / "data" / "table.csv").read_text() == "1,2"
        assert (folder / "names.txt").read_text() == "a"


# ---- the command line -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(make_short: MakeCourse) -> Path:
    return make_short("small", [Sample("ada")]).root


def one_line(ran: tuple[int, str, str], code: int) -> str:
    assert (ran[0], ran[1]) == (code, ""), ran[2]
    (line,) = ran[2].strip().splitlines()
    return line


@pytest.mark.parametrize(("words", "said"), [
    (("grade", "atention"), "no such assignment; there are warmup"),
    (("grade", WARMUP, "--student", "nobody"), "no submission of nobody"),
    (("grade", WARMUP, "--device", "tpu"), "choose auto, cpu or cuda"),
    (("run", "nowhere.ipynb", "--assignment", WARMUP), "there is no file nowhere.ipynb"),
])  # fmt: skip
def test_bad_usage_is_one_line_and_two(small: Path, here: Here, words: tuple[str, ...], said: str) -> None:
    assert said in one_line(here(small, *words), 2)


@pytest.mark.parametrize("words", [("grade", WARMUP, "--colour"), ("grade", WARMUP, "--jobs", "0"), ("grade",),
                                   ("run", "x.ipynb"), ("marks",)])  # fmt: skip
def test_bad_flags_are_two(small: Path, here: Here, words: tuple[str, ...]) -> None:
    code, printed, said = here(small, *words)
    assert (code, printed) == (2, "")
    assert "Error" in said


def test_outside_a_course_the_line_says_where_to_go(tmp_path: Path, here: Here) -> None:
    assert "run this in a course directory" in one_line(here(tmp_path, "grade", WARMUP), 2)


@pytest.mark.parametrize(("text", "said"), [
    ("c = get_config()\nc.Autograder.cell_seconds = 'long'\n", "cell_seconds"),
    ("this is no Python", "cannot be read: SyntaxError"),
])  # fmt: skip
def test_a_broken_configuration_is_one_line(tmp_path: Path, here: Here, text: str, said: str) -> None:
    (tmp_path / "nbgrader_config.py").write_text(text)
    assert said in one_line(here(tmp_path, "grade", WARMUP), 2)


def test_a_gradebook_that_is_none_is_our_fault_in_one_line(make_short: MakeCourse, here: Here) -> None:
    course = make_short("rubbish", [Sample("ada")]).root
    (course / "gradebook.db").write_text("this is no database " * 100)
    assert "gradebook" in one_line(here(course, "grade", WARMUP), 3)


def test_a_locked_gradebook_is_one_line(make_short: MakeCourse, here: Here) -> None:
    course = make_short("locked", [Sample("ada")]).root
    with GradebookWriter(read_course(course)):
        pass  # made, and empty
    with contextlib.closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert "gradebook" in one_line(here(course, "grade", WARMUP), 3)


# ---- a course that is not ours ----------------------------------------------------------------------------


def test_nbgraders_own_example_is_graded(tmp_path: Path) -> None:
    """Two notebooks of asserts, made years before this package: the quickstart that nbgrader ships."""
    example = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
    shutil.copytree(example / "source", tmp_path / "source")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    for student in ("bitdiddle", "hacker"):
        shutil.copytree(example / "submitted" / student, tmp_path / "submitted" / student)
    ran = autograder(tmp_path, "grade", "ps1", "--json")
    assert ran.returncode == 0, ran.stderr
    by_student = {line["student"]: line for line in json_lines(ran.stdout)}
    assert {s: line["status"] for s, line in by_student.items()} == {"bitdiddle": "graded", "hacker": "graded"}
    with open(example / "grades.csv") as table:  # what nbgrader itself gave
        theirs = {row["student_id"]: float(row["score"]) for row in csv.DictReader(table)}
    assert {s: line["score"] for s, line in by_student.items()} == theirs == {"bitdiddle": 1.5, "hacker": 3}
    assert len(list((tmp_path / "autograded" / "hacker" / "ps1").glob("*.ipynb"))) == 2
