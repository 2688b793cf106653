"""What a submission shows, in the pages that people open: feedback, nbgrader's formgrader, and the terminal."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attack import Attack
from cases import BY_THEME
from ground import HONEST, NAME, Range, make_course, open_grader
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from rich.console import Console

from autograder.course import read_course
from autograder.pool import LocalPool
from autograder.records.grading import Class, Done
from autograder.records.running import Options
from autograder.report.tables import class_table, result_table

HANDED_IN = (HONEST, *BY_THEME["pages"])
LOADS = ("src", "href", "action", "formaction", "srcdoc", "xlink:href", "data", "poster", "srcset", "background")
ACTIVE = ("script", "iframe", "object", "embed", "form", "base", "meta", "link", "style", "button", "input")


class Pages:
    def __init__(self, course: Path, done: list[Done], terminal: str) -> None:
        self.course, self.done, self.terminal = course, done, terminal

    def feedback(self, student: str) -> str:
        page = self.course / "feedback" / student / NAME / f"{NAME}.html"
        assert page.is_file(), "nbgrader could not make a page of it"
        return page.read_text()

    def formgrader(self, student: str) -> str:
        """As nbgrader's extension makes it: see nbgrader/server_extensions/formgrader/formgrader.py."""
        config = read_course(self.course).config
        config.HTMLExporter.template_name = "formgrade"
        config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
        words = dict.fromkeys(("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name",
                               "first_name", "notebook_path"), "x")  # fmt: skip
        path = self.course / "autograded" / student / NAME / f"{NAME}.ipynb"
        page, _ = HTMLExporter(config=config).from_filename(str(path), resources={**words, "index": 0, "total": 1})
        return str(page)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    course = make_course(folder)
    shutil.rmtree(folder / "submitted")
    with open_grader(course, NAME, Options(device="cpu")) as (grader, prepared):
        writer = Range(folder, grader, {"course": str(folder)}, None)  # type: ignore[arg-type]  # no sibling here
        for attack in HANDED_IN:
            place = folder / "submitted" / attack.name / NAME
            place.mkdir(parents=True)
            (place / f"{NAME}.ipynb").write_bytes(writer.notebook(attack))
        done = list(Class(course, grader, prepared).grade([], LocalPool(2)))
        said = Console(file=io.StringIO(), width=130)
        class_table(done, grader.assignment, course, out=said, brief=False)
        for one in done:
            result_table(one.result, said)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(  # its exit code says that one page was not made, not which: each has its test
        [sys.executable, "-m", "nbgrader", "generate_feedback", NAME, "--force", "--log-level", "ERROR"],
        cwd=folder, env={**os.environ, "PATH": path}, check=False, capture_output=True, timeout=300,
    )  # fmt: skip
    assert isinstance(said.file, io.StringIO)
    return Pages(folder, done, said.file.getvalue())


class Dangers(HTMLParser):
    """Everything of a page that runs, loads, sends or covers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("script", "style") else ""
        if tag in ACTIVE:
            self.found[f"<{tag}> {sorted((k, v or '') for k, v in attrs)}"] += 1
        for name, value in attrs:
            text = "".join((value or "").split()).lower()
            picture = tag == "img" and text.startswith("data:image/")  # pictures run nothing, SVG neither
            away = text.startswith(("javascript:", "data:", "vbscript:")) or "javascript:" in text
            loaded = tag != "a" and text.startswith(("http:", "https:", "//"))
            if name.startswith("on") or (name in LOADS and ((away and not picture) or loaded)):
                self.found[f"<{tag} {name}={value!r}>"] += 1

    def handle_data(self, data: str) -> None:
        if self._inside and "eve" in data:
            self.found[f"{self._inside}: {data[:80]}"] += 1


def cases(page: str) -> list[object]:
    holes = {a.name: a.page_hole for a in BY_THEME["pages"] if a.page_hole and page == "formgrader"}
    return [
        pytest.param(page, a, id=f"{page}-{a.name}",
                     marks=[pytest.mark.xfail(strict=True, reason=holes[a.name])] if a.name in holes else [])
        for a in BY_THEME["pages"]
    ]  # fmt: skip


@pytest.mark.parametrize(("page", "attack"), [*cases("feedback"), *cases("formgrader")])
def test_pages_hold_nothing_active_but_their_own(pages: Pages, page: str, attack: Attack) -> None:
    show = getattr(pages, page)
    assert Dangers(show(attack.name)).found - Dangers(show(HONEST.name)).found == Counter()


def test_the_terminal_gets_no_control_characters(pages: Pages) -> None:
    bad = {c for c in pages.terminal if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert bad == set()


def test_markup_of_rich_is_text_in_the_terminal(pages: Pages) -> None:
    assert "[bold]9 of 9[/bold]" in pages.terminal


def test_dangers_are_seen_where_they_are() -> None:
    """Otherwise the tests above would pass whatever the pages held."""
    page = '<svg onload="x"></svg><a href=" java\nscript:x">y</a><img src=https://a/b><iframe></iframe><script>eve</script>'
    assert len(Dangers(page).found) == 6
