"""Every notebook, solved and unsolved, opened in JupyterLab: nothing overflows, no raw TeX, no broken picture."""

from __future__ import annotations

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import ROOT, Lab

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted(
    str(path.relative_to(ROOT)) for built in ("release", "solutions") for path in (ROOT / built).glob("*/*.ipynb")
)
LAPTOP = {"width": 1280, "height": 800}
RENDER_MS = 60_000  # a notebook of a hundred cells on a busy machine

# Every text cell is drawn, and MathJax has been at it.
RENDERED = """() => {
  const cells = [...document.querySelectorAll('.jp-MarkdownCell')];
  const texts = cells.map(cell => cell.querySelector('.jp-RenderedMarkdown'));
  return texts.every(text => text && text.childElementCount && !text.textContent.includes('$$'));
}"""

# What is wrong with the page, one line each. Mathematics is drawn by MathJax; TeX left in the text was not.
# The badge lies with Colab: where there is no network its words are shown in its place.
FAULTS = """() => {
  const faults = [], notebook = document.querySelector('.jp-Notebook');
  for (const table of notebook.querySelectorAll('table')) {
    const box = table.closest('.jp-OutputArea-output, .jp-RenderedMarkdown');
    if (table.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
      faults.push('a table is wider than the page: ' + table.textContent.slice(0, 60));
  }
  for (const image of notebook.querySelectorAll('img:not([src^="https://colab.research.google.com/"])'))
    if (!image.complete || image.naturalWidth === 0) 
      faults.push('a picture is broken: ' + (image.alt || image.src.slice(0, 60)));
  for (const error of notebook.querySelectorAll('mjx-merror, .MathJax_Error'))
    faults.push('TeX with an error: ' + error.textContent.slice(0, 80));
  for (const text of notebook.querySelectorAll('.jp-RenderedMarkdown')) {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest('code, pre, mjx-container, script, style')) continue;
      if (/\\$|\\\\[a-zA-Z]{2,}|\\*\\*|<\\/?(details|summary)/.test(node.data))
        faults.push('raw markup in the text: ' + node.data.trim().slice(0, 80));
    }
  }
  const right = notebook.getBoundingClientRect().right + 1;
  for (const wide of notebook.querySelectorAll('.jp-RenderedMarkdown pre, .jp-RenderedMarkdown mjx-container[display]'))
    if (wide.scrollWidth > wide.clientWidth + 1 || wide.getBoundingClientRect().right > right)
      faults.push('wider than the page: ' + wide.textContent.slice(0, 80));
  return faults;
}"""


def opened(browser: Browser, lab: Lab, path: str) -> Page:
    page = browser.new_page(viewport=LAPTOP)
    page.goto(f"{lab.url}lab/tree/{path}?reset", timeout=RENDER_MS)
    page.wait_for_selector(".jp-Notebook .jp-MarkdownCell .jp-RenderedMarkdown h1", timeout=RENDER_MS)
    page.wait_for_function(RENDERED, timeout=RENDER_MS)
    page.wait_for_timeout(1500)  # MathJax draws once more when its fonts are there
    return page


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.matrix) if path.startswith("solutions") else path for path in NOTEBOOKS],
)
def test_a_notebook_looks_right(browser: Browser, lab: Lab, path: str) -> None:
    page = opened(browser, lab, path)
    try:
        assert page.evaluate(FAULTS) == []
        assert page.locator(".jp-Dialog").count() == 0
    finally:
        page.close()


def test_the_faults_that_are_looked_for_are_seen(browser: Browser, lab: Lab) -> None:
    """The page's own check, on a notebook that has every fault."""
    notebook = nbformat.v4.new_notebook()
    row = "| " + " | ".join(["`" + "x" * 60 + "`"] * 8) + " |"
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Faults"),
        nbformat.v4.new_markdown_cell(f"{row}\n|{'---|' * 8}\n{row}"),
        nbformat.v4.new_markdown_cell("![gone](nowhere.png)"),
        nbformat.v4.new_markdown_cell("$\\nosuchmacro{x}$ and \\alpha alone"),
    ]
    nbformat.write(notebook, lab.folder / "faults.ipynb")
    page = opened(browser, lab, "faults.ipynb")
    try:
        found = " / ".join(page.evaluate(FAULTS))
    finally:
        page.close()
    assert "a table is wider than the page" in found
    assert "a picture is broken" in found
    assert "raw markup in the text: and \\alpha alone" in found
