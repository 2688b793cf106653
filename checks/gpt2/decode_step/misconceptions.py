"""Known wrong ways to write decode_step; each must fail, and be named by its behaviour."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Implementation, Misconception

from .._steps import MINUS_INFINITY, Params, check_length, forward, norm, split
from .steps import Attend, Pair, append, decode, embedded_from, length, right
from .variants import embedded, heads, last_logits, mixed, rest_of_block
from .wrong_results import RESULT_TEXTS

# ---- positions ------------------------------------------------------------------------------------------------


def positions_restart(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, 0)


def position_one_early(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, max(length(cache) - 1, 0))


def position_one_late(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache) + (cache is not None))


def steps_counted(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    calls, pairs = (0, None) if cache is None else cache
    logits, pairs = decode(ids, params, config, pairs, calls)
    return logits, (calls + 1, pairs)


def same_position_for_all_new(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    if cache is None:
        return decode(ids, params, config, cache, 0)
    check_length(length(cache) + ids.shape[1], config)
    wpe = params["transformer.wpe.weight"]
    start = length(cache)
    repeated = torch.cat([wpe[:start], wpe[start : start + 1].expand(len(wpe) - start, -1)])
    return decode(ids, {**params, "transformer.wpe.weight": repeated}, config, cache, start)


# ---- what is kept ---------------------------------------------------------------------------------------------


def cache_ignored(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, None, 0)


def cache_not_attended(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=kept_but_not_seen)


def kept_but_not_seen(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    return (k, v), append(old, k, v)[1]


def itself_left_out(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=seen_before_appended, attend=weighted)


def seen_before_appended(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    return (k, v) if old is None else old, append(old, k, v)[1]


def weighted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    if k.shape[2] == q.shape[2]:
        return mixed(q, k, v)
    return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), dim=-1) @ v


def prompt_only_kept(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=first_kept)


def first_kept(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    seen, both = append(old, k, v)
    return seen, both if old is None else old


def last_piece_kept(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    past, pairs = (0, None) if cache is None else cache
    check_length(past + ids.shape[1], config)
    logits, pairs = decode(ids, params, config, pairs, past, join=new_kept)
    return logits, (past + ids.shape[1], pairs)


def new_kept(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    return append(old, k, v)[0], (k, v)


def appended_in_front(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=in_front)


def in_front(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    both = (k, v) if old is None else (torch.cat([k, old[0]], dim=2), torch.cat([v, old[1]], dim=2))
    return both, both


def values_in_front(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=crosswise)


def crosswise(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    both = (k, v) if old is None else (torch.cat([old[0], k], dim=2), torch.cat([v, old[1]], dim=2))
    return both, both


def keys_kept_as_values(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=keys_twice)


def keys_twice(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    seen, both = append(old, k, v)
    return seen, (both[0], both[0])


def one_cache_for_all_layers(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = decode(ids, params, config, cache, length(cache))
    return logits, [kept[-1]] * config.n_layer


def last_token_only(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    check_length(length(cache) + ids.shape[1], config)
    return decode(ids[:, -1:], params, config, cache, length(cache))


def last_new_token_only(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return right(ids if cache is None else ids[:, -1:], params, config, cache)


def cache_in_float16(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=partial(narrowed, dtype=torch.float16))


def cache_in_float32(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=partial(narrowed, dtype=torch.float32))


def all_in_float16(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=append, attend=mixed_of(torch.float16))


def all_in_float32(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), join=append, attend=mixed_of(torch.float32))


def mixed_of(dtype: torch.dtype) -> Attend:
    """Attention to keys and values that were rounded to `dtype` as soon as they were made."""
    return lambda q, k, v: mixed(q, k.to(dtype).to(q.dtype), v.to(dtype).to(q.dtype))


def narrowed(old: Any, k: Tensor, v: Tensor, dtype: torch.dtype) -> tuple[Pair, Pair]:
    wide = None if old is None else tuple(part.to(k.dtype) for part in old)
    seen, both = append(wide, k, v)
    return seen, (both[0].to(dtype), both[1].to(dtype))


def one_list_of_all_layers(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    past, both = (0, None) if cache is None else cache
    check_length(past + ids.shape[1], config)
    x = embedded_from(past, ids, params)
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, k, v = heads(x, params, name, config)
        seen, both = append(both, k, v)
        x = rest_of_block(x, mixed(q, *seen), params, name, config)
    return last_logits(x, params, config), (past + ids.shape[1], both)


def first_sequence_kept(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    old = cache and [tuple(part.expand(len(ids), -1, -1, -1) for part in pair) for pair in cache]
    logits, kept = right(ids, params, config, old)
    return logits, [(k[:1], v[:1]) for k, v in kept]


LAST_CACHE: list[Any] = [None]


def cache_of_the_module(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, LAST_CACHE[0] = right(ids, params, config, None if cache is None else LAST_CACHE[0])
    return logits, True


def cache_in_params(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    kept: Any = params.get("cache")
    logits, kept = decode(ids, params, config, kept, length(kept))
    params["cache"] = kept
    return logits, kept


# ---- cost -----------------------------------------------------------------------------------------------------


def all_computed_again(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    text = ids if cache is None else torch.cat([cache, ids], dim=1)
    return forward(text, params, config)[:, -1], text


def keys_computed_again(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    x = embedded(ids, params, config, 0 if cache is None else cache[0].shape[1])
    kept = []
    for i in range(config.n_layer):
        name, e = f"transformer.h.{i}", config.n_embd
        normed = norm(x, params, name + ".ln_1", config)
        kept.append(normed if cache is None else torch.cat([cache[i], normed], dim=1))
        weight, bias = params[name + ".attn.c_attn.weight"], params[name + ".attn.c_attn.bias"]
        q = normed @ weight[:, :e] + bias[:e]
        k, v = (kept[-1] @ weight[:, e:] + bias[e:]).chunk(2, dim=-1)
        q, k, v = (split(part, config.n_head) for part in (q, k, v))
        x = rest_of_block(x, mixed(q, k, v), params, name, config)
    return last_logits(x, params, config), kept


# ---- mask -----------------------------------------------------------------------------------------------------


def never_masked(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=to_all)


def to_all(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), dim=-1) @ v


def no_mask_with_cache(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=weighted)


def mask_from_the_start(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=first_sees_first)


def first_sees_first(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    allowed = torch.ones_like(scores, dtype=torch.bool).tril()
    return torch.softmax(scores.masked_fill(~allowed, MINUS_INFINITY), dim=-1) @ v


def mask_on_the_cpu(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=masked_on_the_cpu)


def masked_on_the_cpu(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    allowed = torch.ones(q.shape[2], k.shape[2]).tril(k.shape[2] - q.shape[2]) == 1
    return torch.softmax(scores.masked_fill(~allowed, MINUS_INFINITY), dim=-1) @ v


def minus_ten_thousand(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=partial(masked_by_number, number=-10_000.0))


def minus_a_billion(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), attend=partial(masked_by_number, number=-1e9))


def masked_by_number(q: Tensor, k: Tensor, v: Tensor, number: float) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    allowed = torch.ones_like(scores, dtype=torch.bool).tril(k.shape[2] - q.shape[2])
    return torch.softmax(scores.masked_fill(~allowed, number), dim=-1) @ v


TEXTS: dict[Implementation, str] = {
    positions_restart: "The positions of new tokens start at 0 again: they go on where the cache ends.",
    position_one_early: "The positions of new tokens start one too early, at that of the last token in the cache.",
    position_one_late: "The positions of new tokens start one too late and leave one out.",
    steps_counted: "The position is the number of calls so far: it is the number of tokens, and a prompt has many.",
    same_position_for_all_new: "Several new tokens all get the same position: they take one after the other.",
    cache_ignored: "The cache is not used, or none is returned: each call sees only its own tokens.",
    cache_not_attended: "New tokens attend only to one another: their keys and values belong behind those of the "
    "cache before attention is computed.",
    itself_left_out: "New tokens attend to the cache only, not to themselves: append their keys and values first.",
    prompt_only_kept: "The cache is not extended after the first call: return it with the new keys and values.",
    last_piece_kept: "The cache holds only the keys and values of the last call: it must hold those of all calls.",
    appended_in_front: "New keys and values are put in front of the old ones, where the mask is not made for them.",
    values_in_front: "Keys are appended behind the old ones, but values in front: they no longer belong together.",
    keys_kept_as_values: "The cache holds the keys twice and no values.",
    one_cache_for_all_layers: "All layers share the keys and values of the last one: each layer needs its own.",
    last_token_only: "Of several new tokens only the last one is used: all of them enter the model and the cache.",
    last_new_token_only: "With a cache only the last of several new tokens is used: all of them enter the model and "
    "the cache.",
    cache_in_float16: "The cache is kept in float16, and what it holds is rounded: keep the dtype of the weights.",
    cache_in_float32: "The cache is kept in float32, so a float64 model gets 7 digits: keep the dtype of the weights.",
    all_in_float16: "Keys and values are rounded to float16: keep the dtype of the weights.",
    all_in_float32: "Keys and values are rounded to float32: a float64 model gets 7 digits. Keep the weights' dtype.",
    one_list_of_all_layers: "The keys and values of all layers go into one list: each layer needs its own.",
    first_sequence_kept: "Of the batch only the keys and values of the first sequence are kept.",
    cache_of_the_module: "The cache is kept in a global variable, so a second text replaces the first: return it, and "
    "use the one that is passed in.",
    cache_in_params: "The cache is kept in a place that all texts share (here params): a call with cache=None starts a "
    "new text, and the cache that is passed in is the one to use.",
    all_computed_again: "The logits are right, but a step runs more than its new tokens: the text so far, or a part of "
    "it, goes through the model again. Keep each layer's keys and values, and compute those of the new tokens only.",
    keys_computed_again: "The logits are right, but the work of a step grows with the text: keys, values or queries of "
    "earlier tokens are computed or used again. Keep the keys and values themselves; only new tokens have queries.",
    never_masked: "There is no causal mask: among several new tokens each also attends to those after it.",
    no_mask_with_cache: "With a cache there is no mask. For one new token none is needed; among several each must not "
    "see those after it.",
    mask_from_the_start: "The mask lines up the first new token with the first of the cache: the last new token sees "
    "everything, so shift the triangle by the cache's length.",
    minus_ten_thousand: "Masked scores are set to -10,000 or so. Scores can be lower than that, and then the future is "
    "seen: use -inf or torch.finfo(dtype).min.",
    minus_a_billion: "Masked scores are set to a finite number such as -1e9. Scores can be lower than that, and then "
    "the future is seen: use -inf or torch.finfo(dtype).min.",
    mask_on_the_cpu: "A new tensor, such as the mask, is made on the CPU, or values are read into Python: this breaks "
    "on a GPU. Make it with device=ids.device.",
}

ON_META: dict[Implementation, str] = {mask_on_the_cpu: "RuntimeError"}
COSTLY: dict[Implementation, tuple[str, ...]] = {
    all_computed_again: ("soon_step.flops", "late_step.flops"),
    keys_computed_again: ("late_step.flops",),
}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, ""), COSTLY.get(wrong, ()))
    for wrong, text in (TEXTS | RESULT_TEXTS).items()
)
