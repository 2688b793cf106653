"""From a pattern and a random generator to a story: the first step between the word lists and `physics.txt`.

A pattern is one line of text. `[hot|cold]` picks one of its parts, `{m}` puts in the record that its group drew for
`m`, `{q.unit}` that record's field, and ` / ` ends a sentence of the story. A field that holds several words gives one
of them, the same at each place of a story; `{q.things#2}` gives another one than `{q.things}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Story = tuple[str, ...]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)(?:\.(\w+))?(?:#(\d))?\}")
_MARK = re.compile(r"\s*([.,;:?])")
_VOWEL = re.compile(r"\ba (?=[aeiou])")
# These begin with a vowel on paper and with a "y" or a "w" in the mouth.
_SOUNDS_LIKE_CONSONANT = re.compile(r"\ban (?=(?:unit|uniform|one|european|universe|useful|used)\b)")
_HOUR = re.compile(r"\ba (?=hour)")


@dataclass(frozen=True)
class Group:
    """Patterns that draw from the same lists: `draws` gives each slot's name the list that its record comes from.

    A round of the text tells each pattern `times` times.
    """

    draws: Mapping[str, Sequence[Any]]
    text: str
    times: int = 1

    def patterns(self) -> list[str]:
        """One pattern a line; blank lines only help the eye."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


def tell(group: Group, pattern: str, random: Random) -> Story:
    """One story: its sentences, each in lower case with single spaces and punctuation apart."""
    chosen = _choose(pattern, random)
    filled = _fill(chosen, _draw(group.draws, random), random)
    return tuple(_tidy(sentence) for sentence in filled.split(" / "))


def _choose(pattern: str, random: Random) -> str:
    """Innermost brackets first, so that choices may stand inside choices."""
    while match := _CHOICE.search(pattern):
        pattern = pattern[: match.start()] + random.choice(match[1].split("|")) + pattern[match.end() :]
    return pattern


def _draw(draws: Mapping[str, Sequence[Any]], random: Random) -> dict[str, Any]:
    """A record for each slot; two slots that share a list never get equal records."""
    drawn: dict[str, Any] = {}
    for name, pool in draws.items():
        taken = [drawn[other] for other in drawn if draws[other] is pool]
        record = random.choice(pool)
        while record in taken:
            record = random.choice(pool)
        drawn[name] = record
    return drawn


def _fill(pattern: str, drawn: Mapping[str, Any], random: Random) -> str:
    picked: dict[tuple[str, str], list[str]] = {}

    def put(match: re.Match[str]) -> str:
        name, field, number = match[1], match[2] or "", int(match[3] or 1)
        value = getattr(drawn[name], field) if field else drawn[name]
        if isinstance(value, str):
            return value
        words = picked.setdefault((name, field), random.sample(list(value), len(value)))
        return words[number - 1]

    return _SLOT.sub(put, pattern)


def _tidy(sentence: str) -> str:
    spaced = " ".join(_MARK.sub(r" \1 ", sentence).split())
    return _HOUR.sub("an ", _SOUNDS_LIKE_CONSONANT.sub("a ", _VOWEL.sub("an ", spaced)))
