"""Finds uses of forbidden functions, such as torch's own attention, in the syntax tree; before the judge runs probes.

Only code that the judged function can reach counts, so students may compare their result with torch's in another cell.
Names that are built at run time are not found here; the operators counted by a probe reveal those calls.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autograder.judging.compare import clean

USUAL = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}  # used unless a cell binds the name
RUNS_TEXT = ("eval", "exec", "compile")
GIVES_NAMED = ("getattr", "vars", "import_module", "__import__")  # calls that return something by its name
MAX_SOURCE = 1_000_000  # characters of a cell that are parsed; nobody writes more by hand
MAX_KEPT = 20_000  # characters of a cell whose statements are cached; huge cells would fill the memory
MAX_NAMES = 200  # meanings of one name; code can double them with each line, people rebind a few times
MAX_DOTTED = 300  # characters of a dotted name; the longest of torch's own have 80
MAX_NESTED = 50  # depth of attributes and sums of strings; each costs a level of recursion, nobody writes more


@dataclass(frozen=True)
class Rule:
    """What a question forbids, as shell patterns of dotted names. `name` is used as the misconception's name.

    `watches` are parts of torch functions' names ("scaled_dot_product" also matches its kernels). The rule is also
    broken if a matching function is called while operators are counted, however the code obtained it.
    """

    name: str
    text: str
    forbidden: tuple[str, ...]
    watches: tuple[str, ...] = ()

    def forbids(self, dotted: str) -> bool:
        return _union(self.forbidden).match(dotted) is not None


@lru_cache(maxsize=16)  # a course has a few rules
def _union(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


@dataclass(frozen=True)
class Violation:
    """A broken rule: `used` is the dotted name found; `line` (1-based, in its cell) and `text` say where."""

    rule: Rule
    used: str
    line: int
    text: str


def find_violation(rules: Sequence[Rule], cells: Sequence[str], root: str) -> Violation | None:
    """The first forbidden name in the code that `root` (a function or class of the notebook) can reach."""
    if not rules:
        return None
    code = _Code([statement for cell in cells for statement in statements_of(cell)])
    for statement in code.statements_behind(root):
        for node in statement.naming:
            for dotted in sorted(code.names_of(node)):
                rule = next((rule for rule in rules if rule.forbids(dotted)), None)
                if rule is not None:
                    number = getattr(node, "lineno", 0)
                    line = "".join(statement.cell.split("\n")[number - 1 : number])
                    return Violation(rule, clean(dotted, 80), number, clean(line, 100))
    return None


@dataclass(frozen=True)
class Statement:
    """An analysed top-level statement of a cell: the names it binds and uses, and the nodes that may name a module or
    one of its members."""

    cell: str
    binds: frozenset[str]
    uses: frozenset[str]
    naming: tuple[ast.AST, ...]  # expressions and imports that may name a module or its members; each once
    imports: tuple[ast.AST, ...]
    assignments: tuple[ast.AST, ...]  # assignments of such an expression to a name
    later: bool  # a definition: imports and assignments in its body count only if it is reached


def statements_of(cell: str) -> tuple[Statement, ...]:
    """The statements of a cell; none where it does not parse, since it does not run either."""
    return _cached_statements(cell) if len(cell) <= MAX_KEPT else _take_apart(cell)


@lru_cache(maxsize=128)  # most cells are the same for a whole class: one notebook, and some room
def _cached_statements(cell: str) -> tuple[Statement, ...]:
    return _take_apart(cell)


def _take_apart(cell: str) -> tuple[Statement, ...]:
    tree = parse_cell(cell)
    return tuple(_statement(cell, statement) for statement in (tree.body if tree is not None else ()))


def _statement(cell: str, statement: ast.stmt) -> Statement:
    nodes = list(_walk(statement))
    assignments = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)]
    return Statement(
        cell,
        frozenset(_bound_names(statement, nodes)),
        frozenset(node.id for node in nodes if isinstance(node, ast.Name)),
        tuple({_spelling(node): node for node in reversed(nodes) if _may_name(node)}.values())[::-1],
        tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)),
        tuple(node for node in assignments if node.value is not None and _may_name(node.value)),
        isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef),
    )


def _may_name(node: ast.AST) -> bool:
    """Whether `_Code.names_of` can find a name in the node, in whatever notebook it stands."""
    for _ in range(MAX_NESTED):
        match node:
            case ast.Name() | ast.Import() | ast.ImportFrom():
                return True
            case ast.Attribute(value=value) | ast.NamedExpr(value=value) | ast.Subscript(value=value):
                node = value
            case ast.Call(ast.Name(id=name) | ast.Attribute(attr=name), args):
                if name not in GIVES_NAMED or not args:
                    return False
                node = args[0] if name in ("getattr", "vars") else ast.Name(name)
            case _:
                return False
    return False


def _spelling(node: ast.AST) -> object:
    """A key to look at equal dotted names (`a.b.c`) only once; for any other node, the node itself."""
    parts: list[str] = []
    whole = node
    while isinstance(node, ast.Attribute) and len(parts) < MAX_NESTED:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else whole


class _Code:
    """A notebook's statements, and the modules, functions or classes that each of its names may refer to."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._bindings: dict[str, list[Statement]] = {}
        self._aliases: dict[str, set[str]] = {}
        self._stars: set[str] = set()
        for statement in statements:
            for name in statement.binds:
                self._bindings.setdefault(name, []).append(statement)
            if not statement.later:
                self._note(statement)

    def _note(self, statement: Statement) -> None:
        """Records what names refer to after the imports and assignments of a statement."""
        for node in statement.imports:
            self._note_import(node)
        for _ in range(3):  # a chain such as `a = F; b = a; c = b.x`: people write no longer ones
            for node in statement.assignments:
                self._note_assignment(node)

    def _note_import(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names):
                for alias in names:
                    target = alias.name if alias.asname else alias.name.split(".")[0]
                    self._aliases.setdefault(alias.asname or target, set()).add(target)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    if alias.name == "*":
                        self._stars.add(module)
                    else:
                        self._aliases.setdefault(alias.asname or alias.name, set()).add(f"{module}.{alias.name}")

    def _note_assignment(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets, value):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names = [name]
            case ast.NamedExpr(ast.Name(id=name), value):
                names = [name]
            case _:
                return
        for dotted in sorted(self.names_of(value)):
            for name in names:
                known = self._aliases.setdefault(name, set())
                if len(known) < MAX_NAMES and len(dotted) <= MAX_DOTTED:
                    known.add(dotted)

    def statements_behind(self, root: str) -> list[Statement]:
        """The statements that bind `root`, those that bind a name used in these, and so on."""
        todo, seen, done = [root], {root}, set()
        found: list[Statement] = []
        while todo:
            for statement in self._bindings.get(todo.pop(), ()):
                if id(statement) in done:
                    continue
                done.add(id(statement))
                self._note(statement)
                found.append(statement)
                used = statement.uses - seen
                seen |= used
                todo += sorted(used)
        return found

    def names_of(self, node: ast.AST) -> set[str]:
        """The dotted names of modules, functions and classes that an expression or import may refer to."""
        match node:
            case ast.Name(id=name):
                return self._of_name(name)
            case ast.Attribute(value, attr):
                return {f"{dotted}.{attr}" for dotted in self.names_of(value)}
            case ast.NamedExpr(value=value):
                return self.names_of(value)
            case ast.Call(func, args):
                return self._of_call(func, args)
            case ast.Subscript(value, index):
                key = _text(index)
                owners = self.names_of(value)
                if key is None:
                    return set()
                if "sys.modules" in owners:
                    return {key}
                return {f"{o.removesuffix('.__dict__')}.{key}" for o in owners if o.endswith(".__dict__")}
            case ast.ImportFrom(module=str(module), names=names):
                return {f"{module}.{alias.name}" for alias in names}
            case ast.Import(names=names):
                return {alias.name for alias in names}
        return set()

    def _of_name(self, name: str) -> set[str]:
        if name in self._aliases:
            return self._aliases[name]
        if name in self._bindings:
            return set()
        usual = {USUAL[name]} if name in USUAL else set()
        return usual | {f"{module}.{name}" for module in self._stars}

    def _of_call(self, func: ast.expr, args: list[ast.expr]) -> set[str]:
        name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
        texts = [_text(arg) for arg in args]
        if name == "getattr" and len(args) >= 2 and texts[1] is not None:
            return {f"{dotted}.{texts[1]}" for dotted in self.names_of(args[0])}
        if name == "vars" and args:
            return {f"{dotted}.__dict__" for dotted in self.names_of(args[0])}
        if name == "import_module" and texts and texts[0] is not None:
            return {texts[0]}
        if name == "__import__" and texts and texts[0] is not None:
            return {texts[0].split(".")[0]}
        return set()


def _blank_magics(cell: str) -> str:
    """The cell with its IPython lines (%, !, ?) blanked; line numbers stay the same."""
    lines = cell[:MAX_SOURCE].split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def parse_cell(text: str) -> ast.Module | None:
    """The syntax tree of a student's cell; None for one that does not parse, since it cannot run either."""
    text = _blank_magics(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as for "\d" in a student's string
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # ast.parse raises all four on hostile text
            return None


def _walk(statement: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a statement, and the nodes of constant text that it passes to eval, exec or compile."""
    for node in ast.walk(statement):
        yield node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT and node.args:
            text = _text(node.args[0])
            inner = parse_cell(text) if text is not None else None
            if inner is not None:
                for part in ast.walk(inner):
                    if isinstance(part, ast.expr | ast.stmt):
                        part.lineno = node.lineno
                    yield part


def _text(node: ast.expr, depth: int = 0) -> str | None:
    """The value of a constant string expression ('a' 'b', 'a' + 'b', f'a{'b'}', 'x'.join([...])), else None."""
    if depth > MAX_NESTED:
        return None
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left, ast.Add(), right):
            parts = [_text(left, depth + 1), _text(right, depth + 1)]
        case ast.JoinedStr(values):
            parts = [_text(value, depth + 1) for value in values]
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            parts = [_text(value, depth + 1)]
        case ast.Call(ast.Attribute(value=glue, attr="join"), [ast.List(elts=items) | ast.Tuple(elts=items)]):
            between = _text(glue, depth + 1)
            texts = [_text(item, depth + 1) for item in items]
            whole = [text for text in texts if text is not None]
            return between.join(whole) if between is not None and len(whole) == len(texts) else None
        case _:
            return None
    return None if None in parts else "".join(part for part in parts if part is not None)


def _bound_names(statement: ast.stmt, nodes: Iterable[ast.AST]) -> set[str]:
    """The notebook's names that a top-level statement binds or changes (`C.forward = ...`)."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    names: set[str] = set()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.split(".")[0])
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
                names.add(name)
            case ast.Call(ast.Name(id="setattr"), [ast.Name(id=name), *_]):
                names.add(name)
    return names
