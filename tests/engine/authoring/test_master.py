"""Instructors' notebooks as the grader sees them: ours, and those of any nbgrader course."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbgrader
import pytest

from autograder.authoring import build, master
from autograder.errors import SourceError, UsageError
from autograder.model import Question
from tests.places import TESTS

AUTHORED = TESTS / "engine" / "authoring" / "authored"
NBGRADER = Path(nbgrader.__file__).parent
SHIPPED = NBGRADER / "docs" / "source" / "user_guide" / "source"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("course")
    (course / "source").mkdir()
    shutil.copy(AUTHORED / "judged.py", course / "source")
    build.compile_assignment(course, "judged", execute=False)
    return course / "source"


def test_our_own_assignment(sources: Path) -> None:
    assignment = master.read_assignment(sources, "judged")
    (notebook,) = assignment.notebooks
    assert (assignment.name, notebook.name, assignment.max_score) == ("judged", "judged", 6.0)
    assert notebook.questions == (
        Question("largest", "test_largest", 3.0, "checks", "largest", ("largest", "largest_of_many")),
        Question("smallest", "test_smallest", 1.0, "asserts", "smallest"),
        Question("why", "why", 2.0, "hand", "why"),
    )
    assert notebook.metadata["kernelspec"]["name"] == "python3"


def test_no_solution_and_no_hidden_check_is_visible(sources: Path) -> None:
    cells = {cell.cell_id: cell for cell in master.read_assignment(sources, "judged").notebooks[0].cells}
    assert cells["test_largest"].visible == "assert largest([1.0, 2.0]) == 2.0"
    assert 'check("largest")' in cells["test_largest"].source
    assert cells["largest"].visible == ""
    assert cells["why"].visible == ""
    # Hidden asserts judge in the student's process, so they must be there.
    assert "assert smallest([3.0, 2.0]) == 2.0" in cells["test_smallest"].visible


def test_the_digest_knows_no_points(sources: Path, tmp_path: Path) -> None:
    """They are a part of their own of what a judgement is made of."""
    shutil.copytree(sources, tmp_path / "source")
    path = tmp_path / "source" / "judged" / "judged.ipynb"
    dearer = path.read_text().replace('"points": 3', '"points": 4.5')
    assert dearer != path.read_text()
    path.write_text(dearer)
    assert master.read_assignment(tmp_path / "source", "judged").max_score == 7.5
    before = master.read_assignment(sources, "judged").digest
    assert master.read_assignment(tmp_path / "source", "judged").digest == before
    path.write_text(dearer.replace("assert largest", "assert smallest"))
    assert master.read_assignment(tmp_path / "source", "judged").digest != before


def test_the_digest_is_of_every_byte(sources: Path, tmp_path: Path) -> None:
    shutil.copytree(sources, tmp_path / "source")
    before = master.read_assignment(tmp_path / "source", "judged").digest
    assert before == master.read_assignment(sources, "judged").digest
    path = tmp_path / "source" / "judged" / "judged.ipynb"
    path.write_text(path.read_text() + "\n")
    assert master.read_assignment(tmp_path / "source", "judged").digest != before


def test_the_course_that_nbgrader_ships() -> None:
    assignment = master.read_assignment(SHIPPED, "ps1")
    assert [notebook.name for notebook in assignment.notebooks] == ["problem1", "problem2"]
    found = {q.id: (q.grade_id, q.max_score, q.judged_by, q.solution_id) for q in assignment.notebooks[0].questions}
    assert found == {
        "correct_squares": ("correct_squares", 1.0, "asserts", None),
        "squares_invalid_input": ("squares_invalid_input", 1.0, "asserts", None),
        "correct_sum_of_squares": ("correct_sum_of_squares", 0.5, "asserts", None),
        "sum_of_squares_uses_squares": ("sum_of_squares_uses_squares", 0.5, "asserts", None),
        "sum_of_squares_equation": ("sum_of_squares_equation", 1.0, "hand", "sum_of_squares_equation"),
        "sum_of_squares_application": ("sum_of_squares_application", 2.0, "hand", "sum_of_squares_application"),
        "cell-938593c4a215c6cc": ("cell-938593c4a215c6cc", 4.0, "hand", None),
    }
    cells = {cell.grade_id: cell for cell in assignment.notebooks[0].cells if cell.grade_id}
    assert (cells["squares"].is_solution, cells["squares"].visible) == (True, "")
    assert assignment.notebooks[1].questions[0].id == "part-a"


def test_hidden_asserts_of_other_courses_run_where_the_student_is() -> None:
    notebook = master.read_master(NBGRADER / "tests" / "apps" / "files" / "test-hidden-tests.ipynb")
    hidden = [cell for cell in notebook.cells if "BEGIN HIDDEN TESTS" in cell.source]
    assert hidden
    assert all(cell.visible == cell.source for cell in hidden)
    assert {q.judged_by for q in notebook.questions if q.grade_id in {cell.grade_id for cell in hidden}} == {"asserts"}


@pytest.mark.parametrize("version", [0, 1, 2])
def test_older_metadata_is_brought_up_to_date(version: int) -> None:
    notebook = master.read_master(NBGRADER / "tests" / "apps" / "files" / f"test-v{version}.ipynb")
    assert {q.grade_id: q.max_score for q in notebook.questions}["correct_squares"] == 1.0
    versions = {cell.metadata["nbgrader"]["schema_version"] for cell in notebook.cells if cell.grade_id}
    assert versions == {3}


def test_cells_without_ids_get_the_same_ones_every_time() -> None:
    path = SHIPPED / "ps1" / "problem1.ipynb"
    ids = [cell.cell_id for cell in master.read_master(path).cells]
    assert ids == [cell.cell_id for cell in master.read_master(path).cells]
    assert len(set(ids)) == len(ids)
    assert "squares" in ids


def test_a_task_shows_no_mark_scheme() -> None:
    notebook = master.read_master(NBGRADER / "tests" / "preprocessors" / "files" / "test_taskcell.ipynb")
    (task,) = [cell for cell in notebook.cells if cell.grade_id == "task1"]
    assert "1 mark for writing nicely formatted code" in task.source
    assert "1 mark" not in task.visible
    assert notebook.questions[0] == Question("task1", "task1", 2.0, "hand")


# ---- what is no assignment --------------------------------------------------------------------------------


def _notebook(cells: list[dict[str, Any]], **more: Any) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def _cell(source: str, **nbgrader: Any) -> dict[str, Any]:
    full = {"grade": False, "grade_id": "a", "locked": False, "solution": False, "schema_version": 3, **nbgrader}
    metadata = {"nbgrader": full}
    return {
        "cell_type": "code", "id": "a", "metadata": metadata, "source": source, "outputs": [], "execution_count": None,
    }  # fmt: skip


GRADED = {"grade": True, "locked": True, "points": 1}
BAD = {
    "no JSON": ('{"cells": [\n  ,\n]}', 2, "not JSON"),
    "no text": (b"\xff\xfe", 1, "not UTF-8"),
    "no notebook": ("[1, 2]", 1, "not a notebook"),
    "another object": ('{"a": 1}', 1, "not a notebook"),
    "an unknown format": (_notebook([], nbformat=5), 1, "not a notebook"),
    "a cell without source": (_notebook([{"cell_type": "code"}]), 1, "not a notebook"),
    "no points": (_notebook([_cell("1", grade=True)]), 1, "does not have points"),
    "no grade_id": (_notebook([_cell("1", **GRADED, grade_id="")]), 1, "grade_id is empty"),
    "twice the same": (_notebook([_cell("1", **GRADED), _cell("2", **GRADED)]), 1, "Duplicate grade id: a"),
    "a newer nbgrader": (_notebook([_cell("1", **GRADED | {"schema_version": 9})]), 1, "update nbgrader"),
    "an open region": (
        _notebook([_cell("x = 1\n### BEGIN HIDDEN TESTS\ncheck('f')", **GRADED)]),
        1,
        "cell 1, line 2: BEGIN HIDDEN TESTS is never closed",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_notebook_that_is_no_master(tmp_path: Path, case: str) -> None:
    content, line, words = BAD[case]
    (tmp_path / "ps1").mkdir()
    path = tmp_path / "ps1" / "a.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError, match=words) as caught:
        master.read_assignment(tmp_path, "ps1")
    assert caught.value.line == line
    assert "a.ipynb" in caught.value.path


def test_what_is_not_there(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no such assignment; there are judged"):
        master.read_assignment(sources, "jugded")
    with pytest.raises(UsageError, match="no notebook there; build it with: autograder compile empty"):
        master.read_assignment(tmp_path, "empty")
    with pytest.raises(UsageError, match="no such notebook"):
        master.read_master(tmp_path / "none.ipynb")
    for name in ("", "..", "../source", "/etc"):
        with pytest.raises(UsageError, match="does not name an assignment"):
            master.read_assignment(sources, name)
