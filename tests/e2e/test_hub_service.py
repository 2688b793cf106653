"""One account grades for all: the page and the formgrader as a service of the hub, which asks its groups who may in."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.classroom.hub import COURSE_ID
from tests.e2e.classroom.lessons import Class, open_class
from tests.e2e.classroom.people import PATIENCE_MS

pytestmark = [pytest.mark.slow, pytest.mark.matrix]


@pytest.fixture(scope="module")
def hub_class(browser: Browser) -> Iterator[Class]:
    with open_class(browser, "service", service=True) as opened:
        yield opened


def test_a_grader_reaches_formgrader_and_page_of_the_service(hub_class: Class) -> None:
    ta, page = hub_class.ta, hub_class.ta.page
    ta.lab()
    ta.menu("Nbgrader", "Course List")
    ta.picture("courses")
    (course,) = ta.ask("GET", "/formgraders")["value"]  # what that list shows
    assert course["course_id"] == COURSE_ID
    lab = page
    lab.goto(course["url"], timeout=PATIENCE_MS)
    formgrader = lab.frame_locator("iframe")
    expect(formgrader.get_by_role("heading", name="Manage Assignments")).to_be_visible()
    lab.screenshot(path=ta.pictures / "formgrader.png")
    lab.goto(f"{hub_class.service}/autograder", timeout=PATIENCE_MS)
    expect(lab.locator("h1")).to_be_visible()
    lab.screenshot(path=ta.pictures / "page.png")


def test_a_student_is_kept_out_of_the_service(hub_class: Class) -> None:
    student = hub_class.students[0]
    for address in ("/autograder", "/formgrader", "/lab", "/api/contents"):
        assert student.status(f"{hub_class.service}{address}") == 403, address
    assert hub_class.ta.status(f"{hub_class.service}/autograder") == 200  # the right addresses are asked


def test_a_grader_without_the_groups_account_sees_no_file_of_the_course(hub_class: Class) -> None:
    ta = hub_class.ta
    assert "Permission denied" in ta.runs("ls", hub_class.place.course).stderr
    for own in ("/autograder", "/formgrader"):
        assert ta.status(ta.server + own) == 404, own


def test_courses_are_told_by_the_hubs_groups(hub_class: Class) -> None:
    """nbgrader asks the hub by its JupyterHubAuthPlugin; the last student is in no group."""
    released = hub_class.place.exchange / COURSE_ID / "outbound" / "weights"
    released.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), released / "weights.ipynb")
    enrolled, _, outsider = hub_class.students
    assert enrolled.ask("GET", "/courses")["value"] == [COURSE_ID]
    assert outsider.ask("GET", "/courses")["value"] == []
