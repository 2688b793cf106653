"""Known wrong ways to write greedy, with what a student should read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception

from .variants import appended


def scores(model: Any, ids: Tensor) -> Tensor:
    """The logits (1, V) of what comes next."""
    logits: Tensor = model(ids).logits[:, -1]
    return logits


def best(model: Any, ids: Tensor) -> Tensor:
    """The most likely next token (1, 1)."""
    return scores(model, ids).argmax(-1, keepdim=True)


def written(ids: Tensor, new: int, eos: int | None, choose: Callable[[Tensor], Tensor]) -> Tensor:
    """The text (1, T + n), each token chosen from the text so far."""
    for _ in range(new):
        token = choose(ids)
        ids = torch.cat([ids, token], 1)
        if eos is not None and token.item() == eos:
            break
    return ids


def least_likely(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: scores(model, ids).argmin(-1, keepdim=True))


def drawn(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(
        ids, max_new_tokens, eos_token_id, lambda ids: torch.multinomial(torch.softmax(scores(model, ids), -1), 1)
    )


def last_token_only(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: best(model, ids[:, -1:]))


def last_two_tokens(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: best(model, ids[:, -2:]))


def last_1024_tokens(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: best(model, ids[:, -1024:]))


def prompt_only(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    prompt = ids
    for _ in range(max_new_tokens):
        token = best(model, prompt)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def first_position(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: model(ids).logits[:, 0].argmax(-1, keepdim=True))


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


def eos_anywhere_stops(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        ids = torch.cat([ids, best(model, ids)], 1)
        if eos_token_id is not None and eos_token_id in ids[0].tolist():
            break
    return ids


def never_twice_in_a_row(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1].clone()
        logits[0, ids[0, -1]] = float("-inf")
        token = logits.argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def stops_at_a_repetition(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        ended = eos_token_id is not None and token.item() == eos_token_id
        if ended or bool(ids[0, -1] == ids[0, -2]):
            break
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
    return written(ids, max_new_tokens, eos_token_id, lambda ids: scores(model, ids).exp().argmax(-1, keepdim=True))


def input_edited(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    text = appended(model, ids, max_new_tokens, eos_token_id)
    ids.copy_(text[:, -ids.shape[1] :])
    return text


def rounded_to_float32(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: scores(model, ids).float().argmax(-1, keepdim=True))


def rounded_to_half(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return written(ids, max_new_tokens, eos_token_id, lambda ids: scores(model, ids).half().argmax(-1, keepdim=True))


def list_returned(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    return appended(model, ids, max_new_tokens, eos_token_id)[0].tolist()  # type: ignore[no-any-return]  # known


def eval_after_an_eos(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    was_training = model.training
    model.eval()
    for _ in range(max_new_tokens):
        token = best(model, ids)
        ids = torch.cat([ids, token], 1)
        if eos_token_id is not None and token.item() == eos_token_id:
            return ids
    model.train(was_training)
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
        "last_1024_tokens",
        "Of a long text the model is given only the end. Nobody asked for a window: give it all of the text.",
        last_1024_tokens,
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
        "eos_anywhere_stops",
        "After each token you look for an eos in the whole text. Only the token just made can end it, not the prompt.",
        eos_anywhere_stops,
    ),
    Misconception(
        "never_twice_in_a_row",
        "You never let a token follow itself. Greedy takes the most likely one, whatever came before.",
        never_twice_in_a_row,
    ),
    Misconception(
        "stops_at_a_repetition",
        "Your text ends where a token follows itself. Only an eos, or the number of tokens, ends it.",
        stops_at_a_repetition,
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
        "exp of large logits overflows, and of several infinities none is the largest. argmax needs no probabilities.",
        by_overflowing_powers,
    ),
    Misconception(
        "rounded_to_float32",
        "The logits are rounded to float32 before you compare them: a model in float64 tells more tokens apart.",
        rounded_to_float32,
    ),
    Misconception(
        "rounded_to_half",
        "The logits are rounded to float16 before you compare them, which makes many equal. Compare them as they are.",
        rounded_to_half,
    ),
    Misconception("list_returned", "You return a list: a tensor (1, T + n) is asked.", list_returned),
    Misconception(
        "eval_after_an_eos",
        "Where an eos ends the text, you return before the model's mode is set back. Leave the loop with `break`, or "
        "use try and finally.",
        eval_after_an_eos,
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
