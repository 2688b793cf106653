"""Reads an authored text (jupytext py:percent) into cells with their file and line; the first step of the path.

source/<assignment>.py -> AuthoredAssignment -> notebooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.authoring import keys
from autograder.authoring.keys import Role
from autograder.errors import SourceError, UsageError

Kind = Literal["code", "markdown", "raw"]

# jupytext ends a line at these characters, editors do not, so line numbers below one of them would be wrong.
_BREAKS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")

# Lines that jupytext reads as the first line of a cell in the percent format.
HEADER = re.compile(r"^\s*#\s*(%%%*(\s.*)?|<codecell>\s*|In\[[0-9 ]*\]:?\s*)$")


@dataclass(frozen=True)
class AuthoredCell:
    """One cell of the authored text."""

    path: Path
    line: int  # of its "# %%" line, 1-based
    kind: Kind
    source: str  # without blank lines at its ends
    first: int  # line of the file that the source begins on
    role: Role | None = None
    grade_id: str | None = None
    points: float | None = None

    def error(self, message: str, offset: int | None = None) -> SourceError:
        """An error at the cell's header, or at line `offset` (0-based) of its source."""
        return SourceError(self.path, self.line if offset is None else self.first + offset, message)


@dataclass(frozen=True)
class AuthoredAssignment:
    """An authored assignment; `name` is the file name without its suffix."""

    path: Path
    name: str
    cells: tuple[AuthoredCell, ...]

    def with_role(self, role: Role) -> dict[str, AuthoredCell]:
        """The cells of one role by grade_id, in order."""
        return {cell.grade_id: cell for cell in self.cells if cell.role == role and cell.grade_id is not None}


def read(path: Path) -> AuthoredAssignment:
    """Reads the cells of `path` and checks their keys; `rules.verify` then checks their content.

    UsageError if the file does not exist, SourceError at a wrong line.
    """
    import jupytext  # takes half a second to import, and grading does not need it

    lines = _lines(path)
    headers = [index for index, line in enumerate(lines) if HEADER.match(line)]
    if not headers:
        raise SourceError(path, 1, 'no cells: begin each with a line "# %%" or "# %% [markdown]"')
    for index, line in enumerate(lines[: headers[0]]):
        if line.strip() and not line.startswith("#"):
            raise SourceError(path, index + 1, 'code before the first cell: put a line "# %%" above it')
    # Above the first cell there are only comments, such as a jupytext header; they are not for students.
    try:
        cells = jupytext.reads("\n".join(lines[headers[0] :]) + "\n", fmt="py:percent").cells
    except (RecursionError, MemoryError):  # jupytext parses values of a header as Python
        longest = max(headers, key=lambda index: len(lines[index]))
        raise SourceError(path, longest + 1, "a value here nests too deeply to be read") from None
    _compare(path, lines, headers, cells)
    paired = zip(headers, cells, strict=True)
    return AuthoredAssignment(path, path.stem, tuple(_cell(path, header, cell) for header, cell in paired))


def _lines(path: Path) -> list[str]:
    if not re.fullmatch(keys.GRADE_ID, path.stem):
        raise UsageError(f"{path}: name the file with letters, digits, _ and - only; it names the assignment")
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; an assignment is authored there") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(path, line, "not UTF-8 text; save the file as UTF-8") from None
    for index, text in enumerate(lines):
        if found := _BREAKS.search(text):
            code = f"U+{ord(found[0]):04X}"
            raise SourceError(
                path, index + 1, f"{code} ends a line for some programs only; drop it, or write an escape"
            )
    return lines


def _compare(path: Path, lines: Sequence[str], headers: Sequence[int], cells: Sequence[Any]) -> None:
    """SourceError if jupytext found other header lines than we did, since line numbers would then be wrong."""
    if len(headers) == len(cells):
        for header, cell in zip(headers, cells, strict=True):
            if cell.source.split("\n")[0].strip() == lines[header].strip():
                raise SourceError(path, header + 1, 'begins no cell as it stands here: write "# %%" in its place')
        return
    for position, cell in enumerate(cells[: len(headers) - 1]):
        following = headers[position + 1]
        if lines[following].strip() in cell.source:
            raise SourceError(path, following + 1, "begins no cell, since it stands in a string or a fence; reword it")
    raise SourceError(path, 1, f"{len(headers)} lines begin a cell, but jupytext finds {len(cells)} cells")


def _cell(path: Path, header: int, cell: Any) -> AuthoredCell:
    metadata: Mapping[str, Any] = cell.metadata
    given = keys.read(path, header + 1, cell.cell_type, metadata)
    source = str(cell.source)
    body = source.lstrip("\n")
    first = header + 2 + (len(source) - len(body))
    if cell.cell_type != "code" and "cell_marker" in metadata:
        first += 1  # the text begins below the line with the opening quotes
    return AuthoredCell(
        path, header + 1, cell.cell_type, body.rstrip(), first, given.role, given.grade_id, given.points
    )
