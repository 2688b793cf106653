"""The checks of `position_weights(h, w)`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    about="Row t holds the softmax over i of the scores h_t^T w h_i: one exponential, over positions.",
    without="detached",
)
def position_weights(draw: Draw) -> Arguments:
    return _states(draw, draw.size("t"), draw.size("d"))


def _states(draw: Draw, t: int, d: int) -> Arguments:
    """A w that is far from symmetric, and scores of size 1."""
    return {"h": draw.normal(t, d), "w": draw.normal(d, d) / d}


@case("No size is special: one position, states of one number, as many positions as numbers.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n = draw.size("t")
    return [_states(draw, *sizes) for sizes in ((1, n), (n, 1), (n, n))]


@case("Large scores give weights of 1 and 0, never NaN.", alone=True)
def large_scores(draw: Draw) -> Arguments:
    def make() -> Arguments:
        found = _states(draw, draw.size("t"), draw.size("d"))
        return found | {"w": 3000 * found["w"]}

    def clear(found: Arguments) -> bool:
        best = (found["h"] @ found["w"] @ found["h"].T).topk(2, dim=-1).values
        return bool((best[:, 0] - best[:, 1] > 100).all()) and float(best.max()) > 1000

    return draw.until(make, clear)


@right
def exponential_by_hand(h: Tensor, w: Tensor) -> Tensor:
    scores = h @ w @ h.T
    powers = (scores - scores.amax(1, keepdim=True)).exp()
    return powers / powers.sum(1, keepdim=True)


@right
def by_einsum(h: Tensor, w: Tensor) -> Tensor:
    return torch.einsum("td,de,ie->ti", h, w, h).softmax(-1)


@right
def row_by_row(h: Tensor, w: Tensor) -> Tensor:
    return torch.stack([torch.softmax(h @ (w.T @ state), 0) for state in h])


@right
def from_the_logarithm(h: Tensor, w: Tensor) -> Tensor:
    scores = h @ (h @ w.T).T
    return (scores - scores.logsumexp(1, keepdim=True)).exp()


@right
def columns_turned(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ w.T @ h.T, dim=0).T


@wrong("This is the code as printed: an exponential before the softmax, over features. Compare states first: h w h^T.")
def as_printed(h: Tensor, w: Tensor) -> Tensor:
    return torch.exp(h @ w.T).softmax(dim=-1)


@wrong("softmax takes the exponential by itself: you take it twice.")
def exponential_twice(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(torch.exp(h @ w @ h.T), -1)


@wrong("The numerator pairs t with itself for every i. It is exp of the score of t and i.")
def own_partner(h: Tensor, w: Tensor) -> Tensor:
    powers = torch.exp(h @ w @ h.T)
    return (powers.diagonal().unsqueeze(-1) / powers.sum(-1, keepdim=True)).expand_as(powers)


@wrong("You return one weight for each t, that of t with itself. Each t has a weight for every position i.")
def one_weight_each(h: Tensor, w: Tensor) -> Tensor:
    powers = torch.exp(h @ w @ h.T)
    return powers.diagonal() / powers.sum(-1)


@wrong("The softmax goes over t, the first axis. The weights of one t sum to 1 over i: dim=-1.")
def over_t(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ w @ h.T, 0)


@wrong("w is transposed: the score of t and i is h_t^T w h_i, that is h @ w @ h.T.")
def transposed(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ w.T @ h.T, -1)


@wrong("The matrix w is not used.")
def without_w(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ h.T, -1)


@wrong("You divide the scores by the root of D. This formula does not scale them.")
def scaled(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ w @ h.T / math.sqrt(h.shape[1]), -1)


@wrong("These are the scores. A softmax over i makes weights of them.")
def scores_only(h: Tensor, w: Tensor) -> Tensor:
    return h @ w @ h.T


@wrong("Each score is divided by the sum of its row, without an exponential: weights can be negative then.")
def no_exponential(h: Tensor, w: Tensor) -> Tensor:
    scores = h @ w @ h.T
    return scores / scores.sum(-1, keepdim=True)


@wrong("The sum goes over all pairs of positions. Each row sums to 1 by itself.")
def over_all_pairs(h: Tensor, w: Tensor) -> Tensor:
    scores = h @ w @ h.T
    return torch.softmax(scores.flatten(), 0).view(scores.shape)


@wrong("The exponentials of large scores overflow. torch.softmax subtracts the largest first.")
def overflowing(h: Tensor, w: Tensor) -> Tensor:
    powers = torch.exp(h @ w @ h.T)
    return powers / powers.sum(-1, keepdim=True)
