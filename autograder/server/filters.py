"""The templates' filters: they format numbers, times, names and texts for a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from autograder.rendering import text
from autograder.rendering.code import code_html
from autograder.rendering.markup import markdown_html

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # not the locale's


def clean_value(value: object) -> object:
    """The value without control and direction characters, which a name may contain. Pages call it for each value."""
    return text.harmless_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def points(value: float | None) -> str:
    """37, 35.18; a dash for None."""
    return "–" if value is None else text.points(value)


def moment(stamp: str) -> str:
    """2026-01-12 09:05 as 12 Jan 09:05; a text that is not a time is returned unchanged, an empty one as a dash."""
    try:
        when = datetime.strptime(stamp, "%Y-%m-%d %H:%M")
    except ValueError:
        return stamp or "–"
    return f"{when.day} {MONTHS[when.month - 1]} {when:%H:%M}"


def words(name: str) -> str:
    """A name of code as words: not_scaled as "not scaled", NoMaximum as "no maximum"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name)
    return spaced.replace("_", " ").lower() if spaced != name else name.replace("_", " ")


def flag(name: str) -> str:
    """A flag as words: shadows_module:torch.py as "shadows module: torch.py"."""
    kind, colon, about = name.partition(":")
    return kind.replace("_", " ") + (f": {about}" if colon else "")


FILTERS: dict[str, Callable[..., str]] = {
    "points": points,
    "duration": text.rough_duration,
    "moment": moment,
    "words": words,
    "markdown": markdown_html,  # a notebook's markdown, without scripts and other active content
    "code": code_html,
    "plain": text.plain_text,  # without terminal codes, control and direction characters
    "flag": flag,
}
