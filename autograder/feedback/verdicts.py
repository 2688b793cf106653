"""The record of a judgement -> the verdicts that a student reads for each question; first step of the feedback page.

The record is in the autograded notebook (see `grading/record.py`), so a page needs only notebook and gradebook. If
another program graded the notebook, there is no record and the page shows no verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.model import OURS, QuestionResult, Verdict
from autograder.rendering.text import plain_text


@dataclass(frozen=True)
class Reason:
    """Checks that failed for the same reason."""

    checks: tuple[str, ...]
    message: str  # of the first check, with its numbers
    mistake: str = ""  # the name of a known mistake
    sentence: str = ""  # the text that explains the mistake


@dataclass(frozen=True)
class QuestionVerdicts:
    """The verdicts of a question that was judged by checks or asserts, or was not judged."""

    id: str
    status: str
    by: str
    message: str
    checks: int = 0
    right: int = 0
    passed: tuple[str, ...] = ()  # names, each once
    reasons: tuple[Reason, ...] = ()

    @property
    def mistakes(self) -> list[Reason]:
        return [reason for reason in self.reasons if reason.sentence]

    @property
    def unnamed_reasons(self) -> list[Reason]:
        return [reason for reason in self.reasons if not reason.sentence]


def read_verdicts(question: QuestionResult | None) -> QuestionVerdicts | None:
    """The verdicts of a question; None if there is no record, or if a person marks it."""
    if question is None or question.judged_by == "hand":
        return None
    failed = [verdict for verdict in question.checks if not verdict.passed]
    names = {verdict.name for verdict in failed}
    return QuestionVerdicts(
        id=plain_text(question.id),
        status=question.status,
        by=question.judged_by,
        message=plain_text(question.message),
        checks=len(question.checks),
        right=len(question.checks) - len(failed),
        passed=tuple(dict.fromkeys(plain_text(v.name) for v in question.checks if v.name not in names)),
        reasons=_reasons(failed),
    )


def is_own(cell: Mapping[str, Any]) -> bool:
    """Whether the student added this cell."""
    found = cell["metadata"].get(OURS)
    return isinstance(found, Mapping) and bool(found.get("own"))


def _reasons(failed: list[Verdict]) -> tuple[Reason, ...]:
    """Groups failed checks by mistake, or else by message; known mistakes come first."""
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in failed:
        found = verdict.diagnosis
        key = ("", "", verdict.message) if found is None else (found.misconception, found.text, "")
        groups.setdefault(key, []).append(verdict)
    reasons = [
        Reason(
            tuple(dict.fromkeys(plain_text(v.name) for v in group)),
            plain_text(group[0].message),
            plain_text(mistake),
            plain_text(sentence),
        )
        for (mistake, sentence, _), group in groups.items()
    ]
    return tuple(sorted(reasons, key=lambda reason: not reason.sentence))
