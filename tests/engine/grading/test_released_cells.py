"""A student who hands in what nbgrader released is no suspect, whatever the instructor's cells hide."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.tests.apps
import pytest

from autograder.authoring.prepared import prepare_assignment
from autograder.course import Course, read_course
from autograder.grading.submission import RebuiltNotebook, parse, rebuild
from tests.conftest import nbgrader as run_nbgrader
from tests.matrix import mostly_matrix

TEMPLATES = Path(nbgrader.tests.apps.__file__).parent / "files" / "autotests.yml"
OWN_WORDS = """
c.ClearHiddenTests.begin_test_delimeter = "SECRET FROM HERE"
c.ClearHiddenTests.end_test_delimeter = "SECRET TO HERE"
"""
SOLUTION = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
ASSERTS = "assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(7) == 7\n### END HIDDEN TESTS"
TASK = "Draw.\n=== BEGIN MARK SCHEME ===\nOne mark for axes.\n=== END MARK SCHEME ==="
BY_HAND = "### BEGIN SOLUTION\ny = f(2)\n### END SOLUTION\n### BEGIN HIDDEN TESTS\nassert y == 2\n### END HIDDEN TESTS"


def cell(kind: str, source: str, grade_id: str, *flags: str) -> Any:
    known = {flag: flag in flags for flag in ("grade", "solution", "locked", "task")}
    points = {"points": 1} if {"grade", "task"} & set(flags) else {}
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return make(source, metadata={"nbgrader": {"grade_id": grade_id, "schema_version": 3, **known, **points}})


def course(folder: Path, cells: list[Any], settings: str = "") -> Course:
    (folder / "source" / "ps1").mkdir(parents=True)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    written = nbformat.v4.new_notebook(cells=[cell("code", SOLUTION, "f", "solution"), *cells], metadata=kernel)
    nbformat.write(written, folder / "source" / "ps1" / "ps1.ipynb")
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\n{settings}")
    return read_course(folder)


def handed_in(made: Course, changes: dict[str, str] | None = None) -> RebuiltNotebook:
    """The release of nbgrader's own command as a student hands it in, with these changes in its text."""
    done = run_nbgrader(made.root, "generate_assignment", "ps1")
    assert done.returncode == 0, done.stderr
    assignment, _ = prepare_assignment(made.root / "source", "ps1", made.config)
    text = (made.root / "release" / "ps1" / "ps1.ipynb").read_text()
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    return rebuild(assignment.notebooks[0], parse(text.encode(), "ps1.ipynb"))


HIDDEN = {
    "asserts": ([cell("code", ASSERTS, "test_f", "grade", "locked")], ""),
    "own words": ([cell("code", ASSERTS.replace("BEGIN HIDDEN TESTS", "SECRET FROM HERE").replace("END HIDDEN TESTS",
                   "SECRET TO HERE"), "test_f", "grade", "locked")], OWN_WORDS),
    "mark scheme": ([cell("markdown", TASK, "draw", "task", "locked")], ""),
    "by hand": ([cell("code", BY_HAND, "y", "grade", "solution")], ""),
}  # fmt: skip


@pytest.mark.parametrize("what", mostly_matrix(HIDDEN, keep=["own words"]))
def test_what_the_release_hides_is_no_edit(what: str, tmp_path: Path) -> None:
    made = handed_in(course(tmp_path, *HIDDEN[what]))
    assert made.flags == ()
    assert all(one.untouched for one in made.cells if one.master is not None and one.master.is_solution)


def test_tests_that_nbgrader_generates_are_no_edit(tmp_path: Path) -> None:
    tests = "### AUTOTEST f(1)\n### BEGIN HIDDEN TESTS\n### HASHED AUTOTEST f(7)\n### END HIDDEN TESTS"
    made = course(tmp_path, [cell("code", tests, "test_f", "grade", "locked")])
    shutil.copy(TEMPLATES, tmp_path / "source" / "ps1")
    assert handed_in(made).flags == ()


def test_an_edit_is_one(tmp_path: Path) -> None:
    made = handed_in(course(tmp_path, *HIDDEN["asserts"]), {"assert f(1) == 1": "assert True"})
    assert made.flags == ("edited_locked_cell:test_f",)
