"""Wrong and unusual right versions of greedy(model, ids, max_new_tokens, eos_token_id=None)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Model = Callable[[Tensor], Any]


# ---------------------------------------------------------------- wrong
def eos_of_the_prompt_stops(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Looks at the last token before each step: a prompt that ends in eos gets no continuation."""
    for _ in range(max_new_tokens):
        if eos_token_id is not None and int(ids[0, -1]) == eos_token_id:
            break
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
    return ids


def eos_anywhere_stops(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Stops after one step if eos is anywhere in the sequence, the prompt included."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and bool((ids == eos_token_id).any()):
            break
    return ids


def eos_not_kept(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Stops before it appends the eos: the result is one token short."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
        ids = torch.cat([ids, nxt], dim=1)
    return ids


def eos_zero_is_none(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Tests `if eos_token_id`: an eos with id 0 never stops."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id and int(nxt) == eos_token_id:
            break
    return ids


def none_means_zero(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Takes id 0 for the eos where none is given: stops at token 0, which nobody asked for."""
    eos = 0 if eos_token_id is None else eos_token_id
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if int(nxt) == eos:
            break
    return ids


def never_stops_early(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Ignores eos_token_id: always makes max_new_tokens."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
    return ids


def padded_with_eos(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Fills with eos up to max_new_tokens after the first one, where the result should end."""
    ended = False
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        if ended:
            nxt = torch.full_like(nxt, eos_token_id)
        ids = torch.cat([ids, nxt], dim=1)
        ended = ended or (eos_token_id is not None and int(nxt) == eos_token_id)
    return ids


def one_more_after_eos(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Compares the token before the newest: one token follows the eos."""
    start = ids.shape[1]
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        stop = eos_token_id is not None and ids.shape[1] > start and int(ids[0, -1]) == eos_token_id
        ids = torch.cat([ids, nxt], dim=1)
        if stop:
            break
    return ids


def only_the_new_tokens(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Returns (1, n), the prompt cut off."""
    start = ids.shape[1]
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids[:, start:]


def length_counts_the_prompt(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Takes max_new_tokens for the total length: a prompt of 3 leaves max_new_tokens - 3."""
    while ids.shape[1] < max_new_tokens:
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def at_least_one_token(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Makes the first token before it counts: max_new_tokens = 0 gives one, in place of none."""
    made = 0
    while True:
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        made += 1
        if made >= max_new_tokens or (eos_token_id is not None and int(nxt) == eos_token_id):
            return ids


def flat_ids(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Returns (T + n,) in place of (1, T + n)."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids[0]


def first_position_predicts(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Reads the logits of position 0, not of the last one: every step makes the same token."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, 0].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def last_token_is_all_the_model_sees(
    model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None
) -> Tensor:
    """Passes the last token alone, as with a cache, but without one: the earlier text has no say."""
    for _ in range(max_new_tokens):
        nxt = model(ids[:, -1:]).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def context_of_sixteen(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Shows the model the last 16 tokens only, a block size nobody gave: longer texts are cut."""
    for _ in range(max_new_tokens):
        nxt = model(ids[:, -16:]).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def draws_instead(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Draws from the softmax: not the most likely token."""
    for _ in range(max_new_tokens):
        nxt = torch.multinomial(model(ids).logits[:, -1].softmax(-1), 1)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def never_repeats(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Bans the token just written, so that greedy does not loop: nobody asked, "a a" cannot come."""
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1].clone()
        logits.scatter_(1, ids[:, -1:], float("-inf"))
        nxt = logits.argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def stops_when_it_loops(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Stops as soon as a token follows itself: shorter than max_new_tokens without an eos."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        same = int(nxt) == int(ids[0, -1])
        ids = torch.cat([ids, nxt], dim=1)
        if same or (eos_token_id is not None and int(nxt) == eos_token_id):
            break
    return ids


def argmax_of_exponentials(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Compares exp(logits): 200 and 300 are both infinite, -200 and -300 both 0, so the first of them wins."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].exp().argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def argmax_in_half(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Compares in float16: float32 logits 1.0 and 1.0002 are equal there, so the first of them wins."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].half().argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def grows_the_prompt(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Puts the longer sequence into the caller's tensor: the prompt is changed."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids.data = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def ids_in_int32(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Returns int32 ids: the dtype of the input is not kept."""
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids.int()


def list_of_ids(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Returns a list of ints."""
    tokens = ids[0].tolist()
    for _ in range(max_new_tokens):
        logits = model(torch.tensor([tokens], device=ids.device)).logits[0, -1]
        tokens.append(int(logits.argmax()))
        if tokens[-1] == eos_token_id:
            break
    return tokens  # type: ignore[return-value]


# ---------------------------------------------------------------- right
@torch.no_grad()
def recursion(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Appends one token and calls itself for the rest."""
    if max_new_tokens == 0:
        return ids
    best = torch.max(model(ids).logits[0, -1, :], dim=0).indices
    longer = torch.cat((ids, best.reshape(1, 1)), dim=-1)
    if eos_token_id is not None and best.item() == eos_token_id:
        return longer
    return recursion(model, longer, max_new_tokens - 1, eos_token_id)


def buffer_filled_in(model: Model, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Writes into a buffer of the full length and returns what was filled."""
    length = ids.size(1)
    buffer = torch.empty((1, length + max_new_tokens), dtype=ids.dtype, device=ids.device)
    buffer[:, :length] = ids
    end = length
    with torch.no_grad():
        while end < length + max_new_tokens:
            scores = model(buffer[:, :end]).logits[:, -1, :]
            buffer[:, end] = scores.topk(1, dim=-1).indices[:, 0]
            end += 1
            if eos_token_id is not None and eos_token_id == buffer[0, end - 1]:
                break
    return buffer[:, :end].clone()


WRONG = (
    eos_of_the_prompt_stops,
    eos_anywhere_stops,
    eos_not_kept,
    eos_zero_is_none,
    none_means_zero,
    never_stops_early,
    padded_with_eos,
    one_more_after_eos,
    only_the_new_tokens,
    length_counts_the_prompt,
    at_least_one_token,
    flat_ids,
    first_position_predicts,
    last_token_is_all_the_model_sees,
    context_of_sixteen,
    draws_instead,
    never_repeats,
    stops_when_it_loops,
    argmax_of_exponentials,
    argmax_in_half,
    grows_the_prompt,
    ids_in_int32,
    list_of_ids,
)
RIGHT = (recursion, buffer_filled_in)


def leaves_the_model_in_eval(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Calls model.eval() and leaves it so: a model in train mode is changed, a plain function has no eval."""
    model.eval()
    for _ in range(max_new_tokens):
        nxt = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def asks_for_a_config(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Reads model.config.n_positions to cut the context: a model that only is called has none."""
    for _ in range(max_new_tokens):
        nxt = model(ids[:, -model.config.n_positions :]).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def passes_use_cache(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Calls model(ids, use_cache=False): a model of model(ids) alone raises TypeError."""
    for _ in range(max_new_tokens):
        nxt = model(ids, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


DOUBTFUL = (leaves_the_model_in_eval, asks_for_a_config, passes_use_cache)  # what a model must have is not said
