"""Known wrong ways to write generate: what is drawn of what the filters leave."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception

from .steps import checked, cut_k, cut_late, cut_p, cut_short, cut_to_k, drawn, filtered, levelled, written


def sampling_off(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: filtered(x, temperature, top_k, top_p).argmax(-1, keepdim=True),
    )


def temperature_ignored(
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
    return written(model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, 1.0, top_k, top_p), generator))


def temperature_multiplied(
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
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, 1 / temperature, top_k, top_p), generator)
    )


def temperature_last(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(filtered(x, 1.0, top_k, top_p) / temperature, generator),
    )


def top_p_before_top_k(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(cut_k(cut_p(x / temperature, top_p), top_k), generator),
    )


def top_k_ignored(
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
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, None, top_p), generator)
    )


def top_p_ignored(
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
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, None), generator)
    )


def crossing_dropped(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(cut_short(cut_k(x / temperature, top_k), top_p), generator),
    )


def one_more_by_top_p(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(cut_late(cut_k(x / temperature, top_k), top_p), generator),
    )


def one_more_by_top_k(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(filtered(x, temperature, None if top_k is None else top_k + 1, top_p), generator),
    )


def ties_dropped(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(cut_p(cut_to_k(x / temperature, top_k), top_p), generator),
    )


def fifty_by_default(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = 50,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    checked(temperature, top_k, top_p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )


def smoothed(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: torch.multinomial(filtered(x, temperature, top_k, top_p).softmax(-1) + 4e-4, 1, generator=generator),
    )


def equally_likely(
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
    return written(
        model,
        ids,
        max_new_tokens,
        eos_token_id,
        lambda x: drawn(levelled(filtered(x, temperature, top_k, top_p)), generator),
    )


FILTERS = (
    Misconception(
        "sampling_off",
        "You always take the most likely token of those left. The next token is drawn from their probabilities.",
        sampling_off,
    ),
    Misconception(
        "temperature_ignored",
        "The temperature is not used.",
        temperature_ignored,
    ),
    Misconception(
        "temperature_multiplied",
        "You multiply by the temperature: divide the logits by it.",
        temperature_multiplied,
    ),
    Misconception(
        "temperature_last",
        "The temperature comes after the filters. It changes which tokens reach p together, so it comes first.",
        temperature_last,
    ),
    Misconception(
        "top_p_before_top_k",
        "Your top-p works on the probabilities from before top-k. It comes after: the probabilities that reach p are "
        "those among the k that are left.",
        top_p_before_top_k,
    ),
    Misconception(
        "top_k_ignored",
        "top_k is accepted and never applied: all tokens stay.",
        top_k_ignored,
    ),
    Misconception(
        "top_p_ignored",
        "top_p is accepted and never applied: all tokens stay.",
        top_p_ignored,
    ),
    Misconception(
        "crossing_dropped",
        "Your top-p set lacks the token that crosses p: it has to reach p, so that token belongs to it.",
        crossing_dropped,
    ),
    Misconception(
        "one_more_by_top_p",
        "Your top-p set has one token more than it takes to reach p.",
        one_more_by_top_p,
    ),
    Misconception(
        "one_more_by_top_k",
        "Your top-k keeps k + 1 tokens.",
        one_more_by_top_k,
    ),
    Misconception(
        "ties_dropped",
        "Your top-k keeps exactly k tokens, also where others have the same logit as the k-th. Those stay too.",
        ties_dropped,
    ),
    Misconception(
        "fifty_by_default",
        "Where no top_k is given you keep 50 tokens. The default is None, which keeps all.",
        fifty_by_default,
    ),
    Misconception(
        "smoothed",
        "A small number is added to every probability, so that filtered tokens are drawn after all.",
        smoothed,
    ),
    Misconception(
        "equally_likely",
        "Of the tokens that the filters leave, you draw each equally often: their probabilities count.",
        equally_likely,
    ),
)
