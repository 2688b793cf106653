"""Stories as another Python process sees them: equal texts, whose hashes differ from those of plain strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Retold:
    """`stories` are texts that hash with a salt, as all texts do in a new process; `plain` turns results back."""

    def __init__(self, stories: list[str], salt: int) -> None:
        class Story(str):
            __slots__ = ()

            def __hash__(self) -> int:
                return hash((salt, str(self)))

        self.stories = [Story(story) for story in stories]

    def plain(self, result: Any) -> Any:
        """The same lists or tuples, of plain strings; anything else as it is."""
        if isinstance(result, list | tuple):
            return type(result)(self.plain(part) for part in result)
        return str(result) if isinstance(result, str) else result


def make(options: Mapping[str, Any], device: str) -> Retold:
    """`options`: "stories", a list of strings, and "salt", an int."""
    return Retold(list(options["stories"]), int(options["salt"]))
