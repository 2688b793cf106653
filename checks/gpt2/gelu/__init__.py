"""The checks of `gelu(x)`."""

from __future__ import annotations

import math

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance, unsorted

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "gelu"
LARGEST = 10_000.0


def oracle(x: torch.Tensor) -> torch.Tensor:
    """x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3): as (1 + tanh u) / 2 is sigmoid(2 u), the tanh form of
    Hendrycks & Gimpel 2016, section 2."""
    return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))


def _x(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32, most: float = 3.9) -> torch.Tensor:
    """Sizes spread evenly up to `most`, of alternating sign, in no order: some lie where each known mistake shows, at 1
    (the factor of the root), 1.5 (the digits of 0.044715), 2.5 (the exact form) and just beyond 3 (where it seems
    straight)."""
    n = math.prod(shape)
    jitter = torch.tanh(draw.normal(n)) * (0.3 * most / n)
    sizes = torch.linspace(0.3, most - 0.2, n) + jitter
    signs = (-1.0) ** (torch.arange(n) + draw.integers(0, 2))
    return draw.until(lambda: (sizes * signs)[draw.permutation(n)].reshape(shape), unsorted).to(dtype)


def _values(draw: Draw) -> list[Probe]:
    calls = [Call(NAME, (_x(draw, *shape),), save=save) for save, shape in [("vector", (7,)), ("batch", (2, 3, 5))]]
    scalar = Call(NAME, (1.5 + 0.2 * torch.tanh(draw.normal()),), save="scalar")
    return [Probe((*calls, scalar), ("vector", "batch", "scalar"))]


def _ends(draw: Draw, dtype: torch.dtype) -> torch.Tensor:
    """Both signs of 10,000, of a few hundred (whose square overflows float16) and of a few dozen, and 0, in no order
    (3, 5)."""
    rest = torch.tensor([LARGEST, -LARGEST, 9_990.0, -9_990.0, 0.0])
    signs = torch.tensor([1, 1, -1, -1, -1])
    hundreds, dozens = draw.integers(300, 1_000, 5) * signs, draw.integers(15, 60, 5) * signs
    x = torch.stack([rest, hundreds.float(), dozens.float()]).reshape(-1)[draw.permutation(15)]
    return x.reshape(3, 5).to(dtype)


def _large(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (draw.until(lambda: _ends(draw, torch.float32), unsorted),)),))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_x(draw, 3, 5, dtype=torch.float64),)),))]


HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def _half(draw: Draw) -> list[Probe]:
    calls = tuple(Call(NAME, (_x(draw, 4, 6, dtype=d, most=4.9),), save=save) for save, d in HALVES.items())
    return [Probe(calls, tuple(HALVES))]


def _half_large(draw: Draw) -> list[Probe]:
    return [Probe(tuple(Call(NAME, (_ends(draw, d),), save=save) for save, d in HALVES.items()), tuple(HALVES))]


def _half_gradients(draw: Draw) -> list[Probe]:
    """The tolerance goes with the largest input: so moderate inputs and large ones are probes of their own."""
    return [
        _backward({save: _x(draw, 3, 5, dtype=d) for save, d in HALVES.items()}, draw),
        _backward({save: _ends(draw, d) for save, d in HALVES.items()}, draw),
    ]


def _backward(inputs: dict[str, torch.Tensor], draw: Draw) -> Probe:
    """The gradients of x for each of `inputs` (3, 5), with upstream gradients from 1.3 to 1.5."""
    steps: list[Step] = []
    for save, x in inputs.items():
        upstream = (1.3 + 0.2 * draw.normal(3, 5).abs().clamp(max=1)).to(x.dtype)
        steps += [
            Let(f"{save}_x", x, requires_grad=True),
            Call(NAME, (Ref(f"{save}_x"),), save=save),
            Backward(save, upstream),
        ]
    return Probe(tuple(steps), tuple(f"{save}_x.grad" for save in inputs))


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


ROUNDINGS = Tolerance(5, "a cube, a tanh and two products, none of which rounds by more than the largest input does")
DOUBLE = Tolerance(24, "as above, and the right answer to compare with is itself rounded to float64")
LARGE = Tolerance(4, "beyond a few dozen gelu(x) is x or 0, and no rounding is larger than that of the largest input")
BACKWARD = Tolerance(10, "the derivative is a sum of three products: a few roundings; 10 times that")
NEAR = "0.0447 in place of 0.044715 changes values by 1e-5, which float32 just shows; float64 tells them by far"

CHECKS = (
    Check(
        "values",
        "x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, entry by entry.",
        _values,
        ROUNDINGS,
        weight=3,
        narrow=NEAR,
    ),
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
    Check("gradients", "Gradients flow back to x.", _gradients, BACKWARD, narrow=NEAR),
    Check("gradients, large inputs", "Gradients are finite also for x up to 10,000 in size.", _gradients_large, LARGE),
    Check(
        "gradients, half precision",
        "Gradients in float16 and bfloat16: of what overflows, the gradient is NaN although the result is right.",
        _half_gradients,
        Tolerance(6, "the derivative is a sum of three products, each of which may round to the inputs' dtype"),
        narrow="bfloat16 has two or three digits: the margin is shared between both sides",
        aside=True,
    ),
    Check(
        "input untouched", "x must be left as it was, and may be a transposed view.", _untouched, ROUNDINGS, narrow=NEAR
    ),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, ROUNDINGS, steady=True, narrow=NEAR),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...",))
