"""Names for answers that give nobody away: the page uses them in its text, its addresses and its data.

A label is made from the course's secret, the question and the student. So it is the same every time, differs from
question to question, and neither it nor the order of labels can be traced back without the secret.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from autograder.written.answers import WrittenQuestion

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no label is a word, or a name
SHORTEST = 4  # 160,000 labels: among 200 answers two agree in one question out of nine, which then get a letter more


def labels(secret: bytes, question: WrittenQuestion, students: Iterable[str]) -> dict[str, str]:
    """A label for each student, as short as they all differ."""
    whole = {student: _letters(secret, question, student) for student in students}
    length = SHORTEST
    while len({text[:length] for text in whole.values()}) < len(whole):
        length += 1
    return {student: text[:length] for student, text in whole.items()}


def _letters(secret: bytes, question: WrittenQuestion, student: str) -> str:
    about = "\0".join(["written", *question.key, student]).encode("utf-8", "surrogateescape")
    number = int.from_bytes(hmac.digest(secret, about, hashlib.sha256), "big")
    found = ""
    while len(found) < 32:
        number, place = divmod(number, len(LETTERS))
        found += LETTERS[place]
    return found
