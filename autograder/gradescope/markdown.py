"""Escapes untrusted text for Markdown; used by the modules that write Gradescope's texts."""

from __future__ import annotations

import string
import unicodedata

# These two have no meaning in any dialect of Markdown; all other punctuation has one in some dialect.
_HARMLESS = set(",'")
_ENTITIES = {char: f"&#{ord(char)};" for char in string.punctuation if char not in _HARMLESS}


def escape(text: str) -> str:
    """Markdown that shows `text` literally, line by line.

    Punctuation becomes numeric entities, which no dialect reads as structure. Control, format and surrogate characters
    become blanks. Indentation is removed, since four blanks would begin a code block; two blanks at the end of a line
    force a line break.
    """
    lines = (" ".join(_blank_controls(line).split()) for line in text.splitlines())
    return "  \n".join("".join(_ENTITIES.get(char, char) for char in line) for line in lines if line)


def _blank_controls(line: str) -> str:
    return "".join(" " if unicodedata.category(char).startswith(("C", "Z")) else char for char in line)
