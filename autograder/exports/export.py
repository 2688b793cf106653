"""Writes marks as CSV files for Canvas, Moodle, Gradescope or in nbgrader's format; the last step of the path.

- csv: the columns and values of `nbgrader export`, one line for every student of the gradebook.
- canvas: the columns of Canvas's gradebook export, which its import requires, with the line "Points Possible".
- moodle: column names as in Moodle's export; its import asks which column identifies students and which is the mark.
- gradescope: the columns of Gradescope's file of grades, which begin with those of its roster.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from autograder.errors import UsageError
from autograder.exports.roster import Matching, Person, Roster, match
from autograder.exports.ungraded import UngradedStudents
from autograder.gradebook.rule import AssignmentMarks, Student, SubmissionMarks
from autograder.rendering.text import printable_line

FORMATS = ("csv", "canvas", "moodle", "gradescope")

# A spreadsheet reads a cell that begins like this as a formula, and names are not trusted.
_FORMULA = re.compile(r"[=+\-@\t\r]")

NOTHING_WAITS = UngradedStudents()


@dataclass(frozen=True)
class ExportLine:
    """One line of the file: the person, the student and the mark; None if there is none."""

    person: Person
    student: Student | None
    mark: SubmissionMarks | None
    waits: bool = False  # handed in but not graded


@dataclass(frozen=True)
class Export:
    """The file's text, and lists of students to report to the user; each item names a student."""

    text: str
    lines: int
    without_mark: tuple[str, ...] = ()  # handed in nothing
    not_graded: tuple[str, ...] = ()  # handed in; with the reason if `grade` can never take it
    failed: tuple[str, ...] = ()  # in the file, with an empty mark
    changed: tuple[str, ...] = ()  # in the file, with the mark of an earlier submission
    provisional: tuple[str, ...] = ()
    not_on_roster: tuple[str, ...] = ()  # not in the file; with the score
    ambiguous: tuple[str, ...] = ()  # students with their scores, and lines of the roster; not in the file
    new_column: str = ""  # the name of the marks' column if the roster does not have it

    empty: int = 0  # lines without a mark

    @property
    def complete(self) -> bool:
        return not (
            *(*self.without_mark, *self.not_graded, *self.failed, *self.changed),
            *(*self.provisional, *self.not_on_roster, *self.ambiguous),
        )


def export(
    marks: AssignmentMarks,
    form: str,
    roster: Roster | None = None,
    *,
    handed_in: UngradedStudents = NOTHING_WAITS,
    column: str | None = None,
) -> Export:
    """Exports the marks in one of FORMATS, for the students of the roster, or of the gradebook if there is no roster.

    `column` is the name of the marks' column for Canvas; by default the roster's column that fits the assignment's
    name. UsageError if the roster does not have the column, or if several fit.
    """
    lines, matched = _lines(marks, roster)
    lines = [replace(line, waits=not _ids(line).isdisjoint(handed_in.not_graded)) for line in lines]
    title, found = _column(marks.name, roster, column) if form == "canvas" else (marks.name, True)
    rows = {"csv": _nbgrader, "canvas": _canvas, "moodle": _moodle, "gradescope": _gradescope}[form](
        marks, lines, title
    )
    return Export(
        text=_csv(rows),
        lines=len(lines),
        without_mark=tuple(_label(line) for line in lines if line.mark is None and not line.waits),
        not_graded=tuple(_name_and_reason(student, handed_in) for student in handed_in.not_graded),
        failed=tuple(_label(line) for line in lines if line.mark and line.mark.failed),
        changed=handed_in.changed,
        provisional=tuple(_label(line) for line in lines if line.mark and line.mark.by_hand and not line.mark.failed),
        not_on_roster=tuple(
            _name_and_score(student, marks.by_student.get(student.id), marks, handed_in) for student in matched.unknown
        ),
        ambiguous=(
            *(
                _name_and_score(student, marks.by_student.get(student.id), marks, handed_in)
                for student in matched.ambiguous
            ),
            *(f"line {person.line} of the roster, {person.label}" for person in matched.doubtful),
        ),
        empty=sum(_score(line) == "" for line in lines),
        new_column="" if found else title,
    )


def _lines(marks: AssignmentMarks, roster: Roster | None) -> tuple[list[ExportLine], Matching]:
    """The lines of the file, in the roster's order, and the matches."""
    matched = Matching({}, (), (), (), ()) if roster is None else match(marks.students, roster.people)
    people = {s.id: _person_of(s) for s in marks.students} if roster is None else matched.person_of
    lines = [ExportLine(people[s.id], s, marks.by_student.get(s.id)) for s in marks.students if s.id in people]
    if roster is None:
        return lines, matched
    lines += [ExportLine(person, None, None) for person in matched.without_student]
    return sorted(lines, key=lambda line: line.person.line), matched


def _column(assignment: str, roster: Roster | None, wanted: str | None) -> tuple[str, bool]:
    """The name of the column of marks, and whether the roster has it. Canvas appends its own assignment number to the
    name."""
    columns = roster.columns if roster else ()
    name = wanted or assignment
    named = re.compile(re.escape(name) + r"(\s*\(\d+\))?", re.IGNORECASE)
    found = [column for column in columns if named.fullmatch(column)]
    if len(found) > 1 and name not in found:
        raise UsageError(f"several columns of the roster fit {name!r}: {', '.join(found)}; give one with --column")
    if wanted and columns and not found:
        raise UsageError(f"--column {wanted}: the roster has none of that name; it has {', '.join(columns)}")
    if name in found:
        return name, True
    return (found[0], True) if found else (name, roster is None)


def _person_of(student: Student) -> Person:
    """A Person made from the gradebook's data alone."""
    return Person(
        nbgrader_id=student.id,
        first=student.first_name,
        last=student.last_name,
        email=student.email,
        school_id=student.lms_user_id,
        login=student.id,
        lms_id=student.lms_user_id,
    )


def _nbgrader(marks: AssignmentMarks, lines: Sequence[ExportLine], _: str) -> list[list[str]]:
    """nbgrader's columns and number format. As in nbgrader, students who handed in nothing get 0.0. If a submission
    has no mark, the cells are empty, whereas nbgrader writes 0.0."""
    header = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
    rows = [[*header, "raw_score", "late_submission_penalty", "score", "max_score"]]
    for line in lines:
        person = line.person
        student = line.student or Student(person.identifier, person.first, person.last, person.email)
        mark = line.mark or SubmissionMarks(student.id)
        names = (student.id, student.last_name, student.first_name, student.email)
        when = [str(one or "") for one in (marks.due, mark.submitted)]
        numbers = [str(one) for one in (mark.score, mark.penalty, mark.total)]
        if line.waits or mark.failed:
            numbers = ["", "", ""]
        rows.append([_text(marks.name), *when, *map(_text, names), *numbers, str(marks.max_score)])
    return rows


def _canvas(marks: AssignmentMarks, lines: Sequence[ExportLine], title: str) -> list[list[str]]:
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", _text(title)],
        ["    Points Possible", "", "", "", "", _number(marks.max_score)],
    ]
    for line in lines:
        who = line.person
        known = (who.name or who.label, who.lms_id, who.school_id if who.line else "", who.login, who.section)
        rows.append([*map(_text, known), _score(line)])
    return rows


def _moodle(marks: AssignmentMarks, lines: Sequence[ExportLine], title: str) -> list[list[str]]:
    rows = [["First name", "Last name", "Username", "ID number", "Email address", _text(title)]]
    for line in lines:
        first, last = _split(line.person)
        known = (first, last, line.person.login, line.person.school_id, _email(line))
        rows.append([*map(_text, known), _score(line)])
    return rows


def _gradescope(marks: AssignmentMarks, lines: Sequence[ExportLine], _: str) -> list[list[str]]:
    header = ["First Name", "Last Name", "SID", "Email", "Sections"]
    rows = [[*header, "Total Score", "Max Points", "Status", "Submission Time", "Lateness (H:M:S)"]]
    for line in lines:
        first, last = _split(line.person)
        known = (first, last, line.person.school_id or line.person.login, _email(line), line.person.section)
        status, when, late = "Ungraded" if line.waits else "Missing", "", ""
        if line.mark:
            status = "Ungraded" if line.mark.by_hand or line.mark.failed else "Graded"
            when = f"{line.mark.submitted} +0000" if line.mark.submitted else ""  # nbgrader stores UTC
            hours, rest = divmod(int(line.mark.late_seconds), 3600)
            late = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
        rows.append([*map(_text, known), _score(line), _number(marks.max_score), status, when, late])
    return rows


def _split(person: Person) -> tuple[str, str]:
    """First and last name, also if the roster has both in one column ("Last, First" or "First Last")."""
    if person.first or person.last or not person.full:
        return person.first, person.last
    last, comma, first = person.full.partition(",")
    if not comma:
        first, _, last = person.full.rpartition(" ")
    return first.strip(), last.strip()


def _email(line: ExportLine) -> str:
    return line.person.email or (line.student.email if line.student else "")


def _score(line: ExportLine) -> str:
    return "" if line.mark is None or line.mark.failed else _number(line.mark.total)


def _number(value: float) -> str:
    """The number with all its digits, without an exponent."""
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _text(value: str) -> str:
    """The value as a cell that no spreadsheet reads as a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


def _csv(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _label(line: ExportLine) -> str:
    return line.student.id if line.student else line.person.label


def _ids(line: ExportLine) -> set[str]:
    """The names that the student's folder may have."""
    person = line.person
    return {line.student.id} if line.student else {person.nbgrader_id, person.login, person.email, person.school_id}


def _name_and_reason(student: str, handed_in: UngradedStudents) -> str:
    reason = handed_in.reasons.get(student)
    shown = printable_line(student)
    return f"{shown} ({reason})" if reason else shown


def _name_and_score(
    student: Student, mark: SubmissionMarks | None, marks: AssignmentMarks, handed_in: UngradedStudents
) -> str:
    if mark is None:
        return f"{student.id} ({'not graded' if student.id in handed_in.not_graded else 'nothing handed in'})"
    return f"{student.id} ({'no mark' if mark.failed else f'{_number(mark.total)} of {_number(marks.max_score)}'})"
