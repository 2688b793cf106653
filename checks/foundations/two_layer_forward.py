"""The checks of `two_layer_forward(x, w1, b1, w2, b2)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    large=10_000,
    gradients=True,
    without=("no loops", "read_into_python"),
    about="relu(x w1 + b1) w2 + b2, for one input (I,) and for any number of leading dimensions.",
)
def two_layer_forward(draw: Draw, *batch: int) -> list[Arguments]:
    i, h, o = draw.sizes(3)
    return [_network(draw, (*batch, i), i, h, o), _network(draw, (*batch, 5, o + 20), o + 20, h + 10, i)]


def _network(draw: Draw, shape: tuple[int, ...], i: int, h: int, o: int) -> Arguments:
    """Hidden numbers of both signs, none so near to 0 that rounding could decide on which side it is."""

    def make() -> Arguments:
        return {
            "x": draw.normal(*shape),
            "w1": draw.normal(i, h),
            "b1": draw.normal(h) + 0.5,
            "w2": draw.normal(h, o),
            "b2": 2 * draw.normal(o) + 1,
        }

    def good(found: Arguments) -> bool:
        before = found["x"].double() @ found["w1"].double() + found["b1"].double()
        tell = bool((before > 0.1).any() and (before < -0.1).any())
        return tell and float(before.abs().min()) > 1e-4

    return draw.until(make, good)


@case("No size is special: a square network, and one hidden unit, input and output.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n, m = draw.sizes(2)
    one = {"x": torch.tensor([2.0]), "w1": torch.tensor([[3.0]]), "b1": torch.tensor([-1.0])}
    off = {**one, "b1": torch.tensor([-9.0])}
    out = {"w2": torch.tensor([[-0.5]]), "b2": torch.tensor([0.25])}
    return [_network(draw, (n, n), n, n, n), _network(draw, (m, n), n, n, n), {**one, **out}, {**off, **out}]


@case("Where no hidden unit is active, only b2 is left.", alone=True)
def all_units_off(draw: Draw) -> Arguments:
    i, h, o, n = draw.sizes(4)
    found = _network(draw, (n, i), i, h, o)
    return {**found, "b1": torch.full((h,), -100.0)}


@right
def by_maximum(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = torch.matmul(x, w1) + b1
    return torch.matmul(torch.maximum(hidden, torch.zeros_like(hidden)), w2) + b2


@right
def layers_of_torch(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return F.linear(F.relu(F.linear(x, w1.T, b1)), w2.T, b2)


@right
def by_einsum(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = (torch.einsum("...i,ih->...h", x, w1) + b1).clamp(min=0)
    return torch.einsum("...h,ho->...o", hidden, w2) + b2


@right
def by_a_mask(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = x @ w1 + b1
    return (hidden * (hidden > 0)) @ w2 + b2


@right
def flat_batch(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    rows = x.reshape(-1, x.shape[-1])
    hidden = torch.addmm(b1, rows, w1)
    hidden = hidden.masked_fill(hidden < 0, 0.0)
    return torch.addmm(b2, hidden, w2).reshape(*x.shape[:-1], w2.shape[1])


@right
def bias_as_a_weight(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """A 1 beside the inputs, whose weights are the bias."""
    hidden = torch.cat([x, torch.ones_like(x[..., :1])], -1) @ torch.cat([w1, b1[None]])
    hidden = torch.relu_(hidden)
    return torch.cat([hidden, torch.ones_like(hidden[..., :1])], -1) @ torch.cat([w2, b2[None]])


@wrong("The relu is missing: without it two layers are one, since a product of matrices is a matrix.")
def no_relu(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (x @ w1 + b1) @ w2 + b2


@wrong("There is a relu at the end, too. The output may be negative: relu stands only on the hidden layer.")
def relu_at_the_end(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(torch.relu(x @ w1 + b1) @ w2 + b2)


@wrong("relu is applied to the output in place of the hidden layer.")
def relu_only_at_the_end(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu((x @ w1 + b1) @ w2 + b2)


@wrong("relu is applied to the input. It belongs on the hidden layer, after the first product and its bias.")
def relu_of_the_input(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (torch.relu(x) @ w1 + b1) @ w2 + b2


@wrong("b1 is added after the relu. It belongs inside: relu(x w1 + b1).")
def bias_after_relu(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (torch.relu(x @ w1) + b1) @ w2 + b2


@wrong("b1 is forgotten.")
def no_first_bias(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(x @ w1) @ w2 + b2


@wrong("b2 is forgotten.")
def no_second_bias(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(x @ w1 + b1) @ w2


@wrong("b1 is subtracted: it is added.")
def bias_subtracted(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(x @ w1 - b1) @ w2 + b2


@wrong("You take tanh in place of relu.")
def by_tanh(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.tanh(x @ w1 + b1) @ w2 + b2


@wrong("You take the sigmoid in place of relu.")
def by_sigmoid(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.sigmoid(x @ w1 + b1) @ w2 + b2


@wrong("You take absolute values. relu makes negative numbers 0, it does not turn them.")
def absolute_values(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (x @ w1 + b1).abs() @ w2 + b2


@wrong("Your relu lets a little of the negative side through (leaky). Below 0 it is 0.")
def leaky(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return F.leaky_relu(x @ w1 + b1, 0.01) @ w2 + b2


@wrong("You take gelu, a smooth relative of relu. Here it is relu itself: negative numbers become exactly 0.")
def by_gelu(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return F.gelu(x @ w1 + b1) @ w2 + b2


@wrong("Your relu keeps the negative numbers and drops the positive ones.")
def other_side(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (x @ w1 + b1).clamp(max=0) @ w2 + b2


@wrong("Your relu ends at 6. relu has no upper end.")
def capped(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return (x @ w1 + b1).clamp(0, 6) @ w2 + b2


@wrong("You replace positive numbers by 1. relu keeps them as they are.")
def steps(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = x @ w1 + b1
    return (hidden > 0).to(x.dtype) @ w2 + b2


@wrong("The matrices are transposed, which fits only a square network: x (..., I) times w1 (I, H) is x @ w1.")
def transposed(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(x @ w1.T + b1) @ w2.T + b2


@wrong("You average over the batch. Every input has an output of its own.")
def mean_over_the_batch(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return by_maximum(x.reshape(-1, x.shape[-1]).mean(0), w1, b1, w2, b2)


@wrong("A batch of batches is flattened: keep the leading dimensions of x.")
def flattened(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return by_maximum(x.reshape(-1, x.shape[-1]), w1, b1, w2, b2)


@wrong("An input without a batch comes back with an extra dimension: x (I,) gives (O,).")
def always_a_batch(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return by_maximum(x if x.dim() > 1 else x[None], w1, b1, w2, b2)


@wrong("You return the hidden layer: multiply it by w2 and add b2.")
def hidden_only(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.relu(x @ w1 + b1)


@wrong("You put a softmax on the output. The network returns the plain numbers.")
def softmax_at_the_end(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.softmax(by_maximum(x, w1, b1, w2, b2), -1)


@wrong("A new tensor is made on the CPU: on a GPU this breaks. Use torch.relu, or torch.zeros_like(hidden).")
def zeros_on_the_cpu(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = x @ w1 + b1
    return torch.maximum(hidden, torch.zeros(hidden.shape, dtype=hidden.dtype)) @ w2 + b2


@wrong("No gradient reaches the first layer: the hidden numbers are cut off (.detach() or .data).")
def hidden_detached(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    hidden = torch.relu(x @ w1 + b1)
    return (hidden.detach() + 0 * hidden) @ w2 + b2
