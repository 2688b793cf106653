"""How numbers and times read on a page; used by the templates alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from autograder.rendering.text import REPLACED, UNSEEN


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


def words(name: str) -> str:
    """not_scaled, timed_out, NoMaximum: as words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name)
    return spaced.replace("_", " ").lower() if spaced != name else name.replace("_", " ")


FILTERS: dict[str, Callable[..., str]] = {"points": points, "duration": duration, "words": words}
