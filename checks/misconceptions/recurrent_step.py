"""The checks of `recurrent_step(x, h, w_x, w_h, b)`."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(about="tanh(x w_x + h w_h + b), with matrix products.", without=("no loops", "detached"))
def recurrent_step(draw: Draw, *batch: int) -> Arguments:
    return _step(draw, *batch, i=draw.size("i"), h=draw.size("h"))


def _step(draw: Draw, *batch: int, i: int, h: int) -> Arguments:
    return {
        "x": draw.normal(*batch, i),
        "h": draw.normal(*batch, h),
        "w_x": draw.normal(i, h) / math.sqrt(i),
        "w_h": draw.normal(h, h) / math.sqrt(h),
        "b": draw.normal(h),
    }


@case("No size is special: one input, one unit, as many inputs as units, a batch of one.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n = draw.size("h")
    sizes = ((1, n), (n, 1), (n, n))
    return [_step(draw, *batch, i=i, h=h) for i, h in sizes for batch in ((), (1,), (n,))]


@case("Inputs in the thousands are fine where the weights are small.", alone=True)
def large_inputs(draw: Draw) -> Arguments:
    found = _step(draw, i=draw.size("i"), h=draw.size("h"))
    return found | {"x": 8192 * found["x"], "w_x": found["w_x"] / 8192}


@right
def one_product(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.cat([x, h], -1) @ torch.cat([w_x, w_h]) + b)


@right
def linear(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return (F.linear(x, w_x.T, b) + F.linear(h, w_h.T)).tanh()


@right
def summed(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh((x.unsqueeze(-1) * w_x).sum(-2) + (h.unsqueeze(-1) * w_h).sum(-2) + b)


@right
def with_einsum(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(b + torch.einsum("...i,ij->...j", x, w_x) + torch.einsum("...i,ij->...j", h, w_h))


@right
def by_a_sigmoid(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return 2 * torch.sigmoid(2 * (x @ w_x + h @ w_h + b)) - 1


@wrong("This is the formula as printed: h times w_h is a matrix product (@), and a tanh goes around the sum.")
def as_printed(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return h * w_h + x @ w_x + b


@wrong("h times w_h is a matrix product: * multiplies entry by entry, and @ sums over the units.")
def elementwise(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(h * w_h.diagonal() + x @ w_x + b)


@wrong("The tanh is missing. Without it, all steps together are one linear map, and the state can grow without end.")
def no_tanh(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return x @ w_x + h @ w_h + b


@wrong("The bias b is added outside of tanh. It belongs inside.")
def bias_outside(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_x + h @ w_h) + b


@wrong("The bias b is missing.")
def no_bias(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_x + h @ w_h)


@wrong("w_h is transposed: h stands on the left, h @ w_h.")
def transposed(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_x + h @ w_h.T + b)


@wrong("The earlier state h is not used: the step forgets everything before x.")
def without_memory(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_x + b)


@wrong("The input x is not used: every text would lead to the same state.")
def without_input(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(h @ w_h + b)


@wrong("You use the sigmoid. This cell has a tanh, whose values lie between -1 and 1.")
def sigmoid(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.sigmoid(x @ w_x + h @ w_h + b)


@wrong("You use relu. This cell has a tanh.")
def relu(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.relu(x @ w_x + h @ w_h + b)


@wrong("There are two tanh, one for each product. One goes around the whole sum.")
def two_tanh(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_x) + torch.tanh(h @ w_h + b)


@wrong("You keep a part of the old state beside the new one. This cell replaces it.")
def added_to_the_state(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    return h + torch.tanh(x @ w_x + h @ w_h + b)
