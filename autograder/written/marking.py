"""What a TA decided -> what the gradebook's rows become; pure, between the rubric and saving."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.errors import UsageError
from autograder.gradebook.rule import CellMark
from autograder.rendering.text import points
from autograder.written.answers import WrittenQuestion
from autograder.written.rubric import RubricItem, chosen, sentences, total

MAX_COMMENT = 20_000  # letters; a page of feedback has 3,000


@dataclass(frozen=True)
class Decision:
    """A decision on an answer.

    `items` are ids of rubric items. `score` is one given by hand; None: what the items add up to, or, without items,
    what is there. `note` is what the TA wrote below the items' sentences; None: each answer keeps its own, and without
    items the comment stays as it is.
    """

    score: float | None = None
    note: str | None = None
    items: tuple[str, ...] = ()


def checked(mark: Decision, question: WrittenQuestion) -> Decision:
    """The mark, or UsageError where it can be none."""
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


def marked(rows: CellMark, mark: Decision, rubric: Sequence[RubricItem], question: WrittenQuestion) -> CellMark:
    """The rows as the formgrader would leave them after the same decision; extra credit is not touched."""
    items = chosen(rubric, mark.items)
    score = total(items, question) if mark.score is None and items else mark.score
    if score is not None:
        rows = replace(rows, manual_score=float(score), needs_manual_grade=False)
    if items or mark.note is not None:
        text = "\n\n".join(part for part in (sentences(items), (mark.note or "").strip()) if part)
        if text or rows.manual_comment is not None:  # the formgrader saves an empty box only where it was emptied
            rows = replace(rows, manual_comment=text)
    return rows


def with_own_note(mark: Decision, rows: CellMark, last: Decision | None) -> Decision:
    """The mark with what the answer's comment has besides sentences, where the TA left that open.

    `last` is the mark that made these rows; None: none is known, and all of the comment is a person's own.
    """
    if mark.note is not None or not mark.items:
        return mark
    known = last is not None and (last.items or last.note is not None)
    return replace(mark, note=(last.note or "") if last is not None and known else rows.manual_comment or "")


def recorded(mark: Decision, last: Decision | None) -> Decision:
    """The mark as it is remembered: a score alone leaves the comment as it is, and so what that was made of."""
    if mark.note is not None or mark.items or last is None:
        return mark
    return replace(last, score=mark.score)


def renewed(rows: CellMark, mark: Decision, rubric: Sequence[RubricItem], question: WrittenQuestion) -> CellMark:
    """The rows after the same decision with the rubric as it is now; unchanged where none of its items is left.

    Who waits for a person, as after a new submission, goes on waiting: nobody looks at the answer here.
    """
    if not chosen(rubric, mark.items):
        return rows
    return replace(marked(rows, mark, rubric, question), needs_manual_grade=rows.needs_manual_grade)
