"""Makes the message for a check() call whose function has no bank: where the bank belongs, and its first lines.

Used by the rules of authored text and by the judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FOLDER = "checks"  # below a course's root

FIRST_LINES = (  # of a new bank: they load and `certify` runs on them, but reports what is missing
    "from autograder.checks import EXACT, Bank, Call, Check, Probe",
    'CHECKS = (Check("small", "A small input.", lambda draw: [Probe((Call("{name}", (draw.normal(5),)),))], EXACT),)',
    'BANK = Bank("{name}", lambda x: x, CHECKS)  # put the right function in the place of the lambda',
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
