"""The checks of `cosine_similarity(u, v, dim=-1, eps=1e-8)`."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance

from .._shared import counted, finite, mixed, with_lengths
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "cosine_similarity"


def oracle(u: torch.Tensor, v: torch.Tensor, dim: int = -1, eps: float = 1e-8) -> torch.Tensor:
    """u.v / max(|u| |v|, eps), with the products summed by torch.linalg.vecdot."""
    lengths = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    found: torch.Tensor = torch.linalg.vecdot(u, v, dim=dim) / torch.clamp(lengths, min=eps)
    return found


Pair = tuple[torch.Tensor, torch.Tensor]


def _pair(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> Pair:
    """Vectors whose lengths are not 1, u about half as long as v."""
    return mixed(draw, *shape, scale=1.5, dtype=dtype), mixed(draw, *shape, scale=3.0, dtype=dtype)


def _calls(device: str = "cpu", **calls: tuple[Pair, Mapping[str, float]]) -> Probe:
    steps = tuple(Call(NAME, pair, options, save=save) for save, (pair, options) in calls.items())
    return Probe(steps, tuple(calls), device=device)


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = (_pair(draw, *shape) for shape in [(5,), (3, 6), (2, 3, 7)])
    return [_calls(vector=(vector, {}), matrix=(matrix, {}), batch=(batch, {}))]


def _dims(draw: Draw) -> list[Probe]:
    one_to_all = mixed(draw, 5), mixed(draw, 3, 5, scale=3.0)
    all_pairs = draw.normal(4, 1, 6), draw.normal(3, 6, scale=3.0)
    middle = _pair(draw, 2, 5, 3)
    spread = draw.normal(6, 1), draw.normal(2, 6, 4, scale=3.0)
    along = {"dim": -2}
    return [
        _calls(one_to_all=(one_to_all, {}), all_pairs=(all_pairs, {}), middle=(middle, along), spread=(spread, along))
    ]


def _with_zeros(draw: Draw) -> Pair:
    """Pairs (4, 5): u is zero in one of them, v in another, both in a third."""
    u, v = _pair(draw, 4, 5)
    first, second, both, _ = draw.permutation(4).tolist()
    u[[first, both]], v[[second, both]] = 0.0, 0.0
    return u, v


def _zeros(draw: Draw) -> list[Probe]:
    single = draw.normal(2), torch.zeros(2)
    return [_calls(pairs=(_with_zeros(draw), {}), single=(single, {}))]


def _like(draw: Draw, u: torch.Tensor) -> torch.Tensor:
    """A vector beside each of u's whose cosine to it is far from 0, up to 0.9 or so."""
    return u + 0.7 * draw.normal(*u.shape)


def _eps(draw: Draw) -> list[Probe]:
    """Lengths from 0.002: the product of two is 400 times the default eps, which must not show.

    With an eps of 0.5 one of the two has length 1, so that it is all one whether eps bounds the product of the lengths
    or each of them.
    """
    u = draw.normal(3, 6)
    lengths, one = (torch.tensor([2.0, 3.0, 4.0]) / 1000)[draw.permutation(3)], torch.ones(3)
    short = with_lengths(u, lengths), with_lengths(_like(draw, u), lengths.flip(0))
    left = with_lengths(u, 100 * lengths), with_lengths(_like(draw, u), one)
    right = with_lengths(u, one), with_lengths(_like(draw, u), 100 * lengths)
    return [_calls(short=(short, {}), left=(left, {"eps": 0.5}), right=(right, {"eps": 0.5}))]


def _large(draw: Draw) -> list[Probe]:
    def long() -> torch.Tensor:
        return draw.normal(3, 6, scale=4_000.0).clamp(-10_000, 10_000)

    u = long()
    return [_calls(both=((u, long()), {}), one=((u, draw.normal(3, 6, scale=0.1)), {}))]


def _float64(draw: Draw) -> list[Probe]:
    pair = _pair(draw, 4, 5, dtype=torch.float64)
    return [_calls(out=(pair, {}), first=(pair, {"dim": -2}))]


def _backward(draw: Draw, u: torch.Tensor, v: torch.Tensor, *shape: int, returns: tuple[str, ...]) -> Probe:
    lets = (Let("u", u, requires_grad=True), Let("v", v, requires_grad=True))
    steps: tuple[Step, ...] = (*lets, Call(NAME, (Ref("u"), Ref("v"))), Backward("out", mixed(draw, *shape)))
    return Probe(steps, returns)


def _gradients(draw: Draw) -> list[Probe]:
    everything = ("out", "u.grad", "v.grad")
    u, v = draw.normal(4, 1, 5), draw.normal(3, 5, scale=2.0)
    return [_backward(draw, u, v, 4, 3, returns=everything)]


def _gradients_at_zero(draw: Draw) -> list[Probe]:
    return [_backward(draw, *_with_zeros(draw), 4, returns=("u.grad", "v.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    u, v = _pair(draw, 5, 3)
    turned = (Call(Ref("u.transpose"), (0, 1), save="left"), Call(Ref("v.transpose"), (0, 1), save="right"))
    call = Call(NAME, (Ref("left"), Ref("right")))
    return [Probe((Let("u", u), Let("v", v), *turned, call), ("out", "u", "v"))]


def _devices(draw: Draw) -> list[Probe]:
    pair, other = _pair(draw, 3, 5), _pair(draw, 4, 7, dtype=torch.float64)
    return [_calls("meta", pair=(pair, {}), other=(other, {"dim": -2}))]


def _steady(draw: Draw) -> list[Probe]:
    short, long = (Call(NAME, _pair(draw, n, 5), save=f"of{n}", count="operators") for n in (3, 17))
    return [counted(short, long)]


ROUNDINGS = Tolerance(32, "sums of 7 products, two roots and a division: a few roundings; 10 times that", length=7)
LARGE = Tolerance(0.1, "a cosine does not grow with its vectors: the roundings of 1,000, not of 10,000", length=6)
BACKWARD = Tolerance(64, "as forward, and back through each of its steps", length=7)

CHECKS = (
    Check("values", "The cosine of the angle between u and v, along the last dim.", _values, ROUNDINGS, weight=2),
    Check("any dim", "The vectors may lie along any `dim`, and the other dims broadcast.", _dims, ROUNDINGS, weight=2),
    Check("zero vectors", "A zero vector gives 0, never NaN.", _zeros, ROUNDINGS, weight=2),
    Check("eps", "The product of the lengths counts as eps where it is smaller, and only there.", _eps, ROUNDINGS),
    Check("large vectors", "Entries up to 10,000 in size must give neither NaN nor another cosine.", _large, LARGE),
    Check("float64", "float64 inputs give a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow back to u and v.", _gradients, BACKWARD),
    Check(
        "gradients at zero",
        "Gradients are finite also where a vector is zero.",
        _gradients_at_zero,
        EXACT,
        reading=finite,
    ),
    Check("inputs untouched", "u and v stay as they were, and may be transposed views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on u's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over pairs.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("...",))
