"""Ways to write rnn_step: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h @ w_hh + b)


def concatenated(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return (torch.cat([x, h], dim=-1) @ torch.cat([w_xh, w_hh], dim=0) + b).tanh()


def einsum(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.einsum("...i,ij->...j", x, w_xh) + torch.einsum("...k,kj->...j", h, w_hh) + b)


def linear(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(F.linear(x, w_xh.T, b) + F.linear(h, w_hh.T))


def two_addmm(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    rows = torch.addmm(torch.addmm(b, h.reshape(-1, h.shape[-1]), w_hh), x.reshape(-1, x.shape[-1]), w_xh)
    return rows.tanh().reshape(h.shape)


def tanh_by_sigmoid(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    total = b + torch.matmul(h, w_hh) + torch.matmul(x, w_xh)
    return 2 * torch.sigmoid(2 * total) - 1


def rnn_cell(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    flat = (x.reshape(-1, x.shape[-1]), h.reshape(-1, h.shape[-1]))
    return torch.rnn_tanh_cell(*flat, w_xh.T, w_hh.T, b, torch.zeros_like(b)).reshape(h.shape)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (textbook, concatenated, einsum, linear, two_addmm, tanh_by_sigmoid, rnn_cell)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def no_tanh(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return x @ w_xh + h @ w_hh + b


def elementwise(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h * w_hh.diagonal() + b)


def elementwise_without_tanh(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return x @ w_xh + h * w_hh.diagonal() + b


def broadcast_product(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh((x @ w_xh).unsqueeze(-2) + h.unsqueeze(-2) * w_hh + b)


def sigmoid(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.sigmoid(x @ w_xh + h @ w_hh + b)


def relu(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.relu(x @ w_xh + h @ w_hh + b)


def tanh_by_hand(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    up = torch.exp(x @ w_xh + h @ w_hh + b)
    down = torch.exp(-(x @ w_xh + h @ w_hh + b))
    return (up - down) / (up + down)


def clipped(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    powers = torch.exp(2 * (x @ w_xh + h @ w_hh + b).clamp(-5.0, 5.0))
    return (powers - 1) / (powers + 1)


def bias_outside(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h @ w_hh) + b


def tanh_of_each(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh) + torch.tanh(h @ w_hh) + b


def bias_forgotten(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h @ w_hh)


def bias_twice(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(F.linear(x, w_xh.T, b) + F.linear(h, w_hh.T, b))


def state_forgotten(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + b + 0 * h)


def input_forgotten(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(h @ w_hh + b + 0 * (x @ w_xh))


def weights_swapped(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_hh + h @ w_xh + b)


def concatenated_the_other_way(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.cat([h, x], dim=-1) @ torch.cat([w_xh, w_hh], dim=0) + b)


def weights_stacked_the_other_way(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.cat([x, h], dim=-1) @ torch.cat([w_hh, w_xh]) + b)


def state_weights_transposed(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h @ w_hh.T + b)


def weights_transposed(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh.T + h @ w_hh.T + b)


def residual(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return h + torch.tanh(x @ w_xh + h @ w_hh + b)


def only_matrices(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.mm(x, w_xh) + torch.mm(h, w_hh) + b)


def returns_pair(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Any:
    new = textbook(x, h, w_xh, w_hh, b)
    return new, new


def always_float32(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h @ w_hh + b).float()


def detached(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return textbook(x, h, w_xh, w_hh, b).detach()


def state_detached(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh + h.detach() @ w_hh + b)


def state_edited(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    new = textbook(x, h, w_xh, w_hh, b)
    h.copy_(new)
    return new


def state_overwritten(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    new = textbook(x, h, w_xh, w_hh, b)
    h.data = new.detach().clone()
    return new


def made_on_the_cpu(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.zeros(h.shape, dtype=h.dtype) + x @ w_xh + h @ w_hh + b)


def loop_over_units(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    units = [(x * w_xh[:, j]).sum(-1) + (h * w_hh[:, j]).sum(-1) + b[j] for j in range(h.shape[-1])]
    return torch.tanh(torch.stack(units, dim=-1))


TEXTS = {
    no_tanh: "Your state is x w_xh + h w_hh + b itself: tanh of it is missing.",
    elementwise: "h is multiplied with w_hh entry by entry (its diagonal). It takes a matrix product, h @ w_hh, for "
    "one unit of the state to hear of another.",
    elementwise_without_tanh: "h is multiplied with w_hh entry by entry, and tanh is missing: use the matrix product "
    "h @ w_hh, and tanh of the sum.",
    broadcast_product: "h * w_hh multiplies entry by entry and broadcasts to a matrix: use the product h @ w_hh.",
    sigmoid: "Your state is the sigmoid of the sum: the contract asks for tanh.",
    relu: "Your state is the ReLU of the sum: the contract asks for tanh.",
    tanh_by_hand: "tanh is written with exp(a) and exp(-a). One of them overflows for large a, and infinity by "
    "infinity is NaN: use torch.tanh.",
    bias_outside: "b is added after tanh: add it before.",
    tanh_of_each: "tanh is taken of x w_xh and of h w_hh apart: add both and b first, then take tanh once.",
    bias_forgotten: "b is not added.",
    bias_twice: "b is added twice, once with x and once with h.",
    state_forgotten: "h is not used: without h w_hh the step remembers nothing.",
    input_forgotten: "x is not used: the term x w_xh is missing.",
    weights_swapped: "The weights are exchanged: w_xh belongs to x and w_hh to h.",
    concatenated_the_other_way: "x and h are joined in one order and their weights in the other.",
    state_weights_transposed: "w_hh is transposed. nn.RNN keeps its weights that way round; here it is h @ w_hh.",
    weights_transposed: "Both weights are transposed. nn.RNN keeps them that way round; here it is x @ w_xh and "
    "h @ w_hh.",
    residual: "h itself is added to the new state: it enters through h w_hh alone.",
    only_matrices: "torch.mm multiplies two matrices only: `@` also takes a vector, or more batch dimensions.",
    returns_pair: "You return a tuple: return the new state alone.",
    always_float32: "The result is always float32: keep the dtype of the inputs.",
    detached: "No gradient reaches the inputs: the result is cut from the graph (no_grad, detach, .data).",
    state_detached: "No gradient flows back through h: it is cut from the graph (detach, .data), and nothing could be "
    "learned over more than one step.",
    state_edited: "h itself is overwritten with the new state: return a new tensor.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with torch.zeros_like(...), or with device=x.device.",
    clipped: "What goes into tanh is clipped, so that tanh stops before it reaches 1: torch.tanh never overflows.",
    weights_stacked_the_other_way: "[x, h] meets [w_hh; w_xh]: stack the weights in the order of what they multiply.",
    state_overwritten: "The new state is written into h, through h.data or the like: return it, and leave h as it was.",
    loop_over_units: "There is a Python loop over units or rows: one matrix product does them all.",
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
