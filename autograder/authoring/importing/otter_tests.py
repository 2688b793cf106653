"""Turns the test cells of an Otter question into code that raises where Otter's test would fail; for import.

Otter runs such a cell as a doctest: the student's output must equal the output saved in the author's notebook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring import syntax
from autograder.authoring.importing.draft import Remark
from autograder.authoring.importing.otter_blocks import OtterCell, OtterQuestion, yaml_mapping
from autograder.errors import SourceError

_BEGIN_CONFIG = re.compile(r'(?:.\s*=\s*)?""?"?\s*#\s*BEGIN\s*TEST\s*CONFIG', re.IGNORECASE)
_END_CONFIG = re.compile(r'""?"?\s*#\s*END\s*TEST\s*CONFIG', re.IGNORECASE)
_HIDDEN = re.compile(r"#.*\bhidden\b", re.IGNORECASE)
_IGNORE = re.compile(r"\s*# IGNORE\s*$", re.MULTILINE)
_IN_MEMORY = re.compile(r"\bat 0x[0-9a-f]+")
_KNOWN = {"hidden", "points", "success_message", "failure_message", "name"}


@dataclass(frozen=True)
class Case:
    """One test: `source` raises if the test fails."""

    number: int
    source: str
    hidden: bool
    points: float | None  # None: a share of the question's points


def read_case(path: Path, cell: OtterCell, ok_format: bool, remarks: list[Remark]) -> Case:
    """Reads the test in a cell of a TESTS block. SourceError if Otter would reject it too."""
    if cell.kind != "code":
        raise SourceError(path, 1, f"cell {cell.number}: among tests stands a {cell.kind} cell; only code is a test")
    lines = cell.source.split("\n")
    config, rest = _config(path, cell.number, lines)
    hidden = bool(_HIDDEN.match(lines[0].lstrip()))
    if hidden:
        rest = lines[1:]
    source = _IGNORE.sub("", "\n".join(rest)).strip("\n")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SourceError(path, 1, f"cell {cell.number}: this test does not parse: {error.msg}") from None
    for key in sorted(set(config) - _KNOWN):
        remarks.append(Remark(cell.number, f"{key} of a test has no counterpart"))
    message = config.get("failure_message")
    code, unsaid = _raising_code(source, tree, cell, "" if message is None else str(message), ok_format)
    remarks += [Remark(cell.number, text) for text in unsaid]
    if config.get("success_message"):
        code += f"\nprint({str(config['success_message'])!r})"
    return Case(cell.number, code, bool(config.get("hidden", hidden)), _points(path, cell.number, config.get("points")))


def shares(path: Path, question: OtterQuestion, cases: Sequence[Case]) -> list[float]:
    """The points of each test, by Otter's rule: a test's own points, or an equal share of the remaining points."""
    total = question.config.get("points")
    own = [case.points for case in cases]
    if isinstance(total, dict):
        total = _points(path, question.number, total.get("each", 1), 1.0) * len(cases)
    if isinstance(total, list):
        if len(total) != len(cases):
            raise SourceError(path, 1, f"cell {question.number}: {len(total)} points are given for {len(cases)} tests")
        own, total = [_points(path, question.number, one, 0.0) for one in total], None
    said = sum(points for points in own if points is not None)
    open_ones = sum(points is None for points in own)
    if total is None:
        total = said or 1.0
    total = _points(path, question.number, total, 1.0)
    if said > total:
        raise SourceError(path, 1, f"cell {question.number}: its tests are worth {said:g} points, it only {total:g}")
    share = (total - said) / open_ones if open_ones else 0.0
    return [share if points is None else points for points in own]


def _points(path: Path, number: int, given: Any, default: Any = None) -> Any:
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 0:
        raise SourceError(path, 1, f"cell {number}: points: {given!r} is not a number of points")
    return float(given)


def _config(path: Path, number: int, lines: list[str]) -> tuple[dict[str, Any], list[str]]:
    if not _BEGIN_CONFIG.match(lines[0]):
        return {}, lines
    for index, line in enumerate(lines):
        if index and _END_CONFIG.match(line):
            return dict(yaml_mapping(path, number, "\n".join(lines[1:index]))), lines[index + 1 :]
    raise SourceError(path, 1, f'cell {number}: """ # BEGIN TEST CONFIG is never ended by """ # END TEST CONFIG')


def _raising_code(
    source: str, tree: ast.Module, cell: OtterCell, failure: str, ok_format: bool
) -> tuple[str, list[str]]:
    """Code that raises if the test fails, and remarks on what it could not express."""
    message = f", {failure!r}" if failure else ""
    unsaid = [f"its failure_message is a comment now: {failure!r}"] if failure else []
    commented = f"# If this fails: {' '.join(failure.split())}\n{source}" if failure else source
    last = tree.body[-1] if tree.body else None
    if not ok_format and isinstance(last, ast.FunctionDef):
        given = ", ".join("globals()" if one.arg == "env" else one.arg for one in last.args.args)
        return f"{commented}\n\n{last.name}({given})", unsaid
    printed, shown = _saved_output(cell)
    if _IN_MEMORY.search(printed + shown):
        return commented, [*unsaid, "what it showed names a place in memory, and is not compared"]
    if not isinstance(last, ast.Expr) or not (printed or shown):
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Compare | ast.BoolOp):
            before, expression = _split(source, last)
            return f"{before}assert {expression}{message}", ["the cell was never run; it is taken to have shown True"]
        if not printed:
            return commented, unsaid
    if printed:
        return _printing_code(source, last, printed, shown, message), []
    assert isinstance(last, ast.Expr)  # only an expression has a displayed value
    before, expression = _split(source, last)
    if shown == "True":
        return f"{before}assert {expression}{message}", []
    if shown == "False":
        return f"{before}assert not {expression}{message}", []
    return f"{before}assert repr({expression}) == {shown!r}{message}", []


def _saved_output(cell: OtterCell) -> tuple[str, str]:
    """The cell's saved output in the author's notebook: the printed text, and the displayed value."""
    printed = "".join(one.text for one in cell.outputs if one.output_type == "stream" and one.name == "stdout")
    shown = [one.data["text/plain"] for one in cell.outputs if "text/plain" in one.get("data", {})]
    return printed, "".join(shown)


def _split(source: str, last: ast.Expr) -> tuple[str, str]:
    """The source before the last expression, and the expression, in brackets if it needs them."""
    lines = source.split("\n")
    start = lines[last.lineno - 1].encode()[: last.col_offset].decode()
    before = "\n".join([*lines[: last.lineno - 1], start.rstrip().rstrip(";")]).strip("\n")
    expression = ast.get_source_segment(source, last) or ""
    plain = "\n" not in expression and isinstance(last.value, ast.Call | ast.Compare | ast.Name | ast.Attribute)
    return f"{before}\n" if before else "", expression if plain else f"({expression})"


def _printing_code(source: str, last: ast.stmt | None, printed: str, shown: str, message: str) -> str:
    body = source
    if shown and isinstance(last, ast.Expr):
        before, expression = _split(source, last)
        body = f"{before}print(repr({expression}))"
    expected = f"{printed}{shown}".rstrip()
    return (
        "import contextlib\nimport io\n\n"
        f"with contextlib.redirect_stdout(io.StringIO()) as printed:\n{syntax.indent(body)}\n"
        f"assert printed.getvalue().rstrip() == {expected!r}{message}"
    )
