"""The checks of `softmax(x, dim=-1)`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import (
    Backward,
    Bank,
    Call,
    Check,
    Counted,
    Draw,
    Let,
    Misconception,
    Probe,
    Ref,
    Tolerance,
    unsorted,
)  # fmt: skip  # names in a row read better than one a line

from ._shared import HALF_IS_NARROW, probe, variants


def oracle(x: Tensor, dim: int = -1) -> Tensor:
    powers = (x - x.amax(dim, keepdim=True)).exp()
    return powers / powers.sum(dim, keepdim=True)


def _scores(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return draw.until(lambda: draw.normal(*shape, scale=2.0, dtype=dtype), unsorted)


def _call(save: str, x: Tensor | Ref, *, count: Counted = "", **dim: int) -> Call:
    return Call("softmax", (x,), dim, save=save, count=count)


def _values(draw: Draw) -> list[Probe]:
    return [probe(_call("vector", _scores(draw, 7)), _call("batch", _scores(draw, 2, 3, 5), dim=-1))]


def _any_dim(draw: Draw) -> list[Probe]:
    x = _scores(draw, 2, 3, 5, 7)
    return [probe(_call("first", x, dim=0), _call("second", x, dim=-2))]


def _large(draw: Draw) -> list[Probe]:
    rows = torch.stack([size + draw.normal(5, scale=2.0) for size in (9_990, -9_990, 3_000)])
    return [probe(_call("rows", rows), _call("columns", rows.T.contiguous(), dim=0))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (_scores(draw, 3, 5, dtype=dtype) for dtype in (torch.float16, torch.bfloat16))
    return [probe(_call("float16", half), _call("bfloat16", brain, dim=0))]


def _gradients(draw: Draw) -> list[Probe]:
    x, gradient = _scores(draw, 3, 5), draw.normal(3, 5)
    steps = (Let("x", x, requires_grad=True), _call("out", Ref("x"), dim=0), Backward("out", gradient))
    return [Probe(steps, ("out", "x.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    turned = Call(Ref("x.transpose"), (0, 1), save="turned")
    return [Probe((Let("x", _scores(draw, 5, 3)), turned, _call("out", Ref("turned"))), ("out", "x"))]


def _devices(draw: Draw) -> list[Probe]:
    double = draw.normal(7, 5, dtype=torch.float64)
    return [probe(_call("out", draw.normal(2, 3, 5)), _call("other", double, dim=0), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short, long = _scores(draw, 3, 5), _scores(draw, 11, 16)
    return [probe(_call("short", short, count="operators"), _call("long", long, count="operators"))]


# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.max(dim=dim, keepdim=True).values)
    return powers / powers.sum(dim=dim, keepdim=True)


def built_in(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=dim)


def by_logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True))


def in_float32(x: Tensor, dim: int = -1) -> Tensor:
    wide = x.float() if x.dtype.itemsize == 2 else x
    return torch.softmax(wide, dim).to(x.dtype)


# ---- wrong ----------------------------------------------------------------------------------------------------


def no_maximum(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)


def global_maximum(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.max())
    return powers / powers.sum(dim, keepdim=True)


def always_last_dim(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=-1)


def no_exponential(x: Tensor, dim: int = -1) -> Tensor:
    return x / x.sum(dim, keepdim=True)


def always_float32(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.float(), dim=dim)


def detached(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.detach(), dim=dim)


def input_edited(x: Tensor, dim: int = -1) -> Tensor:
    x -= x.amax(dim, keepdim=True)
    return torch.softmax(x, dim)


def read_into_python(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim) if float(x.detach().amax()) < 1e30 else x


def loop_over_rows(x: Tensor, dim: int = -1) -> Tensor:
    moved = x.movedim(dim, -1)
    rows = [torch.softmax(row, dim=0) for row in moved.reshape(-1, moved.shape[-1])]
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


MISCONCEPTIONS = (
    Misconception(
        "no_maximum",
        "exp(x) is taken of x itself, so it overflows for large x: subtract the largest entry along dim first.",
        no_maximum,
    ),
    Misconception(
        "global_maximum", "You subtract the largest entry of all: subtract each row's own maximum.", global_maximum
    ),
    Misconception("always_last_dim", "The argument `dim` is not used.", always_last_dim),
    Misconception("no_exponential", "Your weights are x over its sum: the exponential is missing.", no_exponential),
    Misconception("always_float32", "The result is always float32: keep the dtype of x.", always_float32),
    Misconception("detached", "No gradient reaches x: the result is cut from the graph.", detached),
    Misconception("input_edited", "You change x itself: work on a copy.", input_edited),
    Misconception("read_into_python", "A value of x is read into Python.", read_into_python, on_meta="RuntimeError"),
    Misconception("loop_over_rows", "There is a loop over rows: softmax works on all at once.", loop_over_rows),
)

ROUNDINGS = Tolerance(32, "one exp, one sum of at most 16 terms and one division: a few roundings; 10 times that")
LARGE = Tolerance(4, "x - logsumexp(x) rounds at the size of x, half a unit of 10,000: the only rounding that counts")
HALF = Tolerance(3, "a few roundings of weights below 1, of inputs of size 6")

CHECKS = (
    Check("values", "Weights along the last dim, for a vector and a batch.", _values, ROUNDINGS, weight=2),
    Check("any dim", "Weights must sum to 1 along `dim`, whichever it is.", _any_dim, ROUNDINGS),
    Check("large scores", "Scores up to 10,000 in size must not overflow or vanish.", _large, LARGE, weight=2),
    Check("half precision", "float16 and bfloat16 inputs keep their dtype.", _half, HALF, narrow=HALF_IS_NARROW),
    Check("gradients", "Gradients flow back to x.", _gradients, ROUNDINGS),
    Check("input untouched", "x must be left as it was, and may be a transposed view.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and no value is read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over rows.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(
    "softmax", oracle, CHECKS, MISCONCEPTIONS, variants(textbook, built_in, by_logsumexp, in_float32), axes=("...",)
)
