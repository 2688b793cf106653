"""The checks of `skip_gram_pairs(tokens, window)`."""

from __future__ import annotations

from typing import Any

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref

from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "skip_gram_pairs"
WORDS = ("force", "mass", "charge", "field", "wave", "heat", "spin", "work", "power", "light", "atom", "orbit")


def oracle(tokens: list[Any], window: int) -> list[tuple[Any, Any]]:
    """Every pair of different places at most `window` apart, from the whole square of places."""
    n = len(tokens)
    places = [(i, j) for i in range(n) for j in range(n) if 0 < abs(i - j) <= window]
    return [(tokens[i], tokens[j]) for i, j in places]


def _sentence(draw: Draw, n: int) -> list[str]:
    """n different words in random order."""
    return [WORDS[i] for i in draw.permutation(len(WORDS))[:n].tolist()]


def _values(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_sentence(draw, 9), 2)),))]


def _windows(draw: Draw) -> list[Probe]:
    calls = (
        Call(NAME, (_sentence(draw, 6), 1), save="one"),
        Call(NAME, (_sentence(draw, 11), int(draw.integers(3, 5))), save="wide"),
    )
    return [Probe(calls, ("one", "wide"))]


def _clipped(draw: Draw) -> list[Probe]:
    """Windows wider than the list, also more than twice as wide; and a word alone, which has no context."""
    calls = (
        Call(NAME, (_sentence(draw, 4), 3), save="as_wide"),
        Call(NAME, (_sentence(draw, 3), 8), save="wider"),
        Call(NAME, (_sentence(draw, 1), 2), save="alone"),
    )
    return [Probe(calls, ("as_wide", "wider", "alone"))]


def _repeats(draw: Draw) -> list[Probe]:
    """One word comes next to itself, another at both ends of a window, and a pair of words comes twice."""
    first, second, third, fourth = _sentence(draw, 4)
    tokens = [second, first, first, third, second, third, fourth, first, third]
    return [Probe((Call(NAME, (tokens, 2)),))]


def _numbers(draw: Draw) -> list[Probe]:
    """Tokens that are ids; a 0 is among them."""
    ids = draw.permutation(8).tolist()
    return [Probe((Call(NAME, (ids, 2)),))]


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("tokens", _sentence(draw, 7)), Call(NAME, (Ref("tokens"), 2))), ("out", "tokens"))]


CHECKS = (
    Check("values", "One pair (center, context) for each word at most `window` places away.", _values, EXACT, 3),
    Check("any window", "The window may be 1 or larger: it counts the words on each side.", _windows, EXACT),
    Check("edges", "At both ends the window is clipped, also where it is wider than the list.", _clipped, EXACT, 2),
    Check("repeated words", "A word that comes again is a word like any other: places count.", _repeats, EXACT, 2),
    Check("ids", "Tokens may be ids instead of words.", _numbers, EXACT),
    Check("input untouched", "The list of tokens stays as it was.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
