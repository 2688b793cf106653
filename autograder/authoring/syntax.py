"""Parses a code cell and finds its definitions, asserts, imports and check() calls; used by rules and master."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class CheckCall:
    """A call check("name"). `name` is None if the argument is not one plain string; `line` is 1-based in the cell."""

    line: int
    name: str | None


def parse(source: str) -> ast.Module:
    """The syntax tree of a cell as IPython runs it: magics, shell lines and a top-level await are allowed.

    SyntaxError (lineno is 1-based in the cell) if IPython cannot parse it.
    """
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compile(python(source), "<cell>", "exec", flags=flags, dont_inherit=True)
    except (RecursionError, MemoryError):
        raise SyntaxError("the parser gives up at text that nests as deeply as this") from None
    except ValueError as error:  # raised for a null byte before Python 3.12
        raise SyntaxError(str(error)) from None
    assert isinstance(tree, ast.Module)  # guaranteed by PyCF_ONLY_AST, but the type stub does not say so
    return tree


def python(source: str) -> str:
    """A cell's code as plain Python: magics and shell lines become calls of IPython's shell."""
    return str(TransformerManager().transform_cell(source))


def indent(python: str) -> str:
    """The code indented as the body of a block; lines inside multi-line strings are not indented."""
    inside = set(_lines_in_strings(ast.walk(ast.parse(python))))
    lines = enumerate(python.rstrip().split("\n"), start=1)
    return "\n".join(line if not line.strip() or number in inside else f"    {line}" for number, line in lines)


def _lines_in_strings(nodes: Iterable[ast.AST]) -> Iterable[int]:
    """Numbers (1-based) of lines that begin inside a string."""
    for node in nodes:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            yield from range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)


def definitions(tree: ast.Module) -> list[Definition]:
    """Functions and classes at the top level, in order."""
    return [node for node in tree.body if isinstance(node, Definition)]


def check_calls(tree: ast.AST) -> list[CheckCall]:
    """Every call of a function named check."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_name(node.func, "check")]
    return sorted((CheckCall(call.lineno, _string_argument(call)) for call in calls), key=lambda call: call.line)


def asserts(tree: ast.AST) -> bool:
    """Whether the cell contains a test: an assert, a raise, or a call such as torch.testing.assert_close."""
    return any(
        isinstance(node, ast.Assert | ast.Raise)
        or (isinstance(node, ast.Call) and _last_name(node.func).startswith("assert"))
        for node in ast.walk(tree)
    )


def imports(tree: ast.AST) -> set[str]:
    """The top-level modules that a cell imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def autograder_imports(tree: ast.AST) -> list[int]:
    """Lines (1-based) that import this package or something from it."""
    lines = []
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        if any(module.split(".")[0] == "autograder" for module in modules):
            lines.append(node.lineno)  # type: ignore[attr-defined]  # only import statements reach this line
    return sorted(lines)


def other_statements(tree: ast.AST, lines: set[int]) -> list[int]:
    """The lines in `lines` (1-based) where a statement begins that is not a check() call or an import of autograder."""
    ours = set(autograder_imports(tree))
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno in lines and node.lineno not in ours and not _is_check(node)
    )


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_name(node.value.func, "check")


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _string_argument(call: ast.Call) -> str | None:
    match call:
        case ast.Call(args=[ast.Constant(value=str(name))], keywords=[]):
            return name
    return None
