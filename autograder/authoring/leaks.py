"""Searches a released assignment for text that only the author may see; the last check before release."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.authoring import percent, regions
from autograder.authoring.notebooks import IMPORT
from autograder.authoring.percent import AuthoredAssignment, AuthoredCell
from autograder.authoring.regions import SOLUTION
from autograder.authoring.targets import STUDENTS, otter

_SHORTEST = 6  # characters: shorter lines, such as "else:" or "x = 1", appear anywhere and reveal nothing
_SAY_NOTHING = {"return", "return None", "continue"}


def leaks(course: Path, name: str) -> list[str]:
    """Returns one message for each line of a solution, hidden test or author's cell found in a file for students.

    Lines are compared without surrounding white space, in all strings of a notebook (markdown, outputs and metadata
    too) and in the text of other files. A line that students also see elsewhere in the authored text is not a leak.
    """
    secrets = secret_lines(percent.read(course / "source" / f"{name}.py"))
    found = []
    for path in sorted(path for folder in STUDENTS for path in (course / folder / name).rglob("*") if path.is_file()):
        texts = [text.replace(otter.CALL, "") for text in _texts(path)]
        for secret, line in secrets.items():
            if any(secret in text for text in texts):
                where = f"source/{name}.py:{line}" if line else "a marker of the author's"
                found.append(f"{path.relative_to(course)}: shows {secret!r} ({where})")
    return found


def secret_lines(authored: AuthoredAssignment) -> dict[str, int]:
    """Stripped lines that no student may see -> line number in the authored text (1-based; 0 for a marker)."""
    secret: dict[str, int] = {}
    visible: list[str] = []
    for cell in authored.cells:
        hidden = _hidden_lines(cell)
        for index, line in enumerate(cell.source.split("\n")):
            if index in hidden:
                secret.setdefault(line.strip(), cell.first + index)
            else:
                visible.append(line)
    shown = "\n".join(visible)
    words = [word for marker in regions.MARKERS for word in (marker.begin, marker.end)]
    markers = dict.fromkeys((*words, IMPORT), 0)
    kept = {line: at for line, at in secret.items() if _says_something(line) and line not in shown}
    return markers | {line: at for line, at in kept.items() if not any(marker in line for marker in markers)}


def _hidden_lines(cell: AuthoredCell) -> set[int]:
    """Indices of the lines that the release leaves out, markers included."""
    everything = set(range(cell.source.count("\n") + 1))
    if cell.role == "author":
        return everything
    if cell.role in ("manual", "answer") and not regions.find(cell.source, SOLUTION):
        return everything
    pairs = [region for marker in regions.MARKERS for region in regions.find(cell.source, marker)]
    return {index for region in pairs for index in range(region.begin, region.end + 1)}


def _says_something(line: str) -> bool:
    return len(line) >= _SHORTEST and any(char.isalnum() for char in line) and line not in _SAY_NOTHING


def _texts(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix != ".ipynb":
        yield text
        return
    # JSON escapes quotes and backslashes, so the decoded strings are compared, not the file's text.
    notebook = json.loads(text)
    yield from _strings(notebook)
    for test in notebook.get("metadata", {}).get("otter", {}).get("tests", {}).values():
        yield from (str(one.value) for one in ast.walk(ast.parse(test)) if isinstance(one, ast.Constant))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (found for item in value for found in _strings(item))
        case dict():
            yield from (found for item in value.items() for part in item for found in _strings(part))
