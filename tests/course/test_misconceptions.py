"""The assignment on mistakes in print: notebook and banks mean the same items, and fractions reach the marks."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from autograder.course import read_course
from autograder.grading.opening import Options, open_grader
from autograder.grading.travel import SubmittedWork
from autograder.model import QuestionResult
from autograder.samples.classes import Sample, notebook
from tests.course.banks import ASSIGNMENTS, module_of
from tests.places import ROOT

NAME = "misconceptions"
UNDECIDED = "def beliefs():\n    return dict.fromkeys(ITEMS, 0.5)"
FEW = 'def witnesses():\n    return {"penalised": (-2.0, 1.3), "new_tokens_left": (0, 50), "look_up": [1, 2]}'
HEAVY = 'def witnesses():\n    return {"one_head": (torch.zeros(1).expand(10**6, 3),) * 4}'


def definitions(text: str) -> dict[str, list[str]]:
    """Each function's arguments and its body without a docstring, as canonical text."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            found[node.name] = [*(a.arg for a in node.args.args), *map(ast.unparse, body)]
    return found


def code_of(built: str) -> str:
    cells = json.loads((ROOT / built / NAME / f"{NAME}.ipynb").read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_the_judge_runs_what_the_notebook_prints() -> None:
    ours = definitions((ROOT / "checks" / NAME / "_printed.py").read_text())
    shown = definitions(code_of("release"))
    names = list(module_of(f"{NAME}._printed").WITNESSES)
    assert sorted(names) == sorted(set(ASSIGNMENTS[NAME]) - {"beliefs", "witnesses"})
    assert {name: shown[f"printed_{name}"] for name in names} == {name: ours[name] for name in names}


def test_notebook_and_bank_have_the_same_items_of_which_a_third_is_right() -> None:
    tree = ast.parse(code_of("release"))
    lists = [n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "ITEMS"]
    groups = module_of(f"{NAME}._items").GROUPS
    truths = {name: wrong for group in groups.values() for name, wrong in group.items()}
    assert ast.literal_eval(lists[0]) == list(truths)
    assert sum(not wrong for wrong in truths.values()) * 3 == len(truths)
    text = json.dumps(json.loads((ROOT / "release" / NAME / f"{NAME}.ipynb").read_text()))
    assert all(f"{number} `{name}`.**" in text for number, name in enumerate(truths, start=1))


@pytest.fixture(scope="module")
def graded() -> dict[str, dict[str, QuestionResult]]:
    """The questions of a student without ideas and with few witnesses, and of one whose witness is huge."""
    release, solved = (json.loads((ROOT / b / NAME / f"{NAME}.ipynb").read_text()) for b in ("release", "solutions"))
    found: dict[str, dict[str, QuestionResult]] = {}
    samples = {"undecided": {"beliefs": UNDECIDED, "witnesses": FEW}, "heavy": {"witnesses": HEAVY}}
    with open_grader(read_course(ROOT), NAME, Options()) as (grader, _):
        for student, cells in samples.items():
            made: Any = notebook(release, solved, Sample(student, cells))
            work = SubmittedWork(student, {NAME: json.dumps(made).encode()})
            found[student] = {question.id: question for question in grader.grade(work).result.questions}
    return found


def test_no_idea_earns_three_quarters_through_the_sandbox(graded: dict[str, dict[str, QuestionResult]]) -> None:
    beliefs = graded["undecided"]["beliefs"]
    assert (beliefs.status, beliefs.score, beliefs.max_score) == ("partial", 4.5, 6.0)
    assert [v.points for v in beliefs.checks] == [1.125, 1.6875, 0.75, 0.9375]
    assert beliefs.checks[0].message.endswith("That is worth 1.12 of 1.5 points.")
    assert beliefs.checks[0].diagnosis is not None
    assert beliefs.checks[0].diagnosis.misconception == "no_idea"


def test_witnesses_are_judged_one_by_one_and_told_what_to_do(graded: dict[str, dict[str, QuestionResult]]) -> None:
    verdicts = {v.name: v for v in graded["undecided"]["witnesses"].checks}
    assert [name for name, v in verdicts.items() if v.passed] == ["penalised"]
    assert graded["undecided"]["witnesses"].score == 0.5
    assert "give the same for these arguments" in verdicts["new_tokens_left"].message
    assert "Give the arguments as a tuple (index, weight)" in verdicts["look_up"].message
    assert 'The dict has no "one_head": add a tuple (x, w_q, w_k, w_v).' in verdicts["one_head"].message


def test_a_huge_witness_costs_itself_its_points_and_no_time(graded: dict[str, dict[str, QuestionResult]]) -> None:
    heavy = graded["heavy"]
    assert "take a smaller tensor" in {v.name: v for v in heavy["witnesses"].checks}["one_head"].message
    assert heavy["beliefs"].status == "passed"
