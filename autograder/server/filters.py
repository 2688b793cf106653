"""How numbers and times read on a page; used by the templates alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from autograder.rendering.code import code_html
from autograder.rendering.markup import markdown_html
from autograder.rendering.text import REPLACED, UNSEEN, plain

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in any locale


def printable(value: object) -> object:
    """Of each value that a page shows: text that students chose turns no line around and moves nothing."""
    return UNSEEN.sub(REPLACED, value) if isinstance(value, str) and not isinstance(value, Markup) else value


def points(value: float | None) -> str:
    """37, 35.18; a dash where nothing is known."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """40 s, 12 min, 3 h, 2 days: how late, how long; one unit, rounded."""
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return f"{round(seconds)} s"


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


def flag(text: str) -> str:
    """shadows_module:torch.py: the kind as words, what it is about as it is."""
    kind, colon, about = text.partition(":")
    return kind.replace("_", " ") + (f": {about}" if colon else "")


FILTERS: dict[str, Callable[..., str]] = {
    "points": points,
    "duration": duration,
    "moment": moment,
    "words": words,
    "markdown": markdown_html,  # of a notebook: only what does nothing is left of it
    "code": code_html,
    "plain": plain,  # without characters that are not seen, or turn the text around
    "flag": flag,
}
