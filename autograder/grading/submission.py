"""Parses an untrusted .ipynb and rebuilds it on the instructor's notebook; the first step of the grader.

Only two things are taken from the submission: the source of solution cells, found by grade_id, and the source of the
cells that the student added. All locked cells come from the instructor's notebook; metadata, tags, attachments and
outputs are dropped.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.depth import json_deeper_than
from autograder.errors import SubmissionError
from autograder.model import OTTER_IGNORED, MasterCell, MasterNotebook
from autograder.rendering.text import printable_line

MAX_BYTES = 32 << 20  # a notebook with many figures has a few MiB
MAX_DEPTH = 64  # nbformat needs about 8; json outputs of libraries some more
MAX_CELLS = 2000  # ten times the longest assignment

Kind = Literal["code", "markdown", "raw"]


@dataclass(frozen=True)
class SubmittedCell:
    kind: Kind
    source: str
    grade_id: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, eq=False)  # compared by identity: two cells may have the same text
class RebuiltCell:
    """A cell of the notebook that is graded; `master` is None for the student's own."""

    kind: Kind
    source: str  # as the autograded notebook shows it
    run: str  # as it runs in the student's process: without hidden regions
    master: MasterCell | None
    untouched: bool = False  # a solution cell that the student has not changed
    missing: bool = False  # the submission did not have it


@dataclass(frozen=True)
class RebuiltNotebook:
    cells: tuple[RebuiltCell, ...]
    flags: tuple[str, ...]

    def solution(self, grade_id: str | None) -> RebuiltCell | None:
        for cell in self.cells:
            if cell.master is not None and cell.master.grade_id == grade_id:
                return cell
        return None

    @property
    def code(self) -> list[str]:
        """The code cells as they run, for rules that are checked on the syntax tree."""
        return [cell.run for cell in self.cells if cell.kind == "code"]


# ---- reading ----------------------------------------------------------------------------------------------


def read_bytes(root: Path, *parts: str) -> bytes:
    """Reads the file root/part/part/...; raises SubmissionError if it cannot, or if a part below `root` is a link.

    Each folder is opened in turn without following links, so that a path cannot be exchanged in between.
    """
    for part in parts:
        if not part or part in (".", "..") or "/" in part or "\0" in part:
            raise SubmissionError(f"'{_show(part)}' is not a file name")
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            os.close(fd)
            fd = below
        # O_NONBLOCK: opening a FIFO must not wait for its other end.
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd)
    except OSError as error:
        raise SubmissionError(_format_problem(root, parts, error)) from error
    finally:
        os.close(fd)
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode):
        os.close(file)
        raise SubmissionError(f"{_show(parts[-1])} is not a regular file")
    with os.fdopen(file, "rb") as stream:
        if about.st_size > MAX_BYTES:
            raise SubmissionError(f"{_show(parts[-1])} has {about.st_size >> 20} MiB; the limit is {MAX_BYTES >> 20}")
        return stream.read(MAX_BYTES + 1)


def _format_problem(root: Path, parts: tuple[str, ...], error: OSError) -> str:
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():
            return f"{_show(part)} is a link; hand in the file itself"
    if isinstance(error, FileNotFoundError):
        return f"no file {_show(parts[-1])} was handed in"
    return f"{_show(parts[-1])} cannot be read: {error.strerror}"


def parse(data: bytes, name: str) -> tuple[SubmittedCell, ...]:
    """The cells of a notebook. Raises SubmissionError, with the cell's number, if it is malformed."""
    if len(data) > MAX_BYTES:
        raise SubmissionError(f"{_show(name)} has {len(data) >> 20} MiB; the limit is {MAX_BYTES >> 20}")
    if json_deeper_than(data, MAX_DEPTH):
        raise SubmissionError(f"{_show(name)} is nested deeper than {MAX_DEPTH}; no notebook is")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(
            f"{_show(name)} is not JSON ({_show(str(error))}): it was cut off or is no notebook"
        ) from error
    match found:
        case {"nbformat": 4, "cells": list(cells)}:
            pass
        case {"nbformat": int(version)} if version != 4:
            shown = _show(str(version))
            raise SubmissionError(f"{_show(name)} has notebook format {shown}; open it in JupyterLab and save it (4)")
        case _:
            raise SubmissionError(f"{_show(name)} is JSON but not a notebook")
    if len(cells) > MAX_CELLS:
        raise SubmissionError(f"{_show(name)} has {len(cells)} cells; the limit is {MAX_CELLS}")
    return tuple(_cell(cell, f"cell {n} of {_show(name)}") for n, cell in enumerate(cells, start=1))


def _cell(cell: Any, where: str) -> SubmittedCell:
    match cell:
        case {"cell_type": "code" | "markdown" | "raw" as kind, "source": source}:
            pass
        case _:
            raise SubmissionError(f"{where} is not a cell")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise SubmissionError(f"{where} has a source that is not text")
    source = source.encode("utf-8", "replace").decode()  # lone surrogates could not be written to a file again
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
    tags = metadata.get("tags")
    tags = tuple(str(t) for t in tags) if isinstance(tags, list) else ()
    return SubmittedCell(kind, source, grade_id if isinstance(grade_id, str) else None, tags)


# ---- rebuilding -------------------------------------------------------------------------------------------


def rebuild(master: MasterNotebook, handed_in: tuple[SubmittedCell, ...]) -> RebuiltNotebook:
    """The instructor's notebook with the student's solutions, and with the cells that the student added.

    Known cells are in the instructor's order; an added cell follows the known cell that it followed in the
    submission. Raises SubmissionError for duplicate ids and for a notebook of another assignment.
    """
    known = {cell.grade_id: cell for cell in master.cells if cell.grade_id is not None}
    found, own, flags = _sort_out(known, handed_in, master.name)
    cells = list(own.get("", ()))
    for cell in master.cells:
        if cell.grade_id is None:
            continue
        cells.append(_fill(cell, found.get(cell.grade_id)))
        cells += own.get(cell.grade_id, ())
        if cell.grade_id not in found:
            flags.append(f"missing_cell:{cell.grade_id}")
        elif found[cell.grade_id].kind != cell.kind:
            flags.append(f"changed_cell_kind:{cell.grade_id}")
        elif not cell.is_solution and found[cell.grade_id].source.strip() != _released_text(cell).strip():
            flags.append(f"edited_locked_cell:{cell.grade_id}")
    return RebuiltNotebook(tuple(cells), tuple(flags))


def _sort_out(
    known: Mapping[str, MasterCell], handed_in: tuple[SubmittedCell, ...], name: str
) -> tuple[dict[str, SubmittedCell], dict[str, list[RebuiltCell]], list[str]]:
    """Known cells by id, added cells by the id of the known cell before them, and flags."""
    found: dict[str, SubmittedCell] = {}
    own: dict[str, list[RebuiltCell]] = {}
    flags: list[str] = []
    strangers = 0
    behind = ""
    for cell in handed_in:
        if "skip-execution" in cell.tags:
            flags.append("skip_execution_tag")
        if cell.grade_id in known and cell.grade_id is not None:
            if cell.grade_id in found:
                raise SubmissionError(
                    f"{_show(name)} has two cells with the id '{cell.grade_id}': delete the copy, or paste its text "
                    "into a new cell",
                    flags=("duplicate_cell",),
                )
            found[cell.grade_id] = cell
            behind = cell.grade_id
            continue
        if OTTER_IGNORED in cell.tags:  # cells for Otter only: they call its client, which is not installed
            continue
        if cell.grade_id is not None:
            strangers += 1
            flags.append(f"unknown_cell:{_show(cell.grade_id)}")
        own.setdefault(behind, []).append(RebuiltCell(cell.kind, cell.source, cell.source, None))
    if known and not found:
        what = "of another assignment" if strangers else "without any cell of this assignment"
        raise SubmissionError(f"{_show(name)} is a notebook {what}")
    return found, own, sorted(set(flags))


def _fill(cell: MasterCell, handed_in: SubmittedCell | None) -> RebuiltCell:
    if not cell.is_solution:
        return RebuiltCell(cell.kind, cell.source, cell.visible, cell, missing=handed_in is None)
    if handed_in is None:
        return RebuiltCell(cell.kind, "", "", cell, missing=True)
    # If the student changed the cell's kind by accident, the instructor's kind is restored, as nbgrader does.
    untouched = handed_in.source == _released_text(cell)
    return RebuiltCell(cell.kind, handed_in.source, handed_in.source, cell, untouched=untouched)


def _released_text(cell: MasterCell) -> str:
    """The cell's text as it was released to students."""
    if cell.released is not None:
        return cell.released
    return cell.source if cell.is_solution else cell.visible


def _show(text: str) -> str:
    """A student's text, made printable and short for a terminal or a log."""
    return printable_line(text[:120])
