"""A TA's morning in JupyterLab: open the page from the launcher, grade sixty notebooks, go on reading meanwhile."""

from __future__ import annotations

import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from server.light import NAME, WRONG, make

from autograder.sample_class import Sample
from e2e.conftest import ROOT, Lab, running_lab

pytestmark = pytest.mark.slow

LAPTOP = {"width": 1366, "height": 768}
COUNT = 60
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
    """Asks a server again and again, from a thread, how it is; keeps how long each answer took."""

    def __init__(self, url: str) -> None:
        self._url = url
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
        while not self._stop.wait(0.05):
            began = time.monotonic()
            urllib.request.urlopen(self._url, timeout=60).close()
            self.seconds.append(time.monotonic() - began)


def opened_in_lab(page: Page, lab: Lab) -> FrameLocator:
    page.goto(f"{lab.url}lab?reset")
    page.locator(".jp-LauncherCard", has_text="Grading").click()
    return page.frame_locator("iframe[title=Grading]")


def test_from_the_launcher_to_sixty_marks(page: Page, course_lab: Lab) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    frame = opened_in_lab(page, course_lab)
    frame.get_by_role("link", name=f"{COUNT} not graded").click()
    frame.get_by_label(f"Select all {COUNT}").check()
    with Asking(f"{course_lab.url}api") as asking:
        frame.get_by_role("button", name=f"Grade ({COUNT})").click()
        expect(frame.locator("#job-count")).to_have_text(f"{COUNT} of {COUNT}", timeout=MINUTES_MS)
        expect(frame.locator("#job-text")).to_contain_text("Finished")
    assert len(asking.seconds) > 20
    assert statistics.median(asking.seconds) < ANSWER_SECONDS
    assert max(asking.seconds) < STALL_SECONDS

    # The rows came without a reload; those with a failed check are found, sorted and chosen by the keyboard alone.
    expect(frame.locator("#rows tr[data-state=by_hand]")).to_have_count(COUNT)
    frame.get_by_role("radio", name="Checks failed 6").focus()
    page.keyboard.press("Space")
    expect(frame.locator("#rows tr:visible")).to_have_count(6)
    frame.get_by_role("button", name="Student").press("Enter")
    expect(frame.locator("#rows tr:visible th").first).to_have_text("s050")
    frame.get_by_label("Select all 6 that match").press("Space")
    expect(frame.get_by_role("button", name="Make feedback (6)")).to_be_enabled()
    frame.get_by_role("searchbox").fill("s02")
    expect(frame.locator("#rows tr:visible")).to_have_count(1)
    expect(frame.get_by_text("1 selected")).to_be_visible()
    assert faults == []


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
