"""Writes drafts as authored text, in jupytext's percent format; the last step of an import."""

from __future__ import annotations

import re
from collections.abc import Sequence

import jupytext
import nbformat

from autograder.authoring.importing.draft import Draft, Remark
from autograder.authoring.percent import HEADER

TOP = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""

_NEW = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell, "raw": nbformat.v4.new_raw_cell}


def percent_text(drafts: Sequence[Draft]) -> tuple[str, list[Remark]]:
    """Returns the text, and remarks on lines that were reworded because they would begin a cell."""
    remarks: list[Remark] = []
    cells = [_cell(draft, remarks) for draft in drafts]
    notebook = nbformat.v4.new_notebook(cells=cells)
    form = {
        "extension": ".py",
        "format_name": "percent",
        "cell_metadata_filter": "all",
        "notebook_metadata_filter": "-all",
    }
    return TOP + jupytext.writes(notebook, fmt=form), remarks


def _cell(draft: Draft, remarks: list[Remark]) -> nbformat.NotebookNode:
    keys = {"grade_id": draft.grade_id, "role": draft.role, "points": _number(draft.points)}
    metadata = {key: value for key, value in keys.items() if value is not None}
    lines = draft.source.strip("\n").split("\n")
    prefix = "" if draft.kind == "code" else "# "
    for index, line in enumerate(lines):
        if HEADER.match(prefix + line):
            lines[index] = re.sub("%%+", "% %", line.replace("In[", "In [").replace("<codecell>", "< codecell >"))
            what = f"the line {line.strip()!r} would begin a cell; it is now {lines[index].strip()!r}"
            remarks.append(Remark(draft.number, what))
    cell: nbformat.NotebookNode = _NEW[draft.kind]("\n".join(lines).rstrip(), metadata=metadata)
    return cell


def _number(points: float | None) -> float | int | None:
    return int(points) if points is not None and points == int(points) else points
