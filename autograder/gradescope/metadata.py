"""Reads Gradescope's metadata of a submission, and makes the results object for a failed grader; the first step there.

    submission_metadata.json -> Metadata -> the results object if the grader failed

It imports only the standard library: if the grader's own Python fails, `run_autograder` runs this file by its path
with any Python of the machine:

    python3 gradescope_metadata.py ROOT ASSIGNMENT REASON      prints the results object
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NEVER = datetime.min.replace(tzinfo=UTC)  # sorts a submission without a time before all others
NOBODY = "nobody"  # if Gradescope names no user, as when an instructor tests the autograder

VISIBLE = "visible"
FORMATS = {"output_format": "md", "test_output_format": "md", "test_name_format": "text"}
PERSON = "needs a person"


@dataclass(frozen=True)
class EarlierSubmission:
    """An earlier submission; `judged` is whether it was graded."""

    when: datetime | None
    score: float
    judged: bool


@dataclass(frozen=True)
class Metadata:
    """Gradescope's metadata of a submission; times are None if they are missing."""

    student: str
    submitted: datetime | None = None
    due: datetime | None = None
    late_due: datetime | None = None
    earlier: tuple[EarlierSubmission, ...] = ()  # oldest first

    @property
    def seconds_late(self) -> int:
        if self.submitted is None or self.due is None:
            return 0
        return max(0, int((self.submitted - self.due).total_seconds()))

    @property
    def last_graded(self) -> EarlierSubmission | None:
        """The last earlier submission that was graded."""
        return next((one for one in reversed(self.earlier) if one.judged), None)


def failure_results(assignment: str, about: Metadata, reason: str) -> dict[str, Any]:
    """The results object if the grader itself failed. Gradescope requires a score: it is that of the student's last
    graded submission; without one it is 0, and the page says that this is not a mark."""
    kept = about.last_graded
    if kept is None:
        standing = "The score of 0 only stands here because the page needs a number."
    else:
        standing = "Until then the score of your last submission that was graded stands here."
    said = "**The autograder itself failed. This is not a mark.** A person must look; there is nothing for you to do."
    return {
        "score": 0.0 if kept is None else kept.score,
        "output": paragraphs(said, standing, lateness(about)),
        **FORMATS,
        "visibility": VISIBLE,
        "stdout_visibility": "hidden",
        "extra_data": extra_data(assignment, about, "grader_error", reason) | {"needs_person": True},
        "tests": [
            {
                "name": "A person must look at this submission",
                "status": "failed",
                "output": "The grader's fault, not yours. The people who run the course find the reason in its log.",
                "output_format": "md",
                "visibility": VISIBLE,
                "tags": [PERSON],
            }
        ],
    }


# ---- texts and facts that every result has -------------------------------------------------------------------


def paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def lateness(about: Metadata) -> str:
    """A sentence on how late the submission was; empty if it was on time."""
    if not about.seconds_late:
        return ""
    hours, minutes = divmod(-(-about.seconds_late // 60), 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n} {unit}{'s' * (n != 1)}" for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n]
    return f"Handed in {' and '.join(parts)} after the due date."


def extra_data(assignment: str, about: Metadata, status: str, reason: str) -> dict[str, Any]:
    after_late_due = about.submitted is not None and about.late_due is not None and about.submitted > about.late_due
    return {
        "assignment": assignment,
        "student": about.student,
        "status": status,
        "reason": reason,
        "late": {
            "submitted": _iso(about.submitted),
            "due": _iso(about.due),
            "late_due": _iso(about.late_due),
            "seconds_late": about.seconds_late,
            "after_late_due": after_late_due,
        },
        "earlier_submissions": len(about.earlier),
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


# ---- submission_metadata.json ---------------------------------------------------------------------------------


def read_metadata(path: Path) -> Metadata:
    """Reads the metadata of the submission. A group counts as one student, named by all its email addresses."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    users = [user for user in _list(found, "users") if isinstance(user, dict)]
    emails = sorted(str(user["email"]) for user in users if user.get("email"))
    earlier = [_earlier_submission(one) for one in _list(found, "previous_submissions") if isinstance(one, dict)]
    own = [user["assignment"] for user in users if isinstance(user.get("assignment"), dict)]  # extensions
    dates = [*own, found.get("assignment") or {}]
    return Metadata(
        student=",".join(emails) or NOBODY,
        submitted=_time(found.get("created_at")),
        due=_latest_date(dates, "due_date"),
        late_due=_latest_date(dates, "late_due_date"),
        earlier=tuple(sorted(earlier, key=lambda one: one.when or NEVER)),
    )


def _earlier_submission(found: dict[str, Any]) -> EarlierSubmission:
    """One entry of previous_submissions. It is `judged` if it has a score and our extra_data says it was graded."""
    results = found.get("results")
    extra = results.get("extra_data") if isinstance(results, dict) else None
    status = extra.get("status") if isinstance(extra, dict) else None
    score = found.get("score")
    number = isinstance(score, int | float) and not isinstance(score, bool)
    judged = number and status not in (None, "grader_error", "invalid")
    return EarlierSubmission(
        _time(found.get("submission_time")), float(score) if isinstance(score, int | float) else 0.0, judged
    )


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _latest_date(dates: list[dict[str, Any]], key: str) -> datetime | None:
    """The date that applies: the latest of the assignment's date and the group members' extensions."""
    times = [time for time in (_time(one.get(key)) for one in dates) if time is not None]
    return max(times, default=None)


def _time(text: object) -> datetime | None:
    """An ISO time with its zone; None for anything else."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


if __name__ == "__main__":
    _root, _assignment, _reason = sys.argv[1:]
    _about = read_metadata(Path(_root) / "submission_metadata.json")
    print(json.dumps(failure_results(_assignment, _about, _reason), indent=1))
