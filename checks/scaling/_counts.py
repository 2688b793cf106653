"""Counts of groups of tokens and what is made of them, for the right and wrong implementations of ngram_loss."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

Sequences = Sequence[Sequence[int] | Tensor]


def lists(sequences: Sequences) -> list[list[int]]:
    return [[int(token) for token in ids] for ids in sequences]


def refuse(n: int) -> None:
    if n < 1:
        raise ValueError("n is at least 1")


def table(train: Sequences, n: int) -> dict[tuple[int, ...], dict[int, int]]:
    """context -> token -> how often it followed."""
    found: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for ids in lists(train):
        for t, token in enumerate(ids):
            for m in range(min(n - 1, t) + 1):
                found[tuple(ids[t - m : t])][token] += 1
    return found


def blended(
    found: dict[tuple[int, ...], dict[int, int]], context: tuple[int, ...], token: int, vocab_size: int
) -> float:
    """The probability of the contract, from its longest context."""
    row = found.get(context, {})
    if not context:
        return (row.get(token, 0) + 1) / (sum(row.values()) + vocab_size)
    return (row.get(token, 0) + blended(found, context[1:], token, vocab_size)) / (sum(row.values()) + 1)


def losses(
    train: Sequences, test: Sequences, n: int, probability: Callable[[Any, tuple[int, ...], int], float]
) -> list[list[float]]:
    """-ln p of each token of each sequence of test, p by `probability` from a table of counts."""
    found = table(train, n)
    return [
        [-math.log(probability(found, tuple(ids[max(t - n + 1, 0) : t]), token)) for t, token in enumerate(ids)]
        for ids in lists(test)
    ]


def mean(found: list[list[float]]) -> float:
    flat = [loss for row in found for loss in row]
    return math.fsum(flat) / len(flat)


def standard(train: Sequences, test: Sequences, n: int, vocab_size: int) -> list[list[float]]:
    refuse(n)
    return losses(train, test, n, lambda found, context, token: blended(found, context, token, vocab_size))
