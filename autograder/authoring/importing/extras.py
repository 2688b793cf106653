"""Turns pasted pictures of a notebook into files, and reports tags and other metadata that are dropped; for import."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from autograder.authoring.importing.draft import Remark

# Metadata keys that editors write for themselves, and keys that the two importers read.
_NO_LOSS = {
    "nbgrader", "otter", "collapsed", "scrolled", "deletable", "editable", "trusted", "execution", "ExecuteTime", "id",
    "outputId", "colab", "vscode", "pycharm", "jp-MarkdownHeadingCollapsed", "heading_collapsed", "hidden",
}  # fmt: skip


def take(notebook: Any) -> tuple[dict[str, bytes], list[Remark]]:
    """Returns the files made from pasted pictures (the cells now link to them), and remarks on dropped metadata."""
    files: dict[str, bytes] = {}
    remarks: list[Remark] = []
    for number, cell in enumerate(notebook.cells, start=1):
        for name, content in cell.pop("attachments", {}).items():
            new = _free_name(Path(name).name or "picture", number, files)
            try:
                files[new] = base64.b64decode(next(iter(content.values())), validate=True)
            except (StopIteration, binascii.Error, AttributeError, TypeError):
                remarks.append(Remark(number, f"the pasted file {name!r} is broken and left out"))
                continue
            cell.source = cell.source.replace(f"attachment:{name}", new)
            remarks.append(Remark(number, f"the pasted picture {name!r} is now the file {new} beside the notebook"))
        tags = cell.metadata.get("tags", [])
        if tags:
            remarks.append(Remark(number, f"tags have no counterpart: {', '.join(map(str, tags))}"))
        other = sorted(set(cell.metadata) - _NO_LOSS - {"tags"})
        if other:
            remarks.append(Remark(number, f"notes in its metadata have no counterpart: {', '.join(other)}"))
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "python3")
    if kernel not in ("python3", "python"):  # older notebooks name python3 so
        remarks.append(Remark(0, f"the kernel {kernel!r} becomes python3"))
    return files, remarks


def _free_name(name: str, number: int, files: dict[str, bytes]) -> str:
    return name if name not in files else f"cell{number}-{name}"
