"""Makes the three notebooks of an authored assignment: nbgrader's source, the students' release, the solved one.

AuthoredAssignment -> source (hidden tests in it) -> release (nbgrader's own preprocessors) -> solved (not yet executed)
"""

from __future__ import annotations

import copy
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
)
from traitlets.config import Config

from autograder.authoring import regions, syntax
from autograder.authoring.clearsolutions import NamedClearSolutions
from autograder.authoring.identity import cell_ids
from autograder.authoring.keys import ANSWERED
from autograder.authoring.percent import AuthoredAssignment, AuthoredCell
from autograder.authoring.regions import HIDDEN, SOLUTION

IMPORT = "from autograder import check"

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},  # without the version, which differs by machine
}

# As in nbgrader.converters.GenerateAssignment, without SaveCells: a build must not change the gradebook.
RELEASE_PREPROCESSORS = (
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    NamedClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
)


def source(authored: AuthoredAssignment) -> Any:
    """The source notebook for nbgrader: all cells except the author's, with solutions and hidden tests."""
    kept = [cell for cell in authored.cells if cell.role != "author"]
    ids = cell_ids((cell.kind, cell.source, cell.grade_id) for cell in kept)
    cells = [_cell(cell, identity) for cell, identity in zip(kept, ids, strict=True)]
    return nbformat.from_dict({"cells": cells, "metadata": copy.deepcopy(METADATA), "nbformat": 4, "nbformat_minor": 5})


def release(built: Any) -> Any:
    """The students' notebook, made from the source notebook as `nbgrader generate_assignment` makes it."""
    exporter = NotebookExporter(config=Config({"Exporter": {"default_preprocessors": []}}))
    for preprocessor in RELEASE_PREPROCESSORS:
        exporter.register_preprocessor(preprocessor)
    text, _ = exporter.from_notebook_node(built)
    return nbformat.reads(text, as_version=4)


def solve(released: Any, authored: AuthoredAssignment) -> Any:
    """The release with all solutions filled in, as a student with full marks hands it in; not executed."""
    answers = {name: cell for role in ANSWERED for name, cell in authored.with_role(role).items()}
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        answer = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if answer is not None:
            cell.source = regions.drop_markers(answer.source, SOLUTION)
    return notebook


def strip_outputs(notebook: Any) -> Any:
    """A copy without outputs and execution counts."""
    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return bare


def text(notebook: Any) -> str:
    """The notebook as a file's text, in the layout that nbgrader writes."""
    return str(nbformat.writes(notebook, version=4)) + "\n"


def _cell(cell: AuthoredCell, identity: str) -> dict[str, Any]:
    metadata = {} if cell.role is None else {"nbgrader": _nbgrader(cell)}
    built: dict[str, Any] = {"cell_type": cell.kind, "id": identity, "metadata": metadata, "source": cell.source}
    if cell.role == "test":
        built["source"] = _with_import(cell.source)
    if cell.kind == "code":
        built |= {"outputs": [], "execution_count": None}
    return built


def _nbgrader(cell: AuthoredCell) -> dict[str, Any]:
    """nbgrader's cell metadata, schema version 3."""
    metadata: dict[str, Any] = {
        "grade": cell.role in ("test", "manual"),
        "grade_id": cell.grade_id,
        "locked": cell.role in ("test", "task", "locked"),
        "schema_version": 3,
        "solution": cell.role in ANSWERED,
        "task": cell.role == "task",
    }
    if cell.points is not None:
        metadata["points"] = cell.points
    return metadata


def _with_import(content: str) -> str:
    """Adds the import of check() to every hidden region that calls it, so that the cell runs in an author's kernel."""
    lines = content.split("\n")
    calls = [call.line - 1 for call in syntax.check_calls(syntax.parse(content))]
    for region in reversed(regions.find(content, HIDDEN)):
        within = [line for line in calls if line in region.inside]
        if within and not any(lines[index].strip() == IMPORT for index in region.inside):
            lines.insert(region.begin + 1, regions.indent(lines[within[0]]) + IMPORT)
    return "\n".join(lines)
