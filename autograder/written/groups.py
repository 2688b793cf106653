"""Answers -> the groups that a TA marks. It also stores the answers that a TA has taken out of their groups."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.course import Course, state
from autograder.course.files import NOTHING_SAVED, PATIENCE, hold_lock, write_text
from autograder.errors import RecordsError
from autograder.written.answers import MarkingProgress, WrittenAnswer, WrittenQuestion, is_empty, own_words, progress
from autograder.written.grouping import digest, stars, tidy

GroupKind = Literal["text", "alone", "empty", "unreadable"]
_ORDER: dict[GroupKind, int] = {"text": 0, "alone": 1, "empty": 2, "unreadable": 3}


@dataclass(frozen=True)
class Member:
    """One answer in a group; `words` is its text without the stub, `same` says whether that is the group's text."""

    answer: WrittenAnswer
    label: str
    words: str
    same: bool


@dataclass(frozen=True)
class AnswerGroup:
    """Answers that get one mark together; `text` is the text of most of them."""

    id: str
    kind: GroupKind
    text: str
    members: tuple[Member, ...]

    @property
    def progress(self) -> MarkingProgress:
        return progress([member.answer.mark for member in self.members])

    @property
    def scores(self) -> tuple[float | None, ...]:
        """The distinct scores in the group, in order; None stands for unmarked answers and comes last."""
        found = {m.answer.mark.score if m.answer.mark.graded else None for m in self.members}
        return tuple(sorted(found, key=lambda score: (score is None, score or 0.0)))


def make_groups(
    question: WrittenQuestion, answers: Iterable[WrittenAnswer], labels: Mapping[str, str], alone: frozenset[str]
) -> tuple[AnswerGroup, ...]:
    """The groups: texts with the largest first, then answers taken out, then empty ones, then unreadable ones.

    `labels` maps students to labels; `alone` has the keys of answers taken out. The order of `answers` does not matter.
    """
    code = question.kind == "code"
    texts: dict[str, str] = {}  # by key, tidy
    sorted_out: dict[tuple[GroupKind, str], list[WrittenAnswer]] = {}
    for answer in answers:
        if answer.text is None:
            sorted_out.setdefault(("unreadable", ""), []).append(answer)
        elif answer.key in alone:
            sorted_out.setdefault(("alone", answer.key), []).append(answer)
        elif is_empty(answer.text, question):
            sorted_out.setdefault(("empty", ""), []).append(answer)
        else:
            texts[answer.key] = tidy(own_words(answer.text, question), code=code)
            sorted_out.setdefault(("text", texts[answer.key]), []).append(answer)
    middles = stars(texts.values(), code=code)
    joined: dict[tuple[GroupKind, str], list[WrittenAnswer]] = {}
    for (kind, name), members in sorted_out.items():
        joined.setdefault((kind, middles[name] if kind == "text" else name), []).extend(members)
    groups = [_group(question, kind, name, members, labels, texts) for (kind, name), members in joined.items()]
    return tuple(sorted(groups, key=lambda g: (_ORDER[g.kind], -len(g.members), g.text, g.id)))


def _group(
    question: WrittenQuestion,
    kind: GroupKind,
    name: str,
    answers: Sequence[WrittenAnswer],
    labels: Mapping[str, str],
    texts: Mapping[str, str],
) -> AnswerGroup:
    members = tuple(
        sorted(
            (
                Member(
                    answer,
                    labels[answer.student],
                    "" if answer.text is None else own_words(answer.text, question),
                    kind != "text" or texts[answer.key] == name,
                )
                for answer in answers
            ),
            key=lambda member: (not member.same, member.label),
        )
    )
    ids = {"text": digest(name), "alone": members[0].label, "empty": "empty", "unreadable": "unreadable"}
    same = Counter(member.words for member in members if member.same)
    text = min(same, key=lambda words: (-same[words], len(words), words))
    return AnswerGroup(ids[kind], kind, text, members)


# ---- answers taken out of their groups --------------------------------------------------------------------


def read_singles(course: Course, question: WrittenQuestion) -> frozenset[str]:
    """Keys of the answers that a TA has taken out of their groups. RecordsError if the file is damaged."""
    path = _path(course, question)
    try:
        return frozenset(str(key) for key in json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, TypeError) as error:
        raise RecordsError(f"{path} cannot be read ({error}); move it away: all answers are grouped again") from error


def set_alone(course: Course, question: WrittenQuestion, keys: Iterable[str], *, alone: bool) -> None:
    """Takes answers out of their groups, or puts them back."""
    path = _path(course, question)
    with hold_lock(path.parent, PATIENCE):
        known = read_singles(course, question)
        known = known | set(keys) if alone else known - set(keys)
        write_text(path, json.dumps(sorted(known)) + "\n", NOTHING_SAVED)


def _path(course: Course, question: WrittenQuestion) -> Path:
    return state.written_marks(course.root, question.key) / "alone.json"
