"""The checks of `repetition_penalty(logits, ids, penalty)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from autograder.checks import Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import MINUS_INFINITY, calls, counted, some_logits
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "repetition_penalty"
PENALTY = 1.375
PENALTIES = {"below": 0.625, "one": 1.0, "whole": 2, "small": 0.02, "large": 40.0}
ENDS = {"vast": 1e5, "tiny": 1e-8}  # float16 can hold neither


def oracle(logits: torch.Tensor, ids: torch.Tensor, penalty: float) -> torch.Tensor:
    """A seen token's logit moves away from what is likely, by a factor (Keskar et al. 2019, section 4.1, with the
    factor turned round for negative logits)."""
    if not penalty > 0:
        raise ValueError(f"a penalty is above 0; {penalty} is not")
    tokens = torch.arange(logits.shape[-1])
    seen = (ids[..., :, None] == tokens).any(-2)  # (..., V)
    factor = torch.full_like(logits, penalty) ** -torch.sign(logits)
    return logits * torch.where(seen, factor, 1.0)


def _ids(draw: Draw, *shape: int, size: int) -> torch.Tensor:
    """Ids (..., T) below `size`: the first one twice, 0, and others, of which the last one stands there alone."""
    ids = draw.integers(1, size, *shape)
    ids[..., 1], ids[..., 2] = ids[..., 0], 0
    return ids


def _case(
    draw: Draw, *shape: int, length: int, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (..., V) and ids (..., T): no logit is near 0, in each row tokens with one above 0 and with one below
    were seen, among them 0 and one that only stands at the end, and some token was not. No two rows have seen the
    same."""

    def make() -> tuple[torch.Tensor, torch.Tensor]:
        x = some_logits(draw, *shape)
        return (x + 0.3 * x.sign()).to(dtype), _ids(draw, *shape[:-1], length, size=shape[-1])

    def good(case: tuple[torch.Tensor, torch.Tensor]) -> bool:
        seen = case[0].gather(-1, case[1]) > 0
        if bool((seen.all(-1) | ~seen.any(-1)).any()):
            return False
        rows = [set(row) for row in case[1].reshape(-1, length).tolist()]
        last_is_new = not bool((case[1][..., :-1] == case[1][..., -1:]).any(-1).any())
        return last_is_new and all(len(row) < shape[-1] and rows.count(row) == 1 for row in rows)

    return draw.until(make, good)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix = _case(draw, 7, length=4), _case(draw, 3, 8, length=5)
    low = (-matrix[0].abs(), matrix[1], PENALTY)
    return [calls(NAME, vector=(*vector, PENALTY), matrix=(*matrix, PENALTY), negative=low)]


def _batch(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(*_case(draw, 2, 3, 7, length=5), PENALTY))]


def _rewarded(draw: Draw) -> list[Probe]:
    """In half precision four of six tokens were seen, and what comes of them fits."""
    logits, ids = _case(draw, 2, 6, length=4)
    wide, narrow = (
        torch.tensor([9_999.0, -0.25, 0.0, 700.0, -0.5, 30.0]),
        torch.tensor([5e-4, -7e3, 0.0, 1e-4, -30.0, 2e-4]),
    )
    given = [(logits, ids, PENALTIES)]
    for dtype in (torch.float16, torch.bfloat16):
        for x, save in ((wide, "vast"), (narrow, "tiny")):
            given.append((x.to(dtype), draw.permutation(6)[:4], {save: ENDS[save]}))
    return [
        Probe(
            (Let("logits", x), Let("ids", seen), *(Call(NAME, (x, seen, p), save=s) for s, p in penalties.items())),
            ("logits", "ids", *penalties),
        )
        for x, seen, penalties in given
    ]


def _read_rewarded(values: Mapping[str, Any]) -> Mapping[str, str]:
    """What was done with each penalty, up to a few roundings of each entry."""
    found, info = {}, torch.finfo(values["logits"].dtype)
    for save, penalty in {**PENALTIES, **ENDS}.items():
        if save not in values:
            continue
        out, right = values[save].double(), oracle(values["logits"].double(), values["ids"], penalty)
        error = 2 * info.eps * right.abs() + 2 * info.smallest_normal * info.eps
        if out.shape == right.shape and bool(((out - right).abs() <= error).all()):
            found[f"penalty={penalty}"] = "used as it is"
        else:
            finite = bool(out.isfinite().all())
            found[f"penalty={penalty}"] = (
                "used in another way" if finite else "something that is not finite comes of it"
            )
    return found


def _filtered(draw: Draw) -> list[Probe]:
    """-inf and 0 at tokens that were seen."""
    case = draw.until(lambda: _case(draw, 2, 9, length=6), lambda case: bool((case[1][:, 3] != case[1][:, 0]).all()))
    logits, ids = case
    logits = logits.scatter(-1, ids[:, 2:3], MINUS_INFINITY).scatter(-1, ids[:, 3:4], 0.0)
    return [calls(NAME, out=(logits, ids, PENALTY))]


def _large(draw: Draw) -> list[Probe]:
    sizes = torch.tensor([10_000.0, -10_000.0, 0.5, 9_999.0, -9_999.0, 3.0])
    x = draw.until(lambda: sizes[draw.permutation(6)], lambda x: unsorted(x) and bool(x[0].abs() > 3.0))  # 0 is seen
    ids = x.abs().argsort()[torch.tensor([4, 2, 5, 3])]
    return [calls(NAME, out=(x, ids, PENALTY))]


def _float64(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(*_case(draw, 3, 7, length=4, dtype=torch.float64), PENALTY))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (_case(draw, 3, 7, length=4, dtype=dtype) for dtype in (torch.float16, torch.bfloat16))
    return [calls(NAME, float16=(*half, PENALTY), bfloat16=(*brain, PENALTY))]


def _bad(draw: Draw) -> list[Probe]:
    case = _case(draw, 2, 6, length=4)
    return [calls(NAME, out=(*case, penalty)) for penalty in (0.0, -PENALTY)]


def _untouched(draw: Draw) -> list[Probe]:
    logits, ids = _case(draw, 3, 7, length=4)
    steps = (Let("logits", logits), Let("ids", ids), Call(NAME, (Ref("logits"), Ref("ids"), PENALTY)))
    return [Probe(steps, ("out", "logits", "ids"))]


def _devices(draw: Draw) -> list[Probe]:
    matrix, vector = _case(draw, 3, 7, length=4), _case(draw, 6, length=4)
    return [calls(NAME, device="meta", out=(*matrix, PENALTY), vector=(*vector, PENALTY))]


def _steady(draw: Draw) -> list[Probe]:
    short, long = _case(draw, 2, 7, length=4), _case(draw, 2, 17, length=13)
    return [counted(NAME, (*short, PENALTY), (*long, PENALTY))]


ROUNDINGS = Tolerance(32, "one division or product, perhaps with 1 / penalty: two roundings of 1.6 times the input")

CHECKS = (
    Check(
        "values",
        "Seen tokens: positive logits are divided by the penalty, negative ones multiplied, each once.",
        _values,
        ROUNDINGS,
        weight=3,
    ),
    Check("batch", "Each row is penalised for its own ids only, whatever the batch dims.", _batch, ROUNDINGS),
    Check(
        "other penalties",
        "A penalty below 1 rewards, 1 changes nothing; it may be an int, tiny or vast.",
        _rewarded,
        ROUNDINGS,
        reading=_read_rewarded,
    ),
    Check("filtered entries", "Logits of -inf and of 0 stay as they are.", _filtered, ROUNDINGS),
    Check("large logits", "Logits up to 10,000 in size are penalised like any other.", _large, ROUNDINGS),
    Check("float64", "A float64 input gives a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype.",
        _half,
        Tolerance(4, "two roundings of what is up to 1.4 times the input"),
        narrow="two or three digits are all that bfloat16 has: the margin is shared between both sides",
    ),
    Check("bad penalty", "ValueError for a penalty of 0 or below.", _bad, ROUNDINGS),
    Check("inputs untouched", "The logits and ids given must be left as they were.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on the logits' device, ids are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over ids or tokens.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v", "... t"))
