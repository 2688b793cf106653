"""Takes the solutions out of an authored text as one module of plain Python, for the judge to run as trusted code.

source/<assignment>.py -> the solution cells, and the statements of other cells that they need. Used by certify and by
short banks, whose oracle is the solution. Student code is never read here.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring import percent
from autograder.authoring.percent import AuthoredCell
from autograder.errors import SourceError, UsageError

ANSWERS = ("solution", "answer")  # roles of cells whose code is a solution
OTHERS = (None, "locked")  # roles of cells whose definitions a solution may use: they run for students too
GIVEN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)  # a line for IPython alone


@dataclass(frozen=True)
class Statement:
    """One statement of a cell that only defines: an import, a constant, a function or a class."""

    text: str  # as written, with its decorators
    line: int  # of the authored file, 1-based, where `text` begins
    binds: frozenset[str]
    needs: frozenset[str]  # names of the module that it uses
    grade_id: str  # of the solution cell that it stands in; empty in another cell
    future: bool


@dataclass(frozen=True)
class Solution:
    """The solution of one function.

    `text` is that of its cell: `line` of the file `path` is its first line. `around` is the text of all that it needs
    from other cells; run it first, in the same namespace.
    """

    function: str
    path: Path
    line: int
    text: str
    around: str


def solution_text(root: Path, assignment: str, function: str = "") -> str:
    """The module that source/<assignment>.py solves: its solution cells, and all definitions that these need.

    With `function`, only the cell that solves it and what that one needs. The statements are as written, in the order
    of the notebook. Left out are statements that do not only define, and definitions that nothing needs. UsageError if
    there is no such file; SourceError (file and line) if no cell solves `function`, or if a solution uses a name that
    no cell defines.
    """
    path, statements = _read(root, assignment)
    roots = _own_statements(path, statements, function) if function else [one for one in statements if one.grade_id]
    return _join(_requirements(path, statements, roots))


def solution_of(root: Path, assignment: str, function: str) -> Solution:
    """The solution of one function or class. Raises as `solution_text` does."""
    path, statements = _read(root, assignment)
    own = _own_statements(path, statements, function)
    others = [one for one in _requirements(path, statements, own) if one not in own]
    return Solution(function, path, own[0].line, _in_place(own), _join(others))


# ---- the statements of an authored text -------------------------------------------------------------------------


def _read(root: Path, assignment: str) -> tuple[Path, list[Statement]]:
    path = root / "source" / f"{assignment}.py"
    authored = percent.read(path)
    cells = [cell for cell in authored.cells if cell.kind == "code" and cell.role in (*ANSWERS, *OTHERS)]
    if not any(cell.role in ANSWERS for cell in cells):
        raise UsageError(f'{path}: no cell has role="solution"')
    return path, [statement for cell in cells for statement in _statements(cell)]


def _statements(cell: AuthoredCell) -> Iterator[Statement]:
    source = MAGIC.sub(r"\1pass", cell.source)
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        if cell.role not in ANSWERS:  # a cell magic, or a cell that shows an error: nothing can need it
            return
        raise cell.error(f"the solution is not Python: {error.msg}", (error.lineno or 1) - 1) from None
    lines = source.splitlines()
    for node in tree.body:
        if not _only_defines(node):
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        binds, needs = _names(text, cell, first)
        grade_id = cell.grade_id or "" if cell.role in ANSWERS else ""
        yield Statement(text, cell.first + first - 1, binds, needs, grade_id, future)


def _only_defines(node: ast.stmt) -> bool:
    """Whether the statement binds names and, as far as its form tells, does nothing else."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(targets=targets):
            return all(_is_name(target) for target in targets)
        case ast.AnnAssign(target=target, value=value):
            return _is_name(target) and value is not None
        case ast.If() | ast.Try():
            handlers = [one for handler in getattr(node, "handlers", ()) for one in handler.body]
            inner = [*node.body, *node.orelse, *handlers, *getattr(node, "finalbody", ())]
            return all(_only_defines(one) or isinstance(one, ast.Pass | ast.Raise) for one in inner)
    return False


def _is_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Tuple | ast.List) and all(_is_name(one) for one in target.elts)
    )


def _names(text: str, cell: AuthoredCell, line: int) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a statement binds in its module, and those that it needs from there."""
    try:
        top = symtable.symtable(text, str(cell.path), "exec")
    except SyntaxError as error:  # of those that the parser alone lets pass, such as `return` outside of a function
        raise cell.error(f"not Python: {error.msg}", line - 1 + (error.lineno or 1) - 1) from None
    binds = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}
    needs = {one.get_name() for one in top.get_symbols() if one.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        needs |= {one.get_name() for one in table.get_symbols() if one.is_global() and one.is_referenced()}
        tables += table.get_children()
    return frozenset(binds), frozenset(needs - GIVEN)


# ---- what the solutions need ------------------------------------------------------------------------------------


def _own_statements(path: Path, statements: Sequence[Statement], function: str) -> list[Statement]:
    """The statements of the last solution cell that defines `function`."""
    cells = [one.grade_id for one in statements if one.grade_id and function in one.binds]
    if not cells:
        raise SourceError(path, 1, f'no cell with role="solution" defines {function}')
    return [one for one in statements if one.grade_id == cells[-1]]


def _requirements(path: Path, statements: Sequence[Statement], roots: Sequence[Statement]) -> list[Statement]:
    """The roots and, through any number of steps, every statement that binds a name which they need."""
    binding: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        for name in statement.binds:
            binding[name].append(statement)
    todo, kept = list(roots), set(roots)
    while todo:
        statement = todo.pop()
        for name in sorted(statement.needs):
            if name not in binding:
                raise SourceError(path, statement.line, f"the solution needs {name!r}, which no cell defines by itself")
            todo += [one for one in binding[name] if one not in kept]
            kept.update(binding[name])
    return [one for one in statements if one.future or one in kept]


def _join(statements: Iterable[Statement]) -> str:
    """One module; imports from __future__ come first."""
    ordered = sorted(statements, key=lambda one: not one.future)
    return "".join(f"{one.text}\n\n\n" for one in ordered).rstrip("\n") + "\n"


def _in_place(statements: Sequence[Statement]) -> str:
    """The statements of one cell on the lines, relative to the first, that they have in the file."""
    lines: list[str] = []
    for one in statements:
        lines += [""] * (one.line - statements[0].line - len(lines)) + one.text.splitlines()
    return "\n".join(lines) + "\n"
