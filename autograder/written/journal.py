"""Records each save with the gradebook's rows before and after it, so that it can be undone; before saving.

.autograder/written/<assignment>/<notebook>/<grade_id>/000001.json holds one save. The journal is on disk because each
TA has their own server, and a server may end at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.course import Course, state
from autograder.course.files import NOTHING_SAVED, hold_lock, write_text
from autograder.errors import RecordsError
from autograder.gradebook.rule import CellMark
from autograder.written.answers import WrittenAnswer, WrittenQuestion
from autograder.written.marking import Decision


@dataclass(frozen=True)
class Change:
    """One answer in a save; `key` is the answer's key."""

    key: str
    before: CellMark
    after: CellMark
    mark: Decision


@dataclass(frozen=True)
class Save:
    """Answers that were marked in one request."""

    number: int
    by: str
    when: str  # UTC, ISO 8601
    changes: tuple[Change, ...]
    undone_by: str = ""
    undone_when: str = ""


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Journal:
    """The saves of one question, first to last."""

    def __init__(self, course: Course, question: WrittenQuestion) -> None:
        self.folder = state.written_marks(course.root, question.key)

    @contextmanager
    def lock(self, patience: float) -> Iterator[None]:
        """Locks the question's journal: no other program saves answers to it until the block ends."""
        with hold_lock(self.folder, patience):
            yield

    def saves(self) -> list[Save]:
        return [self._read(path) for path in sorted(self.folder.glob("[0-9]*.json"))]

    def add(self, by: str, changes: tuple[Change, ...]) -> Save:
        """Appends a save. Call it inside `lock`."""
        last = max((int(path.stem) for path in self.folder.glob("[0-9]*.json")), default=0)
        save = Save(last + 1, by, timestamp(), changes)
        self._write(save)
        return save

    def take_back(self, save: Save) -> None:
        """Deletes a save whose rows were not written to the gradebook."""
        self._path(save.number).unlink(missing_ok=True)

    def mark_undone(self, save: Save, by: str) -> Save:
        save = replace(save, undone_by=by, undone_when=timestamp())
        self._write(save)
        return save

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.json"

    def _write(self, save: Save) -> None:
        text = json.dumps(asdict(save), indent=1, ensure_ascii=False) + "\n"
        write_text(self._path(save.number), text, NOTHING_SAVED)

    def _read(self, path: Path) -> Save:
        try:
            return _save(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            text = (
                f"{path} cannot be read ({error}); move it away: its save cannot be undone, the marks are not touched"
            )
            raise RecordsError(text) from error


def marks_now(saves: list[Save], answers: Mapping[str, WrittenAnswer]) -> dict[str, Decision]:
    """Maps each answer's key to its latest decision, if the gradebook still has the score and comment from it.

    It compares only what a person enters, because grading again may change automatic scores and needs_manual_grade.
    """
    found: dict[str, Decision] = {}
    for save in saves:
        for change in () if save.undone_by else save.changes:
            answer = answers.get(change.key)
            if answer is not None and _by_person(answer.mark) == _by_person(change.after):
                found[change.key] = change.mark
    return found


def _by_person(rows: CellMark) -> tuple[float | None, float | None, str | None]:
    return rows.manual_score, rows.extra_credit, rows.manual_comment


def author(saves: list[Save], answer: WrittenAnswer) -> tuple[str, str]:
    """The person who gave the answer its current mark, and the time; two empty texts if `saves` does not have it."""
    for save in reversed(saves):
        for change in save.changes:
            if change.key != answer.key:
                continue
            if save.undone_by and change.before == answer.mark:
                return save.undone_by, save.undone_when
            if not save.undone_by and change.after == answer.mark:
                return save.by, save.when
    return "", ""


def _save(data: dict[str, Any]) -> Save:
    changes = tuple(_change(change) for change in data["changes"])
    return Save(**{**data, "changes": changes})


def _change(data: dict[str, Any]) -> Change:
    mark = Decision(data["mark"]["score"], data["mark"]["note"], tuple(data["mark"]["items"]))
    return Change(data["key"], CellMark(**data["before"]), CellMark(**data["after"]), mark)
