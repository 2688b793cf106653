"""Opens a notebook, detects its format and imports it; the entry point of an import."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autograder.authoring.importing import extras, from_nbgrader, from_otter, otter_blocks
from autograder.authoring.importing.draft import Drafts, ImportedNotebook
from autograder.authoring.importing.writing import percent_text
from autograder.authoring.keys import GRADED
from autograder.authoring.master import read_notebook
from autograder.errors import SourceError, UsageError

_OTTER_V0 = re.compile(r"^\s*(```)?\s*\n?\s*BEGIN (QUESTION|ASSIGN)", re.MULTILINE)


def import_notebook(path: Path) -> ImportedNotebook:
    """Imports the notebook at `path` as authored text, with remarks on features that have no counterpart.

    UsageError if the notebook cannot be imported, SourceError if its format is invalid; both say what to do.
    """
    if path.suffix != ".ipynb":
        raise UsageError(f"{path}: give a notebook (.ipynb), one made for nbgrader or for otter assign")
    notebook = read_notebook(path)
    _require_python(path, notebook)
    if not notebook.cells:
        raise SourceError(path, 1, "there is no cell in it")
    files, remarks = extras.take(notebook)
    origin, taken = _take(path, notebook)
    text, reworded = percent_text(taken.drafts)
    graded = [draft for draft in taken.drafts if draft.role in GRADED]
    found = sorted({*remarks, *taken.remarks, *reworded}, key=lambda remark: (remark.number, remark.text))
    points = sum(draft.points or 0 for draft in graded)
    return ImportedNotebook(_name(path), origin, text, tuple(found), len(graded), points, files)


def _take(path: Path, notebook: Any) -> tuple[str, Drafts]:
    if otter_blocks.is_otter(notebook):
        return "Otter", from_otter.take(path, notebook)
    if any("nbgrader" in cell.metadata for cell in notebook.cells):
        return "nbgrader", from_nbgrader.take(path, notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type in ("markdown", "raw") and _OTTER_V0.search(cell.source):
            message = f"cell {number} is of Otter's first format; only the one with raw cells # BEGIN QUESTION is read"
            raise SourceError(path, 1, message)
    return "plain", from_nbgrader.take(path, notebook)


def _require_python(path: Path, notebook: Any) -> None:
    kernel = notebook.metadata.get("kernelspec", {})
    language = kernel.get("language") or notebook.metadata.get("language_info", {}).get("name") or "python"
    if str(language).lower() not in ("python", "ipython"):
        raise UsageError(f"{path}: it is written in {language}; only Python notebooks can be taken in")


def _name(path: Path) -> str:
    """The file's name, with characters that an assignment's name cannot have replaced."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", path.stem).strip("_") or "imported"
