"""Makes mutants of a solution: the same code with one small mistake each; certify then looks for a check that fails.

Pure: text in, texts out. Docstrings, annotations, messages of exceptions and assertions are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograder.judging import operators

SHOWN = 70  # characters of the code before and after a change
UNTOUCHED = ("annotation", "returns", "type_comment", "keywords", "ops", "op", "ctx", "names", "type_params")


@dataclass(frozen=True)
class Mutant:
    """One change: the code before and after it ("a + b -> a - b"), and the line of the solution that it changes.

    `line` is stripped of white space at both ends; `number` is 1-based.
    """

    change: str
    line: str
    number: int
    text: str  # of the whole mutated source


@dataclass(frozen=True)
class _Site:
    """A place in the tree that holds an expression or a statement: `owner.field`, or `owner.field[index]`."""

    owner: Any
    field: str
    index: int | None
    node: ast.expr | ast.stmt

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.owner, self.field, node)
        else:
            getattr(self.owner, self.field)[self.index] = node


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of `source`, a module's text, once; in the order of the lines. SyntaxError if it does not parse."""
    tree = ast.parse(source)
    lines = source.splitlines()
    known = {ast.unparse(tree)}
    for site in list(_sites(tree)):
        for changed in operators.alternatives(site.node, site.owner):
            before = ast.unparse(site.node)
            site.put(changed)
            text = ast.unparse(ast.fix_missing_locations(tree))
            site.put(site.node)
            if text in known or not _compiles(text):
                continue
            known.add(text)
            number = site.node.lineno
            yield Mutant(_change(before, ast.unparse(changed)), lines[number - 1].strip(), number, text)


def _sites(node: ast.AST) -> Iterator[_Site]:
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED and not (field == "keywords" and isinstance(node, ast.Call)):
            continue
        entries = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, entry in entries:
            if isinstance(entry, ast.Expr) and isinstance(entry.value, ast.Constant):
                continue  # a docstring, or "..."
            if isinstance(entry, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr):
                continue
            if isinstance(entry, ast.expr | ast.stmt):
                yield _Site(node, field, index, entry)
            if isinstance(entry, ast.AST) and not isinstance(entry, ast.Raise):  # a message is nothing to judge
                yield from _sites(entry)


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _change(before: str, after: str) -> str:
    """The two texts on one line; of two long ones, the parts that differ."""
    old, new = " ".join(before.split()), " ".join(after.split())
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    cut = max(0, min(same - SHOWN // 2, max(len(old), len(new)) - SHOWN))
    return f"{_part(old, cut)} -> {_part(new, cut)}"


def _part(text: str, cut: int) -> str:
    shown = ("…" if cut else "") + text[cut:]
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
