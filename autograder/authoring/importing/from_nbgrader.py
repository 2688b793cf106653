"""Reads an instructor's nbgrader notebook, or a plain notebook, into drafts; for import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from autograder.authoring import colab, regions
from autograder.authoring.importing.draft import NOT_WRITTEN, Draft, Drafts, Remark, code_role, complete_test
from autograder.authoring.keys import Role
from autograder.authoring.notebooks import IMPORT
from autograder.authoring.regions import HIDDEN, MARK_SCHEME
from autograder.errors import SourceError

_HOMES: dict[regions.Marker, Role] = {HIDDEN: "test", MARK_SCHEME: "task"}
_GENERATED = "AUTOTEST"


def take(path: Path, notebook: Any) -> Drafts:
    """Drafts of all cells. SourceError if two cells have the same grade_id."""
    drafts: list[Draft] = []
    remarks: list[Remark] = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if _is_put_there_by_compile(cell):
            remarks.append(Remark(number, "left out: compile puts it into the notebook"))
            continue
        role = _role(cell)
        grade_id = None if role is None else str(cell.metadata.nbgrader.grade_id)
        if grade_id in seen:
            both = f"cells {seen[grade_id]} and {number}"
            raise SourceError(path, 1, f"{both} have one grade_id, {grade_id!r}; rename one")
        if grade_id is not None:
            seen[grade_id] = number
        points = float(cell.metadata.nbgrader.get("points", 0)) if role in ("test", "manual", "task") else None
        if role == "manual" and cell.cell_type == "raw":
            remarks.append(Remark(number, "a raw cell marked by hand has no counterpart; it becomes a markdown cell"))
            cell.cell_type = "markdown"
        source = _without_strangers(str(cell.source), role, number, remarks)
        if role == "test":
            source = _convert_test(source, number, remarks)
        drafts.append(Draft(number, cell.cell_type, source, role, grade_id, points))
    if not any(draft.role for draft in drafts):
        remarks.append(Remark(0, "no cell is marked for nbgrader or Otter: nothing in it is graded yet"))
    return Drafts(tuple(drafts), tuple(remarks))


def _role(cell: Any) -> Role | None:
    if is_task(cell):
        return "task"
    if is_grade(cell):
        return "manual" if is_solution(cell) else "test"
    if is_solution(cell):
        return code_role(cell.source, cell.metadata.nbgrader.grade_id)
    return "locked" if "nbgrader" in cell.metadata and is_locked(cell) else None


def _without_strangers(source: str, role: Role | None, number: int, remarks: list[Remark]) -> str:
    """The source without regions not allowed in a cell of this role, such as hidden tests in a cell marked by hand."""
    for marker, home in _HOMES.items():
        try:
            found = regions.texts(source, marker)
        except regions.RegionFault:
            continue  # reported when the text is read
        if found and role != home:
            what = marker.begin.removeprefix("BEGIN ").lower()
            text = " ".join(" / ".join(found).split())
            remarks.append(Remark(number, f"{what} have a place in a cell with role={home!r} alone; left out: {text}"))
            source = regions.drop(source, marker)
    return source


def _convert_test(source: str, number: int, remarks: list[Remark]) -> str:
    """The source of a test cell, rewritten to follow the rules of this format."""
    lines = [line for line in source.split("\n") if line.strip() != IMPORT]  # compile adds this line
    for index, line in enumerate(lines):
        if _GENERATED in line:
            asked = line.split(_GENERATED, 1)[1].strip()
            indent = regions.indent(line)
            lines[index] = f"{indent}# to be tested: {asked}\n{indent}{NOT_WRITTEN}"
            remarks.append(Remark(number, f"a test that nbgrader generates has no counterpart; assert it: {asked}"))
    return complete_test("\n".join(lines), number, remarks)


def _is_put_there_by_compile(cell: Any) -> bool:
    if cell.metadata.get("nbgrader", {}).get("grade_id") == colab.GRADE_ID:
        return True
    return cell.cell_type == "markdown" and colab.is_badge(cell.source)
