"""The checks of `embed(ids, weight)`.

Sizes in the fixtures: 11 words, 4 features, batches of 2, 3, 5 or 7 ids.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "embed"
V, D = 11, 4


def oracle(ids: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """What a product of one-hot vectors and `weight` gives, spelled out: rows are summed where they are asked for."""
    asked = ids.unsqueeze(-1) == torch.arange(weight.shape[0], device=ids.device)
    return torch.einsum("...v,vd->...d", asked.to(weight.dtype), weight)


def _ids(draw: Draw, *shape: int) -> torch.Tensor:
    """Ids with 0, the last one, and a repeated one among them."""
    return draw.until(
        lambda: draw.integers(0, V, *shape),
        lambda ids: bool((ids == 0).any()) and bool((ids == V - 1).any()) and _repeats(ids),
    )


def _repeats(ids: torch.Tensor) -> bool:
    return bool(ids.reshape(-1).bincount().max() > 1)


def _values(draw: Draw) -> list[Probe]:
    call = Call(NAME, (_ids(draw, 7), draw.normal(V, D)))
    return [Probe((call,))]


def _shapes(draw: Draw) -> list[Probe]:
    weight = Let("weight", draw.normal(V, D))
    matrix = Call(NAME, (_ids(draw, 3, 5), Ref("weight")), save="matrix")
    batch = Call(NAME, (_ids(draw, 2, 3, 5), Ref("weight")), save="batch")
    return [Probe((weight, matrix, batch), ("matrix", "batch"))]


def _single(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (draw.integers(1, V - 1), draw.normal(V, D))),))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_ids(draw, 3, 5), draw.normal(V, D, dtype=torch.float64))),))]


def _gradients(draw: Draw) -> list[Probe]:
    weight = Let("weight", draw.normal(V, D), requires_grad=True)
    call = Call(NAME, (_ids(draw, 2, 5), Ref("weight")))
    return [Probe((weight, call, Backward("out", draw.normal(2, 5, D))), ("out", "weight.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    """The weight is the transposed view of another tensor, its rows are long: up to 10,000."""
    lets = (Let("ids", _ids(draw, 5, 3)), Let("table", draw.normal(D, V, scale=3_000.0).clamp(-10_000, 10_000)))
    turned = (
        Call(Ref("ids.transpose"), (0, 1), save="turned"),
        Call(Ref("table.transpose"), (0, 1), save="weight"),
    )
    call = Call(NAME, (Ref("turned"), Ref("weight")))
    return [Probe((*lets, *turned, call), ("out", "ids", "table"))]


def _devices(draw: Draw) -> list[Probe]:
    short, long = (Call(NAME, (_ids(draw, n), draw.normal(V, D)), save=f"of{n}") for n in (5, 7))
    return [Probe((short, long), ("of5", "of7"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short, long = (Call(NAME, (_ids(draw, n), draw.normal(V, D)), save=f"of{n}", count="operators") for n in (5, 23))
    return [counted(short, long)]


def _costs(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_ids(draw, 3, 5), draw.normal(V, D)), count="flops"),), ("out", "out.flops"))]


def _nothing(probe: Probe) -> Mapping[str, int]:
    return {"out.flops": 0}


COPIED = Tolerance(4, "rows are copied; adding zeros to them, at most, rounds nothing")
ADDED = Tolerance(
    32, "the gradients of repeated ids are added up, at most 10: a few roundings; 10 times that", length=10
)

CHECKS = (
    Check("values", "Each id picks its row of the weight matrix.", _values, COPIED, weight=2),
    Check("batches", "ids may have any shape (...): the result is (..., D).", _shapes, COPIED, weight=2),
    Check("a single id", "A single id, a 0-dim tensor, gives one row (D,).", _single, COPIED),
    Check("float64", "A float64 weight gives a float64 result, with all its digits.", _float64, COPIED),
    Check("gradients", "Gradients flow back to the rows that were picked, once for each time.", _gradients, ADDED),
    Check("inputs untouched", "ids and weight stay as they were, and may be transposed views.", _untouched, COPIED),
    Check("any device", "New tensors belong on weight's device, and values are not read.", _devices, COPIED),
    Check("no loops", "All ids at once: no loop over them.", _steady, COPIED, steady=True),
    Check("no product", "Rows are looked up: no one-hot matrix is multiplied.", _costs, COPIED, budget=_nothing),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...", "v d"))
