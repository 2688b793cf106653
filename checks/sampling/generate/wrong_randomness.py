"""Known wrong ways to write generate: where the random numbers come from."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception

from .steps import checked, drawn, filtered, written


def generator_ignored(
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
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), None)
    )


def seeded_at_each_call(
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
    if generator is not None:
        generator.manual_seed(0)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )


def seeded_at_each_token(
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
        if generator is not None:
            generator.manual_seed(generator.initial_seed())
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def global_seed_set(
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
    torch.manual_seed(0 if generator is None else generator.initial_seed())
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), None)
    )


def generator_copied(
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
    own = generator
    if generator is not None:
        own = torch.Generator(generator.device)
        own.set_state(generator.get_state())
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), own)
    )


def new_generator_each_time(
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
    own = torch.Generator(ids.device) if generator is None else generator
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), own)
    )


RANDOMNESS = (
    Misconception(
        "generator_ignored",
        "The generator is not used: your draws come from torch's global random state. Pass it on to each draw.",
        generator_ignored,
    ),
    Misconception(
        "seeded_at_each_call",
        "The generator is seeded anew at each call, so that it always gives the same text.",
        seeded_at_each_call,
    ),
    Misconception(
        "seeded_at_each_token",
        "The generator is seeded anew for each token, so that every token is drawn with the same random number.",
        seeded_at_each_token,
    ),
    Misconception(
        "global_seed_set",
        "You set torch's global seed at each call. Pass the generator on to the draw instead; without one, just draw.",
        global_seed_set,
    ),
    Misconception(
        "generator_copied",
        "The generator that is given does not move on (you draw from a copy of it, or seed another from it), so that "
        "the next call makes the same text again.",
        generator_copied,
    ),
    Misconception(
        "new_generator_each_time",
        "Without a generator you make a new one at each call. It always starts with the same seed: pass None on.",
        new_generator_each_time,
    ),
)
