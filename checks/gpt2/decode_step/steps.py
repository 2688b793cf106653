"""Steps of decode_step that its misconceptions exchange."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from .._steps import Params, Step, check_length, gelu
from .variants import heads, last_logits, mixed, rest_of_block

Pair = tuple[Tensor, Tensor]
Join = Callable[[Any, Tensor, Tensor], tuple[Pair, Pair]]
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
Finish = Callable[[Tensor, Params, Any], Tensor]


def append(old: Any, k: Tensor, v: Tensor) -> tuple[Pair, Pair]:
    """Keys and values to attend to, and those to keep."""
    both = (k, v) if old is None else (torch.cat([old[0], k], dim=2), torch.cat([old[1], v], dim=2))
    return both, both


def length(cache: Any) -> int:
    return 0 if cache is None else int(cache[0][0].shape[2])


def decode(
    ids: Tensor,
    params: Params,
    config: Any,
    cache: Any,
    start: int,
    join: Join = append,
    attend: Attend = mixed,
    finish: Finish = last_logits,
    act: Step = gelu,
) -> Any:
    """One step, for mistakes: `start` is the position given to the first of `ids`."""
    check_length(length(cache) + ids.shape[1], config)
    x = embedded_from(start, ids, params)
    kept = []
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, k, v = heads(x, params, name, config)
        seen, keep = join(None if cache is None else cache[i], k, v)
        kept.append(keep)
        x = rest_of_block(x, attend(q, *seen), params, name, config, act)
    return finish(x, params, config), kept


def embedded_from(start: int, ids: Tensor, params: Params) -> Tensor:
    return params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][start : start + ids.shape[1]]


def right(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    return decode(ids, params, config, cache, length(cache))


def with_numbers(config: Any, **numbers: float) -> Any:
    """The numbers of `config` that a step reads, some of them exchanged."""
    names = ("n_layer", "n_head", "n_embd", "n_positions", "layer_norm_epsilon")
    return SimpleNamespace(**{name: getattr(config, name) for name in names} | numbers)
