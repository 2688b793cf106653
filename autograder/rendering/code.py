"""Python source -> HTML with syntax colours, by Pygments; after text."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer

from autograder.rendering.text import plain_text

MOST_CHARACTERS = 50_000  # longer source gets no colours; a usual cell has a hundredth of that


def code_html(source: str) -> Markup:
    """A cell's source as HTML for a pre element; `look.css` styles the classes of its spans."""
    source = plain_text(source)
    if len(source) > MOST_CHARACTERS:
        return Markup.escape(source)
    return Markup(highlight(source, *_tools()).rstrip("\n"))


@cache
def _tools() -> tuple[Any, Any]:
    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
