"""Reads a master notebook of `otter assign` (questions with solutions, tests and points) into drafts; for import."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring import regions, syntax
from autograder.authoring.importing import otter_markers, otter_tests
from autograder.authoring.importing.draft import Draft, Drafts, Remark, code_role, complete_test
from autograder.authoring.importing.otter_blocks import OtterCell, OtterConfig, OtterQuestion, parts
from autograder.authoring.importing.otter_tests import Case
from autograder.authoring.regions import SOLUTION
from autograder.errors import SourceError

_AUTHORS_OWN = re.compile(r"##\s*ignore\s*##|#\s*ignore\b", re.IGNORECASE)
_PLUGIN = re.compile(r"# BEGIN PLUGIN", re.IGNORECASE)
_HANDING_IN = "students hand in through nbgrader, so there is nothing for it to do"
_CONFIG = {
    "name": "the name of the file names the assignment",
    "files": "copy what is named to the folder of the notebook",
    "tests": "its ok_format is followed, and no file of tests is needed",
    "strip_solutions_from_all_cells": "done",
    "seed": "no seed is put in by the grader; set one in a locked cell",
    "requirements": "the course's own environment has to have these packages",
    "environment": "the course's own environment has to have these packages",
    **dict.fromkeys(("init_cell", "check_all_cell", "export_cell", "generate"), _HANDING_IN),
}


def take(path: Path, notebook: Any) -> Drafts:
    """Drafts of all cells. SourceError if a block or a configuration is invalid."""
    return _Import(path).convert(notebook)


class _Import:
    """The import of one notebook: collects drafts, remarks, and the grade_ids in use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._drafts: list[Draft] = []
        self._remarks: list[Remark] = []
        self._taken: set[str] = set()
        self._ok_format = True
        self._strip_everywhere = False

    def convert(self, notebook: Any) -> Drafts:
        for part in parts(self._path, notebook):
            if isinstance(part, OtterConfig):
                self._configure(part)
            elif isinstance(part, OtterQuestion):
                self._question(part)
            elif self._strip_everywhere and part.kind == "code":
                self._solution(part, "given")
            else:
                self._ordinary_cell(part)
        return Drafts(tuple(self._drafts), tuple(self._remarks))

    def _remark(self, number: int, text: str) -> None:
        self._remarks.append(Remark(number, text))

    def _configure(self, config: OtterConfig) -> None:
        tests = config.values.get("tests")
        if isinstance(tests, dict):
            self._ok_format = bool(tests.get("ok_format", True))
        self._strip_everywhere = bool(config.values.get("strip_solutions_from_all_cells", False))
        for key, value in config.values.items():
            why = _CONFIG.get(str(key), "no counterpart")
            self._remark(config.number, f"ASSIGNMENT CONFIG, {key}: {value}: {why}")

    def _ordinary_cell(self, cell: OtterCell) -> None:
        first = cell.source.split("\n")[0].strip()
        if _PLUGIN.search(cell.source):
            self._remark(cell.number, "a plugin of Otter's has no counterpart; its text is kept for you to see")
        own = bool(_AUTHORS_OWN.match(first)) or bool(_PLUGIN.search(cell.source))
        self._drafts.append(Draft(cell.number, cell.kind, cell.source, "author" if own else None))

    def _question(self, question: OtterQuestion) -> None:
        for key in sorted(set(question.config) - {"name", "manual", "points", "all_or_nothing"}):
            if key not in ("check_cell", "export"):
                self._remark(question.number, f"{key} of question {question.name!r} has no counterpart")
        manual = bool(question.config.get("manual", False))
        answered: list[str] = []
        written = manual and not any(cell.kind == "code" for cell in question.cells_in("solution"))
        for block, cell in question.cells:
            if block == "question":
                self._ordinary_cell(cell)
            elif block == "solution" and not written:
                answered += self._solution(cell, question.name, self._by_hand(question, answered, manual))
            elif block == "prompt" and not written:
                self._prompt(cell)
        if written:
            self._answer_in_words(question)
        self._tests(question, answered, manual)

    def _by_hand(self, question: OtterQuestion, answered: Sequence[str], manual: bool) -> float | None:
        """Points marked by hand on a solution cell: all of a manual question's points on its first cell, 0 on others.

        None if the question is not manual.
        """
        return (0.0 if answered else self._points_by_hand(question)) if manual else None

    def _points_by_hand(self, question: OtterQuestion) -> float:
        points = question.config.get("points")
        if points is None:
            self._remark(question.number, f"{question.name!r} is marked by hand and says no points: it has 0 now")
            return 0.0
        if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
            message = f"cell {question.number}: points: {points!r}: an answer marked by hand has one number of points"
            raise SourceError(self._path, 1, message)
        return float(points)

    def _solution(self, cell: OtterCell, name: str, by_hand: float | None = None) -> list[str]:
        """Adds the drafts of a solution cell. Returns the grade_ids of the cells that students fill in."""
        if cell.kind != "code":
            if by_hand is None:
                self._remark(cell.number, "a written solution, and nothing is marked by hand: only you see it now")
                self._drafts.append(Draft(cell.number, cell.kind, cell.source, "author"))
                return []
            grade_id = self._grade_id(name, cell.number)
            self._drafts.append(Draft(cell.number, "markdown", cell.source, "manual", grade_id, by_hand))
            return [grade_id]
        try:
            marked = otter_markers.mark(cell.source)
        except ValueError as error:
            raise SourceError(self._path, 1, f"cell {cell.number}: {error}") from None
        for text in marked.remarks:
            self._remark(cell.number, text)
        if not marked.regions and by_hand is None:
            if name != "given":
                self._remark(cell.number, "nothing in it is marked as a solution: students get it as it is")
            self._drafts.append(Draft(cell.number, "code", marked.source))
            return []
        grade_id = self._grade_id(_defined_name(marked.source) or name, cell.number)
        role = "manual" if by_hand is not None else code_role(marked.source, grade_id)
        self._drafts.append(Draft(cell.number, "code", marked.source, role, grade_id, by_hand))
        return [grade_id]

    def _prompt(self, cell: OtterCell) -> None:
        """Adds the text that students see in place of a solution. Code becomes a comment: the solution runs too."""
        if cell.kind != "code":
            self._ordinary_cell(cell)
            return
        self._remark(cell.number, "a prompt in code is a comment now: the solution stands in a cell of its own")
        self._drafts.append(Draft(cell.number, "code", "\n".join(f"# {line}" for line in cell.source.split("\n"))))

    def _answer_in_words(self, question: OtterQuestion) -> None:
        """Adds a question answered in words as one cell: the students' starting text above the author's answer."""
        prompts, solutions = question.cells_in("prompt"), question.cells_in("solution")
        answer = "\n\n".join(cell.source for cell in solutions)
        begin = "\n\n".join(cell.source for cell in prompts)
        text = answer or begin
        if begin:
            text = f"{begin}\n\n### {SOLUTION.begin}\n{answer}\n### {SOLUTION.end}"
            self._remark(question.number, f"under the prompt of {question.name!r} students see 'YOUR ANSWER HERE'")
        grade_id = self._grade_id(question.name, question.number)
        at = next((cell.number for cell in (*prompts, *solutions)), question.number)
        points = self._points_by_hand(question)
        self._drafts.append(Draft(at, "markdown", text, "manual", grade_id, points))

    def _tests(self, question: OtterQuestion, answered: Sequence[str], manual: bool) -> None:
        cells = question.cells_in("tests")
        cases = [otter_tests.read_case(self._path, cell, self._ok_format, self._remarks) for cell in cells]
        if not cases:
            if not manual:
                self._remark(question.number, f"question {question.name!r} has no tests: it earns no points")
            return
        base = f"test_{answered[0] if len(answered) == 1 else question.name}"
        if manual:
            self._remark(question.number, f"the tests of {question.name!r} earn 0 points, since it is marked by hand")
            worth = [0.0] * len(cases)
        else:
            worth = otter_tests.shares(self._path, question, cases)
        if question.config.get("all_or_nothing", False):
            self._draft_test(base, question, cases, round(sum(worth), 9))  # 9 digits: three thirds sum to 1
            return
        for count, (case, points) in enumerate(zip(cases, worth, strict=True), start=1):
            self._draft_test(base if len(cases) == 1 else f"{base}_{count}", question, [case], points)

    def _draft_test(self, base: str, question: OtterQuestion, cases: Sequence[Case], points: float) -> None:
        shown = [case.source for case in cases if not case.hidden]
        hidden = [case.source for case in cases if case.hidden]
        text = "\n\n".join(shown) or f"# Hidden tests of {question.name} run here."
        if hidden:
            text += "\n### BEGIN HIDDEN TESTS\n" + "\n\n".join(hidden) + "\n### END HIDDEN TESTS"
        number = cases[0].number
        text = complete_test(text, number, self._remarks)
        self._drafts.append(Draft(number, "code", text, "test", self._grade_id(base, number), points))

    def _grade_id(self, wanted: str, number: int) -> str:
        """A grade_id that nbgrader accepts and that is not in use."""
        plain = re.sub(r"[^a-zA-Z0-9_-]+", "_", wanted) or "question"
        grade_id, count = plain, 1
        while grade_id in self._taken:
            count += 1
            grade_id = f"{plain}-{count}"
        if grade_id != wanted and plain != wanted:
            self._remark(number, f"the name {wanted!r} is {grade_id!r} now: nbgrader allows letters, digits, _ and -")
        self._taken.add(grade_id)
        return grade_id


def _defined_name(source: str) -> str | None:
    """The name of the cell's only function or class whose signature students see; None if there is not exactly one."""
    try:
        tree = syntax.parse(source)
    except SyntaxError:
        return None
    found = syntax.definitions(tree)
    hidden = {index + 1 for region in regions.find(source, SOLUTION) for index in region.inside}
    return found[0].name if len(found) == 1 and found[0].lineno not in hidden else None
