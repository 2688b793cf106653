"""A mistake in one function shows in those that call it: what is then said of them must be true of them too.

Each known mistake is put into the solved notebook in the place of its function; all functions that use it are judged.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.certify import seed_source
from autograder.checks import ASSIGNMENTS, find_bank
from autograder.judging.expected import Reference
from autograder.judging.judge import judge_with
from autograder.model import Observation, Probe
from autograder.sandbox.probing import observe

ROOT = Path(__file__).resolve().parent.parent

# function/mistake -> function/name: what the other function's own bank calls it, and why that is the same mistake.
SAME: dict[str, dict[str, str]] = {}


def solved_cells(assignment: str) -> dict[str, str]:
    """The code of each solution cell by its grade_id, and of the set-up cell."""
    notebook = json.loads((ROOT / "solutions" / assignment / f"{assignment}.ipynb").read_text())
    return {
        c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"])
        for c in notebook["cells"]
        if c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("grade_id")
    }


def callers(assignment: str, cells: dict[str, str]) -> dict[str, set[str]]:
    """function -> the functions whose model solution calls it, directly or not."""
    functions = ASSIGNMENTS[assignment]
    found: dict[str, set[str]] = {f: set() for f in functions}
    for user in functions:
        for node in ast.walk(ast.parse(cells[user])):
            if isinstance(node, ast.Name) and node.id in found and node.id != user:
                found[node.id].add(user)
    for _ in functions:
        found = {f: users.union(*(found[user] for user in users)) for f, users in found.items()}
    return found


def named_elsewhere(assignment: str) -> dict[str, set[str]]:
    """function/mistake -> what the banks of the functions that use it name, as function/name."""
    cells = solved_cells(assignment)
    using = callers(assignment, cells)
    references = {f: Reference(find_bank(f), seed_source(find_bank(f), 0)) for f in ASSIGNMENTS[assignment]}
    found: dict[str, set[str]] = {}
    for function, users in using.items():
        for wrong in find_bank(function).misconceptions if users else ():
            namespace = loaded(assignment, cells)
            namespace[function] = wrong.implementation
            for user in users:
                verdicts = judge_with(references[user], 1.0, asked(namespace), [""], root=user)
                names = {f"{user}/{v.diagnosis.misconception}" for v in verdicts if v.diagnosis is not None}
                found.setdefault(f"{function}/{wrong.name}", set()).update(names)
    return found


def loaded(assignment: str, cells: dict[str, str]) -> dict[str, Any]:
    """A namespace in which the course's own model solutions have run."""
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, text in cells.items():
            if name == "setup" or name in ASSIGNMENTS[assignment]:
                exec(compile(text, name, "exec"), namespace)
    return namespace


def asked(namespace: dict[str, Any]) -> Callable[[Probe], Observation]:
    return lambda probe: observe(probe, namespace, catch=Exception)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_wrong_name_is_given_to_a_function_that_uses_the_wrong_one(assignment: str) -> None:
    found = named_elsewhere(assignment)
    agreed = {wrong: set(names) for wrong, names in SAME.items()}
    said = sorted(f"{wrong} -> {name}" for wrong, names in found.items() for name in names - agreed.get(wrong, set()))
    assert said == []
