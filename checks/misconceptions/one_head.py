"""The checks of `one_head(x, w_q, w_k, w_v)`."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    about="softmax(q k^T / sqrt(d_k)) v with q, k, v = x w_q, x w_k, x w_v: every query sums over all positions.",
    without="detached",
)
def one_head(draw: Draw) -> list[Arguments]:
    return [_head(draw, *(draw.size(axis) for axis in ("t", "d", "k", "v")))]


def _head(draw: Draw, t: int, d: int, k: int, v: int) -> Arguments:
    """Scores whose spread makes the weights neither equal nor all 0 and 1."""
    return {
        "x": draw.normal(t, d),
        "w_q": draw.normal(d, k) * (1.3 / math.sqrt(d)),
        "w_k": draw.normal(d, k) * (1.3 / math.sqrt(d)),
        "w_v": draw.normal(d, v),
    }


@case("No size is special: one position, d_k of 1, and square tables.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    t, d = draw.size("t"), draw.size("d")
    return [_head(draw, *sizes) for sizes in ((1, d, 3, 5), (t, d, 1, 3), (d, d, d, d), (t, d, 5, 1))]


@case("Scores in the thousands give a weight of 1 and weights of 0, never NaN.", alone=True)
def large_scores(draw: Draw) -> Arguments:
    """One key is far ahead of all others for every query, so that rounding decides nothing."""

    def make() -> Arguments:
        found = _head(draw, *(draw.size(axis) for axis in ("t", "d", "k", "v")))
        return found | {"w_q": 300 * found["w_q"]}

    def clear(found: Arguments) -> bool:
        scores = (found["x"] @ found["w_q"]) @ (found["x"] @ found["w_k"]).T
        best = scores.topk(2, dim=-1).values
        return bool((best[:, 0] - best[:, 1] > 100).all()) and float(scores.abs().max()) > 1000

    return draw.until(make, clear)


@right
def by_hand(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    scores = (x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1])
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    return powers @ (x @ w_v) / powers.sum(-1, keepdim=True)


@right
def built_in(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention((x @ w_q)[None], (x @ w_k)[None], (x @ w_v)[None])[0]


@right
def summed_by_einsum(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    scores = torch.einsum("td,dk,sk->ts", x, w_q, x @ w_k)
    return torch.einsum("ts,sv->tv", (scores * w_k.shape[1] ** -0.5).softmax(1), x @ w_v)


@right
def query_by_query(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    keys, values = x @ w_k / math.sqrt(w_q.shape[1]), x @ w_v
    return torch.stack([torch.softmax(keys @ query, 0) @ values for query in x @ w_q])


@right
def scaled_queries_and_columns(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    queries = x @ w_q / math.sqrt(w_q.shape[1])
    weights = torch.softmax(x @ w_k @ queries.T, dim=0)  # (keys, queries)
    return weights.T @ (x @ w_v)


@wrong("You put q, k and v through a softmax. Only the scores go through one: q, k and v are used as they are.")
def softmaxed_projections(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    q, k, v = (torch.softmax(x @ w, -1) for w in (w_q, w_k, w_v))
    return torch.softmax(q @ k.T / math.sqrt(k.shape[-1]), -1) @ v


@wrong("This is the formula as printed: q, k, v each through a softmax, and no sum over the other positions.")
def as_printed(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    q, k, v = (torch.softmax(x @ w, -1) for w in (w_q, w_k, w_v))
    return torch.softmax(q * k, -1).sum(-1, keepdim=True) * v


@wrong("Each position reads its own value only. A query sums the values of all positions, weighted by softmax.")
def own_value_only(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    weights = torch.softmax((x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1]), -1)
    return weights.diagonal().unsqueeze(-1) * (x @ w_v)


@wrong("The scores are not divided by sqrt(d_k).")
def not_scaled(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_q) @ (x @ w_k).T, -1) @ (x @ w_v)


@wrong("You divide by d_k. The formula divides by its square root.")
def scaled_by_d(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_q) @ (x @ w_k).T / w_k.shape[1], -1) @ (x @ w_v)


@wrong("You divide by the root of D, the width of x. The formula takes d_k, the width of the keys.")
def scaled_by_the_width_of_x(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_q) @ (x @ w_k).T / math.sqrt(x.shape[1]), -1) @ (x @ w_v)


@wrong("The softmax goes over the queries: the weights of one query, a row of the scores, must sum to 1 (dim=-1).")
def over_queries(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1]), 0) @ (x @ w_v)


@wrong("There is no softmax: the scores themselves weigh the values.")
def no_softmax(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return (x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1]) @ (x @ w_v)


@wrong("Queries and keys are swapped: row t of the scores belongs to the query of position t.")
def swapped(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_k) @ (x @ w_q).T / math.sqrt(w_k.shape[1]), -1) @ (x @ w_v)


@wrong("A causal mask hides the later positions. Here every query sums over all positions.")
def masked(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    scores = (x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1])
    return torch.softmax(scores + torch.full_like(scores, -math.inf).triu(1), -1) @ (x @ w_v)


@wrong("The exponentials of large scores overflow. torch.softmax subtracts the largest first.")
def overflowing(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    powers = ((x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1])).exp()
    return powers @ (x @ w_v) / powers.sum(-1, keepdim=True)
