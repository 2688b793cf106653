"""Known wrong ways to write generate: what the model sees, and what is returned."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception

from .steps import checked, drawn, filtered, powers, unchecked, written


def last_token_only(
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
        token = drawn(filtered(model(ids[:, -1:]).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def last_two_tokens(
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
        token = drawn(filtered(model(ids[:, -2:]).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def prompt_only(
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
    prompt = ids
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(prompt).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def first_position(
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
        token = drawn(filtered(model(ids).logits[:, 0], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def left_in_eval(
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
    model.eval()
    checked(temperature, top_k, top_p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )


def left_in_train(
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
    model.eval()
    text = written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )
    model.train()
    return text


def no_value_error(
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
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(unchecked(x, temperature, top_k, top_p), generator)
    )


def false_values_turn_off(
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
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    k, p = top_k or None, top_p or None
    checked(temperature, k, p)
    return written(model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, k, p), generator))


def only_zero_refused(
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
    if not temperature or (top_k is not None and not top_k) or (top_p is not None and (not top_p or top_p > 1)):
        raise ValueError("a bad temperature, top_k or top_p")
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(unchecked(x, temperature, top_k, top_p), generator)
    )


def rounded_to_float32(
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
        lambda x: drawn(filtered(x.float(), temperature, top_k, top_p), generator),
    )


def overflows(
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
        lambda x: torch.multinomial(powers(filtered(x, temperature, top_k, top_p)), 1, generator=generator),
    )


def new_tokens_only(
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
    start = ids.shape[1]
    checked(temperature, top_k, top_p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )[:, start:]


def flat_row(
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
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )[0]


def int32_returned(
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
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    ).int()


def input_edited(
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
    text = written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )
    ids.copy_(text[:, -ids.shape[1] :])
    return text


TEXT = (
    Misconception(
        "last_token_only",
        "The model is given only the last token, so it has forgotten all before it. Give it the whole text.",
        last_token_only,
    ),
    Misconception(
        "last_two_tokens",
        "The model is given only the end of the text. Give it all of it.",
        last_two_tokens,
    ),
    Misconception(
        "prompt_only",
        "The model sees nothing but the prompt: it is to be asked again for each token, with those made since.",
        prompt_only,
    ),
    Misconception(
        "first_position",
        "You read the logits at the first position. What comes next stands at the last one: logits[:, -1].",
        first_position,
    ),
    Misconception(
        "left_in_eval",
        "You switch the model to eval mode and leave it so. Note `model.training` before, and set it back after.",
        left_in_eval,
    ),
    Misconception(
        "left_in_train",
        "Afterwards you always switch the model to train mode, also where it was in eval mode before.",
        left_in_train,
    ),
    Misconception(
        "no_value_error",
        "A bad temperature, top_k or top_p is not refused: raise ValueError, as the filters do.",
        no_value_error,
    ),
    Misconception(
        "false_values_turn_off",
        "top_k=0 or top_p=0 turns the filter off: 0 is false in Python. Only None does that; write `is not None`.",
        false_values_turn_off,
    ),
    Misconception(
        "only_zero_refused",
        "You refuse 0 but not what is below it: `not temperature` is true for 0 alone. Compare with numbers.",
        only_zero_refused,
    ),
    Misconception(
        "rounded_to_float32",
        "The logits are rounded to float32 before they are filtered: a model in float64 tells more tokens apart.",
        rounded_to_float32,
    ),
    Misconception(
        "overflows",
        "exp of large logits overflows. torch.softmax avoids that by subtracting the largest first.",
        overflows,
    ),
    Misconception(
        "new_tokens_only",
        "You return the new tokens only: the prompt belongs in front.",
        new_tokens_only,
    ),
    Misconception(
        "flat_row",
        "The shape is (T + n,): the batch dim of 1 has to stay.",
        flat_row,
    ),
    Misconception(
        "int32_returned",
        "Your tokens are int32: long (int64) is asked.",
        int32_returned,
    ),
    Misconception(
        "input_edited",
        "The ids given are changed in place: work on a copy.",
        input_edited,
    ),
)
