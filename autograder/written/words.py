"""A text -> the words and signs that grouping compares; pure functions, the first step of grouping.

In prose, commas, quotes, emphasis, articles and brackets around an aside do not change the meaning, so they are
*silent*: they do not count. In a formula the same signs count. So a sign is silent only if it is used as in prose: a
bracket that touches no word outside it and contains some words but no operator; a pair of quotes or asterisks around a
text; an exclamation mark after a word. In doubt the sign counts, and two equal answers get different groups.
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
    r"(?P<whole>\$\$.+?\$\$|\$[^$\n]+?\$|`[^`\n]+`)"  # formulas and code, unchanged
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
_PHRASE = 2  # fewest words of an aside in brackets; a single one may be the argument of a function
_LETTERS = re.compile(r"[^\W\d_]{2}")  # a word with two letters in a row is not a variable


@dataclass(frozen=True)
class Token:
    """`text` is compared: in lower case, or a formula without white space. `start` and `end` are character indices."""

    text: str
    start: int
    end: int


def normalize(text: str) -> str:
    """The text with one spelling for characters that look alike (quotes, dashes, spaces)."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


@functools.lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The texts of the tokens that count, in order."""
    return tuple(token.text for token in tokens(normalize(text)))


def tokens(text: str) -> list[Token]:
    """The tokens of a text from `normalize`, without the silent ones."""
    return _Reading(text).spoken_tokens()


class _Reading:
    """Decides which tokens of one text are silent. Every step is one pass, because students choose the length."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = list(_TOKEN.finditer(text))
        self._silent = {n for n in range(len(self._found)) if self._kind(n) == "pause"}

    def spoken_tokens(self) -> list[Token]:
        self._pair_quotes()
        self._judge_rest()
        return [
            Token(_comparison_text(match), match.start(), match.end())
            for n, match in enumerate(self._found)
            if n not in self._silent
        ]

    def _pair_quotes(self) -> None:
        """Makes pairs of quotes and emphasis silent: an opening mark and the next closing mark of its kind."""
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
        """Makes articles, brackets around asides and single marks in prose silent."""
        stack: list[tuple[int, int, int]] = []
        loud = phrase = 0  # operators and long words before each token
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
        """Whether an unpaired mark is punctuation, and not a factorial, prime, power or subscript."""
        mark, after = self._found[n].group(), self._after(n)
        if mark == "!":
            return not (self._follows(n, _is_variable) or after == "=" or _is_wordlike(after))
        if mark in ("'", '"'):
            return not (self._follows(n, _is_variable) or (self._follows(n, _is_word) and after in ("(", "[", "^")))
        return mark == "`"

    def _follows(self, n: int, wanted: Callable[[re.Match[str]], bool]) -> bool:
        """Whether the mark directly follows a `wanted` token, or a bracket, prime or factorial that counts."""
        if n == 0 or self._found[n - 1].end() != self._found[n].start():
            return False
        before = self._found[n - 1]
        if before.group() in (")", "]", "}", "'", '"', "!"):
            return n - 1 not in self._silent
        return wanted(before)

    def _is_article(self, n: int) -> bool:
        """Whether a word is an article. `A` within a sentence is a name; so is `a` beside an operator or at the end."""
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
    """Whether the token is a variable (x, W1, QK), after which a quote is a prime and no apostrophe."""
    return match.lastgroup == "number" or (_is_word(match) and (len(match.group()) == 1 or match.group().isupper()))


def _comparison_text(match: re.Match[str]) -> str:
    if match.lastgroup == "whole":
        return "".join(match.group().split())
    text = match.group().casefold()
    return "0" + text if match.lastgroup == "number" and text[0] == "." else text
