"""The checks of `softmax(x, dim=-1)`."""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import MINUS_INFINITY, counted
from .implementations import MISCONCEPTIONS, VARIANTS


def oracle(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """exp(x - m) / sum exp(x - m) with m the largest x along `dim`, in the precision of x."""
    powers = torch.exp(x - x.amax(dim, keepdim=True))
    return powers / powers.sum(dim, keepdim=True)


def _calls(**calls: tuple[torch.Tensor, int | None]) -> Probe:
    steps = [Call("softmax", (x,), {} if dim is None else {"dim": dim}, save=save) for save, (x, dim) in calls.items()]
    return Probe(tuple(steps), tuple(calls))


def _scores(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Scores whose weights span a few powers of ten, in no order."""
    return draw.until(lambda: draw.normal(*shape, scale=2.0, dtype=dtype), unsorted)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = (_scores(draw, *shape) for shape in [(7,), (3, 5), (2, 3, 5)])
    return [_calls(vector=(vector, None), matrix=(matrix, None), batch=(batch, -1))]


def _any_dim(draw: Draw) -> list[Probe]:
    """All dims of a tensor; and a dim of one entry, which has all the weight."""
    x, single = _scores(draw, 5, 3, 6, 7), _scores(draw, 6, 3)[:, 1:2]
    return [_calls(first=(x, 0), second=(x, 1), third=(x, -2), matrix=(_scores(draw, 6, 5), 0), single=(single, -1))]


def _with_minus_infinity(draw: Draw, *shape: int) -> torch.Tensor:
    """Scores with -inf at about half of the places, never along a whole row; in no order, also transposed."""
    return draw.until(
        lambda: draw.normal(*shape, scale=2.0).masked_fill(~draw.mask(*shape), MINUS_INFINITY),
        lambda x: unsorted(x) and unsorted(x.mT),
    )


def _minus_infinity(draw: Draw) -> list[Probe]:
    """ "positive" says where a weight is not 0: a small number is right there only if its score is finite."""
    last, first = _with_minus_infinity(draw, 5, 6), _with_minus_infinity(draw, 3, 5).T
    steps = (
        Call("softmax", (last,), {"dim": -1}, save="last"),
        Call("softmax", (first,), {"dim": 0}, save="first"),
        Call(Ref("last.gt"), (0,), save="positive"),
    )
    return [Probe(steps, ("last", "first", "positive"))]


def _off_the_grid(row: torch.Tensor) -> bool:
    """Whether logsumexp of this row lies between two float32 numbers, but not half way: there it rounds by 3e-4."""
    right = row.double().logsumexp(-1)
    return bool(3e-4 < (right - right.float().double()).abs() < 4.5e-4)


def _large(draw: Draw) -> list[Probe]:
    """Scores near 10,000 and -10,000, each kind beside the other and alone, some beside -inf."""
    high = draw.until(lambda: 9_990 + draw.normal(5, scale=2.0), _off_the_grid)
    low = draw.until(lambda: -9_990 + draw.normal(5, scale=2.0), _off_the_grid)
    ends = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0])[draw.permutation(5)]
    least = torch.tensor([-10_000.0, MINUS_INFINITY, -9_999.0, MINUS_INFINITY, -9_998.0])
    beside = torch.stack([least[draw.permutation(5)], low, -9_990 + _scores(draw, 5)])
    rows, columns = torch.stack([high, low, ends]), torch.stack([ends, low, high], dim=1)
    return [_calls(rows=(rows, -1), columns=(columns, 0)), _calls(beside=(beside, -1))]


def _float64(draw: Draw) -> list[Probe]:
    return [_calls(out=(_scores(draw, 3, 5, dtype=torch.float64), 0))]


def _half(draw: Draw) -> list[Probe]:
    half, brain = (_scores(draw, 3, 5, dtype=dtype) for dtype in (torch.float16, torch.bfloat16))
    return [_calls(float16=(half, -1), bfloat16=(brain, 0))]


def _half_large(draw: Draw) -> list[Probe]:
    """Rows with three equal largest scores near 10,000: weights of a third. And many equal scores: weights of 1 / 256
    and 1 / 128, which both dtypes hold exactly; their logarithms fall between bfloat16's numbers."""
    top = torch.tensor([9_984.0, 9_984.0, 9_984.0, 9_856.0, -9_984.0, MINUS_INFINITY])
    rows = torch.stack([top[draw.permutation(6)], -top[draw.permutation(6)].nan_to_num(neginf=-9_984.0)])
    many = torch.ones(2, 256)
    many[1, draw.permutation(256)[:128]] = MINUS_INFINITY
    dtypes = {"float16": torch.float16, "bfloat16": torch.bfloat16}
    return [_calls(**{name: (x.to(dtype), -1) for name, dtype in dtypes.items()}) for x in (rows, many)]


def _gradients(draw: Draw) -> list[Probe]:
    x, gradient = _with_minus_infinity(draw, 3, 5), draw.normal(3, 5)
    steps = (Let("x", x, requires_grad=True), Call("softmax", (Ref("x"),), {"dim": 1}), Backward("out", gradient))
    across, upstream = _scores(draw, 5, 6), draw.normal(5, 6)
    more = (
        Let("y", across, requires_grad=True),
        Call("softmax", (Ref("y"),), {"dim": 0}, save="across"),
        Backward("across", upstream),
    )
    return [Probe(steps + more, ("out", "x.grad", "across", "y.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    x = _scores(draw, 5, 3)
    turned = Call(Ref("x.transpose"), (0, 1), save="turned")
    return [Probe((Let("x", x), turned, Call("softmax", (Ref("turned"),))), ("out", "x"))]


def _devices(draw: Draw) -> list[Probe]:
    x, y = draw.normal(2, 3, 5), draw.normal(4, 6, dtype=torch.float64)
    return [
        Probe((Call("softmax", (x,)), Call("softmax", (y,), {"dim": 0}, save="other")), ("out", "other"), device="meta")
    ]


def _steady(draw: Draw) -> list[Probe]:
    short, long = _scores(draw, 3, 5), _scores(draw, 11, 16)
    return [
        counted(
            Call("softmax", (short,), save="short", count="operators"),
            Call("softmax", (long,), save="long", count="operators"),
        )
    ]


ROUNDINGS = Tolerance(32, "one exp, one sum of at most 16 terms and one division: a few roundings; 10 times that")
LARGE = Tolerance(0.004, "x - max(x) is exact, so weights are right to 5e-6; x - logsumexp(x) rounds by 5e-4 at 10,000")
HALF_LARGE = Tolerance(2e-4, "x - max(x) is exact: only the weights round; times 10,000 it is a fifth of a percent")

CHECKS = (
    Check("values", "Weights along the last dim, for a vector, a matrix and a batch.", _values, ROUNDINGS, weight=2),
    Check("any dim", "Weights must sum to 1 along `dim`, whichever it is.", _any_dim, ROUNDINGS),
    Check(
        "minus infinity", "An entry of -inf gets weight 0 and the others share the rest.", _minus_infinity, ROUNDINGS
    ),
    Check(
        "large scores", "Scores up to 10,000 in size must not overflow or vanish, in any row.", _large, LARGE, weight=2
    ),
    Check("float64", "A float64 input gives float64 weights, right to float64's precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype.",
        _half,
        Tolerance(3, "a few roundings of weights below 1, of inputs of size 6"),
        narrow="two or three digits are all that bfloat16 has: the margin is shared between both sides",
    ),
    Check(
        "half precision, large scores",
        "Weights sum to 1 in float16 and bfloat16 too: a logarithm of the sum is rounded there too much.",
        _half_large,
        HALF_LARGE,
    ),
    Check("gradients", "Gradients flow back to x and are finite, also beside -inf.", _gradients, ROUNDINGS),
    Check("input untouched", "x must be left as it was, and may be a transposed view.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over entries or rows.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank("softmax", oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...",))
