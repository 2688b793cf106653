"""Release notebooks run top to bottom by students who have done nothing, half, all but one, everything."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from autograder.course import read_course
from autograder.grading.opening import Options, open_grader
from autograder.grading.scoring import Grader
from autograder.samples.classes import Sample, notebook
from autograder.sandbox.execution import Execution
from tests.course.banks import ASSIGNMENTS
from tests.matrix import mostly_matrix
from tests.places import ROOT

Cells = list[dict[str, Any]]


def cells_of(built: str, assignment: str) -> Any:
    return json.loads((ROOT / built / assignment / f"{assignment}.ipynb").read_text())


def grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


@pytest.fixture(scope="module", params=mostly_matrix(ASSIGNMENTS, keep=["attention"]))
def opened(request: pytest.FixtureRequest) -> Iterator[Grader]:
    with open_grader(read_course(ROOT), request.param, Options()) as (grader, _):
        yield grader


def failed(grader: Grader, unfinished: Sequence[str]) -> dict[str, str]:
    """The cells that end in an error where these functions are not written: their grade_id or text, and the error."""
    name = grader.assignment.name
    sample = Sample("somebody", dict.fromkeys(unfinished))
    cells: Cells = notebook(cells_of("release", name), cells_of("solutions", name), sample)["cells"]
    sources = ["".join(c["source"]) if c["cell_type"] == "code" else "" for c in cells]
    with Execution(grader.sandbox, sources, grader.files) as execution:
        execution.run()
    assert execution.troubles == []
    found = {}
    for cell, run in zip(cells, execution.cells, strict=True):
        for output in run.outputs:
            if output["output_type"] == "error":
                found[grade_id(cell) or "".join(cell["source"])[:80]] = f"{output['ename']}: {output['evalue']}"
    return found


def needs(assignment: str) -> dict[str, set[str]]:
    """function -> the functions of the assignment that its model solution calls, directly or not."""
    functions = ASSIGNMENTS[assignment]
    solved = {grade_id(c): "".join(c["source"]) for c in cells_of("solutions", assignment)["cells"]}
    direct = {
        f: {n.id for n in ast.walk(ast.parse(solved[f])) if isinstance(n, ast.Name)} & set(functions) - {f}
        for f in functions
    }
    found = {f: set(direct[f]) for f in functions}
    for _ in functions:
        found = {f: set.union(found[f], *(found[g] for g in found[f])) for f in functions}
    return found


def test_a_finished_notebook_runs_without_an_error(opened: Grader) -> None:
    assert failed(opened, []) == {}


def test_where_nothing_is_done_only_the_tests_of_questions_fail(opened: Grader) -> None:
    functions = ASSIGNMENTS[opened.assignment.name]
    found = failed(opened, functions)
    assert set(found) == {f"test_{f}" for f in functions}
    assert {error.split(":")[0] for error in found.values()} == {"NotImplementedError"}


def test_where_half_is_done_the_tests_of_the_other_half_fail(opened: Grader) -> None:
    functions = ASSIGNMENTS[opened.assignment.name]
    half = [f for f in order(opened) if f in functions][len(functions) // 2 :]
    assert set(failed(opened, half)) == {f"test_{f}" for f in half}


@pytest.mark.matrix
def test_one_unfinished_question_stops_only_those_that_need_it(opened: Grader) -> None:
    name = opened.assignment.name
    needed = needs(name)
    needed_by_others = set.union(*needed.values())
    last = list(ASSIGNMENTS[name])[-1:]  # of those that no other needs one is enough: half of them were left out above
    for function in [f for f in ASSIGNMENTS[name] if f in needed_by_others] + last:
        found = failed(opened, [function])
        users = {f"test_{f}" for f, wanted in needed.items() if function in wanted}
        assert f"test_{function}" in found, function
        assert set(found) <= {f"test_{function}", *users}, (function, found)


def order(grader: Grader) -> list[str]:
    """The questions as they stand in the notebook."""
    return [question.id for nb in grader.assignment.notebooks for question in nb.questions]
