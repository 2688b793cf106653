"""Outputs of a cell -> HTML of each: text, a picture or cleaned HTML; after text, pictures and markup.

If an output has several formats, the first one that can be shown is used. Widgets, JavaScript, PDF and other formats
appear as the plain text that the output also has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from autograder.rendering.markup import clean_html, markdown_html
from autograder.rendering.mathematics import mathml
from autograder.rendering.pictures import SVG, data_uri
from autograder.rendering.text import join_lines, plain_text

MOST_TEXT = 50_000  # characters of one output
PICTURES = ("image/png", "image/jpeg", SVG)


def outputs_html(outputs: Iterable[Mapping[str, Any]]) -> list[Markup]:
    """One piece of HTML for each visible output; consecutive stream outputs are joined."""
    shown: list[Markup] = []
    waiting: list[str] = []
    for output in (*outputs, {}):
        kind = output.get("output_type")
        if kind == "stream":
            waiting.append(join_lines(output.get("text")))
            continue
        if text := "".join(waiting):
            shown.append(text_html(text))
        waiting.clear()
        found = _error(output) if kind == "error" else _bundle(output.get("data"))
        if found is not None:
            shown.append(found)
    return shown


def text_html(text: str, kind: str = "text") -> Markup:
    """Preformatted text; if it is longer than MOST_TEXT, the middle is left out."""
    text = plain_text(text).strip("\n")
    if len(text) > MOST_TEXT:
        left_out = f"... {len(text) - MOST_TEXT} characters are left out ..."
        text = "\n".join((text[: MOST_TEXT // 2], left_out, text[-MOST_TEXT // 2 :]))
    return Markup('<pre class="{}" tabindex="0">{}</pre>').format(kind, text) if text.strip() else Markup("")


def _error(output: Mapping[str, Any]) -> Markup:
    """The error's name and message, with the traceback in a details element."""
    last = plain_text(f"{join_lines(output.get('ename'))}: {join_lines(output.get('evalue'))}")
    lines = output.get("traceback")
    trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    where = Markup("<details><summary>Where it happened</summary>{}</details>").format(text_html(trace, "error"))
    return Markup('<pre class="error" tabindex="0">{}</pre>{}').format(last[:MOST_TEXT], where if trace else "")


def _bundle(data: object) -> Markup | None:
    if not isinstance(data, Mapping):
        return None
    for mime in PICTURES:
        if uri := data_uri(mime, join_lines(data.get(mime))):
            return Markup('<img src="{}" alt="A picture that the cell has drawn">').format(uri)
    if (html := join_lines(data.get("text/html"))) and (cleaned := clean_html(html)):
        return Markup('<div class="rich">{}</div>').format(cleaned)
    if text := join_lines(data.get("text/markdown")):
        return Markup('<div class="rich">{}</div>').format(markdown_html(text))
    if tex := join_lines(data.get("text/latex")):
        return Markup('<div class="rich">{}</div>').format(mathml(tex.strip().strip("$"), display=True))
    text = join_lines(data.get("text/plain"))
    return text_html(text) if text.strip() else None
