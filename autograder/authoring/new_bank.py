"""Makes the message for a check() call whose function has no bank: where the bank belongs, and its first lines.

Used by the rules of authored text and by the judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FOLDER = "checks"  # below a course's root

FIRST_LINES = (  # of a new bank, in the short form: they load, and `certify` runs on them
    "from autograder.checks import given",
    "@given()  # what is right is said by the solution cell, and what goes in by this function",
    'def {name}(draw): return {{"x": draw.normal(5)}}  # the arguments of a call, by name',
)


def missing_bank(function: str, known: Iterable[str], folder: Path) -> str:
    """The message when check() names a function without a bank: where the bank belongs, and how to begin it.

    `folder` is the folder of the assignment's banks.
    """
    lines = "\n".join(f"    {line.format(name=function)}" for line in FIRST_LINES)
    names = ", ".join(sorted(known))
    has = f"there are checks for: {names}" if names else "the course has no checks yet"
    where = f"They belong in {folder / function}.py, which begins:"
    return f"there are no checks named {function!r}; {has}. {where}\n{lines}"
