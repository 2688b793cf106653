"""What the judge wrote into an autograded notebook -> what a student is told of each question; first of the page.

Both `autograder grade` and `nbgrader autograde` leave it there (see `executed.py`), so that a page needs the notebook
and the gradebook alone. A notebook that was graded by something else has no such thing: then there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.model import OURS
from autograder.rendering.text import plain


@dataclass(frozen=True)
class Reason:
    """Checks that failed for one reason, told once."""

    checks: tuple[str, ...]
    message: str  # the numbers, of the first of them
    mistake: str = ""  # the name of a known mistake, and
    sentence: str = ""  # what it is


@dataclass(frozen=True)
class Judged:
    """A question that was judged by checks, by asserts or not at all."""

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
    def unnamed(self) -> list[Reason]:
        return [reason for reason in self.reasons if not reason.sentence]


def judged(cell: Mapping[str, Any]) -> Judged | None:
    """Of a graded cell: the last output is the judge's own, what a student's code showed stands before it."""
    outputs = cell.get("outputs") or [{}]
    found = outputs[-1].get("metadata", {}).get(OURS)
    if not isinstance(found, Mapping):
        return None
    checks = [c for c in found.get("checks", ()) if isinstance(c, Mapping)]
    failed = [c for c in checks if not c.get("passed")]
    names = {_text(c, "name") for c in failed}
    return Judged(
        id=_text(found, "id"),
        status=_text(found, "status"),
        by=_text(found, "judged_by"),
        message=_text(found, "message"),
        checks=len(checks),
        right=len(checks) - len(failed),
        passed=tuple(dict.fromkeys(name for c in checks if (name := _text(c, "name")) not in names)),
        reasons=_reasons(failed),
    )


def status_of(metadata: Mapping[str, Any]) -> tuple[str, str]:
    """Of a notebook: its submission's status and the reason, where it was not simply graded."""
    found = metadata.get(OURS)
    return (_text(found, "status"), _text(found, "reason")) if isinstance(found, Mapping) else ("graded", "")


def is_own(cell: Mapping[str, Any]) -> bool:
    """Whether the student added this cell."""
    found = cell["metadata"].get(OURS)
    return isinstance(found, Mapping) and bool(found.get("own"))


def _reasons(failed: list[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Named mistakes first; a message that several checks share is one reason."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for check in failed:
        diagnosis = check.get("diagnosis") or {}
        mistake, sentence = _text(diagnosis, "misconception"), _text(diagnosis, "text")
        key = (mistake, sentence, "" if sentence else _text(check, "message"))
        groups.setdefault(key, []).append(check)
    found = [
        Reason(tuple(dict.fromkeys(_text(c, "name") for c in group)), _text(group[0], "message"), mistake, sentence)
        for (mistake, sentence, _), group in groups.items()
    ]
    return tuple(sorted(found, key=lambda reason: not reason.sentence))


def _text(found: Mapping[str, Any], key: str) -> str:
    return plain(str(found.get(key) or ""))
