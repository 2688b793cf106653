"""A TA's decision -> the new rows of the gradebook; pure functions between the rubric and saving."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.errors import UsageError
from autograder.gradebook.rule import CellMark
from autograder.rendering.text import points
from autograder.written.answers import WrittenQuestion
from autograder.written.rubric import RubricItem, select_items, sentences, total

MAX_COMMENT = 20_000  # letters; a page of feedback has 3,000


@dataclass(frozen=True)
class Decision:
    """A TA's decision on an answer.

    `items` are ids of rubric items. `score` is a score typed by the TA; None means the sum of the items, or without
    items the present score. `note` is the TA's text below the items' sentences; None means that each answer keeps its
    own note, and without items its whole comment.
    """

    score: float | None = None
    note: str | None = None
    items: tuple[str, ...] = ()


def check_decision(mark: Decision, question: WrittenQuestion) -> Decision:
    """The mark itself. UsageError if its score is out of range or its comment is too long."""
    if mark.score is not None:
        if not math.isfinite(mark.score) or mark.score < 0:
            raise UsageError(f"{mark.score} is no score; give one from 0 to {points(question.max_score)}")
        if mark.score > question.max_score:
            raise UsageError(
                f"{mark.score:g} is more than the question's {points(question.max_score)} points; "
                "extra credit is given in the formgrader"
            )
    if mark.note is not None and len(mark.note) > MAX_COMMENT:
        raise UsageError(f"the comment has {len(mark.note)} letters; the limit is {MAX_COMMENT}")
    return mark


def apply_decision(rows: CellMark, mark: Decision, rubric: Sequence[RubricItem], question: WrittenQuestion) -> CellMark:
    """The rows after the decision, as the formgrader would write them; extra credit stays the same."""
    items = select_items(rubric, mark.items)
    score = total(items, question) if mark.score is None and items else mark.score
    if score is not None:
        rows = replace(rows, manual_score=float(score), needs_manual_grade=False)
    if items or mark.note is not None:
        text = "\n\n".join(part for part in (sentences(items), (mark.note or "").strip()) if part)
        if text or rows.manual_comment is not None:  # as the formgrader: "" only replaces a comment
            rows = replace(rows, manual_comment=text)
    return rows


def keep_own_note(mark: Decision, rows: CellMark, last: Decision | None) -> Decision:
    """The mark with the answer's present note, if the TA chose items and no note.

    `last` is the decision that made these rows; None if unknown: then the whole comment is taken as the note.
    """
    if mark.note is not None or not mark.items:
        return mark
    known = last is not None and (last.items or last.note is not None)
    return replace(mark, note=(last.note or "") if last is not None and known else rows.manual_comment or "")


def journal_entry(mark: Decision, last: Decision | None) -> Decision:
    """The decision for the journal: a score alone does not change the comment, so items and note of `last` stay."""
    if mark.note is not None or mark.items or last is None:
        return mark
    return replace(last, score=mark.score)


def reapply_decision(
    rows: CellMark, mark: Decision, rubric: Sequence[RubricItem], question: WrittenQuestion
) -> CellMark:
    """The rows after the same decision with the current rubric; unchanged if all of its items were deleted.

    `needs_manual_grade` stays the same, because nobody looks at the answer here.
    """
    if not select_items(rubric, mark.items):
        return rows
    return replace(apply_decision(rows, mark, rubric, question), needs_manual_grade=rows.needs_manual_grade)
