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
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

# Of the letters that two texts have, the share that must agree (rapidfuzz: 2 · matches / all). A slip in every
# sentence of 60 letters leaves 0.98; two students who say the same in their own words reach 0.8. In between lies 0.92.
# Beyond it the words decide, so the number bounds only how many slips one text may have.
ALIKE = 92.0
TYPO_FROM = 5  # letters: in shorter words one letter makes another word (not/now, loss/less, more/mode)

_ARTICLES = frozenset({"a", "an", "the"})
_TOKEN = re.compile(
    r"\$\$.+?\$\$|\$[^$\n]+?\$|`[^`\n]+`"  # formulas and code: whole, as they are
    r"|\d+(?:[.,]\d+)*|\.\d+"
    r"|[^\W\d_]+(?:['-][^\W\d_]+)*"
    r"|(?P<sign>(?<=\w)\*(?=\w)|(?<=\s)\*(?=\s)|(?<=\d)!)"  # a product or a factorial, not emphasis
    r"|\S",
    re.DOTALL,
)
_SILENT = frozenset(".,;:!?\"'()[]*_`…—")  # marks that change how a text looks, hardly what it says
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "−": "-", "–": "-", "\u00a0": " ", "\u200b": ""})


def tidy(text: str, *, code: bool = False) -> str:
    """The text up to white space: two answers with the same tidy text are identical. Code keeps its lines."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if code:
        return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())
    return " ".join(text.split())


def near(one: str, other: str) -> bool:
    """Whether two texts are near-identical, see above."""
    return _near(_tokens(one), _tokens(other))


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
        words = _tokens(text)
        others = same_length.setdefault(len(words), [])
        for other, other_words in others:
            if _near(words, other_words):
                found[text].append(other)
                found[other].append(text)
        others.append((text, words))
    return found


def digest(text: str) -> str:
    """A short name for a text, the same wherever it is computed; says nothing of who wrote it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def changed_words(text: str, middle: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it says something else than the text in the middle of the group.

    What differs in its looks alone (capitals, commas, emphasis) does not. The pieces joined are the text.
    """
    mine, theirs = re.findall(r"\s+|\S+", text), re.findall(r"\S+", middle)
    places = [n for n, piece in enumerate(mine) if _tokens(piece)]
    same: set[int] = set()
    matcher = SequenceMatcher(
        None,
        [_tokens(mine[n]) for n in places],
        [words for piece in theirs if (words := _tokens(piece))],
        autojunk=False,
    )
    for block in matcher.get_matching_blocks():
        same.update(places[block.a : block.a + block.size])
    pieces: list[tuple[str, bool]] = []
    for n, piece in enumerate(mine):
        differs = n in places and n not in same
        if pieces and pieces[-1][1] == differs:
            pieces[-1] = (pieces[-1][0] + piece, differs)
        else:
            pieces.append((piece, differs))
    return pieces


def _near(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) != len(other) or not all(a == b or _slip(a, b) for a, b in zip(one, other, strict=True)):
        return False
    return one == other or fuzz.ratio(" ".join(one), " ".join(other)) >= ALIKE


def _slip(one: str, other: str) -> bool:
    """Whether two words are one, mistyped: a letter more, less, other or swapped with its neighbour, not the first
    (symmetric/asymmetric), and only one (minimum/maximum are two apart)."""
    if not (one[:1].isalpha() and one[:1] == other[:1]) or min(len(one), len(other)) < TYPO_FROM:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1


@functools.lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    found = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] in "$`" and len(token) > 1:
            found.append("".join(token.split()))
            continue
        token = token.casefold()
        if token in _ARTICLES or (token in _SILENT and not match["sign"]):
            continue
        found.append("0" + token if token[0] == "." else token)
    return tuple(found)
