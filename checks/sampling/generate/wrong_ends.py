"""Known wrong ways to write generate: where the text ends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception

from .steps import checked, drawn, filtered


def eos_ignored(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
    return ids


def eos_dropped(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
        ids = torch.cat([ids, token], 1)
    return ids


def eos_in_prompt_stops(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        if eos_token_id is not None and bool((ids == eos_token_id).any()):
            break
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
    return ids


def eos_before_stops(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        if eos_token_id is not None and ids[0, -1].item() == eos_token_id:
            break
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
    return ids


def eos_of_zero_ignored(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id and token.item() == eos_token_id:
            break
    return ids


def total_length(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens - ids.shape[1]):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def one_too_many(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens + 1):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


ENDS = (
    Misconception(
        "eos_ignored",
        "The text does not end after an eos.",
        eos_ignored,
    ),
    Misconception(
        "eos_dropped",
        "The eos that ends the text is left out: it is to be kept.",
        eos_dropped,
    ),
    Misconception(
        "eos_in_prompt_stops",
        "You look for an eos in the whole text. Only one that was made here ends it, not one in the prompt.",
        eos_in_prompt_stops,
    ),
    Misconception(
        "eos_before_stops",
        "You look at the last token before you make the next one, so that a prompt that ends with an eos gets nothing.",
        eos_before_stops,
    ),
    Misconception(
        "eos_of_zero_ignored",
        "An eos_token_id of 0 counts as none: 0 is false in Python. Write `is not None`.",
        eos_of_zero_ignored,
    ),
    Misconception(
        "total_length",
        "You stop when the whole text has max_new_tokens tokens. The prompt does not count.",
        total_length,
    ),
    Misconception(
        "one_too_many",
        "You make one token too many.",
        one_too_many,
    ),
)
