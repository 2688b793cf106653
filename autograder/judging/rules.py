"""Rules such as "not with torch's own attention", found in the syntax tree; the judge sees them again at run time.

Only code that the judged function can reach counts: a student may well compare their result with torch's in another
cell. What hides from this (names put together while running) is left to the operators counted by a probe.
"""

from __future__ import annotations

import ast
import fnmatch
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autograder.judging.compare import clean

USUAL = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}  # where no cell binds the name itself
RUNS_TEXT = ("eval", "exec", "compile")
MAX_SOURCE = 1_000_000  # characters of a cell that are read; a person does not write more by hand


@dataclass(frozen=True)
class Rule:
    """What a question forbids: shell patterns of dotted names. `name` is that of the misconception it stands for."""

    name: str
    text: str
    forbidden: tuple[str, ...]

    def forbids(self, dotted: str) -> bool:
        return any(fnmatch.fnmatchcase(dotted, pattern) for pattern in self.forbidden)


@dataclass(frozen=True)
class Violation:
    """`used` is the dotted name found; `line` (1-based, in its cell) and `text` say where."""

    rule: Rule
    used: str
    line: int
    text: str


def find_violation(rules: Sequence[Rule], cells: Sequence[str], root: str) -> Violation | None:
    """The first forbidden name in the code that `root` (a function or class of the notebook) can reach."""
    if not rules:
        return None
    code = _Code(cells)
    for node, lines in code.reached(root):
        for dotted in sorted(code.names_of(node)):
            for rule in rules:
                if rule.forbids(dotted):
                    number = getattr(node, "lineno", 0)
                    return Violation(rule, clean(dotted, 80), number, clean("".join(lines[number - 1 : number]), 100))
    return None


class _Code:
    """The notebook's cells as syntax trees, with what each name of the notebook may stand for."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._bindings: dict[str, list[tuple[ast.stmt, list[str]]]] = {}
        self._aliases: dict[str, set[str]] = {}
        self._stars: set[str] = set()
        for cell in cells:
            tree = _parse(cell)
            for statement in tree.body if tree is not None else ():
                lines = cell.split("\n")
                for name in _bound(statement):
                    self._bindings.setdefault(name, []).append((statement, lines))
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    self._note(list(ast.walk(statement)))

    def _note(self, nodes: Sequence[ast.AST]) -> None:
        """Learns what the imports and assignments among `nodes` make names stand for."""
        for node in nodes:
            self._note_import(node)
        assignments = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)]
        for _ in range(3):  # `a = F; b = a; c = b.x`: as many steps as a person would take
            for node in assignments:
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
        for dotted in self.names_of(value):
            for name in names:
                self._aliases.setdefault(name, set()).add(dotted)

    def reached(self, root: str) -> list[tuple[ast.AST, list[str]]]:
        """Every node of the statements that bind `root` or a name used in them, and so on, with its cell's lines."""
        todo, seen, done = [root], {root}, set()
        found: list[tuple[ast.AST, list[str]]] = []
        while todo:
            for statement, lines in self._bindings.get(todo.pop(), ()):
                if id(statement) in done:
                    continue
                done.add(id(statement))
                nodes = list(_walk(statement))
                self._note(nodes)
                found += [(node, lines) for node in nodes]
                used = {node.id for node in nodes if isinstance(node, ast.Name)} - seen
                seen |= used
                todo += sorted(used)
        return found

    def names_of(self, node: ast.AST) -> set[str]:
        """The dotted names of modules, functions and classes that an expression or import may stand for."""
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


def _without_magics(cell: str) -> str:
    """The cell with the lines blanked that only IPython understands; line numbers stay."""
    lines = cell[:MAX_SOURCE].split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


@lru_cache(maxsize=64)  # the cells of a notebook or two: its questions are judged one after the other
def _parse(text: str) -> ast.Module | None:
    """The tree, or None: a cell that does not parse does not run either."""
    text = _without_magics(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a student's "\d" is no concern of ours
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # ast.parse raises all four on hostile text
            return None


def _walk(statement: ast.AST) -> Iterator[ast.AST]:
    """All nodes, and those of text that is handed to eval, exec or compile."""
    for node in ast.walk(statement):
        yield node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT and node.args:
            text = _text(node.args[0])
            inner = _parse(text) if text is not None else None
            if inner is not None:
                for part in ast.walk(inner):
                    if isinstance(part, ast.expr | ast.stmt):
                        part.lineno = node.lineno
                    yield part


def _text(node: ast.expr) -> str | None:
    """The text of an expression of constants: 'a' 'b', 'a' + 'b', f'a{'b'}', 'x'.join([...])."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left, ast.Add(), right):
            parts = [_text(left), _text(right)]
        case ast.JoinedStr(values):
            parts = [_text(value) for value in values]
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            parts = [_text(value)]
        case ast.Call(ast.Attribute(value=glue, attr="join"), [ast.List(elts=items) | ast.Tuple(elts=items)]):
            between = _text(glue)
            texts = [_text(item) for item in items]
            whole = [text for text in texts if text is not None]
            return between.join(whole) if between is not None and len(whole) == len(texts) else None
        case _:
            return None
    return None if None in parts else "".join(part for part in parts if part is not None)


def _bound(statement: ast.stmt) -> set[str]:
    """The names of the notebook that a top-level statement gives a value to, or changes (`C.forward = ...`)."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    names: set[str] = set()
    for node in ast.walk(statement):
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
