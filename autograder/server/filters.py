"""How numbers and times read on a page; used by the templates alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from autograder.rendering import text
from autograder.rendering.code import code_html
from autograder.rendering.markup import markdown_html

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in any locale


def printable(value: object) -> object:
    """Of each value that a page shows: text that students chose turns no line around and moves nothing."""
    return text.harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def points(value: float | None) -> str:
    """37, 35.18; a dash where nothing is known."""
    return "–" if value is None else text.points(value)


def moment(stamp: str) -> str:
    """2026-01-12 09:05, as nbgrader writes a time: 12 Jan 09:05; what is no time, as it is."""
    try:
        when = datetime.strptime(stamp, "%Y-%m-%d %H:%M")
    except ValueError:
        return stamp or "–"
    return f"{when.day} {MONTHS[when.month - 1]} {when:%H:%M}"


def words(name: str) -> str:
    """not_scaled, timed_out, NoMaximum: as words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name)
    return spaced.replace("_", " ").lower() if spaced != name else name.replace("_", " ")


def flag(name: str) -> str:
    """shadows_module:torch.py: the kind as words, what it is about as it is."""
    kind, colon, about = name.partition(":")
    return kind.replace("_", " ") + (f": {about}" if colon else "")


FILTERS: dict[str, Callable[..., str]] = {
    "points": points,
    "duration": text.rough_duration,
    "moment": moment,
    "words": words,
    "markdown": markdown_html,  # of a notebook: only what does nothing is left of it
    "code": code_html,
    "plain": text.plain,  # without characters that are not seen, or turn the text around
    "flag": flag,
}
