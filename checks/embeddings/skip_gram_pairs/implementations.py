"""Ways to make skip-gram pairs: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from autograder.checks import Misconception, Variant

Pairs = list[tuple[Any, Any]]

# ---- right ----------------------------------------------------------------------------------------------------


def two_loops(tokens: list[Any], window: int) -> Pairs:
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def left_then_right(tokens: list[Any], window: int) -> Pairs:
    pairs: Pairs = []
    for i, center in enumerate(tokens):
        around = tokens[max(i - window, 0) : i] + tokens[i + 1 : i + 1 + window]
        pairs += [(center, word) for word in around]
    return pairs


def steps_tried(tokens: list[Any], window: int) -> Pairs:
    steps = [step for step in range(-window, window + 1) if step]
    return [(tokens[i], tokens[i + s]) for i in range(len(tokens)) for s in steps if 0 <= i + s < len(tokens)]


def sorted_places(tokens: list[Any], window: int) -> Pairs:
    places = [(i, i + step) for step in range(1, window + 1) for i in range(len(tokens) - step)]
    return [(tokens[i], tokens[j]) for i, j in sorted(places + [(j, i) for i, j in places])]


def by_torch(tokens: list[Any], window: int) -> Pairs:
    places = torch.arange(len(tokens))
    apart = (places[:, None] - places).abs()
    near = ((apart > 0) & (apart <= window)).nonzero()
    return [(tokens[i], tokens[j]) for i, j in near.tolist()]


def _around(tokens: list[Any], window: int) -> Iterator[tuple[Any, Any]]:
    for i, center in enumerate(tokens):
        for j, word in enumerate(tokens):
            if i != j and abs(i - j) <= window:
                yield center, word


def generator_made_a_list(tokens: list[Any], window: int) -> Pairs:
    return list(_around(tokens, window))


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        two_loops, left_then_right, steps_tried, sorted_places, by_torch, generator_made_a_list,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def right_side_only(tokens: list[Any], window: int) -> Pairs:
    return [(center, word) for i, center in enumerate(tokens) for word in tokens[i + 1 : i + 1 + window]]


def left_side_only(tokens: list[Any], window: int) -> Pairs:
    return [(center, word) for i, center in enumerate(tokens) for word in tokens[max(i - window, 0) : i]]


def with_itself(tokens: list[Any], window: int) -> Pairs:
    near = [(i, j) for i in range(len(tokens)) for j in range(max(0, i - window), min(len(tokens), i + window + 1))]
    return [(tokens[i], tokens[j]) for i, j in near]


def equal_words_skipped(tokens: list[Any], window: int) -> Pairs:
    return [(center, word) for center, word in two_loops(tokens, window) if center != word]


def last_place_missing(tokens: list[Any], window: int) -> Pairs:
    pairs = []
    for i, center in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window)):
            if j != i:
                pairs.append((center, tokens[j]))
    return pairs


def not_clipped_on_the_left(tokens: list[Any], window: int) -> Pairs:
    pairs: Pairs = []
    for i, center in enumerate(tokens):
        pairs += [(center, word) for word in tokens[i - window : i] + tokens[i + 1 : i + 1 + window]]
    return pairs


def wrapped_around(tokens: list[Any], window: int) -> Pairs:
    steps = [step for step in range(-window, window + 1) if step]
    return [(center, tokens[(i + step) % len(tokens)]) for i, center in enumerate(tokens) for step in steps]


def past_the_end(tokens: list[Any], window: int) -> Pairs:
    return [(tokens[i], tokens[j]) for i in range(len(tokens)) for j in range(i - window, i + window + 1) if j != i]


def whole_windows_only(tokens: list[Any], window: int) -> Pairs:
    steps = [step for step in range(-window, window + 1) if step]
    return [(tokens[i], tokens[i + s]) for i in range(window, len(tokens) - window) for s in steps]


def window_halved(tokens: list[Any], window: int) -> Pairs:
    return two_loops(tokens, window // 2)


def one_place_more(tokens: list[Any], window: int) -> Pairs:
    return two_loops(tokens, window + 1)


def always_two(tokens: list[Any], window: int) -> Pairs:
    return two_loops(tokens, 2)


def farthest_only(tokens: list[Any], window: int) -> Pairs:
    n = len(tokens)
    return [(tokens[i], tokens[j]) for i in range(n) for j in (i - window, i + window) if 0 <= j < n]


def context_first(tokens: list[Any], window: int) -> Pairs:
    return [(word, center) for center, word in two_loops(tokens, window)]


def lists_for_pairs(tokens: list[Any], window: int) -> list[list[Any]]:
    return [list(pair) for pair in two_loops(tokens, window)]


def grouped_by_center(tokens: list[Any], window: int) -> list[tuple[Any, list[Any]]]:
    n = len(tokens)
    return [(center, [tokens[j] for j in range(n) if 0 < abs(i - j) <= window]) for i, center in enumerate(tokens)]


def nearest_first(tokens: list[Any], window: int) -> Pairs:
    n = len(tokens)
    places = [(i, j) for i in range(n) for j in range(n) if 0 < abs(i - j) <= window]
    return [(tokens[i], tokens[j]) for i, j in sorted(places, key=lambda pair: (pair[0], abs(pair[0] - pair[1])))]


def both_ways_at_once(tokens: list[Any], window: int) -> Pairs:
    pairs = []
    for i, center in enumerate(tokens):
        for word in tokens[i + 1 : i + 1 + window]:
            pairs += [(center, word), (word, center)]
    return pairs


def each_pair_once(tokens: list[Any], window: int) -> Pairs:
    return list(dict.fromkeys(two_loops(tokens, window)))


def first_place_looked_up(tokens: list[Any], window: int) -> Pairs:
    pairs: Pairs = []
    for center in tokens:
        i = tokens.index(center)
        pairs += [(center, word) for word in tokens[max(i - window, 0) : i] + tokens[i + 1 : i + 1 + window]]
    return pairs


def places_returned(tokens: list[Any], window: int) -> Pairs:
    return two_loops(list(range(len(tokens))), window)


def generator_returned(tokens: list[Any], window: int) -> Iterator[tuple[Any, Any]]:
    return _around(tokens, window)


def tokens_eaten(tokens: list[Any], window: int) -> Pairs:
    pairs, seen = [], []  # type: ignore[var-annotated]  # lists of tokens, whatever those are
    while tokens:
        center = tokens.pop(0)
        pairs += [(center, word) for word in seen[-window:] + tokens[:window]]
        seen.append(center)
    return pairs


def first_token_for_none(tokens: list[Any], window: int) -> Pairs:
    return [(center, word) for center, word in two_loops(tokens, window) if center and word]


MISCONCEPTIONS = (
    Misconception(
        "right_side_only", "Only words after the center are its context. Those before it count too.", right_side_only
    ),
    Misconception(
        "left_side_only", "Only words before the center are its context. Those after it count too.", left_side_only
    ),
    Misconception("with_itself", "The center is paired with itself: skip its own place (j == i).", with_itself),
    Misconception(
        "equal_words_skipped",
        "You skip words that equal the center. Skip its place (j != i), not its word: the same word may come twice.",
        equal_words_skipped,
    ),
    Misconception(
        "last_place_missing",
        "The last word of the window is missing on the right: range(..., i + window) stops one place before.",
        last_place_missing,
    ),
    Misconception(
        "not_clipped_on_the_left",
        "Near the start, tokens[i - window : i] begins at a negative place, which Python counts from the end. Use "
        "max(i - window, 0).",
        not_clipped_on_the_left,
    ),
    Misconception(
        "wrapped_around", "At the edges your window goes on at the other end of the list: clip it.", wrapped_around
    ),
    Misconception(
        "past_the_end",
        "Your window leaves the list: at its start negative places count from the end, at its end there is an "
        "IndexError. Clip it with max(0, ...) and min(len(tokens), ...).",
        past_the_end,
    ),
    Misconception(
        "whole_windows_only",
        "Words near the edges are never centers. They have a smaller window: clip it instead of leaving them out.",
        whole_windows_only,
    ),
    Misconception(
        "window_halved",
        "You look window / 2 words to each side. The window counts the words on one side.",
        window_halved,
    ),
    Misconception("one_place_more", "Your window reaches one word too far on each side.", one_place_more),
    Misconception("always_two", "The argument `window` is not used: yours is always 2.", always_two),
    Misconception(
        "farthest_only", "You take only the words exactly `window` places away: take all up to there.", farthest_only
    ),
    Misconception("context_first", "Your pairs are (context, center): the center comes first.", context_first),
    Misconception("lists_for_pairs", "Your pairs are lists. Make them tuples: (center, context).", lists_for_pairs),
    Misconception(
        "grouped_by_center",
        "You return all contexts of a center together. Here every pair (center, context) stands alone.",
        grouped_by_center,
    ),
    Misconception(
        "nearest_first",
        "The contexts of a center come by their distance. They come by their position, from left to right.",
        nearest_first,
    ),
    Misconception(
        "both_ways_at_once",
        "The pairs are right, but not in order: all pairs of the first center come first, then those of the second.",
        both_ways_at_once,
    ),
    Misconception(
        "each_pair_once", "A pair that comes twice in the text is only kept once. Keep every one.", each_pair_once
    ),
    Misconception(
        "first_place_looked_up",
        "tokens.index(word) finds the first place of a word, also when it comes again. Count places with enumerate.",
        first_place_looked_up,
    ),
    Misconception("places_returned", "You return places in the list: return the tokens there.", places_returned),
    Misconception("generator_returned", "You return a generator: return a list.", generator_returned),
    Misconception("tokens_eaten", "The list of tokens is empty afterwards: leave it as it was.", tokens_eaten),
    Misconception(
        "first_token_for_none",
        "The id 0 is left out: `if token` takes it for nothing. Compare places, not tokens.",
        first_token_for_none,
    ),
)
