"""The checks of `gelu(x)`."""

from __future__ import annotations

import math

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "gelu"
LARGEST = 10_000.0


def oracle(x: torch.Tensor) -> torch.Tensor:
    """x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3): as (1 + tanh u) / 2 is sigmoid(2 u), the tanh form of
    Hendrycks & Gimpel 2016, section 2."""
    return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))


def _x(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return draw.until(lambda: draw.normal(*shape, scale=1.8, dtype=dtype), unsorted)


def _values(draw: Draw) -> list[Probe]:
    calls = [Call(NAME, (_x(draw, *shape),), save=save) for save, shape in [("vector", (7,)), ("batch", (2, 3, 5))]]
    scalar = Call(NAME, (_x(draw, 3).mean(),), save="scalar")
    return [Probe((*calls, scalar), ("vector", "batch", "scalar"))]


def _ends(draw: Draw, dtype: torch.dtype) -> torch.Tensor:
    """Both signs of 10,000, of a few hundred and of a few dozen, and 0, in no order (3, 5)."""
    rest = torch.tensor([LARGEST, -LARGEST, 9_990.0, -9_990.0, 0.0])
    signs = torch.tensor([1, 1, -1, -1, -1])
    hundreds, dozens = draw.integers(100, 1_000, 5) * signs, draw.integers(10, 60, 5) * signs
    x = torch.stack([rest, hundreds.float(), dozens.float()]).reshape(-1)[draw.permutation(15)]
    return x.reshape(3, 5).to(dtype)


def _large(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (draw.until(lambda: _ends(draw, torch.float32), unsorted),)),))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_x(draw, 3, 5, dtype=torch.float64),)),))]


def _half(draw: Draw) -> list[Probe]:
    dtypes = {"float16": torch.float16, "bfloat16": torch.bfloat16}
    return [
        Probe(tuple(Call(NAME, (_x(draw, 4, 6, dtype=d),), save=save) for save, d in dtypes.items()), tuple(dtypes))
    ]


def _half_large(draw: Draw) -> list[Probe]:
    dtypes = {"float16": torch.float16, "bfloat16": torch.bfloat16}
    return [Probe(tuple(Call(NAME, (_ends(draw, d),), save=save) for save, d in dtypes.items()), tuple(dtypes))]


def _gradients(draw: Draw) -> list[Probe]:
    steps = (
        Let("x", _x(draw, 3, 5), requires_grad=True),
        Call(NAME, (Ref("x"),)),
        Backward("out", draw.normal(3, 5)),
    )
    return [Probe(steps, ("out", "x.grad"))]


def _gradients_large(draw: Draw) -> list[Probe]:
    steps = (
        Let("x", _ends(draw, torch.float32), requires_grad=True),
        Call(NAME, (Ref("x"),)),
        Backward("out", draw.normal(3, 5).abs() + 0.5),
    )
    return [Probe(steps, ("out", "x.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    turned = Call(Ref("x.transpose"), (0, 1), save="turned")
    return [Probe((Let("x", _x(draw, 5, 3)), turned, Call(NAME, (Ref("turned"),))), ("out", "x"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, (_x(draw, 2, 3, 5),)), Call(NAME, (_x(draw, 4, 6, dtype=torch.float64),), save="other"))
    return [Probe(calls, ("out", "other"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    calls = [
        Call(NAME, (_x(draw, *shape),), save=s, count="operators")
        for s, shape in [("short", (3, 4)), ("long", (9, 16))]
    ]
    return [counted(*calls)]


ROUNDINGS = Tolerance(12, "a cube, a tanh and two products, none of which rounds by more than the largest input does")
DOUBLE = Tolerance(24, "as above, and the right answer to compare with is itself rounded to float64")
LARGE = Tolerance(4, "beyond a few dozen gelu(x) is x or 0, and no rounding is larger than that of the largest input")
BACKWARD = Tolerance(32, "the derivative is a sum of three products: a few roundings; 10 times that")

CHECKS = (
    Check("values", "x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, entry by entry.", _values, ROUNDINGS, weight=3),
    Check("large inputs", "Up to 10,000 in size nothing may become NaN or infinite.", _large, LARGE),
    Check("float64", "A float64 input gives a float64 result, right to float64's precision.", _float64, DOUBLE),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype.",
        _half,
        Tolerance(2, "each of a few steps may round to the inputs' dtype"),
        narrow="bfloat16 has two or three digits: the margin is shared between both sides",
    ),
    Check(
        "half precision, large inputs",
        "In float16 x^3 overflows beyond 40; the result must be finite all the same.",
        _half_large,
        Tolerance(2, "gelu(x) is x or 0 there"),
        narrow="bfloat16 has two or three digits: the margin is shared between both sides",
    ),
    Check("gradients", "Gradients flow back to x.", _gradients, BACKWARD),
    Check("gradients, large inputs", "Gradients are finite also for x up to 10,000 in size.", _gradients_large, LARGE),
    Check("input untouched", "x must be left as it was, and may be a transposed view.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...",))
