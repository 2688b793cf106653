"""What counts is worked out once, as nbgrader does, and a gradebook is looked for in one place and never made."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import make_url

from autograder.course import Course, read_course
from autograder.errors import RecordsError, UsageError
from autograder.exports.export import export
from autograder.feedback.exporter import preview
from autograder.gradebook.address import gradebook_file
from autograder.gradebook.beginning import begin
from autograder.gradebook.reader import find_marks, gradebook_error, read_all, read_marks, read_notebook
from autograder.gradebook.rule import CellMark, NotebookMarks
from autograder.report.cohort_data import read_cohort
from autograder.server.results import Results
from autograder.server.standing import standing

DUE = datetime(2030, 3, 1, 12, 0)
CELLS = {"test_f": "code", "test_g": "code", "essay": "markdown"}
# By student: automatic score, a person's, extra credit, whether a person is to look; a cell each.
GRADES = {
    "ann": ((0.1, None, None, False), (0.2, None, None, False), (None, 0.7, None, False)),
    "bea": ((2.0, 1.0, 0.5, False), (1.0, None, 0.25, False), (None, None, 2.0, True)),  # extra on nothing is nothing
    "cid": ((0.5, None, None, False), (0.0, None, None, False), (None, 0.0, None, False)),
}
PENALTIES = {"bea": 0.5, "cid": 3.0}


def make(root: Path, settings: str = "") -> Course:
    (root / "nbgrader_config.py").write_text(f'c = get_config()\nc.CourseDirectory.course_id = "counts"\n{settings}')
    return read_course(root)


def fill(course: Course, file: Path) -> Course:
    begin(make_url(f"sqlite:///{file}"))
    with Gradebook(f"sqlite:///{file}", "counts") as gradebook, gradebook.db.no_autoflush:
        gradebook.add_assignment("waves", duedate=DUE)
        gradebook.add_notebook("waves", "waves")
        for name, kind in CELLS.items():
            gradebook.add_grade_cell(name, "waves", "waves", max_score=1, cell_type=kind)
            gradebook.add_source_cell(name, "waves", "waves", cell_type=kind, locked=kind == "code", source="stub")
        gradebook.add_solution_cell("essay", "waves", "waves")
        for student, grades in GRADES.items():
            gradebook.add_student(student)
            submission = gradebook.add_submission("waves", student, timestamp=DUE + timedelta(hours=2))
            for name, values in zip(CELLS, grades, strict=True):
                grade = gradebook.find_grade(name, "waves", "waves", student)
                grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade = values
            submission.notebooks[0].late_submission_penalty = PENALTIES.get(student)
            submission.extension = timedelta(hours=1) if student == "cid" else None
        gradebook.find_comment("essay", "waves", "waves", "ann").auto_comment = "No response."
        gradebook.find_comment("essay", "waves", "waves", "bea").auto_comment = "No response."
        gradebook.find_comment("essay", "waves", "waves", "bea").manual_comment = ""
        gradebook.add_assignment("empty")
        gradebook.db.commit()
    return course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    root = tmp_path_factory.mktemp("counts")
    for student in GRADES:
        for kind in ("submitted", "autograded"):
            folder = root / kind / student / "waves"
            folder.mkdir(parents=True)
            (folder / "waves.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return fill(make(root), root / "gradebook.db")


def test_scores_and_times_are_nbgraders(course: Course) -> None:
    marks = read_marks(course, "waves")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "counts") as gradebook:
        assert marks.max_score == gradebook.find_assignment("waves").max_score
        for student, found in marks.by_student.items():
            theirs = gradebook.find_submission("waves", student)
            assert found.score == pytest.approx(theirs.score, abs=1e-12), student
            assert found.penalty == theirs.late_submission_penalty
            assert found.late_seconds == theirs.total_seconds_late
            assert bool(found.by_hand) == theirs.needs_manual_grade
            (notebook,) = found.notebooks
            (other,) = theirs.notebooks
            assert (notebook.id, notebook.max_score) == (other.id, other.max_score)
            assert notebook.comments == {c.name: c.comment for c in other.comments if c.comment}
            assert {name: mark.points for name, mark in notebook.cells.items()} == {
                g.name: g.score for g in other.grades
            }
    assert {student: found.total for student, found in marks.by_student.items()} == {
        "ann": 1.0,
        "bea": 2.25,
        "cid": 0.0,
    }


def test_page_report_export_and_feedback_give_the_same_score(course: Course) -> None:
    stands = standing(course, "waves", Results())
    assert stands is not None
    page = {one.student: one.score for one in stands.submissions}
    report = {entry.names[0]: entry.total for entry in read_cohort(course, "waves").entries}
    lines = export(read_marks(course, "waves"), "csv").text.splitlines()[1:]
    exported = {line.split(",")[3]: float(line.split(",")[-2]) for line in lines}
    assert page == report == exported == {"ann": 1.0, "bea": 2.25, "cid": 0.0}
    shown = preview(course, "waves", "bea", "waves")
    assert "<b>2.25</b> <span>of 3 points</span>" in shown
    assert "2 h late" in shown


def test_a_notebook_is_read_singles(course: Course) -> None:
    url = f"sqlite:///{course.root / 'gradebook.db'}"
    submission, notebook = read_notebook(url, "waves", "bea", "waves")
    assert notebook == read_marks(course, "waves").by_student["bea"].notebooks[0]
    assert submission == read_marks(course, "waves").by_student["bea"]
    with pytest.raises(UsageError, match="no notebook 'waves' of dan in 'waves'"):
        read_notebook(url, "waves", "dan", "waves")


def test_a_person_who_empties_a_comment_is_heard(course: Course) -> None:
    marks = read_marks(course, "waves").by_student
    assert [marks[student].notebooks[0].comments for student in ("ann", "bea")] == [{"essay": "No response."}, {}]


def test_one_persons_score_stands_and_late_work_loses_no_more_than_it_has() -> None:
    assert CellMark(2.0, 0.0, 0.5).score == 0.5
    assert CellMark(None, None, 0.5).score is None
    assert NotebookMarks("ann", "n", {"a": CellMark(1.0)}, penalty=2.0).total == 0.0


# ---- where it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [False, True])
def test_looking_makes_no_gradebook(tmp_path: Path, begun: bool) -> None:
    """An empty file is what a program leaves that has only looked."""
    course = make(tmp_path)
    if begun:
        (tmp_path / "gradebook.db").touch()
    assert read_all(course) == {}
    assert find_marks(course, "waves").by_student == {}
    for read in (read_marks, read_cohort):
        with pytest.raises(UsageError, match="there is no gradebook"):
            read(course, "waves")
    assert (tmp_path / "gradebook.db").exists() == begun


def test_a_relative_address_lies_in_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are run from anywhere below the course's root, and servers from anywhere."""
    (tmp_path / "course").mkdir()
    course = make(tmp_path / "course", 'c.CourseDirectory.db_url = "sqlite:///marks.db"\n')
    fill(course, tmp_path / "course" / "marks.db")
    monkeypatch.chdir(tmp_path)
    assert gradebook_file(course) == tmp_path / "course" / "marks.db"
    assert list(read_all(course)) == ["empty", "waves"]
    assert read_marks(course, "waves").by_student.keys() == GRADES.keys()


def test_a_gradebook_that_is_none_is_said_to_be_that_by_every_reader(tmp_path: Path) -> None:
    course = make(tmp_path)
    (tmp_path / "gradebook.db").write_text("marks")
    words = r"the gradebook sqlite:////.*gradebook\.db cannot be read: file is not a database"
    for read in (read_marks, find_marks, read_cohort):
        with pytest.raises(RecordsError, match=words):
            read(course, "waves")


def test_no_message_holds_the_password() -> None:
    said = str(gradebook_error(make_url("postgresql://me:hidden@host/marks"), "read", ValueError("no such host")))
    assert said == "the gradebook postgresql://me:***@host/marks cannot be read: no such host"


def test_who_reads_is_not_stopped_by_who_writes(course: Course) -> None:
    other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert read_marks(course, "waves").by_student
    other.execute("ROLLBACK")
    other.close()
