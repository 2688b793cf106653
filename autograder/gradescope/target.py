"""The target of `compile` for Gradescope and `otter run`: a zip file for the instructor. It packs the course's banks,
so it depends on the judge and is not in authoring."""

from __future__ import annotations

from pathlib import Path

from autograder.authoring.plan import Plan
from autograder.authoring.targets.face import Target, notebook_bytes
from autograder.authoring.writing import write
from autograder.course import state
from autograder.course.sharing import is_shared
from autograder.gradescope.bundle import bundle

FOLDER = Path("build", "gradescope")  # below the course's root


def _files(plan: Plan) -> dict[Path, bytes]:
    return {FOLDER / f"{plan.name}{state.ZIP}": _bundle(plan)}


def _bundle(plan: Plan, secret: bytes | None = None) -> bytes:
    return bundle(plan.course, plan.master, notebook_bytes(plan.source), plan.beside, secret)


def write_secret_bundle(plan: Plan, path: Path, secret: bytes) -> bool:
    """Writes the autograder of one assignment, with the course's secret in it. Returns whether anything changed.

    Only its owner can read the file (in a shared course also the group of graders), from its creation on.
    """
    return write(path, _bundle(plan, secret), 0o640 if is_shared(plan.course) else 0o600)


GRADESCOPE = Target("gradescope", _files, committed=False)
