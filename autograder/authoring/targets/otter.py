"""The Otter target of `compile`: makes the students' notebook for Otter from the release.

Cells of the release do not change, so the grader accepts either notebook. Three kinds of cells are added: one that
starts Otter, `grader.check("<name>")` after each question with public tests, and a last one that packs the submission.
The tests are in the notebook's metadata in Otter's exception format, as `otter assign` writes them. The added cells
have Otter's tag that makes graders skip them.
"""

from __future__ import annotations

import ast
import copy
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring import syntax
from autograder.authoring.identity import cell_ids
from autograder.authoring.plan import Plan
from autograder.authoring.targets.face import Target, copies, notebook_bytes
from autograder.model import OTTER_IGNORED, MasterNotebook, Question

FOLDER = "release-otter"  # below the course's root

START = """\
# Starts Otter, which runs the public tests.
import importlib.util

if importlib.util.find_spec("otter") is None:  # in a new environment
    %pip install --quiet otter-grader

import otter

grader = otter.Notebook("{name}.ipynb")"""
CALL = "grader.check("  # Otter's check, not our hidden check()
CHECK = CALL + '"{name}")'
HAND_IN = """## Hand in

**Save this notebook first.** The cell below then packs what you hand in into a zip file. Handing in the notebook itself
is as good."""
EXPORT = "grader.export(pdf=False)"

TEST = """from otter.test_files import test_case

OK_FORMAT = False

name = {name!r}
points = {points!r}
SOURCE = {source!r}


@test_case()
def public_tests(env):
    exec(SOURCE, dict(env))  # as in a cell, where a name of the notebook may be bound anew; its own stays as it is
"""


def student(released: Any, master: MasterNotebook) -> Any:
    """The notebook for Otter, made from the release; `master` is the source notebook of that release."""
    questions = {question.grade_id: question for question in master.questions if question.judged_by != "hand"}
    cells, tests = [], {}
    start = _extra_cell("code", START.format(name=master.name), "otter_start")
    for cell in copy.deepcopy(released.cells):
        if cell.cell_type == "code" and start not in cells:
            cells.append(start)
        cells.append(cell)
        question = questions.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if question is None or not _has_test(cell.source):
            continue
        tests[question.id] = public_test(question, cell.source)
        cells.append(_extra_cell("code", CHECK.format(name=question.id), f"otter_check_{question.id}"))
    cells += [_extra_cell("markdown", HAND_IN, "otter_hand_in"), _extra_cell("code", EXPORT, "otter_export")]
    for cell, identity in zip(cells, cell_ids((c.cell_type, c.source, c.id) for c in cells), strict=True):
        cell.id = identity
    made = copy.deepcopy(released)
    made.cells = cells
    made.metadata["otter"] = {"OK_FORMAT": False, "assignment_name": master.name, "tests": tests}
    return made


def public_test(question: Question, visible: str) -> str:
    """The text of an Otter test file with the visible asserts of a question as one test case."""
    return TEST.format(name=question.id, points=question.max_score, source=syntax.python(visible))


def _extra_cell(kind: str, source: str, identity: str) -> Any:
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return make(source, id=identity, metadata={"deletable": False, "editable": False, "tags": [OTTER_IGNORED]})


def _has_test(source: str) -> bool:
    """Whether the source contains a test that also runs outside a kernel."""
    python = syntax.python(source)
    try:
        compile(python, "<test>", "exec", dont_inherit=True)
    except SyntaxError:  # a top-level await
        return False
    return bool(ast.parse(python).body)


def _files(plan: Plan) -> dict[Path, bytes]:
    notebook = notebook_bytes(student(plan.released, plan.master))
    return {Path(FOLDER, plan.name, f"{plan.name}.ipynb"): notebook, **copies(plan, FOLDER)}


OTTER = Target("otter", _files, students=(FOLDER,))
