"""The checks of `count_words(text)`, in plain Python: answers are compared exactly."""

from __future__ import annotations

from collections import Counter

from autograder.checks import EXACT, Bank, Call, Check, Draw, Misconception, Probe, Variant

NAME = "count_words"
WORDS = ("light", "is", "a", "wave", "and", "so", "sound")


def oracle(text: str) -> dict[str, int]:
    words = text.lower().split()
    return {word: words.count(word) for word in dict.fromkeys(words)}


def _words(draw: Draw, n: int) -> list[str]:
    """`n` words, n >= 8: at least one stands there twice."""
    return [WORDS[int(k)] for k in draw.integers(0, len(WORDS), n)]


def _values(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (" ".join(_words(draw, 12)),)),))]


def _capitals(draw: Draw) -> list[Probe]:
    words = _words(draw, 10)
    text = " ".join([*words[:5], *(word.capitalize() for word in words)])
    return [Probe((Call(NAME, (text,)),))]


def _white_space(draw: Draw) -> list[Probe]:
    one, two, three = (" ".join(_words(draw, 8)) for _ in range(3))
    return [Probe((Call(NAME, (f"  {one}\n{two}   \t{three}\n",)),))]


def _empty(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, ("",)),))]


# ---- right ----------------------------------------------------------------------------------------------------


def by_counter(text: str) -> dict[str, int]:
    return dict(Counter(text.lower().split()))


def by_get(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in text.split():
        counts[word.lower()] = counts.get(word.lower(), 0) + 1
    return counts


# ---- wrong ----------------------------------------------------------------------------------------------------


def capitals_kept(text: str) -> dict[str, int]:
    return dict(Counter(text.split()))


def letters(text: str) -> dict[str, int]:
    return dict(Counter(text.lower()))


def single_spaces(text: str) -> dict[str, int]:
    return dict(Counter(text.lower().split(" "))) if text else {}


def once_each(text: str) -> dict[str, int]:
    return dict.fromkeys(text.lower().split(), 1)


CHECKS = (
    Check("values", "Each word with its number.", _values, EXACT, weight=2),
    Check("capitals", "'The' and 'the' are one word.", _capitals, EXACT),
    Check("white space", "Lines, tabs and several spaces divide words too.", _white_space, EXACT),
    Check("empty", "A text without words has no counts.", _empty, EXACT, public=True),
)
MISCONCEPTIONS = (
    Misconception("capitals_kept", "'The' and 'the' are counted as two words: use lower().", capitals_kept),
    Misconception("letters", "You count letters: split the text first.", letters),
    Misconception("single_spaces", 'split(" ") splits at each single space: split() splits at any.', single_spaces),
    Misconception("once_each", "Each word is counted once, however often it is there.", once_each),
)
VARIANTS = (Variant("by_counter", by_counter), Variant("by_get", by_get))

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
