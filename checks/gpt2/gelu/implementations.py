"""Ways to write gelu: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def built_in(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def as_a_module(x: Tensor) -> Tensor:
    gelu: Tensor = nn.GELU(approximate="tanh")(x)
    return gelu


def factored(x: Tensor) -> Tensor:
    return (x / 2) * torch.tanh(x * (0.7978845608028654 + 0.035677408136300125 * x * x)) + x / 2


def by_sigmoid(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.5957691216057308 * (x + 0.044715 * torch.pow(x, 3)))


def float32_inside(x: Tensor) -> Tensor:
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    root = torch.sqrt(torch.tensor(2 / math.pi, dtype=wide.dtype, device=x.device))
    return (0.5 * wide * (1 + torch.tanh(root * (wide + 0.044715 * wide.pow(3))))).to(x.dtype)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (textbook, built_in, as_a_module, factored, by_sigmoid, float32_inside)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def exact(x: Tensor) -> Tensor:
    return F.gelu(x)


def sigmoid_form(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def silu(x: Tensor) -> Tensor:
    return F.silu(x)


def relu(x: Tensor) -> Tensor:
    return torch.relu(x)


def no_half(x: Tensor) -> Tensor:
    return x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def no_one(x: Tensor) -> Tensor:
    return 0.5 * x * torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def no_x(x: Tensor) -> Tensor:
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def no_root(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(2 / math.pi * (x + 0.044715 * x**3)))


def no_constant(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(x + 0.044715 * x**3))


def root_upside_down(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(math.pi / 2) * (x + 0.044715 * x**3)))


def digit_lost(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.44715 * x**3)))


def squared(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**2)))


def cube_outside(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x + 0.044715 * x**3))


def tanh_by_exp(x: Tensor) -> Tensor:
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + (torch.exp(u) - torch.exp(-u)) / (torch.exp(u) + torch.exp(-u)))


def always_float32(x: Tensor) -> Tensor:
    return F.gelu(x.float(), approximate="tanh")


def detached(x: Tensor) -> Tensor:
    return F.gelu(x.detach(), approximate="tanh")


def input_edited(x: Tensor) -> Tensor:
    out = F.gelu(x, approximate="tanh")
    x.detach().copy_(out.detach())
    return out


def loop_over_rows(x: Tensor) -> Tensor:
    if x.dim() == 0:
        return F.gelu(x, approximate="tanh")
    return torch.stack([F.gelu(row, approximate="tanh") for row in x])


def read_into_python(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh") + 0 * float(x.detach().abs().max())


TEXTS = {
    exact: "This is the exact gelu, by the error function: GPT-2 has the tanh form.",
    sigmoid_form: "This is x sigmoid(1.702 x), another approximation of gelu: GPT-2 has the tanh form.",
    silu: "This is silu, x sigmoid(x): GPT-2 has gelu in its tanh form.",
    relu: "This is relu: gelu bends smoothly, and is negative for some x.",
    no_half: "The factor 1/2 is missing.",
    no_one: "The 1 + before tanh is missing, so half of the weight is negative.",
    no_x: "The factor x before 1 + tanh(...) is missing.",
    no_root: "tanh has the factor 2/pi: it is the square root of that, sqrt(2/pi).",
    no_constant: "The factor sqrt(2/pi) inside tanh is missing.",
    root_upside_down: "tanh has the factor sqrt(pi/2): it is sqrt(2/pi).",
    digit_lost: "The cube has the factor 0.44715: it is 0.044715.",
    squared: "0.044715 multiplies x^2: it is x^3.",
    cube_outside: "sqrt(2/pi) multiplies x alone: it multiplies the sum x + 0.044715 x^3.",
    tanh_by_exp: "tanh is written with exp, which overflows: inf / inf is NaN. torch.tanh does not.",
    always_float32: "The result is always float32: keep the dtype of x.",
    detached: "No gradient reaches x: the result is cut from the graph (no_grad, detach, .data).",
    input_edited: "x itself is changed by an in-place operation.",
    loop_over_rows: "There is a Python loop over rows: the formula works on whole tensors.",
    read_into_python: "A value is read into Python (.item(), float(), if x > 0), or a new tensor is made on the CPU: "
    "this breaks on a GPU or waits for it. Stay with operations on tensors.",
}

ON_META = {read_into_python: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
