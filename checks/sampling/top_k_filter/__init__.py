"""The checks of `top_k_filter(logits, k)`."""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref, unsorted

from .._shared import MINUS_INFINITY, calls, counted, some_logits
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "top_k_filter"


def oracle(logits: torch.Tensor, k: int) -> torch.Tensor:
    """A logit stays if fewer than k are larger than it: Fan et al. 2018, section 5, and ties stay."""
    if k < 1:
        raise ValueError(f"at least one token has to stay; {k} is less")
    larger = (logits[..., None, :] > logits[..., :, None]).sum(-1)  # (..., V)
    return logits.masked_fill(larger >= k, MINUS_INFINITY)


def _rows(draw: Draw, *shape: int, k: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Logits (..., V) of which the first row's cutoff does not fit the others."""

    def good(x: torch.Tensor) -> bool:
        rows = x.reshape(-1, shape[-1])
        first = rows[0].double().topk(min(k, shape[-1])).values[-1]
        return not torch.equal(oracle(rows.double(), k).isfinite(), rows >= first)

    return draw.until(lambda: some_logits(draw, *shape, dtype=dtype), good)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = some_logits(draw, 7), _rows(draw, 4, 6, k=2), _rows(draw, 2, 3, 5, k=3)
    return [calls(NAME, vector=(vector, 3), one=(vector, 1), matrix=(matrix, 2), batch=(batch, 3))]


def _with_ties(draw: Draw, rows: int, ranked: tuple[int, ...]) -> torch.Tensor:
    """Rows of the logits `ranked`, each in an order of its own and moved by a number."""
    steps = torch.tensor(ranked, dtype=torch.float32) * 0.75

    def make() -> torch.Tensor:
        return torch.stack([steps[draw.permutation(len(ranked))] for _ in range(rows)])

    return draw.until(make, unsorted) + draw.integers(-3, 4, rows, 1)


def _ties(draw: Draw) -> list[Probe]:
    """The k-th and the next largest are equal, once more are equal further down; and equals ahead of the k-th count
    one each."""
    return [
        calls(
            NAME,
            three=(_with_ties(draw, 2, (4, 3, 2, 2, 2, 0, -1, -3)), 3),
            two=(_with_ties(draw, 3, (3, 1, 1, 0, 0, -2, -3)), 2),
            best=(_with_ties(draw, 3, (5, 5, 4, 2, 1, -1)), 2),
            all_of_three=(_with_ties(draw, 2, (5, 3, 3, 3, 2, 0, -1)), 5),
        )
    ]


def _close(draw: Draw) -> list[Probe]:
    """Steps of four roundings, about 1 and -1: too fine for float16 (and float32), for any tolerance, not for `<`."""

    def rows(dtype: torch.dtype) -> torch.Tensor:
        steps = torch.arange(7, dtype=dtype) * 4 * torch.finfo(dtype).eps
        up, down = (draw.until(lambda: steps[draw.permutation(7)], unsorted) for _ in range(2))
        return torch.stack([1 + up, down - 1])

    return [calls(NAME, float32=(rows(torch.float32), 3), float64=(rows(torch.float64), 2))]


def _large_k(draw: Draw) -> list[Probe]:
    x = _rows(draw, 3, 5, k=5)
    return [calls(NAME, all=(x, 5), more=(x, 9))]


def _filtered(draw: Draw) -> list[Probe]:
    """Rows of 6 in which four finite logits are left, and one; three are asked for."""
    x = some_logits(draw, 2, 6)
    x[0, draw.permutation(6)[:2]] = MINUS_INFINITY
    x[1] = MINUS_INFINITY
    x[1, draw.integers(0, 6)] = x[0].sort(descending=True).values[2] - 1.0  # below the first row's cutoff
    return [calls(NAME, out=(x, 3))]


def _large(draw: Draw) -> list[Probe]:
    sizes = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0])
    x = draw.until(lambda: sizes[draw.permutation(5)], unsorted)
    return [calls(NAME, out=(torch.stack([x, x - x.max() - 1.0]), 4))]


def _float64(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(_rows(draw, 3, 5, k=2, dtype=torch.float64), 2))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (_rows(draw, 3, 5, k=k, dtype=dtype) for k, dtype in ((2, torch.float16), (3, torch.bfloat16)))
    return [calls(NAME, float16=(half, 2), bfloat16=(brain, 3))]


def _bad(draw: Draw) -> list[Probe]:
    x = some_logits(draw, 5)
    return [calls(NAME, out=(x, k)) for k in (0, -2)]


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("logits", _rows(draw, 3, 5, k=2)), Call(NAME, (Ref("logits"), 2))), ("out", "logits"))]


def _devices(draw: Draw) -> list[Probe]:
    return [calls(NAME, device="meta", out=(some_logits(draw, 2, 3, 5), 2))]


def _steady(draw: Draw) -> list[Probe]:
    return [counted(NAME, (_rows(draw, 2, 5, k=3), 3), (_rows(draw, 2, 19, k=11), 11))]


CHECKS = (
    Check("values", "The k largest logits of each row stay, the others become -inf.", _values, EXACT, weight=3),
    Check("ties", "What equals the k-th largest logit stays too, even if that makes more than k.", _ties, EXACT),
    Check("close logits", "Logits that differ in the last digits differ: no tolerance, no rounding.", _close, EXACT),
    Check("large k", "With k of the vocabulary's size or more, everything stays.", _large_k, EXACT),
    Check("filtered entries", "Entries that are -inf already stay so, however few others are left.", _filtered, EXACT),
    Check("large logits", "Logits up to 10,000 in size are filtered like any other.", _large, EXACT),
    Check("float64", "A float64 input gives a float64 result.", _float64, EXACT),
    Check("half precision", "float16 and bfloat16 inputs keep their dtype.", _half, EXACT),
    Check("bad k", "ValueError for a k of 0 or below.", _bad, EXACT),
    Check("input untouched", "The logits given must be left as they were.", _untouched, EXACT),
    Check("any device", "New tensors belong on the input's device, values are not read into Python.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, EXACT, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v",))
