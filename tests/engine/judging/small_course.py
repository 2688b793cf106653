"""Writes small courses with banks in the short form, for the tests of that form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from autograder.judging.banks import Banks
from autograder.judging.certify import seed_source
from autograder.judging.check import Bank
from autograder.judging.judge import judge_question
from autograder.sandbox.inside.probing import observe

HEAD = "from autograder.checks import Draw, built, case, given, raises, right, wrong\n"
CELLS = """\
# %%
import math

import numpy as np
import torch

# %% role="author"
from autograder import check


# %% grade_id="{name}" role="solution"
{solution}

# %% grade_id="test_{name}" role="test" points=2
assert True
### BEGIN HIDDEN TESTS
check("{name}")
### END HIDDEN TESTS
"""


def write(root: Path, name: str, solution: str, bank: str) -> Path:
    """A course with one assignment `unit`, which asks for one function; `bank` is what follows the imports."""
    first, _, body = dedent(solution).strip().partition("\n")
    marked = f"{first}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    (root / "source").mkdir(parents=True, exist_ok=True)
    (root / "checks" / "unit").mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    (root / "source" / "unit.py").write_text(CELLS.format(name=name, solution=marked))
    (root / "checks" / "unit" / f"{name}.py").write_text(HEAD + dedent(bank))
    return root


def load(root: Path, name: str, solution: str, bank: str) -> Bank:
    """The bank of such a course, measured in memory."""
    return Banks(write(root, name, solution, bank), measure=True)[name]


def run(code: str, name: str) -> Any:
    """The function that a student's code defines."""
    import math

    import numpy as np
    import torch

    namespace: dict[str, Any] = {"math": math, "np": np, "torch": torch}
    exec(dedent(code), namespace)
    return namespace[name]


def failed(bank: Bank, implementation: Any, number: int = 0) -> Mapping[str, str]:
    """The message of each check that an implementation fails."""
    verdicts = judge_question(
        bank,
        1.0,
        lambda probe: observe(probe, {bank.name: implementation}, catch=Exception),
        seed_of=seed_source(bank, number),
    )
    return {verdict.name: verdict.message for verdict in verdicts if not verdict.passed}
