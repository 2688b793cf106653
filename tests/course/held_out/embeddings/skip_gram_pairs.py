"""Wrong and unusual right versions of skip_gram_pairs(tokens, window)."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Hashable
from itertools import chain
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


# ---------------------------------------------------------------- wrong
def last_neighbour_forgotten(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Ends the range at i + window in place of i + window + 1: the farthest right neighbour is missing."""
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def center_pairs_with_itself(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Leaves the position of the center in: every token also pairs with itself."""
    pairs = []
    for i, center in enumerate(tokens):
        for context in tokens[max(0, i - window) : i + window + 1]:
            pairs.append((center, context))
    return pairs


def equal_tokens_skipped(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Skips a context equal to the center by value, not by position: ["a", "a"] gives nothing."""
    pairs = []
    for i, center in enumerate(tokens):
        for context in tokens[max(0, i - window) : i + window + 1]:
            if context != center:
                pairs.append((center, context))
    return pairs


def negative_start_wraps(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Slices from i - window without max(0, ...): near the start the slice is empty or comes from the end."""
    pairs = []
    for i, center in enumerate(tokens):
        for context in tokens[i - window : i] + tokens[i + 1 : i + 1 + window]:
            pairs.append((center, context))
    return pairs


def circular_text(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Counts positions modulo the length: the first token gets the last one as context."""
    n = len(tokens)
    offsets = [o for o in range(-window, window + 1) if o != 0]
    return [(tokens[i], tokens[(i + o) % n]) for i in range(n) for o in offsets]


def first_position_of_the_word(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Finds the position with tokens.index: a repeated token always gets the neighbours of its first place."""
    pairs = []
    for center in tokens:
        i = tokens.index(center)
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def each_pair_once(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Removes repeated pairs: "a b a b" loses its second (a, b)."""
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return list(dict.fromkeys(pairs))


def context_comes_first(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Writes (context, center): sorted by center, but the tuple is the wrong way round."""
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((tokens[j], center))
    return pairs


def nearest_first(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Goes by distance (left 1, right 1, left 2, right 2): the same pairs, in another order for window > 1."""
    pairs = []
    for i, center in enumerate(tokens):
        for distance in range(1, window + 1):
            for j in (i - distance, i + distance):
                if 0 <= j < len(tokens):
                    pairs.append((center, tokens[j]))
    return pairs


def distance_in_the_outer_loop(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Loops over offsets outside and centers inside: all pairs are there, not by center."""
    pairs = []
    for offset in [o for o in range(-window, window + 1) if o]:
        for i, center in enumerate(tokens):
            if 0 <= i + offset < len(tokens):
                pairs.append((center, tokens[i + offset]))
    return pairs


def lists_for_tuples(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Returns two-element lists in place of tuples."""
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append([center, tokens[j]])
    return pairs  # type: ignore[return-value]


def full_windows_only(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Skips centers whose window passes an edge in place of clipping it: the first and last tokens give no pairs."""
    pairs = []
    for i in range(window, len(tokens) - window):
        for j in range(i - window, i + window + 1):
            if j != i:
                pairs.append((tokens[i], tokens[j]))
    return pairs


def shrinks_the_window_at_random(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Draws the window of each center from 1..window as word2vec does: pairs are missing for window > 1."""
    pairs = []
    for i, center in enumerate(tokens):
        reach = random.randint(1, window)
        for j in range(max(0, i - reach), min(len(tokens), i + reach + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def falsy_tokens_lost(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Tests a neighbour's truth for "is there one": token 0 (or "") is never a context."""
    pairs = []
    padded = [None] * window + list(tokens) + [None] * window
    for i, center in enumerate(tokens):
        for j in chain(range(i, i + window), range(i + window + 1, i + 2 * window + 1)):
            if padded[j]:
                pairs.append((center, padded[j]))
    return pairs  # type: ignore[return-value]


def padded_with_none(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Pads the edges and keeps the pads: tokens at an edge pair with None."""
    pairs = []
    padded = [None] * window + list(tokens) + [None] * window
    for i, center in enumerate(tokens):
        for j in chain(range(i, i + window), range(i + window + 1, i + 2 * window + 1)):
            pairs.append((center, padded[j]))
    return pairs  # type: ignore[return-value]


def one_generator(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Returns a generator: it has no length and is empty the second time."""
    n = len(tokens)
    return (  # type: ignore[return-value]
        (tokens[i], tokens[j]) for i in range(n) for j in range(max(0, i - window), min(n, i + window + 1)) if j != i
    )


def short_text_refused(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Raises ValueError where the window is not shorter than the text, which should only clip: 3 tokens, window 5."""
    if window >= len(tokens):
        raise ValueError("window longer than the text")
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def only_to_the_right(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Pairs each token with the ones after it and adds the mirror image at once: right pairs, wrong order."""
    pairs = []
    for i, center in enumerate(tokens):
        for context in tokens[i + 1 : i + 1 + window]:
            pairs.append((center, context))
            pairs.append((context, center))
    return pairs


def eats_its_tokens(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Pops tokens from the caller's list: the pairs are right, the list is empty afterwards."""
    copy = list(tokens)
    pairs = []
    i = 0
    while tokens:
        center = tokens.pop(0)
        for j in range(max(0, i - window), min(len(copy), i + window + 1)):
            if j != i:
                pairs.append((center, copy[j]))
        i += 1
    return pairs


def sorted_at_the_end(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Sorts the pairs by value, not by position: "the cat" gives (cat, the) first."""
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return sorted(pairs)


# ---------------------------------------------------------------- right
def left_then_right(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Chains what stands left and what stands right."""

    def around(i: int) -> list[T]:
        return tokens[max(i - window, 0) : i] + tokens[i + 1 : i + 1 + window]

    return [(center, context) for i, center in enumerate(tokens) for context in around(i)]


def sliding_deque(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Keeps the left neighbours in a deque of fixed length and slices the right ones."""
    left: deque[T] = deque(maxlen=window)
    pairs: list[tuple[T, T]] = []
    for i, center in enumerate(tokens):
        pairs += [(center, context) for context in left]
        pairs += [(center, context) for context in tokens[i + 1 : i + window + 1]]
        left.append(center)
    return pairs


def all_positions_filtered(tokens: list[T], window: int) -> list[tuple[T, T]]:
    """Tries every pair of positions and keeps those at distance 1..window."""
    n = len(tokens)
    return [(tokens[i], tokens[j]) for i in range(n) for j in range(n) if 1 <= abs(i - j) <= window]


WRONG = (
    last_neighbour_forgotten,
    center_pairs_with_itself,
    equal_tokens_skipped,
    negative_start_wraps,
    circular_text,
    first_position_of_the_word,
    each_pair_once,
    context_comes_first,
    nearest_first,
    distance_in_the_outer_loop,
    lists_for_tuples,
    full_windows_only,
    shrinks_the_window_at_random,
    falsy_tokens_lost,
    padded_with_none,
    one_generator,
    short_text_refused,
    only_to_the_right,
    eats_its_tokens,
    sorted_at_the_end,
)
RIGHT = (left_then_right, sliding_deque, all_positions_filtered)
