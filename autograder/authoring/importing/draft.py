"""What an importer makes of a notebook: drafts of cells, and remarks; they become the authored text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authoring import regions, rules, syntax
from autograder.authoring.keys import Role
from autograder.authoring.percent import Authored, AuthoredCell, Kind
from autograder.errors import SourceError

NOT_WRITTEN = 'raise NotImplementedError("write this test")'  # until then it gives nobody its points


@dataclass(frozen=True)
class Remark:
    """Something that has no counterpart or was changed. `number` is the cell's, 1-based; 0: the whole notebook."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"cell {self.number}: {self.text}" if self.number else self.text


@dataclass(frozen=True)
class Draft:
    """One cell of the text to come; `number` is that of the cell it comes from."""

    number: int
    kind: Kind
    source: str
    role: Role | None = None
    grade_id: str | None = None
    points: float | None = None


@dataclass(frozen=True)
class Taken:
    """What one importer took in."""

    drafts: tuple[Draft, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Imported:
    """A whole notebook as authored text; `files` are to lie beside the notebook, by name."""

    name: str
    origin: str  # in whose format the notebook was
    text: str
    remarks: tuple[Remark, ...]
    questions: int = 0
    points: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)


def code_role(source: str, grade_id: str) -> Role:
    """ "solution" where the cell is one by the rules of this format, "answer" for code of any other form."""
    cell = AuthoredCell(Path("cell"), 1, "code", source, 1, role="solution", grade_id=grade_id)
    try:
        rules.verify(Authored(cell.path, "one", (cell,)))
    except SourceError:
        return "answer"
    return "solution"


def tested(source: str, number: int, remarks: list[Remark]) -> str:
    """The source of a test cell. One that asserts nothing ends in NOT_WRITTEN: nbgrader and Otter would give its points
    to whatever raises nothing, or by the number that it ends with, and this format asks for a claim."""
    try:
        tree = syntax.parse(source)
        hidden = regions.find(source, regions.HIDDEN)
    except (SyntaxError, regions.RegionFault):
        return source  # what is wrong with it is said when the text is read
    if syntax.asserts(tree) or syntax.check_calls(tree):
        return source
    lines = source.split("\n")
    lines.insert(hidden[-1].end if hidden else len(lines), NOT_WRITTEN)
    remarks.append(Remark(number, "a test without an assert: write what must hold; until then nobody gets its points"))
    return "\n".join(lines)
