"""Right ways to write gpt2_logits; each must pass every check."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Variant

from .._steps import Params, forward


def in_steps(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config)


def in_one_function(ids: Tensor, params: Params, config: Any) -> Tensor:
    B, T = ids.shape
    E, H = config.n_embd, config.n_head
    if config.n_positions < T:
        raise ValueError(f"at most {config.n_positions} tokens, not {T}")
    x = params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][:T]
    mask = torch.tril(torch.ones(T, T, dtype=torch.bool, device=ids.device))
    for i in range(config.n_layer):
        p = f"transformer.h.{i}."
        h = F.layer_norm(x, (E,), params[p + "ln_1.weight"], params[p + "ln_1.bias"], config.layer_norm_epsilon)
        qkv = h @ params[p + "attn.c_attn.weight"] + params[p + "attn.c_attn.bias"]
        q, k, v = torch.split(qkv, E, dim=2)
        q = q.view(B, T, H, E // H).transpose(1, 2)
        k = k.view(B, T, H, E // H).transpose(1, 2)
        v = v.view(B, T, H, E // H).transpose(1, 2)
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(E // H)
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        y = (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(B, T, E)
        x = x + y @ params[p + "attn.c_proj.weight"] + params[p + "attn.c_proj.bias"]
        h = F.layer_norm(x, (E,), params[p + "ln_2.weight"], params[p + "ln_2.bias"], config.layer_norm_epsilon)
        h = h @ params[p + "mlp.c_fc.weight"] + params[p + "mlp.c_fc.bias"]
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        x = x + h @ params[p + "mlp.c_proj.weight"] + params[p + "mlp.c_proj.bias"]
    last = [params["transformer.ln_f.weight"], params["transformer.ln_f.bias"]]
    x = F.layer_norm(x, (E,), last[0], last[1], config.layer_norm_epsilon)
    head = params["lm_head.weight"] if "lm_head.weight" in params else params["transformer.wte.weight"]
    return x @ head.T


def by_torch_attention(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=torch_attention)


def torch_attention(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    fused = F.linear(x, params[name + ".c_attn.weight"].T, params[name + ".c_attn.bias"])
    q, k, v = fused.reshape(*x.shape[:2], 3, config.n_head, -1).permute(2, 0, 3, 1, 4)
    heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    merged = heads.permute(0, 2, 1, 3).reshape(x.shape)
    return F.linear(merged, params[name + ".c_proj.weight"].T, params[name + ".c_proj.bias"])


def head_by_head(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_by_hand, attention=loop_over_heads, act=gelu_by_sigmoid)


def norm_by_hand(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    normed = (x - mean) * torch.rsqrt(variance + config.layer_norm_epsilon)
    return torch.addcmul(params[f"{name}.bias"], normed, params[f"{name}.weight"])


def loop_over_heads(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    d, e = config.n_embd // config.n_head, config.n_embd
    weight, bias = params[name + ".c_attn.weight"], params[name + ".c_attn.bias"]
    positions = torch.arange(x.shape[1], device=x.device)
    out = params[name + ".c_proj.bias"]
    for h in range(config.n_head):
        q, k, v = (x @ weight[:, s : s + d] + bias[s : s + d] for s in (h * d, e + h * d, 2 * e + h * d))
        scores = torch.einsum("bqd,bkd->bqk", q, k) * d**-0.5
        scores = torch.where(positions[:, None] >= positions, scores, -torch.inf)
        powers = torch.exp(scores - scores.amax(-1, keepdim=True))
        mixed = (powers / powers.sum(-1, keepdim=True)) @ v
        out = out + mixed @ params[name + ".c_proj.weight"][h * d : (h + 1) * d]
    return out


def gelu_by_sigmoid(x: Tensor) -> Tensor:
    return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x.square()))


def one_sequence_at_a_time(ids: Tensor, params: Params, config: Any) -> Tensor:
    return torch.cat([forward(ids[b : b + 1], params, config) for b in range(ids.shape[0])])


def by_einsum(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, embed=one_hot_embed, attention=einsum_attention)


def one_hot_embed(ids: Tensor, params: Params) -> Tensor:
    wte, wpe = params["transformer.wte.weight"], params["transformer.wpe.weight"]
    everyone = torch.arange(wte.shape[0], device=ids.device)
    return (ids[..., None] == everyone).to(wte.dtype) @ wte + wpe.narrow(0, 0, ids.shape[1])


def einsum_attention(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    shape = (config.n_embd, 3, config.n_head, -1)
    weight, bias = params[name + ".c_attn.weight"].reshape(shape), params[name + ".c_attn.bias"].reshape(shape[1:])
    q, k, v = torch.einsum("bte,ehnd->hbtnd", x, weight) + bias[:, None, None]
    scores = torch.einsum("bqnd,bknd->bnqk", q / q.shape[-1] ** 0.5, k)
    scores = scores + torch.full_like(scores[0, 0], -torch.inf).triu(1)
    mixed = torch.einsum("bnqk,bknd->bqnd", scores.softmax(-1), v)
    out = params[name + ".c_proj.weight"].reshape(config.n_head, -1, config.n_embd)
    return torch.einsum("bqnd,nde->bqe", mixed, out) + params[name + ".c_proj.bias"]


def float64_inside(ids: Tensor, params: Params, config: Any) -> Tensor:
    wide = {name: p.double() for name, p in params.items()}
    return forward(ids, wide, config).to(params["transformer.wte.weight"].dtype)


def by_hugging_face(ids: Tensor, params: Params, config: Any) -> Tensor:
    from transformers import GPT2Config, GPT2LMHeadModel

    if ids.shape[1] > config.n_positions:
        raise ValueError("too many tokens")
    own = GPT2Config(**config.to_dict())
    own._attn_implementation = "eager"  # the others read values of the mask
    with torch.device("meta"):  # its weights come from params
        model = GPT2LMHeadModel(own).eval()
    head = params.get("lm_head.weight", params["transformer.wte.weight"])
    model.load_state_dict({**params, "lm_head.weight": head}, assign=True)
    model.lm_head.weight = nn.Parameter(head)
    logits: Tensor = model(ids, attention_mask=torch.ones_like(ids), use_cache=False).logits
    return logits


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        in_steps, in_one_function, by_torch_attention, head_by_head, one_sequence_at_a_time, by_einsum, float64_inside,
        by_hugging_face,
    )
)  # fmt: skip  # one line a family reads better than one a name
