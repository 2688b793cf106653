"""A TA marks a class's written answers by the keyboard, in a real browser, and the formgrader shows the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page

from autograder.course import Course, read_course
from autograder.gradebook.rule import CellMark
from autograder.written.book import Book
from autograder.written.labels import labels
from autograder.written.marking import Decision
from autograder.written.saving import AnswerMarker, MarkRequest
from tests.e2e.conftest import running_lab
from tests.engine.written.written_class import CODE, KEY, small_class


@pytest.fixture(scope="module")
def course(written_answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("ta") / "course"
    shutil.copytree(written_answers, folder)
    return read_course(folder)


@pytest.fixture(scope="module")
def url(course: Course) -> Iterator[str]:
    """A TA's JupyterLab, which serves the page and nbgrader's formgrader."""
    with running_lab(course.root.parent, course.root) as lab:
        yield f"{lab.url}autograder/a/{KEY[0]}/written/{KEY[1]}/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts raise nothing."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})  # a small laptop
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert not wrong


def rows(course: Course, question: str = KEY[2]) -> dict[str, CellMark]:
    book = Book(course)
    return {answer.student: answer.mark for answer in book.answers(book.question(*KEY[:2], question))}


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def saved(page: Page, what: str) -> None:
    page.locator("#said").filter(has_text=what).wait_for(state="attached")
    page.evaluate("document.getElementById('said').textContent = ''")


def test_a_class_is_marked_by_keys_alone_and_the_formgrader_shows_it(page: Page, url: str, course: Course) -> None:
    page.goto(url + KEY[2])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    add_item(page, "pattern", "2", "You name the pattern.")
    for keys in ("3", "a", "1 .", "0"):  # a group each: full marks, by an item, one and a half, nothing
        press(page, keys)
        if keys == "3":
            press(page, "c")
            page.keyboard.type("Well seen.")
            press(page, "Escape")
        press(page, "Enter")
        saved(page, "Saved for")
    assert page.locator(".total").inner_text().startswith("all 24 answers")
    press(page, "u")
    saved(page, "Undone for")
    kinds = {one.student: one.kind for one in small_class()}
    by_kind: dict[int, set[tuple[float | None, str]]] = {}
    for student, row in rows(course).items():
        by_kind.setdefault(kinds[student], set()).add((row.score, row.comment))
    assert by_kind.pop(-1) == {(0.0, "No response.")}
    assert sorted(by_kind.values(), key=str) == sorted(
        [{(3.0, "Well seen.")}, {(2.0, "You name the pattern.")}, {(1.5, "")}, {(None, "")}], key=str
    )

    page.locator("#names").click()
    page.locator("#names[aria-pressed=true]").wait_for()
    page.locator(".groups a").first.click()
    page.locator(".groups li:first-child a[aria-current]").wait_for()
    link = str(page.locator(".members td a").first.get_attribute("href"))
    formgrader = page.context.new_page()
    formgrader.goto(urljoin(url, link))
    formgrader.wait_for_load_state("networkidle")  # it fills its boxes by requests of its own
    assert formgrader.locator(f"input#{KEY[2]}").input_value() == "3"
    assert formgrader.locator(f"textarea#{KEY[2]}-comment").input_value() == "Well seen."


def test_a_ta_who_is_second_sees_both_marks_and_chooses(page: Page, url: str, course: Course) -> None:
    other = page.context.new_page()
    for opened in (page, other):
        opened.goto(url + CODE)
    press(other, "1 Enter")
    saved(other, "Saved for")
    press(page, "2 Enter")
    dialog = page.locator("#clash")
    dialog.wait_for()
    assert "1 point (" in dialog.inner_text()
    assert "2 points" in dialog.inner_text()
    dialog.get_by_text("Write mine over theirs").click()
    saved(page, "Saved for")
    assert {row.score for row in rows(course, CODE).values()} == {2.0, None}


def test_a_text_that_came_since_is_shown_before_it_is_marked(page: Page, url: str, course: Course) -> None:
    page.goto(url + CODE)
    label = page.locator(".chosen").first.get_attribute("data-label")
    book = Book(course)
    question = book.question(*KEY[:2], CODE)
    called = labels(course.secret(), question, [answer.student for answer in book.answers(question)])
    (student,) = (student for student, name in called.items() if name == label)
    path = course.folder("autograded", KEY[0], student) / f"{KEY[1]}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][4]["source"] = "def mask(n):\n    return 'handed in again'"
    path.write_text(json.dumps(notebook))
    press(page, "1 Enter")
    dialog = page.locator("#clash")
    dialog.wait_for()
    assert "handed in again: look at it" in dialog.inner_text()
    assert not dialog.locator("[data-choice=overwrite]").is_visible()
    dialog.get_by_text("Keep theirs, save mine for the other").click()
    saved(page, "Saved for")
    assert rows(course, CODE)[student].score is None
    page.locator(".groups a[data-open]", has_text="handed in again").click()
    page.locator(f'.chosen[data-label="{label}"]').wait_for(state="attached")


def test_each_answer_keeps_its_comment_where_the_box_stays_empty(page: Page, url: str, course: Course) -> None:
    page.goto(url + KEY[2])
    page.locator(".groups a").first.click()
    page.locator(".groups li:first-child a[aria-current]").wait_for()
    page.locator("#all").evaluate("box => { box.closest('details').open = true; box.click(); }")  # none chosen
    page.locator(".chosen").first.check()
    page.locator("#note").fill("Mine alone.")
    page.locator("#go-on").uncheck()
    page.locator("#save").click()
    saved(page, "Saved for 1 answer")
    add_item(page, "rows", "1", "Name two rows.")
    page.locator("#mark[data-mixed]").wait_for()
    page.locator(".item", has_text="rows").locator("input").check()
    page.locator("#save").click()
    saved(page, "Saved for")
    comments = {row.comment for row in rows(course).values()}
    assert "Name two rows.\n\nMine alone." in comments


def test_a_comment_alone_leaves_a_score_to_the_last_digit(page: Page, url: str, course: Course) -> None:
    book = Book(course)
    question = book.question(*KEY)
    wanted = [MarkRequest(answer.key, answer.digest, Decision(1 / 3)) for answer in book.answers(question)]
    assert AnswerMarker(course, question, "noor").save(wanted, ()).save is not None
    page.goto(url + KEY[2])
    page.locator(".groups a").last.click()  # those who wrote nothing
    page.locator(".groups li:last-child a[aria-current]").wait_for()
    page.locator("#note").fill("A comment alone.")
    page.locator("#save").click()
    saved(page, "Saved for")
    assert {row.score for row in rows(course).values() if row.comment == "A comment alone."} == {1 / 3}


def add_item(page: Page, name: str, points: str, sentence: str) -> None:
    page.locator("#add").click()
    for field, value in (("name", name), ("points", points), ("sentence", sentence)):
        page.locator(f"#item [name={field}]").fill(value)
    page.locator("#item [value=save]").click()
    page.locator(".item").filter(has_text=name).wait_for()
