"""The results of an importer: drafts of cells, and remarks; between reading a notebook and writing authored text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authoring import regions, rules, syntax
from autograder.authoring.keys import Role
from autograder.authoring.percent import AuthoredAssignment, AuthoredCell, Kind
from autograder.errors import SourceError

NOT_WRITTEN = 'raise NotImplementedError("write this test")'  # until the author does, nobody gets its points


@dataclass(frozen=True)
class Remark:
    """A note on something without a counterpart, or changed. `number` is the cell's, 1-based; 0: the whole notebook."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"cell {self.number}: {self.text}" if self.number else self.text


@dataclass(frozen=True)
class Draft:
    """One cell of the authored text; `number` is the number of the notebook cell it comes from."""

    number: int
    kind: Kind
    source: str
    role: Role | None = None
    grade_id: str | None = None
    points: float | None = None


@dataclass(frozen=True)
class Drafts:
    """The result of one importer."""

    drafts: tuple[Draft, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class ImportedNotebook:
    """A whole notebook as authored text; `files` (name -> content) belong in the notebook's folder."""

    name: str
    origin: str  # the notebook's format
    text: str
    remarks: tuple[Remark, ...]
    questions: int = 0
    points: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)


def code_role(source: str, grade_id: str) -> Role:
    """ "solution" if the cell follows this format's rules for a solution, "answer" for code of any other form."""
    cell = AuthoredCell(Path("cell"), 1, "code", source, 1, role="solution", grade_id=grade_id)
    try:
        rules.verify(AuthoredAssignment(cell.path, "one", (cell,)))
    except SourceError:
        return "answer"
    return "solution"


def complete_test(source: str, number: int, remarks: list[Remark]) -> str:
    """The source of a test cell. A cell that asserts nothing gets NOT_WRITTEN at its end, since this format requires an
    assert: nbgrader and Otter would give points if nothing raises, or take the cell's last number as the points."""
    try:
        tree = syntax.parse(source)
        hidden = regions.find(source, regions.HIDDEN)
    except (SyntaxError, regions.RegionFault):
        return source  # the error is reported when the text is read
    if syntax.asserts(tree) or syntax.check_calls(tree):
        return source
    lines = source.split("\n")
    lines.insert(hidden[-1].end if hidden else len(lines), NOT_WRITTEN)
    remarks.append(Remark(number, "a test without an assert: write what must hold; until then nobody gets its points"))
    return "\n".join(lines)
