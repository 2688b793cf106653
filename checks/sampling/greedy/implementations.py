"""Ways to write greedy: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def appended(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], dim=1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def in_a_list(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    tokens = ids[0].tolist()
    while max_new_tokens > 0:
        row = model(torch.tensor([tokens], device=ids.device)).logits[0, -1].tolist()
        tokens.append(row.index(max(row)))
        max_new_tokens -= 1
        if tokens[-1] == eos_token_id:
            break
    return torch.tensor([tokens], device=ids.device)


def in_a_buffer(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    start = ids.shape[1]
    text = torch.zeros(1, start + max_new_tokens, dtype=ids.dtype, device=ids.device)
    text[:, :start] = ids
    for end in range(start, start + max_new_tokens):
        text[0, end] = torch.topk(model(text[:, :end]).logits[0, -1], 1).indices[0]
        if eos_token_id is not None and int(text[0, end]) == eos_token_id:
            return text[:, : end + 1]
    return text


def by_probabilities(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    text = ids.clone()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            log_probabilities = torch.log_softmax(model(text).logits[:, -1, :], dim=-1)
            token = log_probabilities.max(dim=-1).indices
            text = torch.cat((text, token[:, None]), dim=-1)
            if eos_token_id is not None and bool((token == eos_token_id).all()):
                break
    return text


def recursive(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    if max_new_tokens == 0:
        return ids
    token = model(ids).logits[0, -1].argsort(descending=True)[:1]
    ids = torch.hstack([ids, token.unsqueeze(0)])
    return ids if token == eos_token_id else recursive(model, ids, max_new_tokens - 1, eos_token_id)


VARIANTS = tuple(
    Variant(function.__name__, function) for function in (appended, in_a_list, in_a_buffer, by_probabilities, recursive)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def best(model: Any, ids: Tensor) -> Tensor:
    """The most likely next token (1, 1)."""
    token: Tensor = model(ids).logits[:, -1].argmax(-1, keepdim=True)
    return token


def least_likely(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = model(ids).logits[:, -1].argmin(-1, keepdim=True)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def drawn(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = torch.multinomial(torch.softmax(model(ids).logits[:, -1], -1), 1)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def last_token_only(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids[:, -1:])
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def last_two_tokens(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids[:, -2:])
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def prompt_only(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    prompt = ids
    for _ in range(max_new_tokens):
        token = best(model, prompt)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def first_position(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = model(ids).logits[:, 0].argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def all_at_once(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    tokens = model(ids).logits[:, -1].topk(max_new_tokens, -1).indices
    return torch.cat([ids, tokens], 1)


def total_length(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    while ids.shape[1] < max_new_tokens:
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def one_too_few(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(1, max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def one_too_many(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens + 1):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def at_least_one(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    made = 0
    while True:
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        made += 1
        if made >= max_new_tokens or (eos_token_id is not None and token.item() == eos_token_id):
            return ids


def eos_ignored(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        ids = torch.cat([ids, best(model, ids)], 1)
    return ids


def eos_dropped(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
        ids = torch.cat([ids, token], 1)
    return ids


def one_after_eos(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for made in range(max_new_tokens):
        stop = made > 0 and eos_token_id is not None and ids[0, -1].item() == eos_token_id
        ids = torch.cat([ids, best(model, ids)], 1)
        if stop:
            break
    return ids


def eos_in_prompt_stops(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        if eos_token_id is not None and bool((ids == eos_token_id).any()):
            break
        ids = torch.cat([ids, best(model, ids)], 1)
    return ids


def eos_before_stops(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        if eos_token_id is not None and ids[0, -1].item() == eos_token_id:
            break
        ids = torch.cat([ids, best(model, ids)], 1)
    return ids


def eos_of_zero_ignored(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if eos_token_id and token.item() == eos_token_id:
            break
    return ids


def padded_after_eos(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    ended = False
    for _ in range(max_new_tokens):
        token = torch.full_like(ids[:, :1], eos_token_id or 0) if ended else best(model, ids)
        ids = torch.cat([ids, token], 1)
        ended = ended or (eos_token_id is not None and token.item() == eos_token_id)
    return ids


def zero_is_the_default_eos(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    eos = 0 if eos_token_id is None else eos_token_id
    for _ in range(max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if token.item() == eos:
            break
    return ids


def new_tokens_only(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return appended(model, ids, max_new_tokens, eos_token_id)[:, ids.shape[1] :]


def window_moved(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids[:, 1:], token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def flat_row(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return appended(model, ids, max_new_tokens, eos_token_id)[0]


def int32_returned(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return appended(model, ids, max_new_tokens, eos_token_id).int()


def by_overflowing_powers(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        powers = torch.exp(model(ids).logits[:, -1])
        token = (powers / powers.sum(-1, keepdim=True)).argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def input_edited(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    text = appended(model, ids, max_new_tokens, eos_token_id)
    ids.copy_(text[:, -ids.shape[1] :])
    return text


def rounded_to_float32(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = model(ids).logits[:, -1].float().argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def left_in_eval(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    model.eval()
    return appended(model, ids, max_new_tokens, eos_token_id)


def left_in_train(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    model.eval()
    text = appended(model, ids, max_new_tokens, eos_token_id)
    model.train()
    return text


MISCONCEPTIONS = (
    Misconception("least_likely", "You take the least likely token: argmax, not argmin.", least_likely),
    Misconception("drawn", "You draw the next token. Greedy takes the most likely one, always.", drawn),
    Misconception(
        "last_token_only",
        "The model is given only the last token, so it has forgotten all before it. Give it the whole text.",
        last_token_only,
    ),
    Misconception(
        "last_two_tokens", "The model is given only the end of the text. Give it all of it.", last_two_tokens
    ),
    Misconception(
        "prompt_only",
        "The model is given the prompt at each step, without the tokens made since: so it says the same again.",
        prompt_only,
    ),
    Misconception(
        "first_position",
        "You read the logits at the first position. What comes next stands at the last one: logits[:, -1].",
        first_position,
    ),
    Misconception(
        "all_at_once",
        "You take the n most likely next tokens as the next n tokens. The model has to be asked again after each.",
        all_at_once,
    ),
    Misconception(
        "total_length",
        "You stop when the whole text has max_new_tokens tokens. The prompt does not count.",
        total_length,
    ),
    Misconception("one_too_few", "You make one token too few.", one_too_few),
    Misconception("one_too_many", "You make one token too many.", one_too_many),
    Misconception(
        "at_least_one", "With max_new_tokens=0 you still make a token: test before the first one.", at_least_one
    ),
    Misconception("eos_ignored", "The text does not end after an eos.", eos_ignored),
    Misconception("eos_dropped", "The eos that ends the text is left out: it is to be kept.", eos_dropped),
    Misconception("one_after_eos", "One more token is made after the eos.", one_after_eos),
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
        "padded_after_eos", "After the eos you fill up with more of them: the text is to end there.", padded_after_eos
    ),
    Misconception(
        "zero_is_the_default_eos",
        "Without an eos_token_id the token 0 ends your text. None means that nothing does.",
        zero_is_the_default_eos,
    ),
    Misconception("new_tokens_only", "You return the new tokens only: the prompt belongs in front.", new_tokens_only),
    Misconception("window_moved", "For each new token you drop the first one: the text is to grow.", window_moved),
    Misconception("flat_row", "The shape is (T + n,): the batch dim of 1 has to stay.", flat_row),
    Misconception("int32_returned", "Your tokens are int32: long (int64) is asked.", int32_returned),
    Misconception(
        "by_overflowing_powers",
        "exp of large logits overflows, and the largest of NaN is none. argmax needs no probabilities.",
        by_overflowing_powers,
    ),
    Misconception(
        "rounded_to_float32",
        "The logits are rounded to float32 before you compare them: a model in float64 tells more tokens apart.",
        rounded_to_float32,
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
    Misconception("input_edited", "The ids given are changed in place: work on a copy.", input_edited),
)
