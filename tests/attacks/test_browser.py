"""Our pages in a real browser, on a class that hands in all that a page could be harmed by.

Each page is opened wide and narrow, every part of it unfolded. Then: nothing ran, nothing was asked of any address, and
nothing lies outside the window or over the page.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from autograder.course import read_course
from autograder.grading.names import can_be_id
from autograder.report.cohort import cohort_page
from autograder.server import job_files
from tests.attacks.ground import NAME
from tests.attacks.shown import HANDED_IN, NAMES, Pages
from tests.engine.server.light import Client, serving
from tests.engine.written.written_class import CODE, KEY

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
MESSAGES = ("message-markup", "type-markup", "value-markup", "cell-names")  # what comes into verdicts and flags
HARM = (
    "<script>window.pwned = 1; alert(1)</script> <img src=https://example.org/x.png onerror='pwned = 1'> "
    "\u202enp\x1b[2J [click](javascript:pwned=1) ![out](https://example.org/y.png) </textarea></section></div> "
    "<base href=//example.org> <style>body{display:none}</style> <iframe srcdoc='<script>pwned = 1</script>'></iframe>"
)
SERVED = [name for name in HANDED_IN if can_be_id(name)]  # no job takes the others
RLO = "\u202e\x1b[2J"
MARKUP = "<img src=x onerror='pwned=1'><script>pwned=1</script>"
WITH_FEEDBACK = [name for name in HANDED_IN if name.isprintable() and len(name) < 100]

# What a page must not be, one line each. `pwned` is what every script of the cases sets.
FAULTS = r"""() => {
  const faults = [], root = document.documentElement, width = root.clientWidth;
  if ('pwned' in window) faults.push('a script ran');
  const scrolls = e => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX);
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    let outer = e.parentElement;
    while (outer && outer !== document.body && !scrolls(outer)) outer = outer.parentElement;
    if (box.width && box.right > width + 1 && outer === document.body)
      faults.push(`outside the window: ${e.tagName}.${e.className} ${(e.textContent || '').trim().slice(0, 60)}`);
    for (const {name, value} of e.attributes)
      if (name.startsWith('on')) faults.push(`a handler: ${name}="${value}"`);
    if (e.closest('.rich, pre') && ['fixed', 'absolute'].includes(style.position))
      faults.push(`over the page: ${e.tagName}`);
    if (e.hasAttribute('href') && !['http:', 'https:', 'mailto:', 'file:'].includes(e.protocol))
      faults.push(`a link to ${e.href}`);
  }
  if (root.scrollWidth > width + 1) faults.push(`the page is ${root.scrollWidth} wide in a window of ${width}`);
  const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (control.test(walker.currentNode.data) && !walker.currentNode.parentElement.closest('style, script'))
      faults.push('control characters: ' + JSON.stringify(walker.currentNode.data.trim().slice(0, 60)));
  return faults;
}"""
UNFOLD = "() => document.querySelectorAll('details').forEach(e => e.open = true)"


@dataclass
class Watch:
    """All that a page did while it was open."""

    page: Page
    own: str  # what the address of everything it may ask for begins with
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", lambda dialog: (self.seen.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda popup: self.seen.append(f"a window: {popup.url}"))
        self.page.on("download", lambda found: self.seen.append(f"a download: {found.url}"))
        self.page.on("request", self._asked)
        self.page.on("framenavigated", self._went)

    def _asked(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if not url.startswith((self.own, "data:image/")):
            self.seen.append(f"a request: {url[:200]}")

    def _went(self, frame: object) -> None:
        url = str(frame.url)  # type: ignore[attr-defined]
        if not url.startswith((self.own, "about:blank")):
            self.seen.append(f"moved to {url[:200]}")

    def faults(self, url: str) -> list[str]:
        found: list[str] = []
        self.page.goto(url)
        self.page.evaluate(UNFOLD)
        for size in (WIDE, NARROW):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            found += [f"{size['width']}: {fault}" for fault in self.page.evaluate(FAULTS)]
        found += [f"{frame.url}: a script ran" for frame in self.page.frames if frame.evaluate("'pwned' in window")]
        return found + self.seen


@pytest.fixture(scope="module")
def ta(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(pages.course, tmp_path_factory.mktemp("home")) as client:
        yield client


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.mark.parametrize("student", WITH_FEEDBACK)
def test_feedback(pages: Pages, page: Page, student: str) -> None:
    path = pages.feedback_file(student)
    assert Watch(page, path.as_uri()).faults(path.as_uri()) == []
    score = page.locator(".score")
    assert score.is_visible()
    assert score.inner_text().split()[1:3] == ["of", "9"]
    assert page.evaluate("getComputedStyle(document.body, '::after').content") == "none"


def test_the_report_of_the_class(pages: Pages, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(cohort_page(read_course(pages.course), NAME))
    assert Watch(page, path.as_uri()).faults(path.as_uri()) == []
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("path", [
    "", "/a/warmup/submissions", "/a/warmup/release",
    *(f"/a/warmup/s/{urllib.parse.quote(student, safe='')}" for student in (*MESSAGES, *NAMES)),
    *(f"/a/warmup/preview/{urllib.parse.quote(student, safe='')}" for student in ("html-outputs", *NAMES)),
])  # fmt: skip
def test_the_grading_page(ta: Client, page: Page, path: str) -> None:
    at = f"http://127.0.0.1:{ta.port}"
    assert Watch(page, at).faults(at + ta.base + path) == []
    assert page.locator("h1").is_visible()


@pytest.fixture(scope="module")
def marking(written_answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A TA who sees names and marks a class, one of whom has answered, and is called, by all that harms a page."""
    course = tmp_path_factory.mktemp("answers") / "course"
    shutil.copytree(written_answers, course)
    path = course / "autograded" / "student-000" / KEY[0] / f"{KEY[1]}.ipynb"
    notebook = json.loads(path.read_text())
    for place, before in ((2, ""), (4, "# ")):
        notebook["cells"][place]["source"] = f"{before}{HARM}\n\n{'wide' * 500}"
    path.write_text(json.dumps(notebook))
    with sqlite3.connect(course / "gradebook.db") as db:
        db.execute("UPDATE student SET first_name = ?, last_name = ? WHERE id = 'student-000'", (HARM, "wide" * 60))
        db.execute("UPDATE comment SET auto_comment = ?", (HARM,))
    with serving(course, tmp_path_factory.mktemp("home")) as client:
        yield client


@pytest.mark.parametrize("question", [KEY[2], CODE])
def test_the_board_of_a_written_question(marking: Client, page: Page, question: str) -> None:
    at = f"http://127.0.0.1:{marking.port}"
    page.context.add_cookies([{"name": "autograder-names", "value": "1", "url": at}])
    url = f"{at}{marking.base}/a/{KEY[0]}/written/{KEY[1]}/{question}"
    page.goto(url)
    groups = page.evaluate("[...document.querySelectorAll('[data-group]')].map(link => link.dataset.group)")
    texts = ""
    for group in groups:
        assert Watch(page, at).faults(f"{url}?group={group}") == []
        texts += page.locator("#board").inner_text()
    assert "alert(1)" in texts  # it was there, as text
    assert "widewide" in texts


@pytest.mark.parametrize("running", [False, True], ids=["ended", "running"])
def test_a_job_and_those_whom_it_could_not_serve(ta: Client, pages: Pages, page: Page, running: bool) -> None:
    """Shown by the page, and while it runs drawn anew by its script."""
    _, folder = job_files.create(read_course(pages.course), "grade", NAME, tuple(SERVED))
    events = job_files.Events(folder)
    said = {"fresh": True, "status": "grader_error", "reason": MARKUP * 20 + RLO, "failed": True}
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        if running:
            stack.enter_context(job_files.hold_alive(folder))
        for student in SERVED:
            events.add("begin", student=student)
            if not running:
                events.add("student", student=student, **said)
        if not running:
            events.add("end", end="failed", reason=MARKUP * 20 + RLO)
        watch = Watch(page, at := f"http://127.0.0.1:{ta.port}")
        url = f"{at}{ta.base}/a/{NAME}/submissions"
        assert watch.faults(url) == []
        if running:
            for student in SERVED:
                events.add("student", student=student, **said)
            page.locator("#job-problems tbody tr").nth(len(SERVED) - 1).wait_for()
            assert page.evaluate(FAULTS) == []
        assert watch.seen == []
        assert MARKUP in page.locator("#job-problems").inner_text()


def test_what_is_looked_for_is_seen(page: Page, tmp_path: Path) -> None:
    """Otherwise the tests above would pass whatever the pages did."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<script>window.pwned = 1; alert(1)</script><img src=https://example.org/x.png><p style='width:3000px'>wide</p>"
        "<p>a\u202eb</p><a href='javascript:1'>x</a><p onclick=''>y</p>"
        "<iframe srcdoc='<script>pwned = 1</script>'></iframe><pre><b style='position:fixed'>z</b></pre>"
    )
    found = "\n".join(Watch(page, bad.as_uri()).faults(bad.as_uri()))
    for word in ("a script ran", "a dialog: 1", "a request: https://example.org/x.png", "outside the window: P",
                 "wide in", "control characters", "a link to javascript:1", "a handler: onclick", "over the page: B",
                 "about:srcdoc: a script ran"):  # fmt: skip
        assert word in found, word
