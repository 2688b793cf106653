"""The checks of `count_words(text)`, in plain Python: answers are compared exactly."""

from __future__ import annotations

from collections import Counter
from typing import Any

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(about="Each word with its number.")
def count_words(draw: Draw) -> Arguments:
    return {"text": " ".join([*draw.words(10), "wave", "wave"])}


@case("'The' and 'the' are one word.")
def capitals(draw: Draw) -> Arguments:
    words = draw.words(10)
    return {"text": " ".join([*words[:5], *(word.capitalize() for word in words)])}


@case("Lines, tabs and several spaces divide words too.")
def white_space(draw: Draw) -> Arguments:
    one, two, three = (" ".join(draw.words(8)) for _ in range(3))
    return {"text": f"  {one}\n{two}   \t{three}\n"}


@case("A text without words has no counts.")
def empty(draw: Draw) -> Arguments:
    return {"text": ""}


@right
def by_counter(text: str) -> dict[str, int]:
    return dict(Counter(text.lower().split()))


@wrong("'The' and 'the' are counted as two words: use lower().")
def capitals_kept(text: str) -> dict[str, int]:
    return dict(Counter(text.split()))


@wrong("You count letters: split the text first.")
def letters(text: str) -> dict[str, int]:
    return dict(Counter(text.lower()))


@wrong('split(" ") splits at each single space: split() splits at any.')
def single_spaces(text: str) -> dict[str, int]:
    return dict(Counter(text.lower().split(" "))) if text else {}


@wrong("Each word is counted once, however often it is there.")
def once_each(text: str) -> dict[str, int]:
    return dict.fromkeys(text.lower().split(), 1)
