"""A class on a real hub, from the release of an assignment to the feedback that a student reads.

JupyterHub with its own proxy, an account of the machine for everybody, nbgrader's exchange, JupyterLab in Chromium, and
the files of deploy/. What a person sees goes through the browser: the terminal, the formgrader, the grading page, the
assignment list, one student's notebook. The other students' clicks are requests to the same addresses.
Pictures of each step are left in build/e2e/.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.classroom.hub import COURSE_ID, Place
from tests.e2e.classroom.lessons import Class, open_class
from tests.e2e.classroom.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.matrix]

NAME = "weights"
CHOICE = {"assignment_id": NAME, "course_id": COURSE_ID}
NOTEBOOK = f"{COURSE_ID}/{NAME}/{NAME}.ipynb"
RIGHT = """def softmax(x: Tensor, dim: int = -1) -> Tensor:
    exponentials = (x - x.amax(dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim, keepdim=True)"""
OVERFLOWS = """def softmax(x, dim=-1):
    return x.exp() / x.exp().sum(dim, keepdim=True)"""
LONG_ANSWER = "Both sums are divided by the same number, which cancels."
SHORT_ANSWER = "It cancels."


@pytest.fixture(scope="module")
def hub_class(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with open_class(browser, "day") as opened:
        yield opened


def test_a_day(hub_class: Class) -> None:
    instructor, ta, (first, second, third) = hub_class.instructor, hub_class.ta, hub_class.students
    release(instructor, hub_class.place)
    work_in_the_browser(first)
    for student in (second, third):
        work_by_requests(student)
    grade_all_while_one_works(ta, third)
    another_grader_grades_again(instructor, first)
    mark_the_written_answers_by_group(ta)
    see_the_same_in_the_formgrader(ta)
    release_feedback(ta)
    read_feedback(first)


def release(instructor: Person, place: Place) -> None:
    instructor.lab(f"/lab/tree/{COURSE_ID}")
    instructor.terminal(f"autograder compile {NAME}")
    instructor.picture("compiled")
    instructor.menu("Nbgrader", "Formgrader")
    formgrader = instructor.page.frame_locator("iframe")
    row = formgrader.locator("tbody tr", has_text=NAME)
    row.locator(".release a").click()
    expect(formgrader.locator(".modal-title")).to_have_text("Success")
    instructor.picture("released")
    text = (place.exchange / COURSE_ID / "outbound" / NAME / f"{NAME}.ipynb").read_text()
    assert "HIDDEN" not in text
    assert "amax" not in text


def work_in_the_browser(student: Person) -> None:
    page = student.page
    student.lab()
    student.menu("Nbgrader", "Assignment List")
    page.locator("#released_assignments_list .list_item", has_text=NAME).get_by_role("button", name="Fetch").click()
    page.locator("#fetched_assignments_list").get_by_role("button", name="Submit").wait_for()
    student.picture("fetched")

    open_notebook(student)
    student.write(page.locator(".jp-CodeCell", has_text="def softmax").locator(".cm-content"), RIGHT)
    page.locator(".jp-MarkdownCell", has_text="YOUR ANSWER HERE").dblclick()
    student.write(page.locator(".jp-MarkdownCell .cm-content:visible"), LONG_ANSWER)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+s")
    student.picture("answered")
    page.get_by_role("button", name="Validate").click()
    expect(page.locator(".jp-Dialog")).to_contain_text("passes all the tests")
    student.picture("validated")
    page.locator(".jp-Dialog").get_by_role("button", name="OK").click()

    student.menu("Nbgrader", "Assignment List")
    page.locator("#fetched_assignments_list").get_by_role("button", name="Submit").click()
    page.locator("#submitted_assignments_list").get_by_role("button", name="Fetch Feedback").wait_for()
    student.picture("submitted")


def open_notebook(student: Person) -> None:
    student.lab(f"/lab/tree/{NOTEBOOK}")
    expect(student.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")  # before, nothing would run the cells


def work_by_requests(student: Person) -> None:
    student.ask("POST", "/assignments/fetch", form=CHOICE)
    notebook = student.ask("GET", f"/api/contents/{NOTEBOOK}")["content"]
    for cell in notebook["cells"]:
        if "YOUR CODE HERE" in cell["source"]:
            cell["source"] = OVERFLOWS
        if "YOUR ANSWER HERE" in cell["source"]:
            cell["source"] = SHORT_ANSWER
    student.ask("PUT", f"/api/contents/{NOTEBOOK}", data={"type": "notebook", "content": notebook})
    told = student.ask("POST", "/assignments/submit", form=CHOICE)
    assert told["success"], told["value"]
    assert [entry["status"] for entry in told["value"]] == ["fetched", "submitted"]


def grade_all_while_one_works(ta: Person, student: Person) -> None:
    told = ta.ask("POST", f"/formgrader/api/assignment/{NAME}/collect")
    assert told["success"], told
    ta.lab(f"/lab/tree/{COURSE_ID}")
    ta.page.locator(".jp-LauncherCard", has_text="Grading").click()
    page = ta.page.frame_locator("iframe[title=Grading]")
    page.get_by_role("link", name="3 not graded").click()
    page.get_by_label("Select all 3").check()
    ta.picture("collected")
    page.get_by_role("button", name="Grade (3)").click()

    open_notebook(student)
    student.menu("Run", "Run All Cells")
    # JupyterLab draws the cells in view alone; one with a number has run.
    ran = student.page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[\d+\]:"))
    expect(ran.first).to_be_visible()
    student.picture("works on")

    expect(page.locator("#job-count")).to_have_text("3 of 3")
    expect(page.locator("#job-text")).to_contain_text("Finished")
    expect(page.locator("#rows tr[data-state=by_hand]")).to_have_count(3)
    ta.picture("graded")
    assert scores(ta, "code_score") == {"student1": 3.0, "student2": 2.5, "student3": 2.5}


def another_grader_grades_again(instructor: Person, student: Person) -> None:
    """nbgrader's own button, pressed by an account that did not write what it replaces."""
    told = instructor.ask("POST", f"/formgrader/api/submission/{NAME}/{student.name}/autograde")
    assert told["success"], told
    assert scores(instructor, "code_score")["student1"] == 3.0


def mark_the_written_answers_by_group(ta: Person) -> None:
    page = ta.page.frame_locator("iframe[title=Grading]")
    page.get_by_role("link", name="Written answers").click()
    page.locator(f"a[href*='/written/{NAME}/explain']").click()
    expect(page.locator(".answer .paper")).to_have_text(SHORT_ANSWER)  # the largest group is open
    expect(page.locator(".answer .heading")).to_contain_text("2 answers")
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.locator("input[name=score]")).to_have_value("1")
    page.locator("#note").fill("What cancels, and why?")
    ta.picture("two answers that are the same")
    page.locator("#save").click()
    expect(page.locator(".answer")).to_contain_text(LONG_ANSWER)
    page.get_by_role("button", name="2", exact=True).click()
    expect(page.locator("input[name=score]")).to_have_value("2")
    page.locator("#save").click()
    expect(page.locator(".total")).to_contain_text("all 3 answers")
    ta.picture("all are marked")


def see_the_same_in_the_formgrader(ta: Person) -> None:
    assert scores(ta, "score") == {"student1": 5.0, "student2": 3.5, "student3": 3.5}
    ta.page.goto(f"{ta.server}/formgrader/manage_submissions/{NAME}")
    row = ta.page.locator("tbody tr", has_text="student2")
    expect(row).to_contain_text("3.5 / 5")
    ta.picture("the same in the formgrader")


def release_feedback(ta: Person) -> None:
    page = ta.page
    page.goto(f"{ta.server}/autograder/a/{NAME}/release")
    ta.picture("before the release")
    page.get_by_role("button", name="Release 3", exact=True).click()
    expect(page.locator("#job-text")).to_contain_text("Finished")
    page.reload()
    expect(page.get_by_text("released, and nothing has changed since").locator("..")).to_contain_text("3")
    ta.picture("released")


def read_feedback(student: Person) -> None:
    page = student.page
    student.lab()
    student.menu("Nbgrader", "Assignment List")
    submitted = page.locator("#submitted_assignments_list")
    submitted.get_by_role("button", name="Fetch Feedback").click()
    submitted.get_by_text("View Feedback").first.wait_for()
    student.picture("feedback fetched")
    (html,) = (student.account.home / COURSE_ID / NAME / "feedback").rglob("*.html")
    path = urllib.parse.quote(str(html.relative_to(student.account.home)))
    page.goto(f"{student.server}/files/{path}")
    expect(page.locator("body")).to_contain_text("softmax")
    student.picture("feedback")


def scores(grader: Person, kind: str) -> dict[str, float]:
    """What the formgrader shows, by the role of the student."""
    rows = grader.ask("GET", f"/formgrader/api/submissions/{NAME}")
    return {row["student"].split("-")[0]: row[kind] for row in rows}


def test_a_student_opens_neither_page_nor_anyones_work(hub_class: Class) -> None:
    place, (first, second, _) = hub_class.place, hub_class.students
    for own in ("/autograder", "/autograder/api/status", "/formgrader", "/formgrader/api/assignments"):
        assert first.status(first.server + own) == 404, own
    pages, work = ("/autograder", "/formgrader"), ("/lab", f"/files/{NOTEBOOK}", "/api/contents")
    for other, addresses in ((hub_class.ta, (*pages, *work)), (second, work)):
        for address in addresses:
            assert first.status(other.server + address) == 403, other.server + address

    first.lab()
    tiles = first.page.locator(".jp-LauncherCard").all_inner_texts()
    assert "Terminal" in tiles
    assert "Grading" not in tiles
    first.menu("Nbgrader")
    entries = first.page.locator(".lm-Menu-itemLabel").all_inner_texts()
    assert "Assignment List" in entries
    assert {"Grading", "Formgrader", "Create Assignment"}.isdisjoint(entries)

    inbound = place.exchange / COURSE_ID / "inbound"
    closed = [place.course, place.course / "source", place.course / "gradebook.db", second.account.home, inbound]
    for path in closed:
        assert "Permission denied" in first.runs("ls", path).stderr, path
    assert "Permission denied" in first.runs("ls", place.exchange / COURSE_ID / "feedback").stderr
    assert first.runs("touch", place.exchange / COURSE_ID / "outbound" / "forged").returncode != 0
    assert first.runs("mv", place.exchange / COURSE_ID, place.exchange / "away").returncode != 0
    assert first.runs("ls", place.exchange / COURSE_ID / "outbound").returncode == 0  # the right account is asked

    assert "Permission denied" in first.runs("ls", place.grading_environment).stderr
    told = first.runs(place.hub_environment / "bin" / "python", "-c", "import nbgrader, autograder").stderr
    assert "No module named 'autograder'" in told
