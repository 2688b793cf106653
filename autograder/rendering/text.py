"""A submission's text -> text without control characters, and formats for numbers; the first step of rendering."""

from __future__ import annotations

import re

# Terminal codes: an operating system command up to its end, a control sequence, any other two-byte escape.
ANSI = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]?")
# Control characters except tab and newline, characters that change the text's direction, and surrogates.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
REPLACED = "\N{REPLACEMENT CHARACTER}"


def plain_text(text: str) -> str:
    """The text without terminal codes; a carriage return deletes its line so far, as a progress bar expects."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in ANSI.sub("", text).split("\n"))
    return harmless_text("\n".join(lines))


def harmless_text(text: str) -> str:
    """The text with control and direction characters replaced by REPLACED."""
    return UNSEEN.sub(REPLACED, text)


def printable_line(text: str, other: str = "?") -> str:
    """An untrusted text on one line, for a terminal or a list: `other` replaces each unprintable character."""
    return "".join(letter if letter.isprintable() else other for letter in text)


def join_lines(text: object) -> str:
    """A notebook's text, which nbformat stores as a string or a list of lines; empty for other types."""
    match text:
        case str():
            return text
        case list() if all(isinstance(line, str) for line in text):
            return "".join(text)
    return ""


def points(value: float) -> str:
    """Marks as a person writes them: 3, 2.5, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def name_as_words(name: str) -> str:
    """A name of code as words: "not_scaled" and "NotScaled" as "not scaled"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip()
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in spaced.split())


def duration(seconds: float) -> str:
    """Seconds as minutes, hours or days, with the next smaller unit; at least 1 min."""
    minutes = max(1, round(seconds / 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "day" if days == 1 else "days"), (hours, "h"), (rest if not days else 0, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def rough_duration(seconds: float) -> str:
    """Seconds in one unit, rounded, for tables: 40 s, 12 min, 3 h, 2 days."""
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return f"{round(seconds)} s"
