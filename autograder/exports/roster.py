"""Reads a school's list of students, and finds out who of them is who in the gradebook; between marks and their export.

A list may be Canvas's gradebook export, Gradescope's roster, Moodle's, or any CSV file with such columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import UsageError
from autograder.gradebook.rule import Student

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
        return f"{self.known} ({self.name})" if self.known and self.name else self.known or self.name

    @property
    def known(self) -> str:
        """The first of the ways in which they may be known."""
        return self.nbgrader_id or self.login or self.school_id or self.email or self.lms_id


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
    """By the column of nbgrader's ids, where the list has one; else by login, number and email, each with its like."""
    students = tuple(students)
    people = _with_known_ids(students, people)
    candidates = {student: _candidates(student, people) for student in students}
    claimed = [found.people[0] for found in candidates.values() if len(found.people) == 1]
    person_of, unknown, ambiguous = {}, [], []
    for student, found in candidates.items():
        if not found.people:
            unknown.append(student)
        elif found.doubtful or len(found.people) > 1 or claimed.count(found.people[0]) > 1:
            ambiguous.append(student)
        else:
            person_of[student.id] = found.people[0]
    touched = {person for found in candidates.values() for person in found.people}
    doubtful = tuple(person for person in people if person in touched - set(person_of.values()))
    left = tuple(person for person in people if person not in touched)
    return Matched(person_of, tuple(unknown), tuple(ambiguous), doubtful, left)


@dataclass(frozen=True)
class _Candidates:
    people: list[Person]
    doubtful: bool = False  # something speaks for them, and something against


def _with_known_ids(students: tuple[Student, ...], people: tuple[Person, ...]) -> tuple[Person, ...]:
    """People whose nbgrader_id is one. A column "student_id" may hold the school's numbers: none of them is known."""
    known = {student.id for student in students}
    if any(person.nbgrader_id in known for person in people):
        return people
    return tuple(replace(p, nbgrader_id="", school_id=p.school_id or p.nbgrader_id) for p in people)


def _candidates(student: Student, people: tuple[Person, ...]) -> _Candidates:
    if any(person.nbgrader_id for person in people):
        return _Candidates([person for person in people if person.nbgrader_id == student.id])
    found = [person for person in people if _alike(student, person)]
    if found or not student.lms_user_id:
        return _Candidates(found)
    # Some courses keep the school's number there. It is not the learning system's own, which another may have.
    numbered = [person for person in people if _same(student.lms_user_id, person.school_id)]
    return _Candidates(numbered, any(_differ(student, person) for person in numbered))


def _alike(student: Student, person: Person) -> bool:
    return (
        _same(student.id, person.login, person.email, person.school_id)
        or _same(student.email, person.email, person.login)
        or _same(student.lms_user_id, person.lms_id)
    )


def _differ(student: Student, person: Person) -> bool:
    """Whether anything that is known of both says that they are two."""
    pairs = (
        (person.email, (student.email,)),
        (person.login, (student.id, student.email)),
        (person.lms_id, (student.lms_user_id,)),
    )
    if any(one and any(others) and not _same(one, *others) for one, others in pairs):
        return True
    return bool(student.last_name and person.name) and student.last_name.lower() not in person.name.lower()


def _same(one: str, *others: str) -> bool:
    return bool(one) and one.lower() in {other.lower() for other in others}
