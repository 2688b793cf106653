"""Known wrong ways to write generate: values and modes that are taken for others, and texts that go on or forget."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception

from .steps import checked, drawn, filtered, written


def temperature_capped(
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
        lambda x: drawn(filtered(x, min(temperature, 2.5), top_k, top_p), generator),
    )


def greedy_when_cold(
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
    if temperature < 0.1:
        top_k = 1
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )


def nucleus_by_default(
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
    p = 0.95 if top_p is None else top_p
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, p), generator)
    )


def ten_thousand_filled(
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
        lambda x: drawn(filtered(x, temperature, top_k, top_p).nan_to_num(neginf=-10_000.0), generator),
    )


def zero_k_turns_off(
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
    k = top_k or None
    checked(temperature, k, top_p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, k, top_p), generator)
    )


def p_outside_turns_off(
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
    p = top_p if top_p is not None and 0 < top_p < 1 else None
    checked(temperature, top_k, p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, p), generator)
    )


def greedy_at_zero(
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
    if temperature == 0:
        return written(model, ids, max_new_tokens, eos_token_id, lambda x: x.argmax(-1, keepdim=True))
    checked(temperature, top_k, top_p)
    return written(
        model, ids, max_new_tokens, eos_token_id, lambda x: drawn(filtered(x, temperature, top_k, top_p), generator)
    )


def state_put_back(
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
    state = None if generator is None else generator.get_state()
    for _ in range(max_new_tokens):
        if generator is not None:
            generator.set_state(state)
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def padded_after_eos(
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
    missing = ids.shape[1] + max_new_tokens - text.shape[1]
    return torch.cat([text, text[:, -1:].repeat(1, missing)], 1)


def newest_token_only(
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
    seen = ids
    for _ in range(max_new_tokens):
        token = seen = drawn(filtered(model(seen).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def eval_after_an_eos(
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
    was_training = model.training
    model.eval()
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            return ids
    model.train(was_training)
    return ids


def eval_after_an_error(
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
    was_training = model.training
    model.eval()
    checked(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        token = drawn(filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    model.train(was_training)
    return ids


EXTREMES = (
    Misconception(
        "temperature_capped",
        "A high temperature is replaced by a lower one. There is no upper limit: use it as it is.",
        temperature_capped,
    ),
    Misconception(
        "greedy_when_cold",
        "At a low temperature you take the most likely token. Only its probability grows there: what is nearly "
        "as likely is still drawn.",
        greedy_when_cold,
    ),
    Misconception(
        "nucleus_by_default",
        "Where no top_p is given you drop the least likely tokens. The default is None, which keeps all.",
        nucleus_by_default,
    ),
    Misconception(
        "ten_thousand_filled",
        "Dropped tokens get a logit of -10,000. At a low temperature those that stay may lie below it: fill with -inf.",
        ten_thousand_filled,
    ),
    Misconception(
        "zero_k_turns_off",
        "top_k=0 turns the filter off: 0 is false in Python. Only None does that; write `is not None`.",
        zero_k_turns_off,
    ),
    Misconception(
        "p_outside_turns_off",
        "A top_p that is 0 or below, or above 1, turns the filter off. It has to raise ValueError.",
        p_outside_turns_off,
    ),
    Misconception(
        "greedy_at_zero",
        "A temperature of 0 makes your text greedy. It has to raise ValueError.",
        greedy_at_zero,
    ),
    Misconception(
        "state_put_back",
        "The generator is put back before each token, so that every one is drawn with the same random number.",
        state_put_back,
    ),
    Misconception(
        "padded_after_eos",
        "After the eos you fill up to the full length: the text is to end there.",
        padded_after_eos,
    ),
    Misconception(
        "newest_token_only",
        "After the first step the model is given only the newest token. Without a cache it has forgotten all "
        "before it.",
        newest_token_only,
    ),
    Misconception(
        "eval_after_an_eos",
        "Where an eos ends the text, you return before the model's mode is set back. Leave the loop with "
        "`break`, or use try and finally.",
        eval_after_an_eos,
    ),
    Misconception(
        "eval_after_an_error",
        "When a value is refused, the model stays in eval mode: the exception leaves the function before the mode is "
        "set back. Look at the values first, or use try and finally.",
        eval_after_an_error,
    ),
)
