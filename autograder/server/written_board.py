"""Reads all that the page of one written question shows; between the gradebook and the handlers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from autograder.course import Course
from autograder.written.answers import MarkingProgress, WrittenQuestion, progress
from autograder.written.book import Book
from autograder.written.grouping import LONGEST, changed_words, tidy
from autograder.written.groups import AnswerGroup, Member, make_groups, read_singles
from autograder.written.journal import Journal, Save, marks_now
from autograder.written.labels import labels
from autograder.written.marking import Decision, reapply_decision
from autograder.written.notebooks import QuestionTexts, read_texts
from autograder.written.rubric import RubricItem, read_rubric

KEYS = "asdfgh"  # keyboard keys of the first rubric items; j, k, n, c, t and u have other functions
AROUND = 28  # letters kept on each side of a difference


@dataclass(frozen=True)
class GroupForm:
    """The initial values of a group's form. `score` is None if there is none, or if members differ (`mixed`)."""

    score: float | None
    by_hand: bool  # a TA typed the score; it is not the sum of the ticked items
    items: tuple[str, ...]
    note: str
    mixed: bool


@dataclass(frozen=True)
class Board:
    """One question with its groups of answers, one of them open."""

    question: WrittenQuestion
    title: str
    texts: QuestionTexts
    groups: tuple[AnswerGroup, ...]
    open: AnswerGroup | None
    shown: GroupForm
    rubric: tuple[RubricItem, ...]
    stale: int  # answers marked with items that have changed since
    last: Save | None  # the save that Undo would undo
    names: Mapping[str, str]  # by student; empty in anonymous mode

    @cached_property
    def progress(self) -> MarkingProgress:
        return progress([member.answer.mark for group in self.groups for member in group.members])

    @property
    def groups_done(self) -> int:
        return sum(group.progress.graded == group.progress.answers for group in self.groups)

    @property
    def steps(self) -> tuple[float, ...]:
        """Scores with a button: half points up to 5 points, whole points up to 12, else only 0 and the maximum."""
        points = self.question.max_score
        if points <= 5:
            found = [n / 2 for n in range(int(points * 2) + 1)]
        else:
            found = [float(n) for n in range(int(points) + 1)] if points <= 12 else [0.0]
        return tuple(found if points in found else [*found, points])

    @property
    def by_key(self) -> list[tuple[str, RubricItem]]:
        """The rubric's items with their keyboard keys; an empty key after the last of KEYS."""
        return [(KEYS[n : n + 1], item) for n, item in enumerate(self.rubric)]

    @property
    def too_long(self) -> bool:
        """Whether the open group's text is too long to compare, so that it is grouped only with identical texts."""
        group = self.open
        if group is None or group.kind != "text" or self.question.kind == "code":
            return False
        return len(tidy(group.text)) > LONGEST

    @cached_property
    def differing_members(self) -> list[tuple[Member, list[tuple[str, bool]]]]:
        """Members of the open group whose words differ from its text, in pieces (text, differs).

        Sorted by the differing words, so that equal differences are neighbours.
        """
        group = self.open
        if group is None:
            return []
        pieces = [(m, changed_words(m.words, group.text)) for m in group.members if not m.same]
        found = [(m, _shorten(parts)) for m, parts in pieces if any(differs for _, differs in parts)]
        return sorted(found, key=lambda pair: ([text for text, differs in pair[1] if differs], pair[0].label))


@dataclass(frozen=True)
class QuestionLine:
    """One question in the list of an assignment's questions."""

    question: WrittenQuestion
    title: str
    progress: MarkingProgress
    groups: int
    groups_done: int


def list_questions(course: Course, assignment: str) -> list[QuestionLine]:
    """The assignment's written questions with their progress; empty if there is no gradebook yet."""
    book = Book(course)
    found = [(question, done, book.answers(question)) for question, done in book.questions(assignment)]
    lines = []
    for question, done, answers in found:
        called = labels(course.secret(), question, [answer.student for answer in answers])
        groups = make_groups(question, answers, called, read_singles(course, question))
        finished = sum(group.progress.graded == group.progress.answers for group in groups)
        lines.append(QuestionLine(question, title(course, question), done, len(groups), finished))
    return lines


def title(course: Course, question: WrittenQuestion) -> str:
    """The heading above the question, or its id."""
    first = read_texts(course, question).prompt.partition("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") else question.grade_id


def read_board(course: Course, question: WrittenQuestion, chosen: str, by: str, *, names: bool) -> Board:
    """Reads the board. `chosen` is the id of the open group; if it does not exist, the first unmarked group is open."""
    book = Book(course)
    answers = book.answers(question)
    known = book.names() if names else {}
    called = labels(course.secret(), question, [answer.student for answer in answers])
    groups = make_groups(question, answers, called, read_singles(course, question))
    saves = Journal(course, question).saves()
    rubric = read_rubric(course, question)
    by_key = {answer.key: answer for answer in answers}
    marks = marks_now(saves, by_key)
    opened = _group_to_open(groups, chosen)
    return Board(
        question,
        title(course, question),
        read_texts(course, question),
        groups,
        opened,
        _group_form(opened, marks),
        rubric,
        sum(
            reapply_decision(by_key[key].mark, mark, rubric, question) != by_key[key].mark
            for key, mark in marks.items()
        ),
        next((save for save in reversed(saves) if save.by == by and not save.undone_by), None),
        known,
    )


def _group_to_open(groups: tuple[AnswerGroup, ...], chosen: str) -> AnswerGroup | None:
    for group in groups:
        if group.id == chosen:
            return group
    waiting = [g for g in groups if g.progress.graded < g.progress.answers]
    return next(iter(waiting or groups), None)


def _group_form(group: AnswerGroup | None, marks: Mapping[str, Decision]) -> GroupForm:
    members = () if group is None else group.members
    found = {
        (m.answer.mark.manual_score, m.answer.mark.graded, m.answer.mark.manual_comment, marks.get(m.answer.key))
        for m in members
    }
    if len(found) != 1:
        return GroupForm(None, False, (), "", mixed=bool(found))
    score, _, comment, mark = found.pop()
    if mark is None or not (mark.items or mark.note is not None):
        return GroupForm(score, score is not None, (), comment or "", mixed=False)
    return GroupForm(score, mark.score is not None, mark.items, mark.note or "", mixed=False)


def _shorten(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Shortens long pieces that do not differ to the words next to a difference."""
    found = []
    for place, (text, differs) in enumerate(pieces):
        if not differs and len(text) > 2 * AROUND + 3:
            before = "" if place == 0 else textwrap.shorten(text[: 2 * AROUND], AROUND, placeholder="")
            last = place == len(pieces) - 1
            after = "" if last else textwrap.shorten(text[: -2 * AROUND : -1], AROUND, placeholder="")[::-1]
            text = f" {before} … {after} "
        found.append((text, differs))
    return found
