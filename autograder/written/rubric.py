"""Rubric items of a question: a name, points and a sentence for the student; kept in the course's state folder.

.autograder/rubrics/<assignment>.json holds them, one list for each question, with numbers that are never used again:

    {"<notebook>/<grade_id>": {"next": 3, "items": [{"id": "1", "name": "...", "points": 1.0, "sentence": "..."}]}}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autograder.course import Course, state
from autograder.course.files import NOTHING_SAVED, PATIENCE, hold_lock, write_text
from autograder.errors import RecordsError, UsageError
from autograder.rendering.text import points as points_text
from autograder.written.answers import WrittenQuestion

MAX_ITEMS = 40  # more than a TA can read at once
MAX_TEXT = 2000  # letters of a sentence
MAX_NAME = 80


@dataclass(frozen=True)
class RubricItem:
    """One criterion of a rubric. Its points may be negative; they are then subtracted from the others."""

    id: str
    name: str
    points: float
    sentence: str


def total(items: Iterable[RubricItem], question: WrittenQuestion) -> float:
    """The sum of the items' points, limited to the range from 0 to the question's points."""
    return round(min(max(sum(item.points for item in items), 0.0), question.max_score), 6)


def sentences(items: Iterable[RubricItem]) -> str:
    return "\n".join(item.sentence for item in items if item.sentence)


def select_items(items: Iterable[RubricItem], ids: Iterable[str]) -> tuple[RubricItem, ...]:
    """The items with these ids, in the rubric's order; ids of deleted items are ignored."""
    wanted = set(ids)
    return tuple(item for item in items if item.id in wanted)


def read_rubric(course: Course, question: WrittenQuestion) -> tuple[RubricItem, ...]:
    return _items(_read(_path(course, question)), question)


def add_item(course: Course, question: WrittenQuestion, name: str, points: float, sentence: str) -> RubricItem:
    """Appends a new item and returns it with its id. UsageError if it is not valid, or the rubric is full."""
    path = _path(course, question)
    with hold_lock(path.parent, PATIENCE):
        known = _read(path)
        mine = known.setdefault(_key(question), {"next": 1, "items": []})
        if len(mine["items"]) >= MAX_ITEMS:
            raise UsageError(f"a question has at most {MAX_ITEMS} rubric items; delete one first")
        item = _check_item(RubricItem(str(mine["next"]), name, points, sentence), question)
        mine["next"] += 1
        mine["items"].append(asdict(item))
        _write(path, known)
    return item


def edit_item(
    course: Course, question: WrittenQuestion, seen: RubricItem, *, name: str, points: float, sentence: str
) -> RubricItem:
    """Changes the item that the TA has `seen`. UsageError if another TA has changed or deleted it since."""
    path = _path(course, question)
    changed = _check_item(replace(seen, name=name, points=points, sentence=sentence), question)
    _exchange(path, question, seen, [asdict(changed)])
    return changed


def delete_item(course: Course, question: WrittenQuestion, seen: RubricItem) -> None:
    """Deletes the item. Marks given with it do not change until the rubric is applied again."""
    _exchange(_path(course, question), question, seen, [])


def _exchange(path: Path, question: WrittenQuestion, seen: RubricItem, new: list[dict[str, Any]]) -> None:
    with hold_lock(path.parent, PATIENCE):
        known = _read(path)
        items = _items(known, question)
        if seen not in items:
            now = next((item for item in items if item.id == seen.id), None)
            what = "deleted it" if now is None else f"it is now '{now.name}', {points_text(now.points)} points"
            raise UsageError(f"somebody changed the item '{seen.name}' before you ({what}); look again, then change it")
        place = items.index(seen)
        known[_key(question)]["items"][place : place + 1] = new
        _write(path, known)


def _check_item(item: RubricItem, question: WrittenQuestion) -> RubricItem:
    name, sentence = " ".join(item.name.split()), item.sentence.strip()
    if not name or len(name) > MAX_NAME:
        raise UsageError(f"a rubric item needs a name of 1 to {MAX_NAME} letters")
    if len(sentence) > MAX_TEXT:
        raise UsageError(f"the sentence of '{name}' has {len(sentence)} letters; the limit is {MAX_TEXT}")
    if not math.isfinite(item.points) or abs(item.points) > question.max_score:
        raise UsageError(
            f"'{name}' has {points_text(item.points)} points; the question has {points_text(question.max_score)}, "
            "so give or take up to that"
        )
    return replace(item, name=name, sentence=sentence, points=float(item.points))


def _path(course: Course, question: WrittenQuestion) -> Path:
    return state.rubric(course.root, question.assignment)


def _key(question: WrittenQuestion) -> str:
    return f"{question.notebook}/{question.grade_id}"


def _items(known: dict[str, Any], question: WrittenQuestion) -> tuple[RubricItem, ...]:
    try:
        return tuple(RubricItem(**item) for item in known.get(_key(question), {"items": []})["items"])
    except (TypeError, KeyError, AttributeError) as error:
        raise RecordsError(f"the rubric of {question.assignment}/{_key(question)} is damaged: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RecordsError(f"{path} cannot be read ({error}); restore it, or move it away to begin anew") from error
    if not isinstance(found, dict):
        raise RecordsError(f"{path} is not a rubric of ours; restore it, or move it away to begin anew")
    return found


def _write(path: Path, known: dict[str, Any]) -> None:
    write_text(path, json.dumps(known, indent=1, ensure_ascii=False) + "\n", NOTHING_SAVED)
