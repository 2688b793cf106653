"""A class -> the numbers of its report; pure functions between the data and the page.

Discrimination is the item-rest correlation: Pearson's r, over the students, between the marks of one question and the
share that each of them reached in all other questions (the corrected item-total correlation of S. Henrysson,
"Correction of item-total correlations in item analysis", Psychometrika 28, 1963). It is high if students who do well
in the rest also do well in this question. About 0, the question measures something else or nothing; below 0, check it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.rendering.text import plain_text
from autograder.report.cohort_data import Cohort, Entry, Item, ItemAnswer, checks_of

FEWEST = 3  # students needed for a correlation
FEWEST_FOR_CHECKS = 5  # students with an answer, needed for "nobody" or "everybody"
CONSTANT = 1e-9  # smallest spread of shares for a correlation
SHORTEST_NAME = 2  # letters; shorter names are not replaced in examples
SHORTEST_INSIDE = 3  # letters; shorter names are replaced only as whole words
BLANK = "..."  # replaces each string literal
EINSUM = re.compile(r"[a-z]{1,5}(,[a-z]{1,5})*->[a-z]{0,5}")  # kept: it explains the code and contains no words


@dataclass(frozen=True)
class Summary:
    """Statistics of scores (points), times or delays (seconds)."""

    count: int
    mean: float
    median: float
    spread: float  # standard deviation of these values (ddof=0)
    least: float
    most: float


@dataclass(frozen=True)
class ItemFigures:
    item: Item
    marked: int  # students whose marks are known
    share: float | None  # mean share of the points, 0 to 1; None while answers wait for a person
    discrimination: float | None
    states: Counter[str]
    nobody: tuple[str, ...] = ()  # checks
    everybody: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        return self.states["waiting"]


@dataclass(frozen=True)
class MistakeCount:
    item: Item
    name: str
    sentence: str
    count: int
    example: str


def summary(values: Iterable[float]) -> Summary | None:
    found = np.array(list(values), dtype=float)
    if not found.size:
        return None
    numbers = (found.mean(), np.median(found), found.std(), found.min(), found.max())
    return Summary(found.size, *(float(n) for n in numbers))


def item_figures(cohort: Cohort) -> list[ItemFigures]:
    return [_figures(cohort, item) for item in cohort.items]


def _figures(cohort: Cohort, item: Item) -> ItemFigures:
    answers = [entry.answers[item.key] for entry in cohort.entries if item.key in entry.answers]
    shares = [share for answer in answers if (share := _share([answer])) is not None]
    nobody, everybody = _one_sided_checks(answers)
    states = Counter(answer.state for answer in answers)
    known = bool(shares) and not states["waiting"]  # while some wait, only empty answers have marks
    return ItemFigures(
        item,
        len(shares),
        float(np.mean(shares)) if known else None,
        _discrimination(cohort.entries, item) if known else None,
        states,
        nobody,
        everybody,
    )


def _share(answers: Sequence[ItemAnswer]) -> float | None:
    """The share of the points in answers that are marked, 0 to 1; None if there are none."""
    known = [answer for answer in answers if not answer.mark.waiting]
    most = sum(answer.max_score for answer in known)
    return sum(answer.mark.points for answer in known) / most if most else None


def _discrimination(entries: Sequence[Entry], item: Item) -> float | None:
    pairs = []
    for entry in entries:
        answer = entry.answers.get(item.key)
        own = _share([answer]) if answer else None
        rest = _share([a for key, a in entry.answers.items() if key != item.key])
        if own is not None and rest is not None:
            pairs.append((own, rest))
    if len(pairs) < FEWEST:
        return None
    both = np.array(pairs)
    if both.std(axis=0).min() < CONSTANT:  # all students have the same share
        return None
    return float(np.corrcoef(both.T)[0, 1])


def _one_sided_checks(answers: Sequence[ItemAnswer]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The checks that no student passes, and those that every student passes, among students with an answer."""
    tried = [a.verdicts for a in answers if a.verdicts is not None and a.verdicts.checks and a.state != "missing"]
    if len(tried) < FEWEST_FOR_CHECKS:
        return (), ()
    passed: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for judged in tried:
        for name, right in dict(checks_of(judged)).items():
            seen[name] += 1
            passed[name] += right
    names = list(seen)
    return tuple(n for n in names if not passed[n]), tuple(n for n in names if passed[n] == seen[n])


def mistakes(cohort: Cohort) -> list[MistakeCount]:
    """The known mistakes in the class, most frequent first."""
    found: dict[tuple[Item, str], list[tuple[str, Entry, ItemAnswer]]] = {}
    for entry in cohort.entries:
        for item in cohort.items:
            answer = entry.answers.get(item.key)
            if answer is None or answer.verdicts is None:
                continue
            for reason in answer.verdicts.mistakes:
                found.setdefault((item, reason.mistake), []).append((reason.sentence, entry, answer))
    made = [
        MistakeCount(item, name, those[0][0], len({entry.names for _, entry, _ in those}), _example(those))
        for (item, name), those in found.items()
    ]
    return sorted(made, key=lambda m: (-m.count, m.item.number, m.name))


def _example(those: Sequence[tuple[str, Entry, ItemAnswer]]) -> str:
    """The shortest of the answers, anonymised; empty if there is none."""
    found = (anonymize(answer.code, entry.names) for _, entry, answer in those)
    return min(filter(None, found), key=lambda code: (len(code), code), default="")


def anonymize(code: str, names: Sequence[str]) -> str:
    """The code without comments and docstrings, with blank strings and replaced names; made from its syntax tree.

    Students write about themselves in comments and strings, also facts that the gradebook does not have. The result is
    empty if the code cannot be parsed, because then its strings cannot be found.
    """
    try:
        read = ast.unparse(_TextRemover().visit(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    read = plain_text(read)
    for name in sorted({n for n in names if len(n) >= SHORTEST_NAME}, key=len, reverse=True):
        part = re.escape(name)
        if len(name) < SHORTEST_INSIDE:  # else "Li" would be replaced in every "list"
            part = rf"(?<![^\W\d_]){part}(?![^\W\d_])"
        read = re.sub(part, "somebody", read, flags=re.IGNORECASE)
    return read


class _TextRemover(ast.NodeTransformer):
    """Removes docstrings from a tree and blanks its other strings."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        value = node.value
        is_text = isinstance(value, ast.JoinedStr) or (
            isinstance(value, ast.Constant) and isinstance(value.value, str | bytes)
        )
        return ast.Pass() if is_text else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        match node.value:
            case str() if not EINSUM.fullmatch(node.value):
                return ast.Constant(BLANK)
            case bytes():
                return ast.Constant(BLANK.encode())
        return node
