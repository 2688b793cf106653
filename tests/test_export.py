"""Marks leave for the systems that schools have: everybody is in the file or named, every mark is the gradebook's."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from conftest import command
from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.records.export import FORMATS, Export, export
from autograder.records.final_marks import Marks, read_marks
from autograder.records.gradebook import put_alembic_on_path
from autograder.records.roster import read_roster
from autograder.report.exported import summary

DUE = datetime(2030, 3, 1, 12, 0)
STUDENTS = {
    "ada": {"first_name": "Ada", "last_name": "Anders", "email": "ada@school.test", "lms_user_id": "501"},
    "ben": {"first_name": "Ben", "last_name": "Bär", "email": "ben@school.test", "lms_user_id": "502"},
    "cyd": {"first_name": "=1+1", "last_name": "Cole", "email": "+cyd@school.test"},
    "dot": {"first_name": "Dot", "last_name": "Dahl"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A gradebook with one assignment: ada has all, ben was late, cyd waits for a person, dot handed in nothing."""
    root = tmp_path_factory.mktemp("marks")
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "marks"\n')
    opened = read_course(root)
    put_alembic_on_path()
    with Gradebook(opened.nbgrader.db_url, "marks") as gradebook:
        gradebook.add_assignment("waves", duedate=DUE)
        gradebook.add_notebook("waves", "waves")
        gradebook.add_grade_cell("test_f", "waves", "waves", max_score=0.3, cell_type="code")
        gradebook.add_grade_cell("essay", "waves", "waves", max_score=3, cell_type="markdown")
        for name, known in STUDENTS.items():
            gradebook.add_student(name, **known)
        scores = {"ada": (0.1, 2.9), "ben": (0.3, 3), "cyd": (0.2, None)}
        for name, (auto, manual) in scores.items():
            late = name == "ben"
            when = datetime(2030, 3, 1, 13, 30, 5) if late else datetime(2030, 3, 1, 11, 0)
            with gradebook.db.no_autoflush:  # nbgrader builds the rows bit by bit; SQLAlchemy warns of half of them
                submission = gradebook.add_submission("waves", name, timestamp=when)
            for grade in submission.notebooks[0].grades:
                is_essay = grade.name == "essay"
                grade.auto_score = None if is_essay else auto
                grade.manual_score = manual if is_essay else None
                grade.needs_manual_grade = is_essay and manual is None
            submission.notebooks[0].late_submission_penalty = 0.75 if late else None
        gradebook.db.commit()
    return opened


@pytest.fixture(scope="module")
def marks(course: Course) -> Marks:
    return read_marks(course, "waves")


def _rows(done: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.text)))


def _roster(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_the_columns_and_values_are_those_of_nbgrader_export(course: Course, marks: Marks, tmp_path: Path) -> None:
    plugin = CsvExportPlugin()
    plugin.to = str(tmp_path / "theirs.csv")
    with Gradebook(course.nbgrader.db_url, "marks") as gradebook:
        plugin.export(gradebook)
    theirs = list(csv.DictReader((tmp_path / "theirs.csv").open()))
    ours = _rows(export(marks, "csv"))
    assert list(ours[0]) == list(theirs[0])
    for row in theirs:  # what a spreadsheet would take for a formula is nbgrader's alone
        row["first_name"] = row["first_name"].replace("=1+1", "'=1+1")
        row["email"] = row["email"].replace("+cyd", "'+cyd")
    assert ours == sorted(theirs, key=lambda row: row["student_id"])


def test_canvas_has_its_five_columns_and_the_points_in_the_second_line(marks: Marks) -> None:
    text = export(marks, "canvas").text
    assert text.split("\n")[:4] == [
        "Student,ID,SIS User ID,SIS Login ID,Section,waves",
        "    Points Possible,,,,,3.3",
        '"Anders, Ada",501,,ada,,3',
        '"Bär, Ben",502,,ben,,2.55',
    ]


def test_canvas_takes_what_its_own_file_says_of_a_student_and_of_the_assignment(marks: Marks, tmp_path: Path) -> None:
    path = _roster(
        tmp_path,
        "Student,ID,SIS User ID,SIS Login ID,Section,waves (77),other (78)\n"
        "    Points Possible,,,,,3.3,10\n"
        '"Bär, Ben",9002,S2,BEN,Lab 1,,\n'
        '"Anders, Ada",9001,S1,ada@school.test,Lab 2,,\n',
    )
    done = export(marks, "canvas", read_roster(path))
    assert done.text.split("\n") == [
        "Student,ID,SIS User ID,SIS Login ID,Section,waves (77)",
        "    Points Possible,,,,,3.3",
        '"Bär, Ben",9002,S2,BEN,Lab 1,2.55',
        '"Anders, Ada",9001,S1,ada@school.test,Lab 2,3',
        "",
    ]
    assert done.not_on_roster == ("cyd (0.2 of 3.3)", "dot (nothing handed in)")


def test_moodle_finds_students_by_email_or_number(marks: Marks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "First name,Last name,ID number,Email address\nA.,Anders,501,\nBen,Bär,,BEN@school.test\n")
    rows = _rows(export(marks, "moodle", read_roster(path)))
    assert [(row["Last name"], row["ID number"], row["Email address"], row["waves"]) for row in rows] == [
        ("Anders", "501", "ada@school.test", "3"),
        ("Bär", "", "BEN@school.test", "2.55"),
    ]


def test_gradescope_says_who_is_missing_late_or_not_marked(marks: Marks) -> None:
    rows = _rows(export(marks, "gradescope"))
    told = {row["First Name"]: (row["Status"], row["Total Score"], row["Lateness (H:M:S)"]) for row in rows}
    assert told == {
        "Ada": ("Graded", "3", "00:00:00"),
        "Ben": ("Graded", "2.55", "01:30:05"),
        "'=1+1": ("Ungraded", "0.2", "00:00:00"),
        "Dot": ("Missing", "", ""),
    }
    assert list(rows[0])[:5] == ["First Name", "Last Name", "SID", "Email", "Sections"]


@pytest.mark.parametrize("form", FORMATS)
def test_everybody_is_in_the_file_or_named(marks: Marks, tmp_path: Path, form: str) -> None:
    path = _roster(tmp_path, "nbgrader_id,Email,Name\nada,a@x,Ada Anders\ncyd,c@x,Cyd Cole\nzoe,z@x,Zoe Zorn\n")
    done = export(marks, form, read_roster(path))
    assert done.lines == 3
    assert done.without_mark == ("zoe (Zoe Zorn)",)
    assert done.provisional == ("cyd",)
    assert done.not_on_roster == ("ben (2.55 of 3.3)", "dot (nothing handed in)")
    assert not done.complete
    said = "\n".join(summary(done))
    for name in ("zoe", "cyd", "ben", "dot"):
        assert name in said
    assert said.endswith("3 students: 2 marks (1 may change), 1 without; 2 left out")


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_list_may_come_from_any_spreadsheet(marks: Marks, tmp_path: Path, sign: str) -> None:
    path = _roster(tmp_path, f"Name{sign}Username\r\nAnders, Ada{sign}ADA\r\n")
    assert _rows(export(marks, "moodle", read_roster(path)))[0]["waves"] == "3"


def test_nobody_gets_the_mark_of_somebody_else(marks: Marks, tmp_path: Path) -> None:
    """Ada's number in the gradebook is another's login here; ben stands twice in the list."""
    path = _roster(tmp_path, "Name,Username,SID,Email\nAda,ada,1,\nEve,501,2,\nBen,ben,3,\nBen,ben,4,\nDot,dot,5,cyd\n")
    done = export(marks, "canvas", read_roster(path))
    assert done.ambiguous == (
        *("ben (2.55 of 3.3)", "cyd (0.2 of 3.3)", "dot (nothing handed in)"),
        *("line 4 of the roster, ben (Ben)", "line 5 of the roster, ben (Ben)", "line 6 of the roster, dot (Dot)"),
    )
    assert [line.split(",")[0] for line in done.text.splitlines()[2:]] == ["Ada", "Eve"]
    assert done.without_mark == ("501 (Eve)",)


@pytest.mark.parametrize(
    "line",
    ["Eve Ng,502,", "Ben Bär,502,eve@school.test"],
)
def test_a_number_of_the_learning_system_is_not_one_of_the_school(marks: Marks, tmp_path: Path, line: str) -> None:
    """Ben's number there is 502, and so is Eve's number at the school."""
    done = export(marks, "moodle", read_roster(_roster(tmp_path, f"Name,SID,Email\n{line}\n")))
    assert "2.55" not in done.text
    assert done.ambiguous == ("ben (2.55 of 3.3)", f"line 2 of the roster, 502 ({line.split(',')[0]})")


def test_what_speaks_for_one_person_outweighs_the_number_of_another(marks: Marks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "Name,SID,Email\nEve Ng,502,eve@school.test\nBen Bär,7,ben@school.test\n")
    done = export(marks, "gradescope", read_roster(path))
    assert [(row["Last Name"], row["Total Score"]) for row in _rows(done)] == [("Ng", ""), ("Bär", "2.55")]


def test_a_column_student_id_may_hold_the_schools_numbers(marks: Marks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "student_id,email,name\n900001,ada@school.test,Ada Anders\n502,,Ben Bär\n")
    rows = _rows(export(marks, "gradescope", read_roster(path)))
    assert [(row["SID"], row["Total Score"]) for row in rows] == [("900001", "3"), ("502", "2.55")]


def test_a_formula_is_never_a_formula_and_a_number_stays_a_number(marks: Marks, tmp_path: Path) -> None:
    path = _roster(tmp_path, 'Name,Login,SID\n"=HYPERLINK(""x"")",ada,-2\n@cmd,ben,+3\n')
    for form in FORMATS[1:]:
        for row in csv.reader(io.StringIO(export(marks, form, read_roster(path)).text)):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@")), f"{form}: {cell}"
    assert "'-2" in export(marks, "moodle", read_roster(path)).text


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no column tells who"), ("Grade,Comment\n1,2\n", "no column tells who"), ("Email\n\x00\n", "")],
)
def test_a_list_that_names_nobody(tmp_path: Path, text: str, words: str) -> None:
    path = _roster(tmp_path, text)
    if not words:
        path.write_bytes(b"\xff\xfe\x00")
        words = "cannot be read as a CSV file"
    with pytest.raises(UsageError, match=words):
        read_roster(path)


def test_an_assignment_or_a_gradebook_that_is_not_there(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="knows no assignment 'tides'; it knows waves"):
        read_marks(course, "tides")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(UsageError, match="there is no gradebook"):
        read_marks(read_course(tmp_path), "waves")
    assert not (tmp_path / "gradebook.db").exists()


def test_the_command_writes_names_and_refuses(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "marks.csv"
    words = ("export", "waves", "--format", "canvas", "--output", str(path))
    assert command(course.root, *words) == 0
    assert path.read_text().startswith("Student,ID,")
    said = capsys.readouterr().err
    assert "written answers are not marked yet, the mark may change: cyd" in said
    assert "no mark, since nothing was handed in: dot" in said
    path.unlink()
    assert command(course.root, *words, "--strict") == 1
    assert not path.exists()
    assert "nothing was written" in capsys.readouterr().err
    assert command(course.root, "export", "waves", "--format", "excel") == 2
    assert "choose one of csv, canvas, moodle, gradescope" in capsys.readouterr().err
