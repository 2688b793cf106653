"""Held-out corpus for gelu: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

_HALF = (torch.float16, torch.bfloat16)
_ROOT = math.sqrt(2 / math.pi)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in _HALF else x


# ---------------------------------------------------------------- wrong


def exact_form(x: Tensor) -> Tensor:
    """The exact form with erf (F.gelu's default): up to 5e-4 off GPT-2's tanh form, near +-2.5."""
    return F.gelu(x)


def logistic_form(x: Tensor) -> Tensor:
    """x sigmoid(1.702 x), the paper's other approximation: up to 0.02 off near +-2."""
    y = _wide(x)
    return (y * torch.sigmoid(1.702 * y)).to(x.dtype)


def digit_slipped(x: Tensor) -> Tensor:
    """0.44715 in place of 0.044715: differs for every x but 0, most near +-1."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.44715 * y**3)))).to(x.dtype)


def coefficient_rounded(x: Tensor) -> Tensor:
    """0.0447 in place of 0.044715: up to 1e-5 off near 1.5, visible in float32 and float64."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.0447 * y**3)))).to(x.dtype)


def root_rounded(x: Tensor) -> Tensor:
    """0.8 in place of sqrt(2/pi) = 0.79788: 1e-3 off near +-1."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(0.8 * (y + 0.044715 * y**3)))).to(x.dtype)


def root_in_single_precision(x: Tensor) -> Tensor:
    """Takes sqrt(2/pi) from a float32 tensor: a float64 input gets only 8 right digits."""
    root = torch.sqrt(torch.tensor(2 / math.pi, dtype=torch.float32, device=x.device))
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(root * (y + 0.044715 * y**3)))).to(x.dtype)


def root_over_first_term_only(x: Tensor) -> Tensor:
    """Brackets misread: sqrt(2/pi) x + 0.044715 x^3, differs for every x but 0."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(_ROOT * y + 0.044715 * y**3))).to(x.dtype)


def square_instead_of_cube(x: Tensor) -> Tensor:
    """x^2 in place of x^3: nearly right for positive x, wrong for negative x below -1."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**2)))).to(x.dtype)


def half_cube(x: Tensor) -> Tensor:
    """Cubes in the input's dtype: in float16 x = 300 has x^2 > 65,504, values are right, but the gradient is 0 * inf = NaN."""
    return 0.5 * x * (1 + torch.tanh(_ROOT * (x + 0.044715 * x * x * x)))


def quotient_of_exponentials(x: Tensor) -> Tensor:
    """Writes tanh as a quotient of exponentials: inf/inf = NaN for |x| above 13 in float32."""
    y = _wide(x)
    u = _ROOT * (y + 0.044715 * y**3)
    up, down = torch.exp(u), torch.exp(-u)
    return (0.5 * y * (1 + (up - down) / (up + down))).to(x.dtype)


def exponentials_selected_away(x: Tensor) -> Tensor:
    """torch.where(|x| < 8, formula, x or 0) around an overflowing quotient: values right, gradient NaN for x above 10."""
    y = _wide(x)
    e = torch.exp(2 * _ROOT * (y + 0.044715 * y**3))
    inner = 0.5 * y * (1 + (e - 1) / (e + 1))
    return torch.where(y.abs() < 8, inner, y.clamp(min=0)).to(x.dtype)


def logistic_quotient(x: Tensor) -> Tensor:
    """x / (1 + exp(-2u)): values right, but for x below -10 exp is infinite and its gradient inf/inf = NaN."""
    y = _wide(x)
    u = _ROOT * (y + 0.044715 * y**3)
    return (y / (1 + torch.exp(-2 * u))).to(x.dtype)


def without_gradient(x: Tensor) -> Tensor:
    """Computed under no_grad, as for inference: x gets no gradient."""
    with torch.no_grad():
        y = _wide(x)
        return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))).to(x.dtype)


def activated_in_place(x: Tensor) -> Tensor:
    """Multiplies the caller's tensor in place (x.mul_): x is changed, a leaf that needs gradients raises."""
    y = _wide(x)
    gate = 0.5 * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))
    return x.mul_(gate.to(x.dtype))


def clamped_input(x: Tensor) -> Tensor:
    """Clamps x to +-10 against overflow: gelu(100) becomes 10."""
    y = _wide(x).clamp(-10, 10)
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))).to(x.dtype)


def straight_beyond_three(x: Tensor) -> Tensor:
    """Returns x above 3 and 0 below -3 'where it is flat': 4e-3 off at 3.01."""
    y = _wide(x)
    inner = 0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))
    return torch.where(y > 3, y, torch.where(y < -3, torch.zeros_like(y), inner)).to(x.dtype)


def single_precision_always(x: Tensor) -> Tensor:
    """Computes and returns float32: float64 loses digits and its dtype, half precision its dtype."""
    y = x.float()
    return 0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))


def single_precision_inside(x: Tensor) -> Tensor:
    """Computes everything in float32 and returns x's dtype: a float64 input gets 7 right digits."""
    return F.gelu(x.float(), approximate="tanh").to(x.dtype)


def half_forgotten(x: Tensor) -> Tensor:
    """Leaves out the factor 1/2: twice the value everywhere."""
    y = _wide(x)
    return (y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))).to(x.dtype)


def even_cube(x: Tensor) -> Tensor:
    """Cubes as |x|^3: the cubic term has the wrong sign for negative x, 0.09 off near -2, and gelu(-100) becomes -100."""
    y = _wide(x)
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y.abs() ** 3)))).to(x.dtype)


def cube_by_logarithm(x: Tensor) -> Tensor:
    """Cubes as sign(x) exp(3 log|x|): values right, at x = 0 the gradient is 0 * inf = NaN."""
    y = _wide(x)
    cube = torch.sign(y) * torch.exp(3 * torch.log(y.abs()))
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * cube)))).to(x.dtype)


def large_inputs_checked(x: Tensor) -> Tensor:
    """Reads the largest value in Python to take a shortcut: fails on meta."""
    y = _wide(x)
    if float(y.min()) > 20:
        return x.clone()
    return (0.5 * y * (1 + torch.tanh(_ROOT * (y + 0.044715 * y**3)))).to(x.dtype)


# ---------------------------------------------------------------- right


def gated_by_sigmoid(x: Tensor) -> Tensor:
    """Right: (1 + tanh u) / 2 = sigmoid(2u), and 2u by Horner's rule."""
    y = x.to(torch.promote_types(x.dtype, torch.float32))
    twice = y * torch.addcmul(torch.ones_like(y), y, y, value=0.044715) * math.sqrt(8 / math.pi)
    return torch.sigmoid(twice).mul(y).to(x.dtype)


def saturated_argument(x: Tensor) -> Tensor:
    """Right: everything in float64, the argument clamped to +-20 where tanh is flat to all digits."""
    y = x.double()
    u = torch.clamp((2 / math.pi) ** 0.5 * (y + 0.044715 * y.pow(3)), -20, 20)
    e = torch.expm1(2 * u)
    return (y * (e + 1) / (e + 2)).to(x.dtype)


class _Tanh:
    scale = (2 / math.pi) ** 0.5

    def argument(self, y: Tensor) -> Tensor:
        return torch.stack((y, 0.044715 * torch.pow(y, 3))).sum(dim=0) * self.scale


def by_helper_class(x: Tensor) -> Tensor:
    """Right: the mean of y and y tanh u, the argument from a helper."""
    y = _wide(x)
    return torch.lerp(y, y * torch.tanh(_Tanh().argument(y)), 0.5).to(x.dtype)


WRONG = (
    exact_form,
    logistic_form,
    digit_slipped,
    coefficient_rounded,
    root_rounded,
    root_in_single_precision,
    root_over_first_term_only,
    square_instead_of_cube,
    half_cube,
    quotient_of_exponentials,
    exponentials_selected_away,
    logistic_quotient,
    without_gradient,
    activated_in_place,
    clamped_input,
    straight_beyond_three,
    single_precision_always,
    single_precision_inside,
    half_forgotten,
    even_cube,
    cube_by_logarithm,
    large_inputs_checked,
)
RIGHT = (gated_by_sigmoid, saturated_argument, by_helper_class)
