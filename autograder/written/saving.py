"""Saves and undoes marks in the gradebook, in one transaction; the last step of marking, before the page's handlers.

For each answer the page sends the digest of the text and mark that it showed. If one of them has changed since, nothing
is saved: the page shows the current state, and the TA chooses. Order of locks: the question's folder, then the
gradebook.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from autograder.course import Course
from autograder.course.files import PATIENCE
from autograder.errors import UsageError
from autograder.gradebook.rule import CellMark
from autograder.written.answers import WrittenAnswer, WrittenQuestion
from autograder.written.book import Book, Transaction
from autograder.written.journal import Change, Journal, Save, author, marks_now
from autograder.written.marking import (
    Decision,
    apply_decision,
    check_decision,
    journal_entry,
    keep_own_note,
    reapply_decision,
)
from autograder.written.rubric import RubricItem


@dataclass(frozen=True)
class MarkRequest:
    """A mark for one answer, and the digest of the answer that the TA saw."""

    key: str
    seen: str
    mark: Decision


@dataclass(frozen=True)
class Clash:
    """An answer that changed after the TA saw it: its current state, and who changed it (empty: not on this page)."""

    answer: WrittenAnswer
    by: str
    when: str
    new_text: bool = False  # handed in again: the TA has not seen the text that the mark would be for


@dataclass(frozen=True)
class SaveResult:
    """The result of a request. `save` is None if nothing was written: `clashes` say why, or nothing changes."""

    save: Save | None
    clashes: tuple[Clash, ...] = ()


class AnswerMarker:
    """Saves and undoes the marks of one TA (`by`) for one question."""

    def __init__(self, course: Course, question: WrittenQuestion, by: str, patience: float = PATIENCE) -> None:
        self._course = course
        self._question = question
        self._by = by
        self._patience = patience
        self._journal = Journal(course, question)

    def save(self, wanted: Sequence[MarkRequest], rubric: Sequence[RubricItem]) -> SaveResult:
        """Saves all marks, or none if an answer changed. UsageError if a mark is not valid or an answer is gone."""
        for one in wanted:
            check_decision(one.mark, self._question)

        def changes(answers: dict[str, WrittenAnswer], saves: list[Save]) -> list[Change] | tuple[Clash, ...]:
            gone = [one.key for one in wanted if one.key not in answers]
            if gone:
                raise UsageError(f"{len(gone)} of the answers are no longer in the gradebook; load the page again")
            differ = [one for one in wanted if answers[one.key].digest != one.seen]
            if differ:
                new = {one.key for one in differ if not answers[one.key].has_text_of(one.seen)}
                return _clashes([answers[one.key] for one in differ], saves, new)
            last = marks_now(saves, answers)
            return [change(answers[one.key].mark, one, last.get(one.key)) for one in wanted]

        def change(before: CellMark, one: MarkRequest, last: Decision | None) -> Change:
            mark = keep_own_note(one.mark, before, last)
            return Change(
                one.key, before, apply_decision(before, mark, rubric, self._question), journal_entry(mark, last)
            )

        return self._write(changes)

    def apply_again(self, rubric: Sequence[RubricItem]) -> SaveResult:
        """Recomputes the marks that were given with rubric items; marks changed elsewhere since stay the same."""

        def changes(answers: dict[str, WrittenAnswer], saves: list[Save]) -> list[Change]:
            found = []
            for key, mark in sorted(marks_now(saves, answers).items()):
                before = answers[key].mark
                after = reapply_decision(before, mark, rubric, self._question)
                if after != before:
                    found.append(Change(key, before, after, mark))
            return found

        return self._write(changes)

    def undo(self, *, leave_changed: bool = False) -> SaveResult:
        """Restores the rows before this TA's last save that is not undone.

        If one of its answers has changed since, it undoes nothing. With `leave_changed` it skips those answers.
        """
        with self._journal.lock(self._patience):
            saves = self._journal.saves()
            with Book(self._course, self._patience).open_transaction() as transaction:
                answers = transaction.answers(self._question)
                save = self._last(saves, answers)
                if save is None:
                    return SaveResult(None)
                there = [change for change in save.changes if change.key in answers]
                differ = [c for c in there if answers[c.key].mark != c.after]
                if differ and not leave_changed:
                    return SaveResult(None, _clashes([answers[c.key] for c in differ], saves))
                for change in there:
                    if change not in differ:
                        transaction.put(self._question, answers[change.key], change.before)
            return SaveResult(self._journal.mark_undone(save, self._by))

    def _last(self, saves: list[Save], answers: dict[str, WrittenAnswer]) -> Save | None:
        """This TA's last save that is not undone. Skips a save whose rows were not written because of a crash."""
        for save in reversed(saves):
            if save.by != self._by or save.undone_by:
                continue
            there = [change for change in save.changes if change.key in answers]
            if any(answers[c.key].mark != c.before for c in there) or all(c.before == c.after for c in there):
                return save
        return None

    def _write(self, decide: Callable[[dict[str, WrittenAnswer], list[Save]], Sequence[Change | Clash]]) -> SaveResult:
        with self._journal.lock(self._patience):
            saves = self._journal.saves()
            save = None
            try:
                with Book(self._course, self._patience).open_transaction() as transaction:
                    answers = transaction.answers(self._question)
                    decided = decide(answers, saves)
                    clashes = tuple(c for c in decided if isinstance(c, Clash))
                    changes = tuple(c for c in decided if isinstance(c, Change))
                    if clashes or not changes:
                        return SaveResult(None, clashes)
                    # Journal before rows: rows without an entry could not be undone; _last skips an entry without rows.
                    save = self._journal.add(self._by, changes)
                    _put(transaction, self._question, answers, changes)
            except BaseException:
                if save is not None:
                    self._journal.take_back(save)
                raise
            return SaveResult(save)


def _put(
    transaction: Transaction, question: WrittenQuestion, answers: dict[str, WrittenAnswer], changes: Iterable[Change]
) -> None:
    for change in changes:
        transaction.put(question, answers[change.key], change.after)


def _clashes(answers: Sequence[WrittenAnswer], saves: list[Save], new: Collection[str] = ()) -> tuple[Clash, ...]:
    return tuple(Clash(answer, *author(saves, answer), answer.key in new) for answer in answers)
