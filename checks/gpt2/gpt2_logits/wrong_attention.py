"""Known wrong ways to write gpt2_logits, where the mistake is in its attention."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .._steps import MINUS_INFINITY, Params, attend, causal, conv1d, forward, merge, scaled, split


def heads_of(x: Tensor, params: Params, name: str, config: Any) -> list[Tensor]:
    return [split(part, config.n_head) for part in conv1d(x, params, name + ".c_attn").chunk(3, dim=-1)]


def finish(heads: Tensor, params: Params, name: str) -> Tensor:
    return conv1d(merge(heads), params, name + ".c_proj")


def keys_first(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_keys_first)


def attention_keys_first(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    k, q, v = heads_of(x, params, name, config)
    return finish(attend(q, k, v), params, name)


def fused_by_head(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_fused_by_head)


def attention_fused_by_head(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = split(conv1d(x, params, name + ".c_attn"), config.n_head).chunk(3, dim=-1)
    return finish(attend(q, k, v), params, name)


def split_without_transpose(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_of_mixed_positions)


def attention_of_mixed_positions(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    B, T, E = x.shape
    fused = conv1d(x, params, name + ".c_attn").chunk(3, dim=-1)
    q, k, v = (part.reshape(B, config.n_head, T, E // config.n_head) for part in fused)
    return finish(attend(q, k, v), params, name)


def merged_without_transpose(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_merged_wrongly)


def attention_merged_wrongly(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return conv1d(attend(*heads_of(x, params, name, config)).reshape(x.shape), params, name + ".c_proj")


def not_scaled(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_not_scaled)


def attention_not_scaled(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(causal(q @ k.mT), dim=-1) @ v, params, name)


def scaled_by_width(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_scaled_by_width)


def attention_scaled_by_width(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(causal(q @ k.mT / math.sqrt(x.shape[-1])), dim=-1) @ v, params, name)


def not_causal(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_to_all)


def attention_to_all(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(scaled(q, k), dim=-1) @ v, params, name)


def sees_the_next(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_one_ahead)


def attention_one_ahead(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(causal(scaled(q, k), 1), dim=-1) @ v, params, name)


def not_itself(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_to_the_past)


def attention_to_the_past(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(causal(scaled(q, k), -1), dim=-1) @ v, params, name)


def mask_after_softmax(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_masked_late)


def attention_masked_late(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(scaled(q, k), dim=-1).tril() @ v, params, name)


def masked_scores_zero(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_with_zeros)


def attention_with_zeros(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(scaled(q, k).tril(), dim=-1) @ v, params, name)


def minus_ten_thousand(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_masked_by_number)


def attention_masked_by_number(x: Tensor, params: Params, name: str, config: Any, number: float = -10_000.0) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    scores = scaled(q, k)
    future = torch.ones_like(scores, dtype=torch.bool).triu(1)
    return finish(torch.softmax(scores.masked_fill(future, number), dim=-1) @ v, params, name)


def minus_a_billion(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=partial(attention_masked_by_number, number=-1e9))


def minus_a_billion_added(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_lowered)


def attention_lowered(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    scores = scaled(q, k)
    return finish(torch.softmax(scores - torch.ones_like(scores).triu(1) * 1e9, dim=-1) @ v, params, name)


def mask_from_params(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_with_stored_mask)


def attention_with_stored_mask(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    allowed = params[name + ".bias"][:, :, : x.shape[1], : x.shape[1]].bool()
    return finish(torch.softmax(scaled(q, k).masked_fill(~allowed, MINUS_INFINITY), dim=-1) @ v, params, name)


def one_head(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_of_one_head)


def attention_of_one_head(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = (split(part, 1) for part in conv1d(x, params, name + ".c_attn").chunk(3, dim=-1))
    return finish(attend(q, k, v), params, name)


def over_queries(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_over_queries)


def attention_over_queries(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    return finish(torch.softmax(causal(scaled(q, k)), dim=-2) @ v, params, name)


def no_maximum(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_by_bare_exp)


def attention_by_bare_exp(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    powers = torch.exp(causal(scaled(q, k)))
    return finish(powers / powers.sum(-1, keepdim=True) @ v, params, name)


def no_attention_biases(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_without_biases)


def attention_without_biases(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    fused = (x @ params[name + ".c_attn.weight"]).chunk(3, dim=-1)
    q, k, v = (split(part, config.n_head) for part in fused)
    return merge(attend(q, k, v)) @ params[name + ".c_proj.weight"]


def projection_transposed(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_projected_wrongly)


def attention_projected_wrongly(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    heads = merge(attend(*heads_of(x, params, name, config)))
    return F.linear(heads, params[name + ".c_proj.weight"], params[name + ".c_proj.bias"])


def no_projection(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_without_projection)


def attention_without_projection(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return merge(attend(*heads_of(x, params, name, config)))


def twelve_heads(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_of_twelve_heads)


def attention_of_twelve_heads(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = (split(part, 12) for part in conv1d(x, params, name + ".c_attn").chunk(3, dim=-1))
    return finish(attend(q, k, v), params, name)


def loop_over_positions(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_query_by_query)


def attention_query_by_query(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    seen = range(1, x.shape[1] + 1)
    rows = [torch.softmax(scaled(q[:, :, t - 1 : t], k[:, :, :t]), dim=-1) @ v[:, :, :t] for t in seen]
    return finish(torch.cat(rows, dim=2), params, name)


def mask_on_the_cpu(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, attention=attention_with_cpu_mask)


def attention_with_cpu_mask(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    q, k, v = heads_of(x, params, name, config)
    future = torch.ones(x.shape[1], x.shape[1]).triu(1) == 1
    return finish(torch.softmax(scaled(q, k).masked_fill(future, MINUS_INFINITY), dim=-1) @ v, params, name)


TEXTS = {
    keys_first: "c_attn gives queries, keys and values in this order; you take the first third as keys.",
    fused_by_head: "The output of c_attn is cut into heads first and into q, k, v then. It is the other way round: "
    "three parts of width n_embd, and each of them into heads.",
    split_without_transpose: "Heads are split by reshaping (B, T, E) to (B, H, T, d), which mixes positions: reshape "
    "to (B, T, H, d) first, then transpose.",
    merged_without_transpose: "Heads are merged by reshaping (B, H, T, d) to (B, T, E), which mixes positions: "
    "transpose to (B, T, H, d) first.",
    not_scaled: "The scores are not divided by the square root of a head's width, n_embd / n_head.",
    scaled_by_width: "The scores are divided by sqrt(n_embd): use the width of one head, n_embd / n_head.",
    not_causal: "There is no causal mask: each position also attends to those after it.",
    sees_the_next: "Each position also sees the one after it: the diagonal of your mask is one too high.",
    not_itself: "A position may not attend to itself, so the first one has nothing to attend to and gives NaN: the "
    "diagonal belongs to what is allowed.",
    mask_after_softmax: "The mask is applied after softmax, so the weights left no longer sum to 1: apply it to the "
    "scores.",
    masked_scores_zero: "Masked scores are set to 0, and exp(0) = 1 is a weight like any other: set them to -inf.",
    minus_ten_thousand: "Masked scores are set to -10,000 or so. Scores can be lower than that, and then the future is "
    "seen: use -inf or torch.finfo(dtype).min.",
    minus_a_billion: "Masked scores are set to a finite number such as -1e9. Scores can be lower than that, and then "
    "the future is seen: use -inf or torch.finfo(dtype).min.",
    minus_a_billion_added: "A finite number such as -1e9 is added to masked scores. Scores can differ by more than "
    "that, and then the future is seen: use -inf.",
    mask_from_params: "The mask is looked for in the state dict (attn.bias), where old files had it: make one.",
    one_head: "There is one head whatever config.n_head says.",
    over_queries: "The weights sum to 1 over the queries: use softmax over the last dim, the keys.",
    no_maximum: "exp is taken of the scores themselves and overflows: torch.softmax subtracts each row's largest score "
    "first.",
    no_attention_biases: "The biases of c_attn and c_proj in the attention are not added.",
    projection_transposed: "attn.c_proj.weight is square and used transposed. These are Conv1D weights of shape (in, "
    "out): x @ weight, not F.linear.",
    no_projection: "attn.c_proj is not applied to the merged heads.",
    twelve_heads: "The number of heads is always 12, that of the smallest published GPT-2: read config.n_head.",
    loop_over_positions: "There is a Python loop over positions: one matrix product and a mask do them all.",
    mask_on_the_cpu: "A new tensor, such as the mask, is made on the CPU, or values are read into Python: this breaks "
    "on a GPU. Make it with device=ids.device.",
}
