"""Groups texts that have the same words; pure functions between the answers and the TA's page.

Two texts are *identical* if they differ only in white space. They are *near-identical* if they differ only in capitals,
punctuation, emphasis, articles and typing errors, so that a reader would give them the same mark. A different number,
sign or formula, or one more word such as `not`, makes another answer, also if all other letters are equal. The reason:
two equal answers in different groups cost a TA one more look, but two different answers in one group can cost a student
a mark.

The result does not depend on the order of the texts. A group is a star, not a chain: every member is near the central
text. The central text is the one that is near the answers of most students.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from rapidfuzz.distance import OSA, Indel

from autograder.written.words import normalize, tokens, words

# The percentage of letters of two texts that must agree (2 · matches / all). One typing error in a sentence of 60
# letters leaves 98, a careless typist 96; the same in other words reaches 70. The words are compared one by one anyway,
# so this only limits the number of typing errors in a text: one in every word is too many.
ALIKE = 92.0
TYPO_FROM = 5  # letters: in shorter words one letter makes another word (not/now, loss/less, more/mode)
LONGEST = 20_000  # letters of a text that is compared; longer ones are grouped only if they are identical
TYPO_UP_TO = 64  # letters; a longer word is no typed word, and comparing it is slow


def tidy(text: str, *, code: bool = False) -> str:
    """The text with white space normalised: two answers with the same tidy text are identical. Code keeps its lines."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if code:
        return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())
    return " ".join(text.split())


def are_near(one: str, other: str) -> bool:
    """Whether two texts are near-identical, as the module's docstring defines it."""
    return max(len(one), len(other)) <= LONGEST and _are_words_near(words(one), words(other))


def stars(texts: Iterable[str], *, code: bool = False) -> dict[str, str]:
    """Maps each tidy text to the central text of its group.

    `texts` has one text for each answer, with repetitions. Code is grouped only if identical: one letter changes it.
    """
    counted = Counter(texts)
    if code:
        return {text: text for text in counted}
    return dict(_stars(tuple(sorted(counted.items()))))


@functools.lru_cache(maxsize=64)  # each click needs the groups, but answers change only with a new submission
def _stars(counted: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    """Greedy: the text that is near most answers becomes a centre and takes them; then the rest is grouped."""
    weight = dict(counted)
    near = _neighbours(list(weight))
    middle: dict[str, str] = {}
    while len(middle) < len(weight):
        left = {text: [other for other in near[text] if other not in middle] for text in weight if text not in middle}
        centre = min(left, key=lambda text: (-sum(weight[o] for o in left[text]), -weight[text], text))
        middle |= dict.fromkeys(left[centre], centre)
    return tuple(middle.items())


def _neighbours(texts: Sequence[str]) -> dict[str, list[str]]:
    """Maps each text to the texts near it, including itself."""
    found = {text: [text] for text in texts}
    same_length: dict[int, list[tuple[str, Sequence[str]]]] = {}
    for text in texts:
        if len(text) > LONGEST:
            continue
        mine = words(text)
        others = same_length.setdefault(len(mine), [])
        for other, theirs in others:
            if _are_words_near(mine, theirs):
                found[text].append(other)
                found[other].append(text)
        others.append((text, mine))
    return found


def digest(text: str) -> str:
    """A short hash of a text, used as a group's id; it does not reveal who wrote it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def changed_words(text: str, middle: str) -> list[tuple[str, bool]]:
    """Splits the text into pieces, each with whether it differs from `middle`, the central text of its group.

    Capitals, commas and emphasis alone are no difference. The pieces joined are the text. Near texts have the same
    number of words; ValueError if these two do not.
    """
    pieces = re.findall(r"\s+|\S+", text)
    spoken = [n for n, piece in enumerate(pieces) if not piece.isspace()]
    read = [normalize(pieces[n]) for n in spoken]
    starts = list(accumulate((len(piece) + 1 for piece in read), initial=0))  # positions in the words joined by spaces
    differs = [False] * len(pieces)
    for mine, theirs in zip(tokens(" ".join(read)), words(tidy(middle)), strict=True):
        if mine.text != theirs:
            for place in range(bisect_right(starts, mine.start) - 1, bisect_left(starts, mine.end)):
                differs[spoken[place]] = True
    found: list[tuple[str, bool]] = []
    for text_of_piece, other in zip(pieces, differs, strict=True):
        if found and found[-1][1] == other:
            found[-1] = (found[-1][0] + text_of_piece, other)
        else:
            found.append((text_of_piece, other))
    return found


def _are_words_near(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) != len(other):
        return False
    apart = 0  # letters to delete and insert, summed word by word: linear time also for long texts
    for mine, theirs in zip(one, other, strict=True):
        if mine != theirs:
            if not _slip(mine, theirs):
                return False
            apart += Indel.distance(mine, theirs)
    letters = sum(map(len, one)) + sum(map(len, other)) + 2 * len(one)  # one space after each word
    return apart == 0 or 100 * (letters - apart) >= ALIKE * letters


def _slip(one: str, other: str) -> bool:
    """Whether two words differ by one typing error: a letter added, missing, replaced or swapped with its neighbour.

    The first letter must agree (symmetric/asymmetric), and one error is the limit (minimum/maximum have two).
    """
    if not (one[:1].isalpha() and one[:1] == other[:1]):
        return False
    if min(len(one), len(other)) < TYPO_FROM or max(len(one), len(other)) > TYPO_UP_TO:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1
