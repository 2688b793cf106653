"""Checks the keys on a cell's header line (grade_id, role, points); called by percent for every cell."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from autograder.errors import SourceError

Role = Literal["solution", "answer", "test", "manual", "task", "locked", "author"]
ROLES: tuple[str, ...] = get_args(Role)
GRADED = ("test", "manual", "task")  # roles that earn points
ANSWERED: tuple[Role, ...] = ("solution", "answer", "manual")  # roles of cells that students fill in

GRADE_ID = r"[a-zA-Z0-9_\-]+"  # nbgrader's metadata schema v3, but not empty

# Keys that jupytext adds, not the author; `language` is set for cells such as %%bash.
_JUPYTEXT = {"lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker", "language"}

_KINDS = {
    "solution": ("code",),
    "test": ("code",),
    "answer": ("code",),  # code of any form: several functions, or statements
    "manual": ("code", "markdown"),
    "task": ("markdown",),  # students answer in cells that they add; marked by hand
    "locked": ("code", "markdown", "raw"),
    "author": ("code", "markdown", "raw"),
}


@dataclass(frozen=True)
class Keys:
    role: Role | None
    grade_id: str | None
    points: float | None


def read(path: Path, line: int, kind: str, metadata: Mapping[str, Any]) -> Keys:
    """Reads the keys of the header at `line`. SourceError at that line if one is wrong."""

    def wrong(message: str) -> SourceError:
        return SourceError(path, line, message)

    given = {key: value for key, value in metadata.items() if key not in _JUPYTEXT}
    if "incorrectly_encoded_metadata" in given:
        text = given["incorrectly_encoded_metadata"]
        raise wrong(f'cannot read {text!r}: write grade_id="name" role="test" points=2')
    if "title" in given:
        raise wrong(f"{given['title']!r} on the line of a cell: only [markdown], grade_id, role and points stand there")
    unknown = sorted(set(given) - {"grade_id", "role", "points"})
    if unknown:
        raise wrong(f"unknown key {unknown[0]!r}; a cell has grade_id, role and points")
    role = given.get("role")
    if role is not None and role not in ROLES:
        raise wrong(f"unknown role {role!r}; it is one of {', '.join(ROLES)}, or left out")
    if role is not None and kind not in _KINDS[role]:
        raise wrong(f"role {role!r} on a {kind} cell; it needs a {' or '.join(_KINDS[role])} cell")
    try:
        return Keys(role, _grade_id(role, given), _points(role, given))
    except ValueError as error:
        raise wrong(str(error)) from None


def _grade_id(role: str | None, given: Mapping[str, Any]) -> str | None:
    grade_id = given.get("grade_id")
    if role in (None, "author"):
        if grade_id is not None:
            raise ValueError("grade_id on a cell that nbgrader does not keep: add a role, or drop the grade_id")
        return None
    if grade_id is None:
        raise ValueError(f'role {role!r} needs a name: add grade_id="..."')
    if not isinstance(grade_id, str) or not re.fullmatch(GRADE_ID, grade_id):
        raise ValueError(f"grade_id {grade_id!r}: nbgrader allows letters, digits, _ and -")
    return grade_id


def _points(role: str | None, given: Mapping[str, Any]) -> float | None:
    points = given.get("points")
    if role not in GRADED:
        if points is not None:
            raise ValueError("points on a cell that earns none: only the roles test, manual and task have points")
        return None
    if points is None:
        raise ValueError(f"a {role} cell needs points, such as points=2 (0 where it earns none)")
    if isinstance(points, bool) or not isinstance(points, int | float) or not math.isfinite(points):
        raise ValueError(f"points={points!r} is not a number; write points=2 or points=0.5")
    if points < 0:
        raise ValueError(f"points={points} is negative; the least is 0")
    return points
