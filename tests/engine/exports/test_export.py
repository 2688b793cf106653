"""Marks leave for the systems that schools have: everybody is in the file or named, every mark is the gradebook's."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.exports.export import FORMATS, Export, export
from autograder.exports.roster import read_roster
from autograder.exports.ungraded import UngradedStudents, find_ungraded
from autograder.gradebook.address import database
from autograder.gradebook.beginning import begin
from autograder.gradebook.reader import read_marks
from autograder.gradebook.rule import AssignmentMarks
from autograder.grading.record import Inputs, Judgement
from autograder.grading.submitted import read_submitted
from autograder.report.exported import summary
from tests.conftest import command
from tests.judgements import write_judgement

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
    begin(database(opened))
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
def marks(course: Course) -> AssignmentMarks:
    return read_marks(course, "waves")


def _rows(done: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.text)))


def _roster(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_the_columns_and_values_are_those_of_nbgrader_export(
    course: Course, marks: AssignmentMarks, tmp_path: Path
) -> None:
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


def test_canvas_has_its_five_columns_and_the_points_in_the_second_line(marks: AssignmentMarks) -> None:
    text = export(marks, "canvas").text
    assert text.split("\n")[:4] == [
        "Student,ID,SIS User ID,SIS Login ID,Section,waves",
        "    Points Possible,,,,,3.3",
        '"Anders, Ada",501,,ada,,3',
        '"Bär, Ben",502,,ben,,2.55',
    ]


def test_canvas_takes_what_its_own_file_says_of_student_and_assignment(marks: AssignmentMarks, tmp_path: Path) -> None:
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


def test_moodle_finds_students_by_email_or_number(marks: AssignmentMarks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "First name,Last name,ID number,Email address\nA.,Anders,501,\nBen,Bär,,BEN@school.test\n")
    rows = _rows(export(marks, "moodle", read_roster(path)))
    assert [(row["Last name"], row["ID number"], row["Email address"], row["waves"]) for row in rows] == [
        ("Anders", "501", "ada@school.test", "3"),
        ("Bär", "", "BEN@school.test", "2.55"),
    ]


def test_gradescope_says_who_is_missing_late_or_not_marked(marks: AssignmentMarks) -> None:
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
def test_everybody_is_in_the_file_or_named(marks: AssignmentMarks, tmp_path: Path, form: str) -> None:
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


@pytest.mark.parametrize("form", FORMATS)
def test_a_fault_of_the_grader_is_no_zero(course: Course, form: str) -> None:
    """A test cell without any mark; an essay and code that a person marks have none either, and wait."""
    with Gradebook(course.nbgrader.db_url, "marks") as gradebook:
        gradebook.add_assignment("tides")
        gradebook.add_notebook("tides", "tides")
        for cell, kind, locked in (("test_f", "code", True), ("plot", "code", False), ("essay", "markdown", False)):
            gradebook.add_grade_cell(cell, "tides", "tides", max_score=1, cell_type=kind)
            gradebook.add_source_cell(cell, "tides", "tides", cell_type=kind, locked=locked)
        for student, auto in (("ada", None), ("ben", 0.5)):
            with gradebook.db.no_autoflush:
                submission = gradebook.add_submission("tides", student)
            for grade in submission.notebooks[0].grades:
                grade.auto_score = auto if grade.name == "test_f" else None
                grade.needs_manual_grade = grade.auto_score is None
        gradebook.db.commit()
        try:
            done = export(read_marks(course, "tides"), form)
        finally:
            gradebook.remove_assignment("tides")
    assert (done.failed, done.provisional, done.complete) == (("ada",), ("ben",), False)
    title = {"csv": "score", "gradescope": "Total Score"}.get(form, "tides")
    written = [row[title] for row in _rows(done) if {"ada", "Ada", "Anders, Ada"} & set(row.values())]
    assert written == [""]
    if form == "csv":
        assert [row["raw_score"] for row in _rows(done)] == ["", "0.5", "0.0", "0.0"], "as nbgrader for who did nothing"
    said = list(summary(done))
    assert any(line.startswith("the grader failed; not a mark") and line.endswith(": ada") for line in said)
    assert said[-1] == "4 students: 1 marks (1 may change), 3 without; 0 left out"


def test_what_was_handed_in_and_not_graded_is_named(course: Course, marks: AssignmentMarks, tmp_path: Path) -> None:
    """dot and zoe handed in and have no mark; ada has handed in again, and cyd, by the time alone."""
    shutil.copytree(course.root, tmp_path, dirs_exist_ok=True)
    course = read_course(tmp_path)
    for name in ("ada", "ben", "cyd", "dot", "zoe", "x" * 250):
        folder = course.root / "submitted" / name / "waves"
        folder.mkdir(parents=True)
        (folder / "waves.ipynb").write_text("{}")
        digests = read_submitted(course, "waves", name, ["waves"]).handed_in.digests
        inputs = Inputs(submission="another one" if name == "ada" else digests["waves"])
        write_judgement(course, Judgement("waves", name, "waves", "graded", inputs=inputs))
    for kind, stamp in (("submitted", "2030-03-02"), ("autograded", "2030-03-01")):
        (course.root / kind / "cyd" / "waves" / "timestamp.txt").write_text(stamp)
    (course.root / "source" / "waves").mkdir(parents=True)
    (course.root / "source" / "waves" / "waves.ipynb").write_text("{}")
    found = find_ungraded(course, marks)
    assert found.not_graded == ("dot", "x" * 250, "zoe")
    assert found.changed == ("ada", "cyd")
    assert list(found.reasons) == ["x" * 250]
    course.config.Autograde.create_student = False
    assert set(find_ungraded(course, marks).reasons) == {"x" * 250, "zoe"}

    done = export(marks, "csv", handed_in=found)
    assert (done.without_mark, done.complete) == ((), False)
    assert _rows(done)[3]["raw_score"] == "", "nothing that was handed in is worth 0 before it is graded"
    said = "\n".join(summary(done))
    assert "not graded (autograder grade): dot, xxx" in said
    assert "too long" in said
    assert "handed in again since it was graded, the mark is of what was there before: ada, cyd" in said


def test_who_is_on_the_roster_alone_may_have_handed_in(marks: AssignmentMarks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "Name,Username\nZoe Zorn,zoe\nYan Yu,yan\n")
    done = export(marks, "gradescope", read_roster(path), handed_in=UngradedStudents(not_graded=("zoe",)))
    assert [row["Status"] for row in _rows(done)] == ["Ungraded", "Missing"]
    assert (done.without_mark, done.not_graded) == (("yan (Yan Yu)",), ("zoe",))


@pytest.mark.parametrize(
    ("columns", "column", "title", "new"),
    [
        ("Waves (77),other", None, "Waves (77)", ""),
        ("Homework 3 (78),other", "homework 3", "Homework 3 (78)", ""),
        ("Homework 3 (78),other", None, "waves", "waves"),
        ("Waves (1),waves (2)", "waves (2)", "waves (2)", ""),
    ],
)
def test_the_column_of_canvas(
    marks: AssignmentMarks, tmp_path: Path, columns: str, column: str | None, title: str, new: str
) -> None:
    path = _roster(tmp_path, f"Student,ID,SIS Login ID,{columns}\nAda Anders,1,ada,,\n")
    done = export(marks, "canvas", read_roster(path), column=column)
    assert done.text.splitlines()[0].split(",")[-1] == title
    assert done.new_column == new
    assert any("--column" in line for line in summary(done)) == bool(new)


def test_a_column_that_is_not_known_or_not_clear(marks: AssignmentMarks, tmp_path: Path) -> None:
    listed = read_roster(_roster(tmp_path, "Student,ID,Waves (1),WAVES (2)\nAda,1,,\n"))
    with pytest.raises(UsageError, match=r"several columns of the roster fit 'waves': Waves \(1\), WAVES \(2\)"):
        export(marks, "canvas", listed)
    with pytest.raises(UsageError, match="the roster has none of that name; it has Student, ID"):
        export(marks, "canvas", listed, column="tides")


def test_in_nbgraders_columns_a_student_is_an_id(marks: AssignmentMarks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "nbgrader_id,Name\nada,Ada Anders\nzoe,Zoe Zorn\n")
    assert [row["student_id"] for row in _rows(export(marks, "csv", read_roster(path)))] == ["ada", "zoe"]


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_list_may_come_from_any_spreadsheet(marks: AssignmentMarks, tmp_path: Path, sign: str) -> None:
    path = _roster(tmp_path, f"Name{sign}Username\r\nAnders, Ada{sign}ADA\r\n")
    assert _rows(export(marks, "moodle", read_roster(path)))[0]["waves"] == "3"


def test_nobody_gets_the_mark_of_somebody_else(marks: AssignmentMarks, tmp_path: Path) -> None:
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
def test_a_number_of_the_learning_system_is_not_one_of_the_school(
    marks: AssignmentMarks, tmp_path: Path, line: str
) -> None:
    """Ben's number there is 502, and so is Eve's number at the school."""
    done = export(marks, "moodle", read_roster(_roster(tmp_path, f"Name,SID,Email\n{line}\n")))
    assert "2.55" not in done.text
    assert done.ambiguous == ("ben (2.55 of 3.3)", f"line 2 of the roster, 502 ({line.split(',')[0]})")


def test_what_speaks_for_one_person_outweighs_the_number_of_another(marks: AssignmentMarks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "Name,SID,Email\nEve Ng,502,eve@school.test\nBen Bär,7,ben@school.test\n")
    done = export(marks, "gradescope", read_roster(path))
    assert [(row["Last Name"], row["Total Score"]) for row in _rows(done)] == [("Ng", ""), ("Bär", "2.55")]


def test_a_column_student_id_may_hold_the_schools_numbers(marks: AssignmentMarks, tmp_path: Path) -> None:
    path = _roster(tmp_path, "student_id,email,name\n900001,ada@school.test,Ada Anders\n502,,Ben Bär\n")
    rows = _rows(export(marks, "gradescope", read_roster(path)))
    assert [(row["SID"], row["Total Score"]) for row in rows] == [("900001", "3"), ("502", "2.55")]


def test_a_formula_is_never_a_formula_and_a_number_stays_a_number(marks: AssignmentMarks, tmp_path: Path) -> None:
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
