"""GPT-2 in small steps that can each be exchanged; variants and misconceptions of this assignment are made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Params = dict[str, Tensor]
Embed = Callable[[Tensor, Params], Tensor]
Norm = Callable[[Tensor, Params, str, Any], Tensor]
Attention = Callable[[Tensor, Params, str, Any], Tensor]
Step = Callable[[Tensor], Tensor]
Block = Callable[[Tensor, Params, str, Any, Norm, Attention, Step], Tensor]
Head = Callable[[Tensor, Params], Tensor]

MINUS_INFINITY = float("-inf")


def check_length(length: int, config: Any) -> None:
    if length > config.n_positions:
        raise ValueError("more tokens than the model has positions for")


def embed(ids: Tensor, params: Params) -> Tensor:
    positions = torch.arange(ids.shape[1], device=ids.device)
    return params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][positions]


def norm(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    weight, bias = params[name + ".weight"], params[name + ".bias"]
    return F.layer_norm(x, list(x.shape[-1:]), weight, bias, config.layer_norm_epsilon)


def conv1d(x: Tensor, params: Params, name: str) -> Tensor:
    return x @ params[name + ".weight"] + params[name + ".bias"]


def split(x: Tensor, n_head: int) -> Tensor:
    width = x.shape[-1] // n_head
    return x.reshape(*x.shape[:-1], n_head, width).transpose(1, 2)  # (B, T, E) -> (B, H, T, d)


def merge(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(-2)  # (B, H, T, d) -> (B, T, E)


def causal(scores: Tensor, diagonal: int = 0) -> Tensor:
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril(diagonal)
    return scores.masked_fill(~allowed, MINUS_INFINITY)


def scaled(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.mT / math.sqrt(q.shape[-1])


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.softmax(causal(scaled(q, k)), dim=-1) @ v


def attention(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = (split(part, config.n_head) for part in conv1d(x, params, name + ".c_attn").chunk(3, dim=-1))
    return conv1d(merge(attend(q, k, v)), params, name + ".c_proj")


def gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def block(x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step) -> Tensor:
    x = x + attention(norm(x, params, name + ".ln_1", config), params, name + ".attn", config)
    return x + mlp(norm(x, params, name + ".ln_2", config), params, name + ".mlp", act)


def mlp(x: Tensor, params: Params, name: str, act: Step) -> Tensor:
    return conv1d(act(conv1d(x, params, name + ".c_fc")), params, name + ".c_proj")


def head(x: Tensor, params: Params) -> Tensor:
    return x @ params.get("lm_head.weight", params["transformer.wte.weight"]).T


def forward(
    ids: Tensor,
    params: Params,
    config: Any,
    embed: Embed = embed,
    norm: Norm = norm,
    attention: Attention = attention,
    act: Step = gelu,
    block: Block = block,
    head: Head = head,
) -> Tensor:
    check_length(ids.shape[1], config)
    x = embed(ids, params)
    for layer in range(config.n_layer):
        x = block(x, params, f"transformer.h.{layer}", config, norm, attention, act)
    return head(norm(x, params, "transformer.ln_f", config), params)
