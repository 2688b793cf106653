"""A text -> the words and signs in it that a reader would mark; pure, the first step of grouping.

Marks that prose is dressed in say nothing: commas, quotes, emphasis, brackets around an aside, an article. The same
signs in a formula say much, so a sign is silent only where it stands as prose has it: a bracket that touches no word
from outside and holds some words but no operator, a quote or an asterisk that is opened and closed around something, an
exclamation mark behind a word. Where that cannot be told the sign counts: two alike answers then stand apart.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["whole", "number", "word", "sign", "mark", "pause", "other"]

_TOKEN = re.compile(
    r"(?P<whole>\$\$.+?\$\$|\$[^$\n]+?\$|`[^`\n]+`)"  # formulas and code, as they are
    r"|(?P<number>\d+(?:[.,]\d+)*|\.\d+)"
    r"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)"
    # a product, a power, a subscript, a slice
    r"|(?P<sign>(?<=\s)\*{1,2}(?=\s)|(?<=[^\W_])(?:\*{1,2}|_+)(?=[^\W_]|[(\[{\\])|(?<=[)\]}])(?:\*{1,2}|_+)(?=[^\W_]|[(\[{\\])"
    r"|(?<=[^\W_])\*\*(?=[+-])|:(?=[^\s\"'*_]))"
    r"|(?P<mark>\*+|_+|[()\[\]\"'`!])"
    r"|(?P<pause>[.,;:?…—])"
    r"|(?P<other>\S)",
    re.DOTALL,
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "−": "-", "–": "-", "\u00a0": " ", "\u200b": ""})
_PAIRS = {"(": ")", "[": "]"}
_PHRASE = 2  # words that an aside in brackets has at least; one alone may be the argument of a function
_LETTERS = re.compile(r"[^\W\d_]{2}")  # of a word that is no variable


@dataclass(frozen=True)
class Token:
    """`text` is what is compared: without capitals, a formula without white space. `start` and `end` are indices."""

    text: str
    start: int
    end: int


def normal(text: str) -> str:
    """One spelling of characters that look alike."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


@functools.lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """What the text says, in order."""
    return tuple(token.text for token in tokens(normal(text)))


def tokens(text: str) -> list[Token]:
    """Of a normal text, all but what is silent."""
    return _Reading(text).spoken()


class _Reading:
    """One text on its way; every step is one pass, since students choose how long it is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = list(_TOKEN.finditer(text))
        self._silent = {n for n in range(len(self._found)) if self._kind(n) == "pause"}

    def spoken(self) -> list[Token]:
        self._pair_quotes()
        self._judge_rest()
        return [
            Token(_compared(match), match.start(), match.end())
            for n, match in enumerate(self._found)
            if n not in self._silent
        ]

    def _pair_quotes(self) -> None:
        """Quotes and emphasis: what opens, up to the next of its sort that closes."""
        opened: dict[str, int] = {}
        for n, match in enumerate(self._found):
            sort = match.group()
            if self._kind(n) != "mark" or sort in "()[]!":
                continue
            if self._closes(n) and sort in opened:
                self._silent |= {opened.pop(sort), n}
            elif self._opens(n):
                opened[sort] = n

    def _judge_rest(self) -> None:
        """Brackets by what stands in and beside them; then marks that belong to what is before them."""
        stack: list[tuple[int, int, int]] = []
        loud = phrase = 0  # operators and long words so far
        for n, match in enumerate(self._found):
            text, kind = match.group(), self._kind(n)
            if kind == "word":
                phrase += _LETTERS.search(text) is not None
                if self._is_article(n):
                    self._silent.add(n)
            elif text in _PAIRS:
                stack.append((n, loud, phrase))
            elif text in _PAIRS.values():
                if stack and _PAIRS[self._found[stack[-1][0]].group()] == text:
                    opening, loud_before, phrase_before = stack.pop()
                    if loud == loud_before and phrase - phrase_before >= _PHRASE and self._is_aside(opening, n):
                        self._silent |= {opening, n}
                        continue
                loud += 1
            elif n not in self._silent and kind == "mark" and self._is_prose(n):
                self._silent.add(n)
            elif n not in self._silent and kind in ("mark", "sign", "other"):
                loud += 1

    def _is_aside(self, opening: int, closing: int) -> bool:
        beside = [self._kind(n) for n in (opening - 1, closing + 1) if 0 <= n < len(self._found)]
        return self._opens(opening) and self._closes(closing) and not {"sign", "other"} & set(beside)

    def _is_prose(self, n: int) -> bool:
        """Of a mark that is not one of a pair: whether it is no factorial, prime, power or subscript."""
        mark, after = self._found[n].group(), self._after(n)
        if mark == "!":
            return not (self._follows(n, _is_variable) or after == "=" or _is_wordlike(after))
        if mark in ("'", '"'):
            return not (self._follows(n, _is_variable) or (self._follows(n, _is_word) and after in ("(", "[", "^")))
        return mark == "`"

    def _follows(self, n: int, wanted: Callable[[re.Match[str]], bool]) -> bool:
        """Whether it touches such a token, or a bracket, prime or factorial that counts."""
        if n == 0 or self._found[n - 1].end() != self._found[n].start():
            return False
        before = self._found[n - 1]
        if before.group() in (")", "]", "}", "'", '"', "!"):
            return n - 1 not in self._silent
        return wanted(before)

    def _is_article(self, n: int) -> bool:
        """An `A` within a sentence is a name, and so is an `a` beside an operator or at the end."""
        word = self._found[n].group()
        if word.casefold() != "a":
            return word.casefold() in ("an", "the")
        if not self._after(n).isspace() or n + 1 == len(self._found) or self._kind(n + 1) in ("sign", "pause", "other"):
            return False
        if n == 0:
            return True
        if word == "A":
            return self._found[n - 1].group() in (".", "!", "?", ":")
        return self._kind(n - 1) not in ("sign", "other")

    def _kind(self, n: int) -> Kind:
        return self._found[n].lastgroup  # type: ignore[return-value]  # each alternative has one of these names

    def _before(self, n: int) -> str:
        start = self._found[n].start()
        return self._text[start - 1 : start] if start else ""

    def _after(self, n: int) -> str:
        end = self._found[n].end()
        return self._text[end : end + 1]

    def _opens(self, n: int) -> bool:
        before, after = self._before(n), self._after(n)
        return not (_is_wordlike(before) or before in (")", "]", "}", "\\")) and bool(after.strip())

    def _closes(self, n: int) -> bool:
        before, after = self._before(n), self._after(n)
        return bool(before.strip()) and not (_is_wordlike(after) or after in ("(", "[", "{"))


def _is_wordlike(letter: str) -> bool:
    return letter.isalnum()


def _is_word(match: re.Match[str]) -> bool:
    return match.lastgroup == "word"


def _is_variable(match: re.Match[str]) -> bool:
    """x, W1, QK: not the end of a word, whose quote or apostrophe this may be."""
    return match.lastgroup == "number" or (_is_word(match) and (len(match.group()) == 1 or match.group().isupper()))


def _compared(match: re.Match[str]) -> str:
    if match.lastgroup == "whole":
        return "".join(match.group().split())
    text = match.group().casefold()
    return "0" + text if match.lastgroup == "number" and text[0] == "." else text
