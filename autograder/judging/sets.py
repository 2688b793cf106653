"""Chooses the hidden inputs of a submission: one of a few fixed sets, by the code of the function that is judged.

    code of the function -> number of a set -> seeds of its checks -> Reference

Equal code gets equal inputs, and so equal marks and messages, whoever hands it in; certify tries every set beforehand.
Nobody can tell without the course's secret which set a code gets, nor what is in it.
"""

from __future__ import annotations

import ast
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from autograder.judging.draw import derive_seed
from autograder.judging.expected import Reference
from autograder.judging.rules import parse_cell

if TYPE_CHECKING:
    from autograder.judging.check import Bank

KEPT = 256  # references, of 10 to 100 kB each: more than an assignment of today has with 20 sets
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class InputSets:
    """The input sets of one assignment's banks; a reference that was used lately need not be worked out again."""

    def __init__(
        self, banks: Mapping[str, Bank], secret: bytes, assignment: str, count: int, device: str = "cpu"
    ) -> None:
        self.count = count
        self._banks = banks
        self._secret = secret
        self._assignment = assignment
        self._device = device
        self._kept: OrderedDict[tuple[str, int], Reference] = OrderedDict()

    def reference_for(self, function: str, cells: Sequence[str]) -> Reference:
        """The reference by which `function` is judged in a notebook with these code cells."""
        return self.reference(function, self.number(function, cells))

    def number(self, function: str, cells: Sequence[str]) -> int:
        return derive_seed(self._secret, "input set", function, digest_of_code(function, cells)) % self.count

    def reference(self, function: str, number: int) -> Reference:
        """The reference of set `number`. KeyError if there is no bank of the function."""
        key = (function, number)
        if key not in self._kept:
            self._kept[key] = Reference(self._banks[function], self.seeds(function, number), self._device)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def seeds(self, function: str, number: int) -> Callable[[str], int]:
        """A function from a check's name to its seed in set `number`."""
        return partial(self._seed, function, number)

    def _seed(self, function: str, number: int, check: str) -> int:
        return derive_seed(self._secret, f"set {number}", self._assignment, f"{function}/{check}")


def digest_of_code(function: str, cells: Sequence[str]) -> str:
    """A digest of the last definition of `function` in the cells, without its comments, spacing and docstring.

    That of nothing, if no cell defines it by a `def` or `class` of this name.
    """
    found: ast.AST | None = None
    for cell in cells:
        tree = parse_cell(cell) if function in cell else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, DEFINITIONS) and node.name == function:
                found = node
    try:
        text = "" if found is None else ast.dump(_without_docstrings(found))
    except RecursionError:  # hostile code: any set will do
        text = ""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _without_docstrings(node: ast.AST) -> ast.AST:
    for one in ast.walk(node):
        if isinstance(one, DEFINITIONS) and ast.get_docstring(one) is not None:
            del one.body[0]
    return node
