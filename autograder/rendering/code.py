"""Python source -> HTML in colours, by Pygments; beside the text."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer

from autograder.rendering.text import plain

MOST_CHARACTERS = 50_000  # in colours: a cell is a hundredth of that


def code_html(source: str) -> Markup:
    """The lines of a cell, for a pre element; the classes of its spans are those of `rendering/look.css`."""
    source = plain(source)
    if len(source) > MOST_CHARACTERS:
        return Markup.escape(source)
    return Markup(highlight(source, *_tools()).rstrip("\n"))


@cache
def _tools() -> tuple[Any, Any]:
    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
