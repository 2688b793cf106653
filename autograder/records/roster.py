"""Reads a school's list of students, and finds out who of them is who in the gradebook; between marks and their export.

A list may be Canvas's gradebook export, Gradescope's roster, Moodle's, or any CSV file with such columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

from .final_marks import Student

# What the columns are called in the files that schools have; compared in small letters.
_COLUMNS = {
    "nbgrader_id": ("nbgrader_id", "nbgrader id", "nbgrader", "student_id"),
    "first": ("first name", "first_name", "firstname", "given name"),
    "last": ("last name", "last_name", "lastname", "surname"),
    "full": ("student", "name", "full name"),
    "email": ("email", "email address", "e-mail", "student_email"),
    "school_id": ("sis user id", "sid", "student id", "id number", "idnumber"),
    "login": ("sis login id", "login", "login id", "username", "netid"),
    "lms_id": ("id", "lms_user_id", "canvas id"),
    "section": ("section", "sections"),
}
_NOBODY = {"points possible"}  # what Canvas writes in the column of names


@dataclass(frozen=True)
class Person:
    """One student as a school knows them; `line` is the list's (0: from the gradebook)."""

    line: int = 0
    nbgrader_id: str = ""
    first: str = ""
    last: str = ""
    full: str = ""
    email: str = ""
    school_id: str = ""
    login: str = ""
    lms_id: str = ""
    section: str = ""

    @property
    def name(self) -> str:
        return self.full or ", ".join(part for part in (self.last, self.first) if part)

    @property
    def label(self) -> str:
        """What a TA recognises them by."""
        known = self.nbgrader_id or self.login or self.school_id or self.email or self.lms_id
        return f"{known} ({self.name})" if known and self.name else known or self.name


@dataclass(frozen=True)
class Roster:
    """A list of students, and the names of all its columns."""

    people: tuple[Person, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Matched:
    """Who is who: a person for some students, and all others.

    `unknown` are students that no line fits; of `ambiguous` ones and `doubtful` people nobody can tell who is who;
    people `without_student` are on the list alone.
    """

    person_of: Mapping[str, Person]
    unknown: tuple[Student, ...]
    ambiguous: tuple[Student, ...]
    doubtful: tuple[Person, ...]
    without_student: tuple[Person, ...]


def read_roster(path: Path) -> Roster:
    """The list at `path`. UsageError where it is none, or has no column by which anybody could be known."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        # Spreadsheets of some countries write semicolons, and what is pasted from one has tabs.
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as a CSV file in UTF-8: {error}") from None
    header = tuple(name.strip() for name in rows[0]) if rows else ()
    places = {field: _place(header, names) for field, names in _COLUMNS.items()}
    if not any(places[field] is not None for field in ("nbgrader_id", "email", "school_id", "login", "lms_id")):
        wanted = "nbgrader_id, Email, SID, SIS Login ID, Username or ID"
        raise UsageError(f"{path}: no column tells who a student is; its first line needs one of {wanted}")
    people = []
    for line, row in enumerate(rows[1:], start=2):
        values = {field: row[at].strip() for field, at in places.items() if at is not None and at < len(row)}
        if any(values.values()) and values.get("full", "").lower() not in _NOBODY:
            people.append(Person(line=line, **values))
    return Roster(tuple(people), header)


def _place(header: tuple[str, ...], names: Iterable[str]) -> int | None:
    small = [re.sub(r"\s+", " ", name.lower()) for name in header]
    return next((small.index(name) for name in names if name in small), None)


def match(students: Iterable[Student], people: tuple[Person, ...]) -> Matched:
    """By the column of nbgrader's ids, where the list has one; else by login, numbers and email, if they agree."""
    candidates = {student: _candidates(student, people) for student in students}
    claimed = [found[0] for found in candidates.values() if len(found) == 1]
    person_of, unknown, ambiguous = {}, [], []
    for student, found in candidates.items():
        if not found:
            unknown.append(student)
        elif len(found) > 1 or claimed.count(found[0]) > 1:
            ambiguous.append(student)
        else:
            person_of[student.id] = found[0]
    touched = {person for found in candidates.values() for person in found}
    doubtful = tuple(person for person in people if person in touched - set(person_of.values()))
    left = tuple(person for person in people if person not in touched)
    return Matched(person_of, tuple(unknown), tuple(ambiguous), doubtful, left)


def _candidates(student: Student, people: tuple[Person, ...]) -> list[Person]:
    if any(person.nbgrader_id for person in people):
        return [person for person in people if person.nbgrader_id == student.id]
    mine = {key.lower() for key in (student.id, student.email, student.lms_user_id) if key}
    return [person for person in people if mine & _keys(person)]


def _keys(person: Person) -> set[str]:
    keys = (person.login, person.school_id, person.lms_id, person.email)
    return {key.lower() for key in keys if key}
