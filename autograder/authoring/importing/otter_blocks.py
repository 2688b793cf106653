"""Reads the blocks of an `otter assign` master notebook: configuration and questions with their cells; for import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml  # type: ignore[import-untyped]  # it ships no types

from autograder.authoring.percent import Kind
from autograder.errors import SourceError

Block = Literal["question", "prompt", "solution", "tests"]

_BOUNDARY = re.compile(r"#\s+(begin|end)\s+(question|prompt|solution|tests)\b", re.IGNORECASE)
_CONFIG = re.compile(r"#\s+assignment\s+config\b", re.IGNORECASE)
_FENCE = re.compile(r"^\s*```otter\s*$\n(.*?)^\s*```\s*$\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class OtterCell:
    """A cell, or a part of a markdown cell that Otter reads as a cell; `number` is the notebook's cell, 1-based."""

    number: int
    kind: Kind
    source: str
    outputs: tuple[Any, ...] = ()


@dataclass
class OtterQuestion:
    """The cells between BEGIN QUESTION and END QUESTION, each with the innermost block around it."""

    number: int
    config: Mapping[str, Any]
    cells: list[tuple[Block, OtterCell]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.config["name"])

    def cells_in(self, block: Block) -> list[OtterCell]:
        return [cell for inside, cell in self.cells if inside == block]


@dataclass(frozen=True)
class OtterConfig:
    number: int
    values: Mapping[str, Any]


Part = OtterCell | OtterQuestion | OtterConfig


def is_otter(notebook: Any) -> bool:
    """Whether any cell begins a question or configures an assignment, in the format of Otter's version 1 or newer."""
    return any(cell.kind == "raw" and (_boundary(cell) or _CONFIG.match(cell.source)) for cell in _cells(notebook))


def parts(path: Path, notebook: Any) -> list[Part]:
    """The notebook's cells, grouped by question. SourceError if blocks do not pair or nest."""
    found: list[Part] = []
    question: OtterQuestion | None = None
    block: Block = "question"
    for cell in _cells(notebook):
        boundary = _boundary(cell)
        if cell.kind == "raw" and _CONFIG.match(cell.source):
            found.append(OtterConfig(cell.number, _yaml(path, cell)))
        elif boundary is None:
            if question is None:
                found.append(cell)
            else:
                question.cells.append((block, cell))
        elif boundary == ("begin", "question"):
            if question is not None:
                raise _error(path, cell, f"BEGIN QUESTION inside question {question.name!r}; end that one first")
            question, block = _question(path, cell), "question"
            found.append(question)
        elif question is None:
            raise _error(path, cell, f"{' '.join(boundary).upper()} outside a question")
        else:
            question, block = _step(path, cell, question, block, boundary)
    if question is not None:
        raise SourceError(path, 1, f"question {question.name!r} of cell {question.number} has no END QUESTION")
    return found


def _step(
    path: Path, cell: OtterCell, question: OtterQuestion, block: Block, boundary: tuple[str, Block]
) -> tuple[OtterQuestion | None, Block]:
    """The question (None after its end) and the block that are open after a boundary inside a question."""
    what, named = boundary
    if what == "begin":
        if block != "question":
            raise _error(path, cell, f"BEGIN {named.upper()} inside {block.upper()}; end that block first")
        return question, named
    if named != block:
        raise _error(path, cell, f"END {named.upper()} inside {block.upper()} of question {question.name!r}")
    return (None if named == "question" else question), "question"


def _question(path: Path, cell: OtterCell) -> OtterQuestion:
    config = _yaml(path, cell)
    if not config.get("name"):
        raise _error(path, cell, "this question has no name; add a line name: q1")
    return OtterQuestion(cell.number, config)


def _yaml(path: Path, cell: OtterCell) -> Mapping[str, Any]:
    return yaml_mapping(path, cell.number, cell.source)


def yaml_mapping(path: Path, number: int, text: str) -> Mapping[str, Any]:
    """Parses a configuration as a YAML mapping. SourceError at the cell if it is not one."""
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError(path, 1, f"cell {number}: its YAML cannot be read: {' '.join(str(error).split())}") from None
    if read is not None and not isinstance(read, dict):
        raise SourceError(path, 1, f"cell {number}: lines of the form key: value are expected, not {str(read)[:40]!r}")
    return read or {}


def _error(path: Path, cell: OtterCell, message: str) -> SourceError:
    return SourceError(path, 1, f"cell {cell.number}: {message}")


def _boundary(cell: OtterCell) -> tuple[str, Block] | None:
    match = _BOUNDARY.match(cell.source) if cell.kind == "raw" else None
    if match is None:
        return None
    named: Any = match[2].lower()
    return match[1].lower(), named


def _cells(notebook: Any) -> Iterator[OtterCell]:
    """All cells; a block fenced by ```otter in a markdown cell becomes a separate raw cell."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "markdown":
            yield OtterCell(number, cell.cell_type, cell.source, tuple(cell.get("outputs", ())))
            continue
        pieces = _FENCE.split(cell.source + "\n")  # text and fenced text alternate
        for index, piece in enumerate(pieces):
            if piece.strip():
                yield OtterCell(number, "raw" if index % 2 else "markdown", piece.strip("\n"))
