"""Known wrong ways to write decode_step, where the mistake is in the model, its result or its manners."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Implementation

from .._steps import Params, check_length, head, norm
from .steps import decode, length, right, with_numbers

# ---- result ---------------------------------------------------------------------------------------------------


def all_positions(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=logits_of_all)


def logits_of_all(x: Tensor, params: Params, config: Any) -> Tensor:
    return head(norm(x, params, "transformer.ln_f", config), params)


def dimension_kept(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return logits[:, None], kept


def first_new_position(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=logits_of_the_first)


def logits_of_the_first(x: Tensor, params: Params, config: Any) -> Tensor:
    return head(norm(x[:, 0], params, "transformer.ln_f", config), params)


def no_final_norm(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=head_alone)


def head_alone(x: Tensor, params: Params, config: Any) -> Tensor:
    return head(x[:, -1], params)


def always_tied(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=tied_head)


def tied_head(x: Tensor, params: Params, config: Any) -> Tensor:
    return norm(x[:, -1], params, "transformer.ln_f", config) @ params["transformer.wte.weight"].T


def never_tied(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=head_of_its_own)


def head_of_its_own(x: Tensor, params: Params, config: Any) -> Tensor:
    return norm(x[:, -1], params, "transformer.ln_f", config) @ params["lm_head.weight"].T


def head_by_config(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), finish=head_as_configured)


def head_as_configured(x: Tensor, params: Params, config: Any) -> Tensor:
    name = "transformer.wte.weight" if config.tie_word_embeddings else "lm_head.weight"
    return norm(x[:, -1], params, "transformer.ln_f", config) @ params[name].T


def probabilities(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return torch.softmax(logits, dim=-1), kept


def log_probabilities(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return torch.log_softmax(logits, dim=-1), kept


def squeezed(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return logits.squeeze(), kept


def exact_gelu(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache), act=F.gelu)


def epsilon_fixed(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return right(ids, params, with_numbers(config, layer_norm_epsilon=1e-5), cache)


def next_token(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return logits.argmax(dim=-1), kept


def cache_first(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits, kept = right(ids, params, config, cache)
    return kept, logits


def always_float32(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return right(ids, {name: p.float() for name, p in params.items()}, config, cache)


def head_put_into_params(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    if "lm_head.weight" not in params:
        params["lm_head.weight"] = params["transformer.wte.weight"]
    return right(ids, params, config, cache)


def head_taken_out_of_params(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    weight = params.pop("lm_head.weight", params["transformer.wte.weight"])
    return right(ids, {**params, "lm_head.weight": weight}, config, cache)


def weights_edited(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    out = right(ids, params, config, cache)
    params["transformer.wpe.weight"][: ids.shape[1]] += 1.0
    return out


# ---- too long -------------------------------------------------------------------------------------------------


def cache_length_not_counted(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    check_length(ids.shape[1], config)
    return never_complains(ids, params, config, cache)


def never_complains(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return right(ids, params, with_numbers(config, n_positions=10**9), cache)


def never_found(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    places = torch.arange(length(cache), length(cache) + ids.shape[1], device=ids.device)
    F.embedding(places, params["transformer.wpe.weight"])
    return right(ids, params, config, cache)


def out_of_bounds(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    places = torch.arange(length(cache), length(cache) + ids.shape[1], device=ids.device)
    params["transformer.wpe.weight"][places]
    return right(ids, params, config, cache)


def oldest_dropped(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    check_length(ids.shape[1], config)
    room = config.n_positions - ids.shape[1]
    if length(cache) > room:
        cache = [(k[:, :, -room:], v[:, :, -room:]) for k, v in cache]
    return right(ids, params, config, cache)


def oldest_dropped_at_the_end(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    place = min(length(cache), config.n_positions - ids.shape[1])
    free = with_numbers(config, n_positions=10**9)
    logits, kept = decode(ids, params, free, cache, max(place, 0))
    return logits, [(k[:, :, -config.n_positions :], v[:, :, -config.n_positions :]) for k, v in kept]


def asserted(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    assert length(cache) + ids.shape[1] <= config.n_positions
    return right(ids, params, config, cache)


def full_length_refused(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    if length(cache) + ids.shape[1] >= config.n_positions:
        raise ValueError("too long")
    return right(ids, params, config, cache)


LOOKED_UP = (
    "Too many tokens end in an IndexError of the position embeddings: raise ValueError yourself when cache and new "
    "tokens exceed config.n_positions."
)

RESULT_TEXTS: dict[Implementation, str] = {
    all_positions: "You return the logits of all new positions: return those of the last one, (B, V).",
    dimension_kept: "The logits have the shape (B, 1, V): drop the dimension in the middle, (B, V).",
    first_new_position: "You return the logits of the first new position: it is the last that predicts what follows.",
    no_final_norm: "transformer.ln_f, the norm before the head, is missing.",
    always_tied: "The head is always the token embedding: where the state dict has lm_head.weight, use that.",
    never_tied: "The head is always lm_head.weight: where the state dict has none, the head is transformer.wte.weight.",
    head_by_config: "The head goes by config.tie_word_embeddings: it is lm_head.weight if the state dict has one.",
    probabilities: "You return probabilities: logits come before the softmax.",
    log_probabilities: "You return log-probabilities: logits come before the softmax.",
    squeezed: "Dimensions of size 1 are squeezed away: the logits are always (B, V).",
    exact_gelu: "The activation is the exact gelu: GPT-2 has the tanh form, F.gelu(x, approximate='tanh').",
    epsilon_fixed: "The epsilon of layer norm is always 1e-5: read config.layer_norm_epsilon.",
    next_token: "You return the most likely token: return the logits.",
    cache_first: "You return (cache, logits): it is (logits, cache).",
    always_float32: "The result is always float32: keep the dtype of the weights.",
    head_put_into_params: "The dict params gets a new entry: leave it as it came, and keep the head in a variable of "
    "your own.",
    head_taken_out_of_params: "The dict params loses its lm_head.weight (pop, del): leave it as it came.",
    weights_edited: "A weight in params is changed by an in-place operation such as `+=`.",
    cache_length_not_counted: "Only the new tokens are counted for the ValueError: those in the cache take positions "
    "too.",
    oldest_dropped: "Where the context is full the oldest keys and values are dropped: raise ValueError.",
    oldest_dropped_at_the_end: "Where the context is full the oldest keys and values are dropped: raise ValueError.",
    never_found: LOOKED_UP,
    out_of_bounds: LOOKED_UP,
    never_complains: "Too many tokens end in a RuntimeError of the position embeddings: raise ValueError yourself when "
    "cache and new tokens exceed config.n_positions.",
    asserted: "Too many tokens raise AssertionError: raise ValueError instead.",
    full_length_refused: "Filling all positions is fine: only more tokens than n_positions are a ValueError.",
}
