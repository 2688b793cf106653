"""The target for nbgrader, Colab and GitHub: the source notebook, the release, and the solutions."""

from __future__ import annotations

from pathlib import Path

from autograder.authoring.plan import Plan
from autograder.authoring.targets.face import Target, copies, notebook_bytes


def _files(plan: Plan) -> dict[Path, bytes]:
    """The three notebooks and the files beside them. The solved one is not executed: see build.py."""
    file = f"{plan.name}.ipynb"
    return {
        Path("source", plan.name, file): notebook_bytes(plan.source),
        Path("release", plan.name, file): notebook_bytes(plan.released),
        plan.solved_path: notebook_bytes(plan.solved),
        **copies(plan, "release", "solutions"),
    }


NBGRADER = Target("nbgrader", _files, students=("release",), solutions=("solutions",))
