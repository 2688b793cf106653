"""Held-out corpus for rnn_step: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# ---------------------------------------------------------------- wrong


def elementwise_recurrence(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """The old state is multiplied entry by entry with the diagonal of w_hh: differs for any w_hh that is not diagonal."""
    return torch.tanh(x @ w_xh + h * w_hh.diagonal() + b)


def recurrent_matrix_transposed(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Uses w_hh as nn.Linear would (h @ w_hh.T): the shape is the same, the values differ for any non-symmetric w_hh."""
    return torch.tanh(x @ w_xh + nn.functional.linear(h, w_hh, b))


def tanh_by_exponentials(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Writes tanh as a quotient of exponentials: inf/inf = NaN once a pre-activation exceeds 88 (float32)."""
    a = x @ w_xh + h @ w_hh + b
    up, down = torch.exp(a), torch.exp(-a)
    return (up - down) / (up + down)


def clamped_exponential_tanh(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Clamps the pre-activation to +-5 against overflow: tanh(5) in place of tanh(8), 9e-5 off for a large pre-activation."""
    a = (x @ w_xh + h @ w_hh + b).clamp(-5, 5)
    e = torch.exp(2 * a)
    return (e - 1) / (e + 1)


def bias_outside_tanh(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Adds the bias after the tanh: differs for every bias that is not zero."""
    return torch.tanh(x @ w_xh + h @ w_hh) + b


def bias_twice(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Adds b to both products, as nn.RNN has two biases: differs for every bias that is not zero."""
    return torch.tanh((x @ w_xh + b) + (h @ w_hh + b))


def logistic_instead(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Squashes with a sigmoid in place of tanh: differs for every input."""
    return torch.sigmoid(x @ w_xh + h @ w_hh + b)


def truncated_history(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Detaches the old state, as in truncated backpropagation: values are right, the gradient of h is missing."""
    return torch.tanh(x @ w_xh + h.detach() @ w_hh + b)


def state_updated_in_place(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Writes the new state into h: the caller's h is another tensor afterwards, for every input."""
    new = torch.tanh(x @ w_xh + h @ w_hh + b)
    h.data.copy_(new)
    return new


def one_row_at_a_time(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Loops over the rows of the batch: right values, but the number of torch calls grows with the batch."""
    rows = x.reshape(-1, x.shape[-1])
    states = h.reshape(-1, h.shape[-1])
    out = [torch.tanh(rows[i] @ w_xh + states[i] @ w_hh + b) for i in range(rows.shape[0])]
    return torch.stack(out).reshape(h.shape)


def concatenated_wrong_way(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Concatenates [x, h] but stacks the matrices as [w_hh, w_xh]: the shapes fit always, the values are wrong."""
    return torch.tanh(torch.cat((x, h), dim=-1) @ torch.cat((w_hh, w_xh), dim=0) + b)


def only_matrices(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Uses addmm, which takes matrices only: raises for a single vector (I,) and for a batch with two leading dims."""
    return torch.tanh(torch.addmm(torch.mm(x, w_xh), h, w_hh) + b)


def single_precision_state(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Casts everything to float32 first: a float64 input comes back as float32."""
    return torch.tanh(x.float() @ w_xh.float() + h.float() @ w_hh.float() + b.float())


def leaky_state(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Adds the old state to the new one, as a residual: differs for every h that is not zero."""
    return h + torch.tanh(x @ w_xh + h @ w_hh + b)


# ---------------------------------------------------------------- right


def one_product_of_joined(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Right: one product of [x, h, 1] with the stacked matrices."""
    one = torch.ones_like(h[..., :1])
    joined = torch.cat((x, h, one), dim=-1)
    return torch.cat((w_xh, w_hh, b.unsqueeze(0)), dim=0).mT.matmul(joined.unsqueeze(-1)).squeeze(-1).tanh()


def by_einsum_and_expm1(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Right: tanh(a) = expm1(2a) / (expm1(2a) + 2), where a beyond 20 counts as 20; products by einsum."""
    a = torch.einsum("...i,ij->...j", x, w_xh).add(torch.einsum("...i,ij->...j", h, w_hh)).add(b)
    grown = torch.expm1(2 * a.clamp(max=20))
    return grown / (grown + 2)


def by_linear_with_transposes(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """Right: nn.functional.linear twice with transposed matrices."""
    linear = nn.functional.linear
    return (linear(x, w_xh.mT, b) + linear(h, w_hh.mT)).tanh()


WRONG = (
    elementwise_recurrence,
    recurrent_matrix_transposed,
    tanh_by_exponentials,
    clamped_exponential_tanh,
    bias_outside_tanh,
    bias_twice,
    logistic_instead,
    truncated_history,
    state_updated_in_place,
    one_row_at_a_time,
    concatenated_wrong_way,
    only_matrices,
    single_precision_state,
    leaky_state,
)
RIGHT = (one_product_of_joined, by_einsum_and_expm1, by_linear_with_transposes)
