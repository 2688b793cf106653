"""Checks that the cells of an authored assignment follow the rules of authoring and agree; runs before the build."""

from __future__ import annotations

import ast
from collections.abc import Set
from pathlib import Path

from autograder.authoring import regions, syntax
from autograder.authoring.keys import ANSWERED
from autograder.authoring.new_bank import FOLDER, missing_bank
from autograder.authoring.percent import AuthoredAssignment, AuthoredCell
from autograder.authoring.regions import HIDDEN, MARK_SCHEME, SOLUTION, Marker

_AT_HOME = {SOLUTION: ANSWERED, HIDDEN: ("test",), MARK_SCHEME: ("task",)}


def verify(authored: AuthoredAssignment, known_checks: Set[str] | None = None) -> None:
    """Raises SourceError at the first cell that breaks a rule of authoring.

    `known_checks` are the names that check("...") accepts; None means that names are not checked.
    """
    _verify_names(authored)
    trees: dict[int, ast.Module] = {}
    for cell in authored.cells:
        for marker in regions.MARKERS:
            _verify_regions(cell, marker)
        if cell.kind == "code":
            trees[cell.line] = _parse_cell(cell)
            _verify_release_parses(cell)
            _verify_ours(cell, trees[cell.line])
        if cell.role == "solution":
            _verify_solution(cell, trees[cell.line])
    solutions = authored.with_role("solution")
    defined = {grade_id for grade_id, cell in solutions.items() if syntax.definitions(trees[cell.line])}
    for cell in authored.with_role("test").values():
        _verify_test(cell, trees[cell.line], solutions.keys(), defined, known_checks)


def _verify_names(authored: AuthoredAssignment) -> None:
    seen: dict[str, int] = {}
    for cell in authored.cells:
        if cell.grade_id is None:
            continue
        if cell.grade_id in seen:
            raise cell.error(f"grade_id {cell.grade_id!r} stands on line {seen[cell.grade_id]} already; rename one")
        seen[cell.grade_id] = cell.line


def _verify_regions(cell: AuthoredCell, marker: Marker) -> None:
    try:
        found = regions.find(cell.source, marker)
    except regions.RegionFault as fault:
        raise cell.error(str(fault), fault.offset) from None
    if found and cell.role not in _AT_HOME[marker]:
        roles = " or ".join(f'role="{role}"' for role in _AT_HOME[marker])
        raise cell.error(f"{marker.begin} stands only in a cell with {roles}", found[0].begin)


def _parse_cell(cell: AuthoredCell) -> ast.Module:
    # nbgrader generates tests from lines with this word: it would run a kernel and write into the students' notebook.
    for offset, line in enumerate(cell.source.split("\n")):
        if "AUTOTEST" in line:
            raise cell.error("AUTOTEST is nbgrader's word for generated tests; use asserts or check()", offset)
    try:
        return syntax.parse(cell.source)
    except SyntaxError as error:
        raise cell.error(f"this does not parse: {error.msg}", (error.lineno or 1) - 1) from None


def _verify_release_parses(cell: AuthoredCell) -> None:
    if cell.role == "test":
        left, what = regions.drop(cell.source, HIDDEN), "its hidden tests"
    elif cell.role in ANSWERED:
        left, what = stub(cell.source), "its solution"
    else:
        return
    try:
        syntax.parse(left)
    except SyntaxError as error:
        raise cell.error(f"without {what} this cell does not parse: {error.msg}") from None


def stub(source: str) -> str:
    """The source with every solution replaced by a stub, as students receive it."""
    lines = source.split("\n")
    for region in reversed(regions.find(source, SOLUTION)):
        lines[region.begin : region.end + 1] = [regions.indent(lines[region.begin]) + "raise NotImplementedError"]
    return "\n".join(lines)


def _verify_ours(cell: AuthoredCell, tree: ast.Module) -> None:
    """SourceError if code that students see imports this package or calls check()."""
    if cell.role == "author":
        return
    hidden = _lines_inside(cell, HIDDEN)
    for call in syntax.check_calls(tree):
        if call.line not in hidden:
            raise cell.error("check() outside ### BEGIN HIDDEN TESTS: students do not have it", call.line - 1)
    for line in syntax.autograder_imports(tree):
        if line not in hidden:
            raise cell.error('students have no autograder; give this cell role="author"', line - 1)


def _verify_solution(cell: AuthoredCell, tree: ast.Module) -> None:
    if not regions.find(cell.source, SOLUTION):
        raise cell.error("a solution cell marks what students write: ### BEGIN SOLUTION ... ### END SOLUTION")
    defined = syntax.definitions(tree)
    if len(defined) > 1:
        raise cell.error(
            f"{defined[1].name!r} is the second one here; a solution cell has one function or class",
            defined[1].lineno - 1,
        )
    for definition in defined:
        if definition.name != cell.grade_id:
            raise cell.error(
                f"this defines {definition.name!r} but its grade_id is {cell.grade_id!r}; they are the same name",
                definition.lineno - 1,
            )
        if definition.lineno in _lines_inside(cell, SOLUTION):
            raise cell.error(
                "the signature stands inside the solution; students need it, so put it above ### BEGIN SOLUTION",
                definition.lineno - 1,
            )


def _verify_test(
    cell: AuthoredCell, tree: ast.Module, solutions: Set[str], defined: Set[str], known_checks: Set[str] | None
) -> None:
    calls = syntax.check_calls(tree)
    if not calls:
        if not syntax.asserts(tree):
            raise cell.error("nothing is tested here: add asserts, or check() in ### BEGIN HIDDEN TESTS")
        return
    for call in calls:
        if call.name is None:
            raise cell.error('check() takes one name in quotes, such as check("softmax")', call.line - 1)
        if known_checks is not None and call.name not in known_checks:
            folder = Path(FOLDER, cell.path.stem)  # relative to the course; the file name names the assignment
            raise cell.error(missing_bank(call.name, known_checks, folder), call.line - 1)
    others = syntax.other_statements(tree, _lines_inside(cell, HIDDEN))
    if others:
        raise cell.error("beside check() this would never run; give it a cell of its own", others[0] - 1)
    name = (cell.grade_id or "").removeprefix("test_")
    if name == cell.grade_id:
        raise cell.error(f'a cell with check() is named after its function: grade_id="test_{calls[0].name}"')
    if name not in solutions:
        raise cell.error(f'no solution cell {name!r} for this test: add one with grade_id="{name}" role="solution"')
    if name not in defined:
        raise cell.error(f"check() judges a function, but the solution cell {name!r} defines none")


def _lines_inside(cell: AuthoredCell, marker: Marker) -> set[int]:
    """Line numbers of the cell (1-based, as in a syntax tree) that are between markers."""
    return {index + 1 for region in regions.find(cell.source, marker) for index in region.inside}
