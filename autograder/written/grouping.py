"""Groups texts that say the same in the same words; pure, on the path between the records' answers and the TA's page.

Two texts are *identical* when they differ in white space at most. They are *near-identical* when a reader would not
mark them differently: capitals, punctuation, emphasis, articles and slips of the keyboard differ. A number, a sign, a
formula, a `not` or a word more is another answer, however alike the letters are, and starts a group of its own:
leaving two alike answers apart costs a TA one more look, joining two unlike ones costs a student a mark.

The result does not depend on the order of the texts. A group is a star, not a chain: every member is near the text
in its middle, the one that most students wrote.
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

from autograder.written.words import normal, tokens, words

# Of the letters that two texts have, the share that must agree, in percent (2 · matches / all). A slip in a
# sentence of 60 letters leaves 98, a class of typists 96 and more; the same said in other words reaches 70. The words
# decide in any case, so the number bounds how many slips one text may have: a slip in every word of it is too many.
ALIKE = 92.0
TYPO_FROM = 5  # letters: in shorter words one letter makes another word (not/now, loss/less, more/mode)
LONGEST = 20_000  # letters of a text that is compared; longer ones are grouped where they are identical
TYPO_UP_TO = 64  # letters: longer ones nobody types, and comparing them is slow


def tidy(text: str, *, code: bool = False) -> str:
    """The text up to white space: two answers with the same tidy text are identical. Code keeps its lines."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if code:
        return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())
    return " ".join(text.split())


def near(one: str, other: str) -> bool:
    """Whether two texts are near-identical, see above."""
    return max(len(one), len(other)) <= LONGEST and _near(words(one), words(other))


def stars(texts: Iterable[str], *, code: bool = False) -> dict[str, str]:
    """For each tidy text the one in the middle of its group. `texts`: one for each student, repeated as often as
    it was written. Code is grouped by identity alone: there one letter is another program."""
    counted = Counter(texts)
    if code:
        return {text: text for text in counted}
    return dict(_stars(tuple(sorted(counted.items()))))


@functools.lru_cache(maxsize=64)  # a page asks again with every click, and answers change only with a new submission
def _stars(counted: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    """The text that is near those of most students is a middle and takes them; then the same with the rest."""
    weight = dict(counted)
    near = _neighbours(list(weight))
    middle: dict[str, str] = {}
    while len(middle) < len(weight):
        left = {text: [other for other in near[text] if other not in middle] for text in weight if text not in middle}
        centre = min(left, key=lambda text: (-sum(weight[o] for o in left[text]), -weight[text], text))
        middle |= dict.fromkeys(left[centre], centre)
    return tuple(middle.items())


def _neighbours(texts: Sequence[str]) -> dict[str, list[str]]:
    """For each text those that are near it, itself among them."""
    found = {text: [text] for text in texts}
    same_length: dict[int, list[tuple[str, Sequence[str]]]] = {}
    for text in texts:
        if len(text) > LONGEST:
            continue
        mine = words(text)
        others = same_length.setdefault(len(mine), [])
        for other, theirs in others:
            if _near(mine, theirs):
                found[text].append(other)
                found[other].append(text)
        others.append((text, mine))
    return found


def digest(text: str) -> str:
    """A short name for a text, the same wherever it is computed; says nothing of who wrote it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def changed_words(text: str, middle: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it says something else than the text in the middle of the group.

    What differs in its looks alone (capitals, commas, emphasis) does not. The pieces joined are the text. The two are
    near, so they have as many words; ValueError where they are not.
    """
    pieces = re.findall(r"\s+|\S+", text)
    spoken = [n for n, piece in enumerate(pieces) if not piece.isspace()]
    read = [normal(pieces[n]) for n in spoken]
    starts = list(accumulate((len(piece) + 1 for piece in read), initial=0))  # in the text as tidy() leaves it
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


def _near(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) != len(other):
        return False
    apart = 0  # letters to delete and insert; word by word, as a text of a megabyte takes no longer than it is long
    for mine, theirs in zip(one, other, strict=True):
        if mine != theirs:
            if not _slip(mine, theirs):
                return False
            apart += Indel.distance(mine, theirs)
    letters = sum(map(len, one)) + sum(map(len, other)) + 2 * len(one)  # a space each
    return apart == 0 or 100 * (letters - apart) >= ALIKE * letters


def _slip(one: str, other: str) -> bool:
    """Whether two words are one, mistyped: a letter more, less, other or swapped with its neighbour, not the first
    (symmetric/asymmetric), and only one (minimum/maximum are two apart)."""
    if not (one[:1].isalpha() and one[:1] == other[:1]):
        return False
    if min(len(one), len(other)) < TYPO_FROM or max(len(one), len(other)) > TYPO_UP_TO:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1
