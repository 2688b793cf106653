"""The course that this repository is: what is built stands in the repository, leaks nothing, and works in nbgrader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.authoring import build, percent
from autograder.authoring.importing import import_notebook
from autograder.authoring.leaks import leaks
from autograder.authoring.plan import make_plan
from autograder.course import read_course
from tests.conftest import MakeCourse, autograder, nbgrader
from tests.course.banks import ASSIGNMENTS, bank_names
from tests.course.conftest import ASSIGNMENT
from tests.places import ROOT

NAMES = build.assignments(ROOT)


def test_there_is_a_course() -> None:
    assert ASSIGNMENT in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_built_is_what_the_text_says(name: str) -> None:
    repository = read_course(ROOT).repository
    assert build.drift(make_plan(ROOT, name, known_checks=set(bank_names()), repository=repository)) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_a_solution_or_a_hidden_test_is_released(name: str) -> None:
    assert leaks(ROOT, name) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_its_public_test_for_otter(name: str) -> None:
    made = json.loads((ROOT / "release-otter" / name / f"{name}.ipynb").read_text())
    for function in ASSIGNMENTS[name]:
        text = made["metadata"]["otter"]["tests"][function]
        assert f"{function}(" in text
        compile(text, function, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_the_built_notebook_can_be_imported_as_its_own_text(tmp_path: Path, name: str) -> None:
    imported = import_notebook(ROOT / "source" / name / f"{name}.ipynb")
    (tmp_path / f"{name}.py").write_text(imported.text)
    ours, theirs = percent.read(ROOT / "source" / f"{name}.py"), percent.read(tmp_path / f"{name}.py")
    wanted = [(c.kind, c.source, c.role, c.grade_id, c.points) for c in ours.cells if c.role != "author"]
    assert [(c.kind, c.source, c.role, c.grade_id, c.points) for c in theirs.cells] == wanted
    assert {remark.text for remark in imported.remarks} == {"left out: compile puts it into the notebook"}


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_notebook_was_run_and_has_its_pictures(name: str) -> None:
    cells = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert [o["evalue"] for o in outputs if o["output_type"] == "error"] == []
    assert any("image/png" in o.get("data", ()) for o in outputs)


@pytest.mark.matrix
def test_nbgrader_validates_the_source_with_its_hidden_checks(make_attention: MakeCourse) -> None:
    course = make_attention("validate", [])
    ran = nbgrader(course.root, "validate", f"source/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    assert ran.returncode == 0, ran.stderr
    assert "Success" in ran.stdout


def test_nbgrader_says_that_the_release_is_not_done_yet(make_attention: MakeCourse) -> None:
    course = make_attention("unfinished", [])
    release = Path(course.root / f"{ASSIGNMENT}.ipynb")
    release.write_bytes((ROOT / f"release/{ASSIGNMENT}/{ASSIGNMENT}.ipynb").read_bytes())
    ran = nbgrader(course.root, "validate", release.name)
    assert "VALIDATION FAILED" in ran.stdout
    assert "NotImplementedError" in ran.stdout


def test_the_solved_notebook_gets_all_marks_that_a_program_can_give(make_attention: MakeCourse) -> None:
    course = make_attention("solved", [])
    solved = str(ROOT / f"solutions/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    ran = autograder(course.root, "run", solved, "--assignment", ASSIGNMENT, "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    by_program = [q for q in result["questions"] if q["status"] != "needs_manual"]
    assert [q["score"] for q in by_program] == [q["max_score"] for q in by_program]
