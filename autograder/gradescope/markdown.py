"""Text that a student may have written, as Markdown that shows it and does nothing else; used by what writes pages."""

from __future__ import annotations

import string
import unicodedata

# Neither has a meaning in any dialect of Markdown; all other punctuation has one somewhere.
_HARMLESS = set(",'")
_ENTITIES = {char: f"&#{ord(char)};" for char in string.punctuation if char not in _HARMLESS}


def escaped(text: str) -> str:
    """`text` as Markdown: its lines as lines, its characters as themselves, whatever they would mean.

    Punctuation becomes numeric entities, which no dialect takes for structure, and control, format and surrogate
    characters become blanks. Indentation is dropped, since four blanks would open a block of code; two blanks before
    the end of a line keep the next one apart.
    """
    lines = (" ".join(_plain(line).split()) for line in text.splitlines())
    return "  \n".join("".join(_ENTITIES.get(char, char) for char in line) for line in lines if line)


def _plain(line: str) -> str:
    return "".join(" " if unicodedata.category(char).startswith(("C", "Z")) else char for char in line)
