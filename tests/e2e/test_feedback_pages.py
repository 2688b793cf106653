"""The student's page in a real browser: it fits a phone, reads in light and dark, and runs nothing of a notebook."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from playwright.sync_api import Browser

from autograder.feedback.content import OWN, content
from autograder.gradebook.rule import CellMark, NotebookMarks
from autograder.grading.record import Judgement
from autograder.model import OURS, Diagnosis, Verdict
from autograder.rendering.page import page
from tests.e2e.conftest import ROOT
from tests.judgements import question, with_judgement

sys.path.insert(0, str(ROOT / "tests" / "attacks"))
from tests.attacks.cases.pages import HTML  # found beside the attacks

PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
LONG = "a_name_that_does_not_end_" * 12
MINE = "window.eve = 1; alert(1)"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{MINE}"><script>{MINE}</script></svg>'

# What is wrong with how the page looks, one line each.
FAULTS = """() => {
  const faults = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) faults.push('the page scrolls sideways');
  for (const image of document.images) {
    const right = image.getBoundingClientRect().right;
    if (!image.complete || !image.naturalWidth || right > wide) faults.push('a picture is broken or wide');
  }
  const linear = x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  const light = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(x => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const clear = element => getComputedStyle(element).backgroundColor === 'rgba(0, 0, 0, 0)';
  for (const element of document.querySelectorAll('p, h1, h2, h3, h4, summary, code, pre, li, td, th, span')) {
    if (!element.textContent.trim()) continue;
    let behind = element;
    while (behind && clear(behind)) behind = behind.parentElement;
    const paper = light(getComputedStyle(behind || document.body).backgroundColor);
    const ink = light(getComputedStyle(element).color);
    if ((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5)
      faults.push('pale: ' + element.textContent.trim().slice(0, 40));
  }
  return [...new Set(faults)];
}"""


def picture() -> str:
    stream = io.BytesIO()
    Figure(figsize=(14, 2)).savefig(stream)
    return base64.b64encode(stream.getvalue()).decode()


def shown(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": f"def f({LONG}):\n    return '<script>{MINE}</script>'",
        "metadata": {OURS: {"own": True}},
        "outputs": list(outputs),
    }


def judgement() -> Judgement:
    checks = (
        Verdict(LONG, False, 0.0, f"received {HTML[0]}"),
        Verdict("mask", False, 0.0, LONG, Diagnosis("not_scaled", HTML[1])),
        Verdict("dtype", True, 1.0, ""),
    )
    return Judgement("hw", "eve", "nb", "graded", questions=(question("f", "nb", status="partial", checks=checks),))


def cell_of_tests() -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": "",
        "metadata": {"nbgrader": {"grade_id": "test_f", "grade": True, "solution": False}},
        "outputs": [{"output_type": "execute_result", "data": {"text/plain": "1.0"}, "metadata": {}}],
    }


def hostile() -> str:
    """A page of a notebook that tries all there is."""
    bundles = [{"text/html": text} for text in (*HTML, f"<table><tr>{'<td>wide</td>' * 60}</tr></table>")]
    bundles += [{"image/svg+xml": SVG}, {"text/markdown": HTML[1]}, {"text/latex": r"$\href{javascript:alert(1)}{x}$"}]
    bundles += [
        {"image/png": picture()},
        {"text/plain": "x" * 4000},
        {"application/javascript": MINE, "text/plain": "js"},
    ]
    outputs = [{"output_type": "display_data", "data": bundle} for bundle in bundles]
    text = {
        "cell_type": "markdown",
        "source": "\n\n".join((*HTML, "[x](javascript:alert(1))", "$$" + "x + " * 60 + "y$$", f"`{LONG}`")),
        "metadata": {OURS: {"own": True}},
    }
    lesson = {"cell_type": "markdown", "source": f"# Lesson\n## Question 1: {HTML[1]} of $x^2$", "metadata": {}}
    cells = [lesson, cell_of_tests(), shown(*outputs), text]
    marks = NotebookMarks("eve", "nb", {"test_f": CellMark(1.0)}, {"test_f": 3.0})
    found = content(with_judgement(judgement(), cells), marks)
    return page("feedback", content=found, moment="", late="", own=OWN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_the_page_reads_well_and_runs_nothing(browser: Browser, tmp_path: Path, size: Any, scheme: Any) -> None:
    path = tmp_path / "feedback.html"
    path.write_text(hostile())
    opened = browser.new_page(viewport=size, color_scheme=scheme)
    asked: list[str] = []
    opened.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: asked.append(request.url) if not request.url.startswith("data:") else None)
    opened.on("console", lambda message: asked.append(message.text))
    try:
        opened.goto(path.as_uri())
        opened.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        opened.wait_for_timeout(300)  # for what would run by itself
        assert asked == [path.as_uri()], "the page itself, and nothing else"
        assert opened.evaluate("() => window.eve") is None
        assert opened.evaluate(FAULTS) == []
        assert opened.locator("math").count() >= 2
    finally:
        opened.close()


def test_faults_are_seen_where_they_are(browser: Browser) -> None:
    """Otherwise the test above would pass whatever the page looked like."""
    opened = browser.new_page(viewport=PHONE)
    try:
        opened.set_content(
            "<p style='color:#ccc;background:#fff'>pale</p><div style='width:2000px'>wide</div><img src='data:,x'>"
        )
        assert len(opened.evaluate(FAULTS)) == 3
    finally:
        opened.close()
