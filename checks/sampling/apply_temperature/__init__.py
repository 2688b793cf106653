"""The checks of `apply_temperature(logits, temperature)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from autograder.checks import Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import calls, counted, partly_filtered, some_logits
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "apply_temperature"
LOW, HIGH = 0.625, 1.75  # neither is 1 or the other's inverse
COLD = {"cold": 0.03, "icy": 2e-5}
HOT = {"hot": 6.0, "scorching": 3_000.0}
TEMPERATURES = {**COLD, **HOT, "vast": 1e5, "tiny": 1e-8}


def oracle(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Energies over temperature, as in Boltzmann's distribution exp(-E / T): what is divided are the logits."""
    if not temperature > 0:
        raise ValueError(f"a temperature is above 0; {temperature} is not")
    return torch.div(logits, temperature)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = (some_logits(draw, *shape) for shape in [(7,), (3, 5), (2, 3, 5)])
    return [calls(NAME, vector=(vector, LOW), matrix=(matrix, HIGH), batch=(batch, 2))]


def _filtered(draw: Draw) -> list[Probe]:
    x = partly_filtered(draw, 4, 6)
    return [calls(NAME, cold=(x, LOW), hot=(x, HIGH))]


def _large(draw: Draw) -> list[Probe]:
    sizes = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0])
    x = draw.until(lambda: sizes[draw.permutation(5)], unsorted)
    return [calls(NAME, out=(torch.stack([x - draw.normal(5).abs(), -x]), LOW))]


def _float64(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(some_logits(draw, 3, 5, dtype=torch.float64), LOW))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (some_logits(draw, 3, 5, dtype=dtype) for dtype in (torch.float16, torch.bfloat16))
    return [calls(NAME, float16=(half, HIGH), bfloat16=(brain, LOW))]


def _any(draw: Draw) -> list[Probe]:
    """A few hundredths and less, and far above 2; in float16 also some that it cannot hold itself."""
    wide, narrow = torch.tensor([9_999.0, -7_000.0, 0.0, 900.0, -30.0]), torch.tensor([5e-4, 0.0, -3e-4, 1e-5, 2e-4])
    given = [(some_logits(draw, 5), COLD), (some_logits(draw, 5), HOT)]
    for x, temperatures in ((wide, {"vast": 1e5}), (narrow, {"tiny": 1e-8})):
        given += [(x[draw.permutation(5)].to(dtype), temperatures) for dtype in (torch.float16, torch.bfloat16)]
    return [
        Probe(
            (Let("logits", x), *(Call(NAME, (x, t), save=save) for save, t in temperatures.items())),
            ("logits", *temperatures),
        )
        for x, temperatures in given
    ]


def _read_any(values: Mapping[str, Any]) -> Mapping[str, str]:
    """What was done with each temperature: all results by one factor too small mean a higher one."""
    logits = values["logits"].double()
    found = {}
    for save, temperature in TEMPERATURES.items():
        if save not in values:
            continue
        out, right = values[save].double(), logits / temperature
        error = 2 * torch.finfo(values["logits"].dtype).eps
        factor = (out / right)[right != 0]
        if out.shape == right.shape and bool(((out - right).abs() <= error * right.abs()).all()):
            used = "used as it is"
        elif not bool(out.isfinite().all()):
            used = "logits that are not finite come of it"
        elif bool((factor - factor.mean()).abs().max() <= 2 * error * factor.mean().abs()):
            used = "a higher one is used" if factor.mean() < 1 else "a lower one is used"
        else:
            used = "it is used in another way"
        found[f"temperature={temperature}"] = used
    return found


def _bad(draw: Draw) -> list[Probe]:
    x = some_logits(draw, 5)
    return [calls(NAME, out=(x, temperature)) for temperature in (0.0, -LOW)]


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("logits", some_logits(draw, 3, 5)), Call(NAME, (Ref("logits"), LOW))), ("out", "logits"))]


def _devices(draw: Draw) -> list[Probe]:
    return [calls(NAME, device="meta", out=(some_logits(draw, 2, 3, 5), HIGH))]


def _steady(draw: Draw) -> list[Probe]:
    return [counted(NAME, (some_logits(draw, 2, 5), HIGH), (some_logits(draw, 2, 19), HIGH))]


ROUNDINGS = Tolerance(32, "one division, or a product with 1 / T: two roundings of what is up to 1.6 times the input")

CHECKS = (
    Check("values", "Logits over temperature, for a vector, a matrix and a batch.", _values, ROUNDINGS, weight=2),
    Check("filtered entries", "An entry of -inf was filtered out: it stays -inf.", _filtered, ROUNDINGS),
    Check("large logits", "Logits up to 10,000 in size are divided like any other.", _large, ROUNDINGS),
    Check("float64", "A float64 input gives a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype.",
        _half,
        Tolerance(4, "two roundings of what is up to 1.6 times the input"),
        narrow="two or three digits are all that bfloat16 has: the margin is shared between both sides",
    ),
    Check(
        "any temperature",
        "Every temperature above 0 is allowed and used as it is, a tiny one or one of thousands.",
        _any,
        ROUNDINGS,
        reading=_read_any,
    ),
    Check("bad temperature", "ValueError for a temperature of 0 or below.", _bad, ROUNDINGS),
    Check("input untouched", "The logits given must be left as they were.", _untouched, ROUNDINGS),
    Check("any device", "Values are not read into Python: this also runs without any.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v",))
