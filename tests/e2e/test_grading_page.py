"""A TA's morning in JupyterLab: open the page from the launcher, grade two hundred notebooks, read on meanwhile."""

from __future__ import annotations

import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from autograder.course import read_course
from autograder.grading.record import Judgement
from autograder.samples.classes import Sample
from autograder.server import job_files
from tests.e2e.conftest import ROOT, Lab, running_lab
from tests.engine.server.light import NAME, WRONG, make
from tests.judgements import question, write_judgement

pytestmark = pytest.mark.slow

LAPTOP = {"width": 1366, "height": 768}
COUNT = 200
MINUTES_MS = 300_000  # for what waits for imports and for other tests
ANSWER_SECONDS = 0.1  # in which a server answers while a class is graded: nobody feels that
STALL_SECONDS = 1.0  # what one answer may take on a machine whose cores are all taken


@pytest.fixture(scope="module")
def course_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    top = tmp_path_factory.mktemp("grading")
    students = [Sample(f"s{n:03}", {"double": WRONG} if n % 10 == 0 else {}) for n in range(COUNT)]
    make(top / "course", ROOT, students)
    with running_lab(top, top / "course") as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport=LAPTOP)
    opened.set_default_timeout(MINUTES_MS)
    yield opened
    opened.close()


class Asking:
    """Asks a server for one address again and again, from a thread; keeps how long each answer took."""

    def __init__(self, url: str, pause: float) -> None:
        self._url = url
        self._pause = pause
        self._stop = threading.Event()
        self.seconds: list[float] = []
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.wait(self._pause):
            began = time.monotonic()
            with urllib.request.urlopen(self._url, timeout=60) as answer:
                answer.read()
            self.seconds.append(time.monotonic() - began)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def most(self) -> float:
        """Under which 95 of 100 answers stayed."""
        return statistics.quantiles(self.seconds, n=20)[-1]

    def __str__(self) -> str:
        return f"{self._url}: {len(self.seconds)} answers, median {self.median:.3f} s, 95% under {self.most:.3f} s"


def opened_in_lab(page: Page, lab: Lab) -> FrameLocator:
    page.goto(f"{lab.url}lab?reset")
    page.locator(".jp-LauncherCard", has_text="Grading").click()
    return page.frame_locator("iframe[title=Grading]")


def test_from_the_launcher_to_two_hundred_marks(page: Page, course_lab: Lab) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    frame = opened_in_lab(page, course_lab)
    frame.get_by_role("link", name=f"{COUNT} not graded").click()
    frame.get_by_label(f"Select all {COUNT}").check()
    # Whether it answers at all, JupyterLab's list of files, and the table as one more browser of a TA refreshes it.
    api = Asking(f"{course_lab.url}api", 0.05)
    files = Asking(f"{course_lab.url}api/contents/", 0.5)
    rows = Asking(f"{course_lab.url}autograder/a/{NAME}/submissions", 3.0)
    with api, files, rows:
        frame.get_by_role("button", name=f"Grade ({COUNT})").click()
        expect(frame.locator("#job-count")).to_have_text(f"{COUNT} of {COUNT}", timeout=MINUTES_MS)
        expect(frame.locator("#job-text")).to_contain_text("Finished")
    for asked in (api, files, rows):
        print(asked)
    assert min(len(api.seconds) / 10, len(files.seconds), 10 * len(rows.seconds)) > 20
    for asked in (api, files):
        assert asked.median < ANSWER_SECONDS, str(asked)
        assert asked.most < STALL_SECONDS, str(asked)
    assert api.most < ANSWER_SECONDS, "nothing keeps the server's loop"
    assert max(api.seconds) < STALL_SECONDS

    # The rows came without a reload; those with a failed check are found, sorted and chosen by the keyboard alone.
    expect(frame.locator("#rows tr[data-state=by_hand]")).to_have_count(COUNT)
    frame.get_by_role("radio", name="Checks failed 20").focus()
    page.keyboard.press("Space")
    expect(frame.locator("#rows tr:visible")).to_have_count(20)
    frame.get_by_role("button", name="Student").press("Enter")
    expect(frame.locator("#rows tr:visible th").first).to_have_text("s190")
    frame.get_by_label("Select all 20 that match").press("Space")
    expect(frame.get_by_role("button", name="Make feedback (20)")).to_be_enabled()
    frame.get_by_role("searchbox").fill("s02")
    expect(frame.locator("#rows tr:visible")).to_have_count(1)
    expect(frame.get_by_text("1 selected")).to_be_visible()
    assert faults == []


def test_a_table_that_is_drawn_anew_keeps_focus_and_where_shift_begins(page: Page, course_lab: Lab) -> None:
    page.goto(f"{course_lab.url}autograder/a/{NAME}/submissions")
    page.get_by_label("Select s002").click()
    link = page.locator("#rows").get_by_role("link", name="s010", exact=True)
    link.focus()
    expect(page.get_by_label("Mistake")).to_be_hidden()
    write_judgement(read_course(course_lab.folder), Judgement(NAME, "s003", NAME, "graded", questions=(question(),)))
    redraw(page)
    expect(link).to_be_focused()
    page.get_by_label("Select s005").click(modifiers=["Shift"])
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.get_by_label("Mistake").select_option(label="double: adds (1)")
    expect(page.locator("#rows tr:visible")).to_have_count(1)
    redraw(page)
    expect(page.locator("#rows tr:visible")).to_have_count(1)


def redraw(page: Page) -> None:
    """What happens every few seconds while a job runs."""
    page.evaluate("document.getElementById('rows').dataset.old = ''")
    page.evaluate("document.dispatchEvent(new Event('autograder:refresh'))")
    expect(page.locator("#rows[data-old]")).to_have_count(0)


def test_it_finds_its_server_again(page: Page, course_lab: Lab) -> None:
    """A hub answers 503 while a server starts again, and a browser then gives up."""
    _, folder = job_files.create(read_course(course_lab.folder), "grade", NAME, ["s001"])
    page.route("**/events?*", lambda route: route.fulfill(status=503))
    with job_files.hold_alive(folder):
        page.goto(f"{course_lab.url}autograder/a/{NAME}/submissions")
        expect(page.locator("#job-text")).to_contain_text("No answer from the server")
        page.unroute("**/events?*")
        expect(page.locator("#job-text")).to_have_text("Starting up", timeout=MINUTES_MS)
        job_files.Events(folder).add("student", student="s001", fresh=True, status="x", reason="y", failed=True)
        expect(page.locator("#job-problems")).to_contain_text("s001")
        expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    expect(page.get_by_role("button", name="Retry", exact=True)).to_be_visible()


def test_the_menu_has_it_too_and_the_theme_is_labs(page: Page, course_lab: Lab) -> None:
    page.goto(f"{course_lab.url}lab?reset")
    page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
    page.locator(".lm-Menu-itemLabel", has_text="Grading").click()
    frame = page.frame_locator("iframe[title=Grading]")
    expect(frame.get_by_role("heading", name="Assignments")).to_be_visible()
    for theme, light in (("dark", "false"), ("light", "true")):
        page.evaluate(f"document.body.dataset.jpThemeLight = '{light}'")
        expect(frame.locator("html")).to_have_attribute("data-theme", theme)


def test_everything_it_loads_is_the_servers_own(page: Page, course_lab: Lab) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", f"/a/{NAME}/submissions", f"/a/{NAME}/release"):
        page.goto(f"{course_lab.url}autograder{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling sideways"
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith((course_lab.url, "data:"))] == []
