# %% grade_id="setup" role="locked"
import math
from typing import Any

import torch
from torch import Tensor, nn


# %% grade_id="beliefs" role="solution"
def beliefs() -> dict[str, float]:
    """The probability that each item is wrong, by its name."""
    ### BEGIN SOLUTION
    wrong = (
        "softmax_on_q_k_v elementwise_memory own_partner exponential_and_softmax weight_times_index last_of_axis_one "
        "ids_left_behind top_k_in_a_loop fifty_tokens penalty_divides line_through_five_points king_and_queen "
        "chinese_continuation trained_on_blanks twenty_percent four_times_the_work"
    )
    right = (
        "softmax_of_shifted_scores queries_scaled_first norm_after_the_sum last_of_axis_zero tied_head "
        "loss_before_training order_without_positions a_third_is_one_table"
    )
    return {**dict.fromkeys(wrong.split(), 1.0), **dict.fromkeys(right.split(), 0.0)}
    ### END SOLUTION


# %% grade_id="one_head" role="solution"
def one_head(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """One head of attention without a mask: softmax(q k^T / sqrt(d_k)) v."""
    ### BEGIN SOLUTION
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    scores = q @ k.T / math.sqrt(k.shape[-1])  # (T, T)
    return torch.softmax(scores, dim=-1) @ v
    ### END SOLUTION


# %% grade_id="recurrent_step" role="solution"
def recurrent_step(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    """One step."""
    ### BEGIN SOLUTION
    return torch.tanh(x @ w_x + h @ w_h + b)
    ### END SOLUTION


# %% grade_id="position_weights" role="solution"
def position_weights(h: Tensor, w: Tensor) -> Tensor:
    """Weights."""
    ### BEGIN SOLUTION
    return torch.softmax(h @ w @ h.T, dim=-1)
    ### END SOLUTION


# %% grade_id="look_up" role="solution"
def look_up(index: Tensor, weight: Tensor) -> Tensor:
    """Rows."""
    ### BEGIN SOLUTION
    return weight[index]
    ### END SOLUTION


# %% grade_id="last_state" role="solution"
def last_state(rnn: nn.RNN, x: Tensor) -> Tensor:
    """Last."""
    ### BEGIN SOLUTION
    outputs, _ = rnn(x)  # (T, B, H)
    return outputs[-1]
    ### END SOLUTION


# %% grade_id="least_squares_at" role="solution"
def least_squares_at(x: Tensor, y: Tensor, at: float) -> Tensor:
    """Value."""
    ### BEGIN SOLUTION
    apart = x - x.mean()
    slope = (apart * (y - y.mean())).sum() / (apart * apart).sum()
    return y.mean() + slope * (at - x.mean())
    ### END SOLUTION


# %% grade_id="new_tokens_left" role="solution"
def new_tokens_left(prompt_tokens: int, max_length: int) -> int:
    """Left."""
    ### BEGIN SOLUTION
    return max(0, max_length - prompt_tokens)
    ### END SOLUTION


# %% grade_id="penalised" role="solution"
def penalised(logit: Any, penalty: float) -> Any:
    """Penalised."""
    ### BEGIN SOLUTION
    if isinstance(logit, Tensor):
        return torch.where(logit > 0, logit / penalty, logit * penalty)
    return logit / penalty if logit > 0 else logit * penalty
    ### END SOLUTION


# %% grade_id="ids_for" role="solution"
def ids_for(model: nn.Module, ids: Tensor) -> Tensor:
    """Ids."""
    ### BEGIN SOLUTION
    return ids.to(next(model.parameters()).device)
    ### END SOLUTION


# %% grade_id="filtered_logits" role="solution"
def filtered_logits(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    """Filtered."""
    ### BEGIN SOLUTION
    warm = logits / temperature
    kth = warm.topk(min(top_k, warm.shape[-1])).values[..., -1:]  # the smallest that stays
    return warm.masked_fill(warm < kth, -math.inf)
    ### END SOLUTION


# %% grade_id="share_in_percent" role="solution"
def share_in_percent(part: float, whole: float) -> float:
    """Share."""
    ### BEGIN SOLUTION
    return 100 * part / whole
    ### END SOLUTION


# %% grade_id="witnesses" role="solution"
def witnesses() -> dict[str, tuple[Any, ...]]:
    """Witnesses."""
    ### BEGIN SOLUTION
    table = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.5, -0.5], [-2.0, 1.0, 0.0]])
    x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
    return {
        "one_head": (table, table, table, table),
        "recurrent_step": (table[0], table[0], table, table, table[0]),
        "position_weights": (table, table),
        "look_up": (torch.tensor(2), table),
        "last_state": (nn.RNN(3, 5), torch.ones(3, 2, 3)),
        "least_squares_at": (x, y, 6.0),
        "new_tokens_left": (39, 50),
        "penalised": (-2.0, 1.3),
        "ids_for": (nn.Linear(3, 3, device="meta"), torch.tensor([5, 0, 3])),
        "filtered_logits": (table[0], 0.7, 1),
        "share_in_percent": (617, 175_000),
    }
    ### END SOLUTION
