"""Lists the wrong answers of a graded class that no misconception explains, for authors of banks; after grading.

records of the class -> answers that failed without a name -> groups of equal behaviour -> drafts for the bank
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.course import Course
from autograder.grading.record import Judgements
from autograder.grading.submitted import students
from autograder.judging.rules import parse_cell
from autograder.model import QuestionResult
from autograder.rendering.text import join_lines

WRONG = ("partial", "failed", "error")  # statuses of an answer whose function was called
NUMBERS = re.compile(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", re.IGNORECASE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Suggestion:
    """Answers to one question that behave alike, and one of them."""

    function: str
    messages: Mapping[str, str]  # of each failed check, in the example
    students: tuple[str, ...]
    code: str  # the definitions in the example's cell; empty if none was found

    @property
    def draft(self) -> str:
        """What to add to the bank, in the short form: the sentence and a name are for its author to find."""
        heading = re.compile(rf"^(def|class) {re.escape(self.function)}\b", re.MULTILINE)
        return heading.sub(r'@wrong("Say what is wrong, and why.")\n\1 name_this_mistake', self.code)


@dataclass(frozen=True)
class _Answer:
    student: str
    question: QuestionResult
    cells: tuple[str, ...]

    @property
    def behaviour(self) -> tuple[object, ...]:
        """Equal for answers that fail the same checks with the same messages, up to the numbers in them."""
        failed = [verdict for verdict in self.question.checks if not verdict.passed]
        return self.question.id, *((verdict.name, NUMBERS.sub("#", verdict.message)) for verdict in failed)


def suggestions(course: Course, assignment: str) -> list[Suggestion]:
    """The groups, the largest first. An answer counts if it failed a check, and no failed check names a misconception.

    They are read from the records of `grade`; nothing is run again.
    """
    groups: dict[tuple[object, ...], list[_Answer]] = defaultdict(list)
    for answer in _unexplained(course, assignment):
        groups[answer.behaviour].append(answer)
    found = [_suggestion(group) for group in groups.values()]
    return sorted(found, key=lambda one: (-len(one.students), one.function, one.students))


def _unexplained(course: Course, assignment: str) -> Iterator[_Answer]:
    judgements = Judgements(course, assignment)
    for student in students(course, assignment, "autograded"):
        notebooks = judgements.notebooks(student)
        record = judgements.record(student, notebooks.values())
        for judgement in record.judgements if record is not None else ():
            cells = _code_cells(notebooks.get(judgement.notebook, {}))
            for question in judgement.questions:
                failed = [verdict for verdict in question.checks if not verdict.passed]
                named = any(verdict.diagnosis is not None for verdict in failed)
                if failed and not named and question.status in WRONG:
                    yield _Answer(student, question, cells)


def _code_cells(notebook: Mapping[str, Any]) -> tuple[str, ...]:
    cells = notebook.get("cells", ())
    return tuple(join_lines(cell["source"]) for cell in cells if cell.get("cell_type") == "code")


def _suggestion(group: Iterable[_Answer]) -> Suggestion:
    answers = list(group)
    codes = [(answer, _code_of(answer.question.id, answer.cells)) for answer in answers]
    most = Counter(code for _, code in codes).most_common(1)[0][0]  # the code that most of them wrote
    example = next(answer for answer, code in codes if code == most)
    messages = {verdict.name: verdict.message for verdict in example.question.checks if not verdict.passed}
    return Suggestion(example.question.id, messages, tuple(answer.student for answer in answers), most)


def _code_of(function: str, cells: Iterable[str]) -> str:
    """The definitions in the last cell that defines the function."""
    found = ""
    for cell in cells:
        tree = parse_cell(cell) if function in cell else None
        nodes = [node for node in tree.body if isinstance(node, DEFINITIONS)] if tree is not None else []
        if any(node.name == function for node in nodes):
            found = "\n\n\n".join(ast.get_source_segment(cell, node) or "" for node in nodes)
    return textwrap.dedent(found)
