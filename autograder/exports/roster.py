"""Reads a school's roster and matches its lines to students of the gradebook; between marks and their export.

A roster may be Canvas's gradebook export, Gradescope's roster, Moodle's, or any CSV file with such columns.
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

# Column names in the files that schools have, in lower case.
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
_NOBODY = {"points possible"}  # Canvas writes this in the column of names


@dataclass(frozen=True)
class Person:
    """One student in a roster; `line` is the line of the file (0: from the gradebook)."""

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
        """A text by which a TA recognises the person."""
        return f"{self.identifier} ({self.name})" if self.identifier and self.name else self.identifier or self.name

    @property
    def identifier(self) -> str:
        """The first identifier of this person that is not empty."""
        return self.nbgrader_id or self.login or self.school_id or self.email or self.lms_id


@dataclass(frozen=True)
class Roster:
    """A roster: its people, and the names of all its columns."""

    people: tuple[Person, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """The result of matching: the person of each matched student, and everybody without a match.

    `unknown` students fit no line. `ambiguous` students and `doubtful` people have candidates but no certain match.
    People `without_student` are only on the roster.
    """

    person_of: Mapping[str, Person]
    unknown: tuple[Student, ...]
    ambiguous: tuple[Student, ...]
    doubtful: tuple[Person, ...]
    without_student: tuple[Person, ...]


def read_roster(path: Path) -> Roster:
    """Reads the roster at `path`. UsageError if it is not a CSV file or has no column that identifies students."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        # Spreadsheets in some countries write semicolons, and text pasted from one has tabs.
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


def match(students: Iterable[Student], people: tuple[Person, ...]) -> Matching:
    """Matches by the roster's column of nbgrader ids if it has one, else by login, school number and email."""
    students = tuple(students)
    people = _move_unknown_ids(students, people)
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
    return Matching(person_of, tuple(unknown), tuple(ambiguous), doubtful, left)


@dataclass(frozen=True)
class _Candidates:
    people: list[Person]
    doubtful: bool = False  # one identifier agrees and another differs


def _move_unknown_ids(students: tuple[Student, ...], people: tuple[Person, ...]) -> tuple[Person, ...]:
    """The people, with nbgrader_id moved to school_id if no student has any of these ids.

    A column "student_id" may hold the school's numbers instead of nbgrader's ids.
    """
    known = {student.id for student in students}
    if any(person.nbgrader_id in known for person in people):
        return people
    return tuple(replace(p, nbgrader_id="", school_id=p.school_id or p.nbgrader_id) for p in people)


def _candidates(student: Student, people: tuple[Person, ...]) -> _Candidates:
    if any(person.nbgrader_id for person in people):
        return _Candidates([person for person in people if person.nbgrader_id == student.id])
    found = [person for person in people if _matches(student, person)]
    if found or not student.lms_user_id:
        return _Candidates(found)
    # Some courses store the school's number as lms_user_id. Another person's LMS id may be the same number.
    numbered = [person for person in people if _equals_any(student.lms_user_id, person.school_id)]
    return _Candidates(numbered, any(_differ(student, person) for person in numbered))


def _matches(student: Student, person: Person) -> bool:
    return (
        _equals_any(student.id, person.login, person.email, person.school_id)
        or _equals_any(student.email, person.email, person.login)
        or _equals_any(student.lms_user_id, person.lms_id)
    )


def _differ(student: Student, person: Person) -> bool:
    """Whether an identifier or name that both have differs."""
    pairs = (
        (person.email, (student.email,)),
        (person.login, (student.id, student.email)),
        (person.lms_id, (student.lms_user_id,)),
    )
    if any(one and any(others) and not _equals_any(one, *others) for one, others in pairs):
        return True
    return bool(student.last_name and person.name) and student.last_name.lower() not in person.name.lower()


def _equals_any(one: str, *others: str) -> bool:
    return bool(one) and one.lower() in {other.lower() for other in others}
