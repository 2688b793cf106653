"""The checks of `layer_norm(x, weight, bias, eps=1e-5)`.

Sizes in the fixtures: batch 2 (and 5), 6 positions, 7 features, so that no two can be mistaken; also one feature.
"""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance

from .._shared import HALF_IS_NARROW, counted, unordered
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "layer_norm"
BATCH, MORE, T, D = 2, 5, 6, 7


def oracle(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """weight (x - mean) / sqrt(variance + eps) + bias (Ba et al. 2016, equation 4, with eps as in all codes); the
    variance is the mean square of what is left after the mean is taken away."""
    deviations = x - x.sum(-1, keepdim=True) / x.shape[-1]
    variance = deviations.square().sum(-1, keepdim=True) / x.shape[-1]
    return weight * deviations * (variance + eps).pow(-0.5) + bias


Parameters = tuple[torch.Tensor, torch.Tensor]


def _parameters(draw: Draw, scale: float = 1.0, dtype: torch.dtype = torch.float32, d: int = D) -> Parameters:
    """weight (D,), some of it negative, and bias (D,)."""
    weight = draw.until(lambda: unordered(draw, d, scale=scale, dtype=dtype), lambda w: bool((w < 0).any()))
    return weight, unordered(draw, d, scale=scale, dtype=dtype)


def _x(draw: Draw, *batch: int, dtype: torch.dtype = torch.float32, d: int = D) -> torch.Tensor:
    """Rows (..., D) whose means and spreads are neither 0 nor 1."""
    return 2.0 + unordered(draw, *batch, d, scale=3.0, dtype=dtype)


def _values(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_x(draw, BATCH, T), *_parameters(draw))),))]


def _batch_dims(draw: Draw) -> list[Probe]:
    single = Call(NAME, (_x(draw), *_parameters(draw)), save="single")
    several = Call(NAME, (_x(draw, BATCH, MORE, T), *_parameters(draw)), save="several")
    return [Probe((single, several), ("single", "several"))]


def _epsilon(draw: Draw) -> list[Probe]:
    """Rows whose variance is about as large as eps: as it is by default, as given, tiny, and none at all."""
    steps = (
        Call(NAME, (unordered(draw, T, D, scale=0.003), *_parameters(draw)), save="default"),
        Call(NAME, (_x(draw, T), *_parameters(draw)), {"eps": 3.0}, save="given"),
        Call(NAME, (unordered(draw, T, D, scale=1e-5), *_parameters(draw), 1e-12), save="tiny"),
        Call(NAME, (unordered(draw, T, D, scale=0.003), *_parameters(draw)), {"eps": 0.0}, save="none"),
    )
    return [Probe(steps, ("default", "given", "tiny", "none"))]


def _no_spread(draw: Draw) -> list[Probe]:
    """One row of zeros, and one of equal numbers whose mean is exact in any order of summation; and one feature."""
    x = _x(draw, T, d=8)
    x[1], x[2] = 0.0, float(draw.integers(-9, 0))
    single = (5 + draw.normal(T, 1), draw.normal(1), draw.normal(1))
    calls = (Call(NAME, (x, *_parameters(draw, d=8)), save="rows"), Call(NAME, single, save="one_feature"))
    return [Probe(calls, ("rows", "one_feature"))]


def _large_mean(draw: Draw) -> list[Probe]:
    """Each row's mean is 1,000 times its spread, of either sign."""
    rows = unordered(draw, MORE, T, D)
    spread = (rows - rows.mean(-1, keepdim=True)) / rows.std(-1, keepdim=True)
    signs = (2.0 * (draw.permutation(T) % 2) - 1)[:, None]
    return [Probe((Call(NAME, (1_000 * signs + spread, *_parameters(draw))),))]


def _large(draw: Draw) -> list[Probe]:
    x = unordered(draw, BATCH, T, D, scale=5_000.0).clamp(-10_000, 10_000)
    return [Probe((Call(NAME, (x, *_parameters(draw, scale=1_000.0))),))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_x(draw, T, dtype=torch.float64), *_parameters(draw, dtype=torch.float64))),))]


def _half(draw: Draw) -> list[Probe]:
    calls = [
        Call(NAME, (_x(draw, T, dtype=dtype), *_parameters(draw, dtype=dtype)), save=str(dtype).removeprefix("torch."))
        for dtype in (torch.float16, torch.bfloat16)
    ]
    return [Probe(tuple(calls), ("float16", "bfloat16"))]


def _half_large(draw: Draw) -> list[Probe]:
    """Deviations of thousands, whose squares exceed 65,504; weight and bias are large too, so that results are."""
    x = unordered(draw, T, D, scale=3_000.0).clamp(-10_000, 10_000).half()
    return [Probe((Call(NAME, (x, *_parameters(draw, 2_000.0, torch.float16))),))]


def _half_large_mean(draw: Draw) -> list[Probe]:
    """Rows of a few neighbours among float16's numbers, whose means lie between two of them; and rows whose sum of 67
    exceeds 65,504."""
    weight, bias = _parameters(draw, dtype=torch.float16)

    def good(x: torch.Tensor) -> bool:
        mean, spread = x.double().mean(-1), x.double().std(-1)
        return bool((((mean - mean.half().double()) / spread).abs().max() * weight.abs().max()) > 0.6)

    x = draw.until(
        lambda: (1_000 + draw.integers(0, 3, T, D) / 2).half(), lambda x: bool(x.std(-1).min() > 0) and good(x)
    )
    long = draw.integers(1_990, 2_011, T, 67).half()
    wide = _parameters(draw, dtype=torch.float16, d=67)
    calls = (Call(NAME, (x, weight, bias), save="mean"), Call(NAME, (long, *wide), save="sum"))
    return [Probe(calls, ("mean", "sum"))]


def _gradients(draw: Draw) -> list[Probe]:
    """One row is zero; eps is large enough for its gradient to be of size 1."""
    weight, bias = _parameters(draw)
    x = _x(draw, BATCH, T)
    x[1, 2] = 0.0
    lets = (Let("x", x, requires_grad=True), Let("weight", weight, requires_grad=True))
    call = Call(NAME, (Ref("x"), Ref("weight"), Ref("bias"), 0.5))
    backward = Backward("out", draw.normal(BATCH, T, D))
    steps = (*lets, Let("bias", bias, requires_grad=True), call, backward)
    return [Probe(steps, ("out", "x.grad", "weight.grad", "bias.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    weight, bias = _parameters(draw)
    steps = (
        Let("turned", _x(draw, BATCH, T).mT.contiguous()),
        Let("weight", weight),
        Let("bias", bias),
        Call(Ref("turned.transpose"), (1, 2), save="x"),
        Call(NAME, (Ref("x"), Ref("weight"), Ref("bias"))),
    )
    return [Probe(steps, ("out", "turned", "weight", "bias"))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_x(draw, BATCH, T), *_parameters(draw))),), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short = Call(NAME, (_x(draw, BATCH, T), *_parameters(draw)), save="short", count="operators")
    long = Call(NAME, (_x(draw, 3, 13, d=9), *_parameters(draw, d=9)), save="long", count="operators")
    return [counted(short, long)]


ROUNDINGS = Tolerance(16, "two means over 7, a root and a division: some roundings; 10 times that", 7)

CHECKS = (
    Check("values", "Each position alone: its features get mean 0 and spread 1.", _values, ROUNDINGS, weight=3),
    Check("batch dimensions", "x may have any number of leading dimensions, also none.", _batch_dims, ROUNDINGS),
    Check("eps", "eps is added to the variance, under the root; it is 1e-5 by default.", _epsilon, ROUNDINGS),
    Check("no spread", "A row of equal numbers gives bias: it has nothing to divide.", _no_spread, ROUNDINGS),
    Check(
        "large mean",
        "The result is right also when the mean is 1,000 times the spread.",
        _large_mean,
        Tolerance(32, "a mean of 1,000 rounds by a unit or two of its last place, and every deviation with it"),
        weight=2,
    ),
    Check("large inputs", "Inputs up to 10,000 in size give neither NaN nor infinity.", _large, ROUNDINGS),
    Check("float64", "float64 inputs give a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype.",
        _half,
        Tolerance(3, "each step may round to the inputs' dtype"),
        narrow=HALF_IS_NARROW,
    ),
    Check(
        "half precision, large inputs",
        "Squares of float16 deviations may exceed 65,504, its largest number: compute them in float32.",
        _half_large,
        Tolerance(6, "mean, spread and result may be rounded to the inputs' dtype, the squares may not"),
        narrow="float16 has three digits: the margin is shared between both sides",
        aside=True,
    ),
    Check(
        "half precision, large mean",
        "In float16 a mean of 1,000 is rounded by a quarter, and a sum of 67 such numbers is infinite: use float32.",
        _half_large_mean,
        Tolerance(0.015, "only the result, up to 10, is rounded to float16; the mean of 2,000 may not be"),
        narrow="float16 has three digits: the margin is shared between both sides",
        aside=True,
    ),
    Check(
        "gradients",
        "Gradients flow back to x, weight and bias, and are finite also for a row of zeros.",
        _gradients,
        Tolerance(64, "as forward, and back through each of its steps; sums over 12 rows", 12),
    ),
    Check("inputs untouched", "x, weight and bias stay as they were, and may be views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over rows.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... d", "d", "d"))
