"""Where submissions stand, read off folders and a gradebook that the tests write themselves; nothing is graded."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.course import CONFIG, Course, read_course
from autograder.gradebook.address import database
from autograder.gradebook.beginning import begin
from autograder.gradebook.reader import find_marks
from autograder.gradebook.rule import SubmissionMarks
from autograder.grading.names import BAD_NAME
from autograder.grading.record import Judgement
from autograder.samples.classes import Sample
from autograder.server import job_files
from autograder.server.feedback_state import feedback_state, version, write_record
from autograder.server.folders import Folders
from autograder.server.place import Place
from autograder.server.release import gate
from autograder.server.results import Results
from autograder.server.standing import Standing, Submission, standing
from tests.engine.server.light import NAME, make, serving
from tests.judgements import question, write_judgement

DUE = datetime(2026, 1, 12, 12, 0)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """One assignment that ada has handed in and that is due at noon; the gradebook has her marks."""
    made = make(tmp_path_factory.mktemp("standing") / "course", root, [Sample("ada")])
    begin(database(made))
    with Gradebook(str(made.nbgrader.db_url)) as gradebook, gradebook.db.no_autoflush:
        gradebook.add_assignment(NAME, duedate=DUE)
        gradebook.add_notebook(NAME, NAME)
        for cell, kind in (("test_double", "code"), ("why", "markdown")):
            gradebook.add_grade_cell(cell, NAME, NAME, max_score=2, cell_type=kind)
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada", timestamp=DUE)
        for cell in ("test_double", "why"):
            grade = gradebook.find_grade(cell, NAME, NAME, "ada")
            grade.auto_score, grade.manual_score = (2.0, None) if cell == "test_double" else (None, 1.0)
            grade.needs_manual_grade = False
        gradebook.db.commit()
    hand_out(made)
    return made.root


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Course:
    return read_course(Path(shutil.copytree(template, tmp_path / "course")))


def hand_out(course: Course) -> None:
    """The graded notebook of what ada has handed in."""
    graded = course.folder("autograded", NAME, "ada")
    graded.mkdir(parents=True, exist_ok=True)
    (graded / f"{NAME}.ipynb").write_text("graded")
    stamp = course.folder("submitted", NAME, "ada") / "timestamp.txt"
    (graded / "timestamp.txt").write_text(stamp.read_text())


def write_page(course: Course) -> None:
    page = course.folder("feedback", NAME, "ada") / f"{NAME}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("page")


def grade_later(course: Course) -> None:
    """As if it were graded anew a second from now."""
    notebook = course.folder("autograded", NAME, "ada") / f"{NAME}.ipynb"
    later = notebook.stat().st_mtime + 1
    os.utime(notebook, (later, later))


def ada(course: Course) -> SubmissionMarks:
    return find_marks(course, NAME).by_student["ada"]


def stands(course: Course) -> Standing:
    found = standing(course, NAME, Results())
    assert found is not None
    return found


def submission(course: Course, student: str = "ada") -> Submission:
    return next(one for one in stands(course).submissions if one.student == student)


# ---- feedback ---------------------------------------------------------------------------------------------


def test_a_page_of_a_notebook_that_was_graded_anew_is_outdated(course: Course) -> None:
    folders, marks = Folders(course, NAME), ada(course).version
    write_page(course)
    made_of = version(folders, "ada", marks)
    write_record(folders, "ada", made_of, made_of)
    assert feedback_state(folders, "ada", marks) == "released"
    grade_later(course)
    assert feedback_state(folders, "ada", marks) == "outdated"


def test_a_page_of_nbgraders_own_button_is_outdated_when_its_notebook_is_newer(course: Course) -> None:
    folders, marks = Folders(course, NAME), ada(course).version
    write_page(course)
    assert feedback_state(folders, "ada", marks) == "made"
    grade_later(course)
    assert feedback_state(folders, "ada", marks) == "outdated"


@pytest.mark.parametrize("what", ["late_submission_penalty", "timestamp", "duedate"])
def test_penalty_and_times_change_what_a_page_was_made_for(course: Course, what: str) -> None:
    before = ada(course).version
    with Gradebook(str(course.nbgrader.db_url)) as gradebook:
        if what == "late_submission_penalty":
            gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 0.5
        elif what == "timestamp":
            gradebook.find_submission(NAME, "ada").timestamp = datetime(2026, 1, 12, 11, 0)
        else:
            gradebook.find_assignment(NAME).duedate = datetime(2026, 1, 12, 11, 0)
        gradebook.db.commit()
    assert ada(course).version != before


def test_what_was_handed_in_again_is_not_called_released_without_a_change(course: Course) -> None:
    folders = Folders(course, NAME)
    write_page(course)
    made_of = version(folders, "ada", ada(course).version)
    write_record(folders, "ada", made_of, made_of)
    assert [one.student for one in gate(stands(course).submissions).released] == ["ada"]
    (course.folder("submitted", NAME, "ada") / "timestamp.txt").write_text("2026-01-13 09:30:00.000000 UTC")
    found = gate(stands(course).submissions)
    assert (len(found.released), [one.state for one in found.incomplete]) == (0, ["again"])


# ---- who can be chosen ------------------------------------------------------------------------------------

BAD_NAMES = [b"jos\xe9", b"two\nlines", "right\u200fleft".encode(), "\ufeffmark".encode(), b"x" * 201]


def test_folders_whose_names_are_no_ids_are_rows_that_cannot_be_chosen(course: Course, tmp_path: Path) -> None:
    for name in BAD_NAMES:
        os.makedirs(os.path.join(os.fsencode(course.root), b"submitted", name, NAME.encode()))
    with serving(course.root, tmp_path) as client:
        page = client.get(f"/a/{NAME}/submissions")
        release = client.get(f"/a/{NAME}/release")
        assert client.get(f"/a/{NAME}/s/ada").status == 200
        assert client.get("").has(f"{len(BAD_NAMES)} could not be judged")
    assert (page.status, release.status) == (200, 200)
    assert re.findall(r'name="student" value="([^"]*)"', page.text) == ["ada"]
    assert page.text.count(BAD_NAME.replace("'", "&#39;")) == len(BAD_NAMES)
    assert re.findall(r'href="[^"]*/s/([^"]*)"', page.text + release.text) == ["ada", "ada"]


def test_who_was_graded_is_served_wherever_the_folder_went(course: Course) -> None:
    shutil.rmtree(course.folder("submitted", NAME, "ada"))
    found = submission(course)
    assert (found.there, found.can_be_chosen) == (False, True)


def test_who_is_in_the_gradebook_alone_cannot_be_chosen(course: Course, tmp_path: Path) -> None:
    with Gradebook(str(course.nbgrader.db_url)) as gradebook, gradebook.db.no_autoflush:
        gradebook.add_student("gone")
        gradebook.add_submission(NAME, "gone", timestamp=DUE)
    found = submission(course, "gone")
    assert (found.state, found.can_be_chosen, submission(course).can_be_chosen) == ("not_graded", False, True)
    with serving(course.root, tmp_path) as client:
        page = client.get(f"/a/{NAME}/submissions")
    assert re.findall(r'name="student" value="([^"]*)"', page.text) == ["ada"]
    assert page.has(r"gone.*no folder")


def test_a_folder_that_was_put_away_after_grading_is_not_handed_in_again(course: Course) -> None:
    assert submission(course).state == "graded"
    shutil.rmtree(course.folder("submitted", NAME, "ada"))
    assert submission(course).state == "graded"


# ---- states -----------------------------------------------------------------------------------------------


def write_result(course: Course, **values: Any) -> Path:
    """What the judge says of ada's submission."""
    return write_judgement(course, replace(Judgement(NAME, "ada", NAME, "graded"), **values))


@pytest.mark.parametrize("status", ["invalid", "grader_error"])
def test_what_could_not_be_judged_is_graded_when_a_person_has_given_every_mark(course: Course, status: str) -> None:
    write_result(course, status=status)
    set_grade(course, "test_double", auto_score=None, needs_manual_grade=True)
    assert (submission(course).state, submission(course).person) == ("refused", True)
    set_grade(course, "test_double", manual_score=1.0, needs_manual_grade=False)
    assert (submission(course).state, submission(course).person) == ("graded", False)


def set_grade(course: Course, cell: str, **values: object) -> None:
    with Gradebook(str(course.nbgrader.db_url)) as gradebook:
        grade = gradebook.find_grade(cell, NAME, NAME, "ada")
        for name, value in values.items():
            setattr(grade, name, value)
        gradebook.db.commit()


# ---- times and scores -------------------------------------------------------------------------------------


def hand_in_at(course: Course, stamp: str) -> None:
    (course.folder("submitted", NAME, "ada") / "timestamp.txt").write_text(stamp)


def test_times_are_utc_and_late_is_known_before_grading(course: Course) -> None:
    shutil.rmtree(course.folder("autograded", NAME, "ada"))
    hand_in_at(course, "2026-01-12 14:30:00.000000+01:00")
    found = submission(course)
    assert (found.state, found.handed_in, found.late_seconds) == ("not_graded", "2026-01-12 13:30", 5400.0)
    assert stands(course).count("late") == 1
    hand_in_at(course, "yesterday evening")
    assert (submission(course).handed_in, submission(course).late_seconds) == ("yesterday evenin", 0.0)


def test_who_has_an_extension_is_less_late(course: Course) -> None:
    with Gradebook(str(course.nbgrader.db_url)) as gradebook:
        gradebook.find_submission(NAME, "ada").extension = timedelta(hours=1)
        gradebook.db.commit()
    hand_in_at(course, "2026-01-12 13:30:00.000000 UTC")  # again, since it was graded
    assert (submission(course).state, submission(course).late_seconds) == ("again", 1800.0)


def test_scores_are_what_counts_and_what_was_not_judged_is_in_no_mean(course: Course) -> None:
    with Gradebook(str(course.nbgrader.db_url)) as gradebook:
        gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 0.5
        gradebook.db.commit()
    assert (submission(course).score, stands(course).mean) == (2.5, 2.5)
    write_result(course, status="invalid")
    set_grade(course, "test_double", needs_manual_grade=True)
    assert (submission(course).state, stands(course).mean) == ("refused", None)


# ---- pages ------------------------------------------------------------------------------------------------


def test_who_needs_a_person_is_a_filter(course: Course, tmp_path: Path) -> None:
    set_grade(course, "why", needs_manual_grade=True)
    with serving(course.root, tmp_path) as client:
        page = client.get(f"/a/{NAME}/submissions")
    assert page.has('value="person"><span>Needs a person <b>1</b>')
    assert page.has('<tr data-state="by_hand" data-person')


def test_marks_by_hand_are_sent_back_only_on_purpose(course: Course, tmp_path: Path) -> None:
    with serving(course.root, tmp_path) as client:
        page = client.post(f"/a/{NAME}/jobs", ("kind", "regrade"), ("student", "ada"))
    assert page.has("<strong>1</strong> of the 1 chosen hold marks that were given by hand")
    assert page.has('name="sure" value="1">.*name="student" value="ada"')
    assert job_files.latest(course, NAME) is None


def test_a_job_at_work_is_seen_on_the_first_page(course: Course, tmp_path: Path) -> None:
    _, folder = job_files.create(course, "grade", NAME, ["ada", "ben"])
    job_files.Events(folder).add("student", student="ada", fresh=True, status="ok", reason="", failed=False)
    with serving(course.root, tmp_path) as client:
        with job_files.hold_alive(folder):
            assert client.get("").has("Grading: 1 of 2")
        assert not client.get("").has("Grading: 1 of 2")


def test_a_judgement_of_a_version_that_knew_less_or_more_is_shown(course: Course, tmp_path: Path) -> None:
    path = write_result(course, questions=(question(), question("why", checks=())))
    notebook = json.loads(path.read_text())
    found = notebook["metadata"]["autograder"]["judgement"]
    del found["inputs"], found["flags"], found["questions"][0]["checks"][0]["max_points"]
    found["more"] = found["questions"][0]["checks"][0]["more"] = 1
    path.write_text(json.dumps(notebook))
    with serving(course.root, tmp_path) as client:
        page = client.get(f"/a/{NAME}/s/ada")
    assert page.status == 200
    assert page.has("double.*twice.*why")


def test_where_the_exchange_lies_may_stand_in_the_servers_own_folders(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = tmp_path / "role"
    role.mkdir()
    (role / CONFIG).write_text(
        "c = get_config()\nc.Exchange.root = '/srv/exchange'\nc.CourseDirectory.course_id = 'another'\n"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(role))
    found = Place(course.root, "", enabled=True).course()
    assert found.config.Exchange.root == "/srv/exchange"
    assert found.nbgrader.course_id == "llm-foundations", "the course's own file is the stronger"
    (role / CONFIG).write_text("1 / 0")
    assert "root" not in Place(course.root, "", enabled=True).course().config.Exchange
