"""The checks of `line_gradient(w, b, x, y)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Call, Check, Draw, Probe, Rule, Tolerance, case, given, right, wrong

from ._shared import line_and_points

Arguments = dict[str, Any]
Gradient = tuple[Tensor, Tensor]

BY_FORMULA = Rule(
    "by_autograd",
    "Here the derivatives are written as formulas, without .backward() and torch.autograd.",
    forbidden=("torch.autograd*", "torch.func*", "functorch*", "torch._functorch*"),
    watches=("backward", "grad"),
)


@given(
    large=10_000,
    rules=(BY_FORMULA,),
    about="The two derivatives of the mean squared error, dL/dw first.",
)
def line_gradient(draw: Draw) -> list[Arguments]:
    n, m = draw.sizes(2)
    return [line_and_points(draw, n), line_and_points(draw, m + 10)]


@case("A single point is enough.", alone=True)
def one_point(draw: Draw) -> Arguments:
    return line_and_points(draw, 1)


@case("Where the line goes through all points, both derivatives are 0.", alone=True)
def at_the_minimum(draw: Draw) -> Arguments:
    """Whole numbers, so that nothing is rounded."""
    w, b = draw.integers(2, 6).float(), draw.integers(-5, -1).float()
    x = draw.permutation(draw.size("n")).float()
    return {"w": w, "b": b, "x": x, "y": w * x + b}


def _counted(draw: Draw) -> list[Probe]:
    """A call of which the torch functions are noted, so that autograd shows however it was reached."""
    call = Call("line_gradient", tuple(line_and_points(draw, draw.size("n")).values()), count="operators")
    return [Probe((call,), ("out.0", "out.used"))]


@right
def sums_over_n(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = b + x * w - y
    return 2 / len(x) * (x * error).sum(), 2 / len(x) * error.sum()


@right
def from_the_other_side(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    left = y - (w * x + b)
    return -2 * torch.mean(left * x), -2 * torch.mean(left)


@right
def as_a_matrix(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    """2/N X^T (X theta - y) with the columns x and 1."""
    design = torch.stack([x, torch.ones_like(x)], dim=1)
    both = 2 * design.T @ (design @ torch.stack([w, b]) - y) / x.shape[0]
    return both[0], both[1]


@right
def chain_rule_entry_by_entry(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    d_loss = 2 * (w * x + b - y) / x.numel()
    return torch.dot(d_loss, x), d_loss.sum()


@right
def by_einsum(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    twice = 2 * (torch.addcmul(b.expand_as(x), w.expand_as(x), x) - y)
    return torch.einsum("n,n->", twice, x).div(len(x)), torch.einsum("n->", twice).div(len(x))


@right
def point_after_point(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    dw, db = torch.zeros_like(w), torch.zeros_like(b)
    for place in range(len(x)):
        error = w * x[place] + b - y[place]
        dw, db = dw + 2 * error * x[place], db + 2 * error
    return dw / len(x), db / len(x)


@wrong(BY_FORMULA.text)
def by_autograd(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    with torch.enable_grad():
        w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
        dw, db = torch.autograd.grad((w * x + b - y).square().mean(), (w, b))
    return dw, db


def _error(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return w * x + b - y


@wrong("The factor 2 is missing: the derivative of a square is twice its base.")
def no_two(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return (error * x).mean(), error.mean()


@wrong("You sum over the points. L is a mean, and so are its derivatives: divide by N.")
def summed(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * x).sum(), 2 * error.sum()


@wrong("The signs are turned: the error is w x + b - y. With y - (w x + b) there is a minus in front.")
def signs_turned(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return -2 * (error * x).mean(), -2 * error.mean()


@wrong("The order is turned: first dL/dw, then dL/db.")
def order_turned(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * error.mean(), 2 * (error * x).mean()


@wrong("dL/dw lacks the factor x, the inner derivative of w x + b with respect to w.")
def no_inner_derivative(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    slope = 2 * _error(w, b, x, y).mean()
    return slope, slope


@wrong("You multiply the mean error with the mean of x. Multiply point by point, then take the mean.")
def product_of_means(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * error.mean() * x.mean(), 2 * error.mean()


@wrong("b is forgotten in the error: it is w x + b - y.")
def b_forgotten(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = w * x - y
    return 2 * (error * x).mean(), 2 * error.mean()


@wrong("dL/dw is multiplied by y. The inner derivative of w x + b with respect to w is x.")
def times_y(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * y).mean(), 2 * error.mean()


@wrong("dL/dw is multiplied by w. The inner derivative of w x + b with respect to w is x.")
def times_w(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * w).mean(), 2 * error.mean()


@wrong("dL/db is multiplied by b. The inner derivative of w x + b with respect to b is 1.")
def times_b(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * x).mean(), 2 * error.mean() * b


@wrong("You take derivatives of the mean absolute error, where only the sign of the error counts.")
def absolute_error(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return (error.sign() * x).mean(), error.sign().mean()


@wrong("The error is squared. The derivative of a square is twice its base: 2 (w x + b - y).")
def error_squared(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y).square()
    return 2 * (error * x).mean(), 2 * error.mean()


@wrong("The factor 2 is missing in dL/db.")
def two_only_once(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * x).mean(), error.mean()


@wrong("dL/db is a sum over the points. L is a mean: divide by N there, too.")
def sum_in_b(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * (error * x).mean(), 2 * error.sum()


@wrong("You divide the gradient by its length. Only its direction is left then: return it as it is.")
def length_one(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    dw, db = sums_over_n(w, b, x, y)
    length = (dw * dw + db * db).sqrt().clamp_min(1e-12)
    return dw / length, db / length


@wrong("You return one number for each point: take the mean over the points.")
def one_for_each_point(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    error = _error(w, b, x, y)
    return 2 * error * x, 2 * error


@wrong("The results have the shape (1,). They are 0-dim tensors.")
def shapes_of_one(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Gradient:
    dw, db = sums_over_n(w, b, x, y)
    return dw.reshape(1), db.reshape(1)


@wrong("You return one tensor of two numbers. Return two 0-dim tensors: dL/dw, dL/db.")
def one_tensor(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.stack(sums_over_n(w, b, x, y))


@wrong("You return Python numbers (.item() or float). Return two 0-dim tensors.")
def plain_numbers(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> tuple[float, float]:
    dw, db = sums_over_n(w, b, x, y)
    return dw.item(), db.item()


ROUNDED = Tolerance(512.0, "a mean of a few dozen products; what is asked here is how it was computed")
NO_AUTOGRAD = Check("by formula", BY_FORMULA.text, _counted, ROUNDED)
BANK = replace(line_gradient, checks=(NO_AUTOGRAD,))
