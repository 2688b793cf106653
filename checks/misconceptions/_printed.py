"""What is printed, as functions, and what is right: the two versions that a witness tells apart.

`tests/course/test_misconceptions.py` compares the printed ones with those of the notebook.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Witness


def one_head(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    q, k, v = (torch.softmax(x @ w, dim=-1) for w in (w_q, w_k, w_v))
    weights = torch.softmax((q * k).sum(-1), dim=0)
    return weights.unsqueeze(-1) * v


def recurrent_step(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return h * w_h + x @ w_x + b


def position_weights(h: Tensor, w: Tensor) -> Tensor:
    return torch.exp(h @ w.T).softmax(dim=-1)


def look_up(index: Tensor, weight: Tensor) -> Tensor:
    return index * weight


def last_state(rnn: nn.RNN, x: Tensor) -> Tensor:
    out, _ = rnn(x)
    return out[:, -1, :]


def least_squares_at(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    intercept = y.mean() - slope * y.mean()
    return intercept + slope * at


def new_tokens_left(prompt_tokens: int, max_length: int) -> int:
    return max_length


def penalised(logit: Any, penalty: float) -> Any:
    return logit / penalty


def ids_for(model: nn.Module, ids: Tensor) -> Tensor:
    return ids


def filtered_logits(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return logits / temperature


def share_in_percent(part: float, whole: float) -> float:
    return min(100.0, float(round(100 * part / whole)))


# ---- the right versions, which refuse what lies outside of the contract ------------------------------------------


def _one_head(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return torch.softmax((x @ w_q) @ (x @ w_k).T / math.sqrt(w_k.shape[1]), dim=-1) @ (x @ w_v)


def _recurrent_step(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    if x.shape[:-1] != h.shape[:-1]:
        raise ValueError("x and h must have the same axes in front")
    return torch.tanh(x @ w_x + h @ w_h + b)


def _position_weights(h: Tensor, w: Tensor) -> Tensor:
    return torch.softmax(h @ w @ h.T, dim=-1)


def _look_up(index: Tensor, weight: Tensor) -> Tensor:
    if bool(((index < 0) | (index >= len(weight))).any()):
        raise ValueError("an index counts rows, from 0 to V - 1")
    return weight[index]


def _last_state(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][-1]  # type: ignore[no-any-return]  # a module's call has no type


def _least_squares_at(x: Tensor, y: Tensor, at: float) -> Tensor:
    apart = x - x.mean()
    if len(x) < 2 or bool((x == x[0]).all()):
        raise ValueError("a line needs two points that do not lie above each other")
    return y.mean() + (apart * (y - y.mean())).sum() / (apart * apart).sum() * (at - x.mean())


def _new_tokens_left(prompt_tokens: int, max_length: int) -> int:
    if min(prompt_tokens, max_length) < 0:
        raise ValueError("numbers of tokens are 0 or more")
    return max(0, max_length - prompt_tokens)


def _penalised(logit: Any, penalty: float) -> Any:
    _positive("penalty", penalty)
    return torch.where(logit > 0, logit / penalty, logit * penalty) if isinstance(logit, Tensor) else (
        logit / penalty if logit > 0 else logit * penalty
    )  # fmt: skip


def _ids_for(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(next(model.parameters()).device)


def _filtered_logits(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    _positive("temperature", temperature)
    _positive("top_k", top_k)
    warm = logits / temperature
    return warm.masked_fill(warm < warm.topk(min(top_k, warm.shape[-1])).values[..., -1:], -math.inf)


def _share_in_percent(part: float, whole: float) -> float:
    _positive("whole", whole)
    return 100 * part / whole


def _positive(name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{name} must be above 0")


# ---- objects that do not travel ----------------------------------------------------------------------------------


def _an_rnn(given: Sequence[Any]) -> nn.RNN:
    """Of the width of x, with fixed weights: what it computes does not matter, only which output is taken."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.RNN(given[1].shape[-1], 5, dtype=given[1].dtype)


def _elsewhere(given: Sequence[Any]) -> nn.Module:
    """A model that is not on the CPU: the judge need not have a GPU."""
    model = nn.Module()
    model.weight = nn.Parameter(torch.empty(3, device="meta"))
    return model


WITNESSES = {
    "one_head": Witness(one_head, _one_head, ("float T D", "float D d_k", "float D d_k", "float D d_v")),
    "recurrent_step": Witness(
        recurrent_step, _recurrent_step, ("float ... I", "float ... H", "float I H", "float H H", "float H")
    ),
    "position_weights": Witness(position_weights, _position_weights, ("float T D", "float D D")),
    "look_up": Witness(look_up, _look_up, ("long ...", "float V D")),
    "last_state": Witness(last_state, _last_state, ("object RNN", "float T B I"), {"rnn": _an_rnn}),
    "least_squares_at": Witness(least_squares_at, _least_squares_at, ("float N", "float N", "number")),
    "new_tokens_left": Witness(new_tokens_left, _new_tokens_left, ("int", "int")),
    "penalised": Witness(penalised, _penalised, ("number|float ...", "number")),
    "ids_for": Witness(ids_for, _ids_for, ("object", "long ..."), {"model": _elsewhere}),
    "filtered_logits": Witness(filtered_logits, _filtered_logits, ("float ... V", "number", "int")),
    "share_in_percent": Witness(share_in_percent, _share_in_percent, ("number", "number")),
}
