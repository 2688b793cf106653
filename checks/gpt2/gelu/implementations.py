"""Ways to write gelu: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def widened(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def textbook(x: Tensor) -> Tensor:
    wide = widened(x)
    return (0.5 * wide * (1 + torch.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)))).type_as(x)


def built_in(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def as_a_module(x: Tensor) -> Tensor:
    gelu: Tensor = nn.GELU(approximate="tanh")(x)
    return gelu


def factored(x: Tensor) -> Tensor:
    half = widened(x) / 2
    return (half * torch.tanh(half * (1.5957691216057308 + 0.2854192650904010 * half * half)) + half).to(x.dtype)


def by_sigmoid(x: Tensor) -> Tensor:
    wide = x.double()
    return (wide * torch.sigmoid(1.5957691216057308 * (wide + 0.044715 * torch.pow(wide, 3)))).to(x.dtype)


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


def inside(x: Tensor) -> Tensor:
    """What tanh is taken of, in float32 at least, for mistakes that come after it."""
    wide = widened(x)
    return math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)


def tanh_by_exp(x: Tensor) -> Tensor:
    u = inside(x)
    return (0.5 * x * (1 + (torch.exp(u) - torch.exp(-u)) / (torch.exp(u) + torch.exp(-u)))).to(x.dtype)


def tanh_by_one_exp(x: Tensor) -> Tensor:
    power = torch.exp(2 * inside(x))
    return (0.5 * x * (1 + (power - 1) / (power + 1))).to(x.dtype)


def overflow_replaced(x: Tensor) -> Tensor:
    power = torch.exp(2 * inside(x))
    curve = 0.5 * x * (1 + (power - 1) / (power + 1))
    return torch.where(x > 10, x, curve.to(x.dtype))


def sigmoid_by_exp(x: Tensor) -> Tensor:
    return (x / (1 + torch.exp(-2 * inside(x)))).to(x.dtype)


def cube_in_half(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def product_in_half(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def cube_of_the_size(x: Tensor) -> Tensor:
    wide = widened(x)
    return (0.5 * wide * (1 + torch.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * wide.abs() ** 3)))).to(x.dtype)


def cube_by_logarithm(x: Tensor) -> Tensor:
    wide = widened(x)
    cube = wide.sign() * (3 * wide.abs().log()).exp()
    return (0.5 * wide * (1 + torch.tanh(math.sqrt(2 / math.pi) * (wide + 0.044715 * cube)))).to(x.dtype)


def digits_left_out(x: Tensor) -> Tensor:
    wide = widened(x)
    return (0.5 * wide * (1 + torch.tanh(math.sqrt(2 / math.pi) * (wide + 0.0447 * wide**3)))).to(x.dtype)


def root_rounded(x: Tensor) -> Tensor:
    wide = widened(x)
    return (0.5 * wide * (1 + torch.tanh(0.8 * (wide + 0.044715 * wide**3)))).to(x.dtype)


def root_in_float32(x: Tensor) -> Tensor:
    wide = widened(x)
    root = torch.tensor(2 / math.pi, dtype=torch.float32, device=x.device).sqrt()
    return (0.5 * wide * (1 + torch.tanh(root * (wide + 0.044715 * wide**3)))).to(x.dtype)


def clamped(x: Tensor) -> Tensor:
    return F.gelu(x.clamp(-10, 10), approximate="tanh")


def straight_beyond_three(x: Tensor) -> Tensor:
    straight = torch.where(x > 3, x, torch.zeros_like(x))
    return torch.where(x.abs() > 3, straight, F.gelu(x, approximate="tanh"))


def float32_inside(x: Tensor) -> Tensor:
    return F.gelu(x.float(), approximate="tanh").to(x.dtype)


def always_float32(x: Tensor) -> Tensor:
    return F.gelu(x.float(), approximate="tanh")


def detached(x: Tensor) -> Tensor:
    return F.gelu(x.detach(), approximate="tanh")


def input_edited(x: Tensor) -> Tensor:
    out = F.gelu(x, approximate="tanh")
    x.detach().copy_(out.detach())
    return out


def multiplied_in_place(x: Tensor) -> Tensor:
    x *= (0.5 * (1 + torch.tanh(inside(x)))).to(x.dtype)
    return x


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
    tanh_by_one_exp: "tanh is written with exp, which overflows for large x: inf / inf is NaN. torch.tanh does not.",
    overflow_replaced: "tanh is written with exp, and torch.where replaces what overflows: the result is right, but "
    "the gradient flows through both branches and is 0 times inf, NaN. torch.tanh does not overflow.",
    sigmoid_by_exp: "1 / (1 + exp(-2 u)) is right also where exp is infinite, but its gradient is inf / inf there, "
    "NaN: use torch.tanh or torch.sigmoid.",
    cube_in_half: "x^3 is taken in float16, where 65,504 is the largest number: the result is right, but where x^2 "
    "overflows the gradient is 0 times inf, NaN. Calculate in float32 and convert the result back.",
    product_in_half: "x x x is taken in float16, where 65,504 is the largest number: the result is right, but where "
    "it overflows the gradient is 0 times inf, NaN. Calculate in float32 and convert the result back.",
    cube_of_the_size: "The cube is that of |x|: for negative x it must be negative.",
    cube_by_logarithm: "The cube is made by exp of a logarithm, whose gradient at 0 is infinite: write x**3.",
    digits_left_out: "0.044715 is rounded to 0.0447: take all of its digits.",
    root_rounded: "sqrt(2/pi) is rounded to 0.8: take math.sqrt(2 / math.pi).",
    root_in_float32: "sqrt(2/pi) is a float32 tensor, so a float64 result has only 7 digits: take a Python number, "
    "math.sqrt(2 / math.pi).",
    clamped: "x is clamped before the formula, so large x come out too small: torch.tanh needs no help.",
    straight_beyond_three: "Beyond 3 you return x or 0: the curve comes near these, but is not there yet.",
    float32_inside: "Everything is calculated in float32, so a float64 result has only 7 digits: "
    "torch.promote_types(x.dtype, torch.float32) leaves float64 as it is.",
    multiplied_in_place: "x itself is changed by an in-place operation such as `*=`: make a new tensor, x * ...",
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
