"""Outputs, texts and names that do something when a page shows them; what stands here is in the pages' tests too."""

from __future__ import annotations

from typing import Any

from tests.attacks.attack import Attack

MARK = "window.pwned=[alert(/eve/)]"  # without quotes, so that it can stand in any
HTML = (
    f"<script>{MARK}</script>",
    f'<img src="x" onerror="{MARK}">',
    f'<a href="javascript:{MARK}">marks</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgnZXZlJyk8L3NjcmlwdD4=">marks</a>',
    f'<svg xmlns="http://www.w3.org/2000/svg" onload="{MARK}"><script>{MARK}</script></svg>',
    f'<iframe srcdoc="<script>{MARK}</script>"></iframe>',
    '<style>body * { display: none } body::after { content: "9 of 9 points" }</style>',
    '<form action="https://example.org/eve"><input name="score" value="9"><button>Save</button></form>',
    '<meta http-equiv="refresh" content="0; url=https://example.org/eve">',
    f"<math><mtext><table><mglyph><style><img src=x onerror={MARK}>",
    '<link rel="stylesheet" href="https://example.org/eve.css"><base href="https://example.org/">',
    '<img src="https://example.org/eve.png" alt="tells who looks and when">',
)
SHOW_HTML = "from IPython.display import HTML, display\n" + "\n".join(f"display(HTML({text!r}))" for text in HTML)
MIMES = f"""
from IPython.display import display
for mime, text in (
    ("text/html", {HTML[0]!r}), ("application/javascript", {MARK!r}), ("image/svg+xml", {HTML[4]!r}),
    ("text/markdown", {HTML[1]!r}), ("text/latex", "$\\\\href{{javascript:{MARK}}}{{x}}$"),
    ("application/pdf", "x"), ("text/vnd.mermaid", "graph TD; A-->B; click A href \\"javascript:{MARK}\\""),
    ("image/png", '"><script>{MARK}</script>'),
    ("text/html; x=<script>{MARK}</script>", "x"), ("application/vnd.plotly.v1+json", "<script>{MARK}</script>"),
):
    display({{mime: text, "text/plain": "x"}}, raw=True, metadata={{mime: {{"width": '"><script>{MARK}</script>'}}}})
"""
WIDGET = """
from IPython.display import display
for view in ("{}", {}, [], {"model_id": 3}, {"model_id": "x", "a": "</script><script>alert(/eve/)</script>"}):
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": "x"}, raw=True)
"""
IN_TEXT = f"""
print({HTML[0]!r}, {HTML[1]!r})
print("\\x1b]8;;javascript:{MARK}\\x07here\\x1b]8;;\\x07 \\x1b[31m<script>{MARK}</script>\\x1b[0m \\u202egnp.exe")
import sys
print("\\x1b[2J\\x1b[H\\x1b]0;title\\x07", {HTML[1]!r}, file=sys.stderr)
"""
IN_ERRORS = f"""
def softmax(x, dim=-1):
    raise type({HTML[0]!r}, (ValueError,), {{}})({HTML[1]!r})
"""
IN_CELL_ERROR = f"raise type({HTML[0]!r}, (Exception,), {{}})({HTML[1]!r} + '\\x1b[2J\\u202e')"
IN_TYPES = f"def softmax(x, dim=-1):\n    return type({HTML[0]!r}, (), {{}})()"
IN_VALUES = f"def softmax(x, dim=-1):\n    return [{HTML[0]!r}, '\\u202e\\x1b[2J', '[bold red]9 of 9[/]']"


def markdown(notebook: dict[str, Any]) -> None:
    for number, text in enumerate((*HTML, f"[marks](javascript:{MARK})", f"![x](x{HTML[1]})", "{{ 7 * 7 }} {% raw %}")):
        notebook["cells"].append({"cell_type": "markdown", "id": f"md-{number}", "metadata": {}, "source": text,
                                  "attachments": {"x": {"text/html": HTML[0]}}})  # fmt: skip
    notebook["cells"].append({"cell_type": "raw", "id": "raw", "metadata": {"format": "text/html"}, "source": HTML[0]})


def names(notebook: dict[str, Any]) -> None:
    for number, text in enumerate((HTML[0], "[bold]9 of 9[/bold]", "\x1b[2J\u202e", HTML[1] * 100)):
        notebook["cells"].append({"cell_type": "code", "id": f"n-{number}", "outputs": [], "source": f"# {HTML[0]}",
                                  "metadata": {"nbgrader": {"grade_id": text}, "tags": [text]}})  # fmt: skip


UNCLEAN = "the formgrader shows text cells as they are; the feedback page does not"
NO_PAGE = "the formgrader breaks on a widget's view without a model; the feedback page does not"

ATTACKS = (
    Attack("html-outputs", "shows HTML with scripts, handlers, frames, styles and forms", "RENDER", extra=(SHOW_HTML,)),
    Attack("other-outputs", "shows scripts as JavaScript, SVG, LaTeX and under names of types", "RENDER",
           extra=(MIMES,)),
    Attack("widget-views", "shows views of widgets that are none", "RENDER", extra=(WIDGET,), page_hole=NO_PAGE),
    Attack("text-outputs", "prints markup, terminal codes, links and bidi controls", "RENDER", extra=(IN_TEXT,)),
    Attack("markdown-cells", "writes the same into text cells, attachments and raw cells", "RENDER", edit=markdown,
           page_hole=UNCLEAN),
    Attack("cell-names", "uses markup and terminal codes as grade ids and tags", "RENDER", edit=names,
           flags=("unknown_cell:",)),
    Attack("traceback-markup", "raises an error with markup as its class and text", "RENDER", extra=(IN_CELL_ERROR,)),
    Attack("message-markup", "raises the like in a check, so that it comes into the verdict", "FAIL",
           cells={"softmax": IN_ERRORS}),
    Attack("type-markup", "returns an object whose class is named by markup", "FAIL", cells={"softmax": IN_TYPES}),
    Attack("value-markup", "returns markup and terminal codes as values", "FAIL", cells={"softmax": IN_VALUES}),
)  # fmt: skip
