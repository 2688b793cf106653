"""Anonymous labels for answers, which the page uses in its text, URLs and data; before groups.

A label is an HMAC of question and student with the course's secret. So a student always has the same label for a
question, and another label for another question. Without the secret, nobody can find a
student by the labels or by their order.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from autograder.written.answers import WrittenQuestion

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that no label is a word or a name
SHORTEST = 4  # 160,000 labels: with 200 answers, one question in nine has a collision and gets one letter more


def labels(secret: bytes, question: WrittenQuestion, students: Iterable[str]) -> dict[str, str]:
    """A label for each student; all have the same length, the shortest at which they differ."""
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
