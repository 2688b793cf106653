"""Right ways to write decode_step, with caches of many shapes; each must pass every check."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Variant

from .._steps import MINUS_INFINITY, Params, Step, conv1d, gelu, head, merge, mlp, norm, split


def embedded(ids: Tensor, params: Params, config: Any, past: int) -> Tensor:
    if past + ids.shape[1] > config.n_positions:
        raise ValueError("more tokens than the model has positions for")
    positions = torch.arange(past, past + ids.shape[1], device=ids.device)
    return params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][positions]


def heads(x: Tensor, params: Params, name: str, config: Any) -> list[Tensor]:
    fused = conv1d(norm(x, params, name + ".ln_1", config), params, name + ".attn.c_attn")
    return [split(part, config.n_head) for part in fused.chunk(3, dim=-1)]


def mixed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention of the last positions (B, H, n, d) to all of them (B, H, T, d)."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    allowed = torch.ones_like(scores, dtype=torch.bool).tril(k.shape[2] - q.shape[2])
    return torch.softmax(scores.masked_fill(~allowed, MINUS_INFINITY), dim=-1) @ v


def rest_of_block(x: Tensor, seen: Tensor, params: Params, name: str, config: Any, act: Step = gelu) -> Tensor:
    x = x + conv1d(merge(seen), params, name + ".attn.c_proj")
    return x + mlp(norm(x, params, name + ".ln_2", config), params, name + ".mlp", act)


def last_logits(x: Tensor, params: Params, config: Any) -> Tensor:
    return head(norm(x[:, -1], params, "transformer.ln_f", config), params)


def list_of_pairs(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    past = 0 if cache is None else cache[0][0].shape[2]
    x = embedded(ids, params, config, past)
    new = []
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, k, v = heads(x, params, name, config)
        if cache is not None:
            k, v = torch.cat([cache[i][0], k], dim=2), torch.cat([cache[i][1], v], dim=2)
        new.append((k, v))
        x = rest_of_block(x, mixed(q, k, v), params, name, config)
    return last_logits(x, params, config), new


def made_for_all_positions(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    if cache is None:
        wte = params["transformer.wte.weight"]
        shape = (2, config.n_layer, len(ids), config.n_head, config.n_positions, config.n_embd // config.n_head)
        cache = {"kv": wte.new_zeros(shape), "length": 0}
    past, end = cache["length"], cache["length"] + ids.shape[1]
    x = embedded(ids, params, config, past)
    free = torch.arange(config.n_positions, device=ids.device) > torch.arange(past, end, device=ids.device)[:, None]
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, k, v = heads(x, params, name, config)
        cache["kv"][0, i, :, :, past:end] = k
        cache["kv"][1, i, :, :, past:end] = v
        scores = q @ cache["kv"][0, i].mT / math.sqrt(q.shape[-1])
        weights = torch.softmax(scores.masked_fill(free, torch.finfo(scores.dtype).min), dim=-1)
        x = rest_of_block(x, weights @ cache["kv"][1, i], params, name, config)
    cache["length"] = end
    return last_logits(x, params, config), cache


class Memory:
    def __init__(self) -> None:
        self.keys: dict[int, Tensor] = {}  # (B, H, d, T): ready for the product
        self.values: dict[int, Tensor] = {}
        self.length = 0

    def add(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        k = k.mT
        if layer in self.keys:
            k, v = torch.cat([self.keys[layer], k], dim=-1), torch.cat([self.values[layer], v], dim=-2)
        self.keys[layer], self.values[layer] = k, v
        return k, v


def keys_turned(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    memory = Memory() if cache is None else cache
    x = embedded(ids, params, config, memory.length)
    ahead = torch.full((ids.shape[1], ids.shape[1]), MINUS_INFINITY, dtype=x.dtype, device=x.device).triu(1)
    mask = F.pad(ahead, (memory.length, 0))
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, k, v = heads(x, params, name, config)
        k, v = memory.add(i, k, v)
        x = rest_of_block(x, torch.softmax(q @ k / q.shape[-1] ** 0.5 + mask, dim=-1) @ v, params, name, config)
    memory.length += ids.shape[1]
    return last_logits(x, params, config), memory


def token_by_token(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    logits = None
    for t in range(ids.shape[1]):
        logits, cache = list_of_pairs(ids[:, t : t + 1], params, config, cache)
    return logits, cache


def by_torch_attention(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    n, past = ids.shape[1], 0 if cache is None else cache.shape[-2]
    x, new = embedded(ids, params, config, past), []
    allowed = torch.ones(n, past + n, dtype=torch.bool, device=ids.device).tril(past)
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        q, *kv = heads(x, params, name, config)
        both = torch.stack(kv)
        if past:
            both = torch.cat([cache[i], both], dim=-2)
        new.append(both)
        seen = F.scaled_dot_product_attention(q, both[0], both[1], attn_mask=None if n == 1 else allowed)
        x = rest_of_block(x, seen, params, name, config)
    return last_logits(x, params, config), torch.stack(new)  # (L, 2, B, H, T, d)


def all_logits_first(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    """Head by head, with one cache for each, and the head of the model on every position."""
    cache = {} if cache is None else dict(cache)
    past = cache.get("past", 0)
    x, d = embedded(ids, params, config, past), config.n_embd // config.n_head
    for i in range(config.n_layer):
        name = f"transformer.h.{i}"
        fused = conv1d(norm(x, params, name + ".ln_1", config), params, name + ".attn.c_attn")
        seen = []
        for h in range(config.n_head):
            q, k, v = (part[..., h * d : (h + 1) * d] for part in fused.chunk(3, dim=-1))
            if past:
                k, v = torch.cat([cache[i, h, "k"], k], dim=1), torch.cat([cache[i, h, "v"], v], dim=1)
            cache[i, h, "k"], cache[i, h, "v"] = k, v
            seen.append(mixed(q[:, None], k[:, None], v[:, None])[:, 0])
        x = x + conv1d(torch.cat(seen, dim=-1), params, name + ".attn.c_proj")
        x = x + mlp(norm(x, params, name + ".ln_2", config), params, name + ".mlp", gelu)
    cache["past"] = past + ids.shape[1]
    return head(norm(x, params, "transformer.ln_f", config), params)[:, -1, :], cache


def by_hugging_face(ids: Tensor, params: Params, config: Any, cache: Any = None) -> Any:
    from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel

    own = GPT2Config(**config.to_dict())
    own._attn_implementation = "eager"  # the others read values of the mask
    past = 0 if cache is None else cache.get_seq_length()
    if past + ids.shape[1] > own.n_positions:
        raise ValueError("too many tokens")
    with torch.device("meta"):  # its weights come from params
        model = GPT2LMHeadModel(own).eval()
    tied = params.get("lm_head.weight", params["transformer.wte.weight"])
    model.load_state_dict({**params, "lm_head.weight": tied}, assign=True)
    model.lm_head.weight = nn.Parameter(tied)
    seen = torch.ones(len(ids), past + ids.shape[1], dtype=torch.long, device=ids.device)
    with torch.no_grad():
        out = model(ids, attention_mask=seen, past_key_values=cache or DynamicCache(), use_cache=True)
    return out.logits[:, -1], out.past_key_values


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        list_of_pairs, made_for_all_positions, keys_turned, token_by_token, by_torch_attention, all_logits_first,
        by_hugging_face,
    )
)  # fmt: skip  # one line a family reads better than one a name
