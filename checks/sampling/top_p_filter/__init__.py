"""The checks of `top_p_filter(logits, p)`.

Everywhere but under "ties" no partial sum of sorted probabilities is near p, so that rounding moves no token.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Implementation, Let, Probe, Ref, unsorted

from .._shared import MINUS_INFINITY, calls, counted, some_logits
from .misconceptions import MISCONCEPTIONS, first_rows_mask, order_instead_of_its_inverse
from .variants import VARIANTS

NAME = "top_p_filter"
NEARLY = 0.994  # near 1, and still not all of them
QUARTERS = {"quarter": 0.25, "half": 0.5, "most": 0.75}
CLOSE = {torch.float32: 5e-6, torch.float64: 1e-10}  # a shortfall fifty times what rounding may hide
MANY, MOST = 601, 0.75  # equally likely tokens, each less than half a step of bfloat16 near 0.5
CLEAR = 1e-3  # how far from p all partial sums stay: a thousand times what float32 makes of them
CLEAR_IN_HALF = 0.06  # the same in bfloat16, whose partial sums of 6 probabilities are off by 0.02 at most


def oracle(logits: torch.Tensor, p: float) -> torch.Tensor:
    """A token stays if those ahead of it have less than p together: the nucleus of Holtzman et al. 2020, section 3.1.

    Nothing is sorted: each token is compared with each other one, and among equals the first comes first.
    """
    if not 0 < p <= 1:
        raise ValueError(f"p is above 0 and at most 1; {p} is not")
    probabilities = torch.softmax(logits, -1)
    mine, other = logits[..., :, None], logits[..., None, :]
    first = torch.ones(logits.shape[-1], logits.shape[-1], dtype=torch.bool).tril(-1)
    ahead = (other > mine) | ((other == mine) & first)
    before = (ahead * probabilities[..., None, :]).sum(-1)
    kept = logits.isfinite() if p == 1 else before < p
    return logits.masked_fill(~kept, MINUS_INFINITY)


# ---- fixtures -------------------------------------------------------------------------------------------------


def _clear(x: torch.Tensor, p: float, margin: float) -> bool:
    """Whether, in every row, no partial sum of the sorted probabilities is near p, and no two finite logits are so
    close that rounding could swap them."""
    probabilities, order = torch.softmax(x.double(), -1).sort(-1, descending=True)
    ranked = x.double().gather(-1, order)
    gaps = (ranked[..., :-1] - ranked[..., 1:]).nan_to_num(nan=1.0)  # between two of -inf there is none
    return bool(((probabilities.cumsum(-1) - p).abs() > margin).all()) and bool((gaps > margin).all())


def _kept(x: torch.Tensor, p: float) -> torch.Tensor:
    """How many tokens stay in each row."""
    return oracle(x.double(), p).isfinite().sum(-1)


def _nucleus(draw: Draw, *shape: int, p: float, scale: float = 1.2, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Logits (..., V) of which each row keeps two tokens or more and drops as many."""
    margin = CLEAR if dtype.itemsize > 2 else CLEAR_IN_HALF
    size, rows = shape[-1], math.prod(shape[:-1])

    def good(row: torch.Tensor) -> bool:
        return 2 <= int(_kept(row, p)) <= size - 2 and _clear(row, p, margin)

    def make() -> torch.Tensor:
        row = [draw.until(lambda: draw.normal(size, scale=scale, dtype=dtype), good) for _ in range(rows)]
        return torch.stack(row).reshape(shape)

    return draw.until(make, lambda x: unsorted(x) and not _by_luck(x, p))


def _misplaced_by_luck(x: torch.Tensor, p: float) -> bool:
    """Whether a mask in the wrong order, or the first row's, keeps the same tokens in every row."""
    wrong = (order_instead_of_its_inverse, first_rows_mask) if x.dim() > 1 else (order_instead_of_its_inverse,)
    right = oracle(x.double(), p).isfinite()
    return any(torch.equal(function(x.double(), p).isfinite(), right) for function in wrong)


def _by_luck(x: torch.Tensor, p: float) -> bool:
    """Whether another rule than the right one keeps the same tokens in every row."""
    right = oracle(x.double(), p).isfinite()
    probabilities = torch.softmax(x.double(), -1)
    best = probabilities.amax(-1, keepdim=True)
    others = [probabilities >= p * best, probabilities >= (1 - p) * best, probabilities >= 1 - p]
    others.append(probabilities > (1 - p) / x.shape[-1])
    rank = probabilities.argsort(-1, descending=True).argsort(-1)
    others.append(rank < round(p * x.shape[-1]))
    if x.dim() > 1:
        flat = x.double().reshape(-1, x.shape[-1])
        others.append(rank < int(right.reshape(flat.shape)[0].sum()))  # as many as in the first row
        others.append(oracle(flat.reshape(-1), p).isfinite().reshape(x.shape))
    return any(bool((other == right).all()) for other in others) or _misplaced_by_luck(x, p)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = _nucleus(draw, 7, p=0.75), _nucleus(draw, 3, 8, p=0.6), _nucleus(draw, 2, 3, 6, p=0.85)
    nearly = _nucleus(draw, 9, p=NEARLY, scale=3.5)
    return [calls(NAME, vector=(vector, 0.75), matrix=(matrix, 0.6), batch=(batch, 0.85), nearly=(nearly, NEARLY))]


def _one_token(draw: Draw) -> list[Probe]:
    """The most likely token alone has more than p, in every row."""

    def good(x: torch.Tensor, p: float, second: float) -> bool:
        best, other = torch.softmax(x.double(), -1).topk(2).values.unbind(-1)
        one = bool((_kept(x, p) == 1).all()) and bool((other < second * best).all())
        return one and unsorted(x) and _clear(x, p, CLEAR) and not _misplaced_by_luck(x, p)

    small = draw.until(lambda: draw.normal(3, 6), lambda x: good(x, 0.01, 0.95))
    sharp = draw.until(lambda: draw.normal(2, 7, scale=3.0), lambda x: good(x, 0.5, 0.4))
    sharp[1] -= sharp[1].max() + 1.0  # so that sums of logits never reach p
    return [calls(NAME, small=(small, 0.01), sharp=(sharp, 0.5))]


def _everything(draw: Draw) -> list[Probe]:
    """Tokens so unlikely that adding them changes no sum, some of probability 0 in float32, some filtered out."""

    def make() -> torch.Tensor:
        x = some_logits(draw, 3, 8)
        for row in x:
            places = draw.permutation(8)
            row[places[0]] -= 40.0
            row[places[1]] -= 120.0
            row[places[2]] = MINUS_INFINITY
            row[places[3]] -= 1_000.0  # of probability 0 in float64, too
        return x

    def good(x: torch.Tensor) -> bool:  # float32 sums reach 1 before the tail, so whoever counts on them is seen
        sums = torch.softmax(x.sort(-1, descending=True).values, -1).cumsum(-1)
        return unsorted(x) and bool((sums[:2, 3] >= 1.0).any())

    x = draw.until(make, good)
    return [calls(NAME, one=(x, 1.0), whole=(x[:2], 1))]


def _filtered(draw: Draw) -> list[Probe]:
    """Rows of 8, of which a filter has dropped two."""

    def make() -> torch.Tensor:
        x = draw.normal(3, 8, scale=1.2)
        for row in x:
            row[draw.permutation(8)[:2]] = MINUS_INFINITY
        return x

    def good(x: torch.Tensor) -> bool:
        few = bool(((_kept(x, 0.7) >= 2) & (_kept(x, 0.7) <= 4)).all())
        return few and unsorted(x) and _clear(x, 0.7, CLEAR) and not _by_luck(x, 0.7)

    return [calls(NAME, out=(draw.until(make, good), 0.7))]


def _close(draw: Draw) -> list[Probe]:
    """The sum of the best one, two or three is short of a half by little, and once more than a half by as much."""

    def rows(dtype: torch.dtype) -> torch.Tensor:
        short = CLOSE[dtype]
        shares = [
            [0.5 - short, 0.2, 0.14, 0.08, 0.05, 0.02, 0.01 + short],
            [0.3 - short, 0.2, 0.18, 0.16, 0.1, 0.04, 0.02 + short],
            [0.18, 0.165, 0.155 - short, 0.15, 0.145, 0.12, 0.085 + short],
            [0.5 + short, 0.2, 0.14, 0.08, 0.05, 0.02, 0.01 - short],
        ]
        x = torch.tensor(shares, dtype=torch.float64).log()
        return draw.until(lambda: torch.stack([row[draw.permutation(7)] for row in x]), unsorted).to(dtype)

    return [calls(NAME, float32=(rows(torch.float32), 0.5), float64=(rows(torch.float64), 0.5))]


def _many(draw: Draw) -> list[Probe]:
    x = torch.full((MANY + 3,), 1.0)
    x[draw.permutation(MANY)[:3] + 1] = MINUS_INFINITY
    return [calls(NAME, bfloat16=(x.bfloat16(), MOST), float16=(x.half(), MOST))]


def _read_many(values: Mapping[str, Any]) -> Mapping[str, str]:
    """Half precision knows a sum to its third digit."""
    found = {}
    for name, out in values.items():
        count, right = int((out > MINUS_INFINITY).sum()), MOST * MANY
        several = "too many" if count > right else "too few"
        found[f"tokens kept of {MANY} in {name}"] = (
            "as many as p says" if abs(count - right) < 0.02 * right else several
        )
    return found


def _ties(draw: Draw) -> list[Probe]:
    """One logit of 6 leads, three equal ones follow, two trail: beside the first, two of the three are needed. Then
    four share everything, a quarter each: no way to write softmax rounds, so that p is reached exactly."""
    level = draw.integers(-3, 4)
    x = torch.log(torch.tensor([0.4, 0.15, 0.15, 0.15, 0.1, 0.05]))
    sizes = torch.tensor([0.0, 0.0, 0.0, 0.0, -200.0, -200.0])  # exp(-200) is 0 in float32

    def rows(steps: torch.Tensor) -> torch.Tensor:
        return torch.stack([steps[draw.permutation(6)] for _ in range(2)])

    given, even = draw.until(lambda: (rows(x) + level, rows(sizes)), lambda made: unsorted(made[1]) and _tell(*made))
    steps = (Let("logits", given), Call(NAME, (Ref("logits"), 0.625)))
    exact = tuple(Call(NAME, (even, p), save=save) for save, p in QUARTERS.items())
    return [Probe((*steps, *exact), ("out", "logits", *QUARTERS))]


def _tell(logits: torch.Tensor, even: torch.Tensor) -> bool:
    """Whether masks that stand in the wrong order, or come from the first row, are seen."""

    def words(function: Implementation) -> Mapping[str, str]:
        quarters = {save: function(even, p) for save, p in QUARTERS.items()}
        return _read_ties({"logits": logits, "out": function(logits, 0.625), **quarters})

    return all(words(wrong) != words(oracle) for wrong in (order_instead_of_its_inverse, first_rows_mask))


def _counts(kept: torch.Tensor) -> str:
    return " and ".join(str(int(n)) for n in kept.sum(-1).flatten())


def _read_ties(values: Mapping[str, Any]) -> Mapping[str, str]:
    """How many of the three equals are kept, and what became of the others."""
    out, logits = values["out"].double(), values["logits"].double()
    ranks = logits.round(decimals=3)
    best, least = ranks.amax(-1, keepdim=True), ranks.sort(-1).values[:, 1:2]
    kept = out > MINUS_INFINITY
    equals = kept & (ranks < best) & (ranks > least)
    unchanged = bool(((out == logits) | (out == MINUS_INFINITY)).all())
    return {
        "the most likely token": "kept" if bool(kept[ranks == best].all()) else "dropped",
        "tokens less likely than the equals": "kept" if bool(kept[ranks <= least].any()) else "dropped",
        "equals kept in each row": _counts(equals),
        **{f"of four equals, kept for p = {p}": _counts(values[save] > MINUS_INFINITY) for save, p in QUARTERS.items()},
        "other entries": "the logits or -inf" if unchanged else "neither the logits nor -inf",
    }


def _large(draw: Draw) -> list[Probe]:
    high, low = 9_990 + _nucleus(draw, 5, p=0.7), -9_990 + _nucleus(draw, 5, p=0.7)
    ends = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0])[draw.permutation(5)]
    return [calls(NAME, out=(torch.stack([high, ends, low]), 0.7))]


def _float64(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(_nucleus(draw, 3, 6, p=0.8, dtype=torch.float64), 0.8))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (_nucleus(draw, 6, p=0.75, dtype=dtype) for dtype in (torch.float16, torch.bfloat16))
    likely = torch.tensor([3.0, -14.0, 2.0, -13.0, -12.0, 0.0, -11.0], dtype=torch.bfloat16)
    spread = draw.until(lambda: likely[draw.permutation(7)], unsorted)
    sizes = torch.tensor([10_000.0, 400.0, -10_000.0, 9_000.0, 0.0], dtype=torch.float16)
    large = draw.until(lambda: sizes[draw.permutation(5)], unsorted)
    given = {"float16": (half, 0.75), "bfloat16": (brain, 0.75), "everything": (spread, 1.0), "large": (large, 0.5)}
    return [calls(NAME, device="cpu", **given)]


def _bad(draw: Draw) -> list[Probe]:
    x = some_logits(draw, 5)
    return [calls(NAME, out=(x, p)) for p in (0.0, 1.25, -0.5)]


def _untouched(draw: Draw) -> list[Probe]:
    x = _nucleus(draw, 3, 6, p=0.7)
    return [Probe((Let("logits", x), Call(NAME, (Ref("logits"), 0.7))), ("out", "logits"))]


def _devices(draw: Draw) -> list[Probe]:
    return [calls(NAME, device="meta", out=(some_logits(draw, 2, 3, 5), 0.7), everything=(some_logits(draw, 6), 1.0))]


def _steady(draw: Draw) -> list[Probe]:
    short, long = (_nucleus(draw, 2, size, p=0.7) for size in (6, 17))
    return [counted(NAME, (short, 0.7), (long, 0.7))]


CHECKS = (
    Check("values", "The smallest set of most likely tokens that reaches p stays.", _values, EXACT, weight=3),
    Check("one token", "Where the most likely token alone reaches p, it alone stays.", _one_token, EXACT, weight=2),
    Check(
        "p of 1", "p = 1 keeps every finite logit, however unlikely, and nothing else.", _everything, EXACT, weight=2
    ),
    Check("filtered entries", "Entries that are -inf already stay so, and count for nothing.", _filtered, EXACT),
    Check("ties", "Among equals it may be any, but never more than needed.", _ties, EXACT, reading=_read_ties),
    Check("close to p", "A sum that is only nearly p has not reached it: no tolerance, no rounding.", _close, EXACT),
    Check("many tokens", "Sums of hundreds of terms reach p in half precision, too.", _many, EXACT, reading=_read_many),
    Check("large logits", "Logits up to 10,000 in size must not overflow.", _large, EXACT),
    Check("float64", "A float64 input gives a float64 result.", _float64, EXACT),
    Check("half precision", "float16 and bfloat16 inputs keep their dtype, also with p = 1.", _half, EXACT),
    Check("bad p", "ValueError unless 0 < p <= 1.", _bad, EXACT),
    Check("input untouched", "The logits given must be left as they were.", _untouched, EXACT),
    Check("any device", "New tensors belong on the input's device, values are not read into Python.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, EXACT, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v",))
