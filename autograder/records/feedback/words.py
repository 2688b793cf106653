"""The words of the feedback page that depend on how a question went; beside the judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    key: str
    label: str
    sign: str  # said beside the colour, for whoever does not see that


STATES = {
    state.key: state
    for state in (
        State("passed", "right", "✓"),
        State("partial", "partly right", "◐"),
        State("failed", "not right yet", "✗"),
        State("error", "stopped with an error", "✗"),
        State("timed_out", "took too long", "✗"),
        State("missing", "not done", "–"),
        State("waiting", "waits for a person", "…"),
        State("by_person", "marked by a person", "✎"),
        State("not_graded", "could not be graded", "!"),
    )
}

NEXT = {  # what to do, by state; "named" where a known mistake was found
    "named": "Change that one thing first, and run the visible tests again. Then look whether the other checks still "
    "have something to say.",
    "partial": "Read the first check below that did not pass: it says what came back and what was expected. Call your "
    "function on a small input of that kind, one that you can work out by hand.",
    "failed": "Read the first check below that did not pass: it says what came back and what was expected. Call your "
    "function on a small input of that kind, one that you can work out by hand.",
    "error": "Restart the kernel and run all cells from the top: the error should come again. Its last line says what "
    "went wrong, the lines above where.",
    "timed_out": "Look for a loop that never ends, or for one over single entries where one operation on the whole "
    "tensor would do.",
    "missing": "Write it in the cell of that name; the lesson above it says what goes in and what comes out. A part is "
    "worth handing in: each check counts by itself.",
}


def duration(seconds: float) -> str:
    """How late: in minutes, hours or days, with the next smaller unit."""
    minutes = max(1, round(seconds / 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "day" if days == 1 else "days"), (hours, "h"), (rest if not days else 0, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
