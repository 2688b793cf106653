"""The checks of `one_hot(ids, num_classes)`."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "one_hot"


def oracle(ids: torch.Tensor, num_classes: int) -> torch.Tensor:
    """torch's own one-hot vectors, as float32."""
    return F.one_hot(ids, num_classes).to(torch.float32)


def _ids(draw: Draw, *shape: int, classes: int) -> torch.Tensor:
    """Ids with a zero and a repeated one among them; the last class never comes, so that it must be asked for."""
    return draw.until(
        lambda: draw.integers(0, classes - 1, *shape),
        lambda ids: bool((ids == 0).any()) and bool(ids.max() > 1) and _repeats(ids),
    )


def _repeats(ids: torch.Tensor) -> bool:
    return bool(ids.reshape(-1).bincount().max() > 1)


def _calls(device: str = "cpu", **calls: tuple[torch.Tensor, int]) -> Probe:
    steps = tuple(Call(NAME, args, save=save) for save, args in calls.items())
    return Probe(steps, tuple(calls), device=device)


def _values(draw: Draw) -> list[Probe]:
    classes = int(draw.integers(5, 7))
    return [_calls(ids=(_ids(draw, 7, classes=classes), classes))]


def _shapes(draw: Draw) -> list[Probe]:
    matrix, batch = _ids(draw, 3, 4, classes=6), _ids(draw, 2, 3, 4, classes=5)
    return [_calls(matrix=(matrix, 6), batch=(batch, 5))]


def _single(draw: Draw) -> list[Probe]:
    return [_calls(id=(draw.integers(1, 4), 6))]


def _untouched(draw: Draw) -> list[Probe]:
    turned = Call(Ref("ids.transpose"), (0, 1), save="turned")
    call = Call(NAME, (Ref("turned"), 6))
    plain = Call(NAME, (Ref("row"), 5), save="plain")
    lets = (Let("ids", _ids(draw, 4, 3, classes=6)), Let("row", _ids(draw, 7, classes=5)))
    return [Probe((*lets, turned, call, plain), ("out", "ids", "plain", "row"))]


def _devices(draw: Draw) -> list[Probe]:
    return [_calls("meta", row=(_ids(draw, 7, classes=5), 5), longer=(_ids(draw, 11, classes=6), 6))]


def _steady(draw: Draw) -> list[Probe]:
    short, long = _ids(draw, 4, classes=5), _ids(draw, 23, classes=5)
    return [
        counted(
            Call(NAME, (short, 5), save="short", count="operators"),
            Call(NAME, (long, 5), save="long", count="operators"),
        )
    ]


CHECKS = (
    Check("values", "Each id becomes a row of num_classes numbers: a 1 at its place, 0 elsewhere.", _values, EXACT, 2),
    Check("batches", "ids may have any shape (...): the result is (..., num_classes).", _shapes, EXACT, 2),
    Check("a single id", "A single id, a 0-dim tensor, gives a vector (num_classes,).", _single, EXACT),
    Check("input untouched", "ids must be left as they were, and may be a transposed view.", _untouched, EXACT),
    Check("any device", "New tensors belong on the device of ids, and values are not read.", _devices, EXACT),
    Check("no loops", "All ids at once: no loop over them.", _steady, EXACT, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...",))
