"""The checks of `sgns_loss(center, context, negatives)`.

Sizes in the fixtures: a batch of 4, 3 negatives each, 5 features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance

from .._shared import counted
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "sgns_loss"
B, K, D = 4, 3, 5


def oracle(center: torch.Tensor, context: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy by torch: the true pair is of class 1, those with negatives of class 0 (Mikolov et al. 2013,
    "Distributed representations of words and phrases and their compositionality", equation 4, with its sign turned)."""
    scores = torch.cat([context[:, None], negatives], dim=1) @ center[:, :, None]
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1.0
    return F.binary_cross_entropy_with_logits(scores, truth, reduction="sum") / center.shape[0]


Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _inputs(draw: Draw, batch: int = B, k: int = K, width: int = D, dtype: torch.dtype = torch.float32) -> Inputs:
    """center (B, D), context (B, D) and negatives (B, K, D), whose scores are between -6 and 6: far from where a
    sigmoid is 0 or 1 in float32."""

    def make() -> Inputs:
        context, negatives = draw.normal(batch, width, dtype=dtype), draw.normal(batch, k, width, dtype=dtype)
        return draw.normal(batch, width, dtype=dtype), context, negatives

    return draw.until(make, lambda inputs: float(_scores(*inputs).abs().max()) < 6)


def _scores(center: torch.Tensor, context: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
    """The scores (B, 1 + K) of the contexts, then of the negatives."""
    return (torch.cat([context[:, None], negatives], dim=1) * center[:, None]).sum(-1)


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _inputs(draw)), Call(NAME, _inputs(draw, 6, 2, 7), save="other"))
    return [Probe(calls, ("out", "other"))]


def _ones(draw: Draw) -> list[Probe]:
    """A batch of one, and one negative each."""
    calls = (
        Call(NAME, _inputs(draw, batch=1), save="batch_of_one"),
        Call(NAME, _inputs(draw, k=1), save="one_negative"),
    )
    return [Probe(calls, ("batch_of_one", "one_negative"))]


def _steps(inputs: Inputs) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    names = ("center", "context", "negatives")
    lets = tuple(Let(name, x, requires_grad=True) for name, x in zip(names, inputs, strict=True))
    steps: tuple[Step, ...] = (
        *lets,
        Call(NAME, tuple(Ref(name) for name in names)),
        Backward("out", torch.tensor(1.0)),
    )
    return steps, ("out", *(f"{name}.grad" for name in names))


def _large(draw: Draw) -> list[Probe]:
    """Scores of thousands of both signs, for the context and for the negatives: center has the thousands."""

    def make() -> Inputs:
        center, context, negatives = _inputs(draw)
        return (center * 2_500).clamp(-10_000, 10_000), context, negatives

    def good(inputs: Inputs) -> bool:
        scores = _scores(*inputs)
        both = all(bool((x < -1_000).any()) and bool((x > 1_000).any()) for x in (scores[:, 0], scores[:, 1:]))
        return both and float(scores.abs().min()) > 100

    steps, returns = _steps(draw.until(make, good))
    return [Probe(steps, returns)]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, dtype=torch.float64)),))]


def _gradients(draw: Draw) -> list[Probe]:
    """One center is zero: its scores are 0, and it still has a gradient."""
    inputs = _inputs(draw)
    inputs[0][int(draw.integers(0, B))] = 0.0
    steps, returns = _steps(inputs)
    return [Probe(steps, returns)]


def _untouched(draw: Draw) -> list[Probe]:
    center, context, negatives = _inputs(draw)
    lets = (Let("center", center), Let("context", context), Let("turned", negatives.mT.contiguous()))
    turned = Call(Ref("turned.transpose"), (1, 2), save="negatives")
    call = Call(NAME, (Ref("center"), Ref("context"), Ref("negatives")))
    return [Probe((*lets, turned, call), ("out", "center", "context", "turned"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _inputs(draw)), Call(NAME, _inputs(draw, 6, 2, 7, torch.float64), save="other"))
    return [Probe(calls, ("out", "other"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    """The batch grows alone: a loop over a handful of negatives would be whole tensors at once, too."""
    short, long = (Call(NAME, _inputs(draw, n), save=f"of{n}", count="operators") for n in (2, 13))
    return [counted(short, long)]


ROUNDINGS = Tolerance(
    32, "dot products of 7, logarithms, sums of 4 and of 6: a few roundings; 10 times that", length=28
)
LARGE = Tolerance(
    16, "scores of 10,000 are sums of 5 products, and 16 of them are added: a few of their roundings", length=20
)
BACKWARD = Tolerance(32, "as forward, and back through each of its steps", length=20)

CHECKS = (
    Check("values", "The loss: one term for the context, K for the negatives, the mean over B.", _values, ROUNDINGS, 4),
    Check("one of each", "A batch of one pair, and a single negative each.", _ones, ROUNDINGS),
    Check(
        "large scores", "Scores in the thousands: loss and gradients stay finite and right.", _large, LARGE, weight=2
    ),
    Check("float64", "float64 inputs give a float64 loss, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow back to all three inputs, also for a center of zeros.", _gradients, BACKWARD, 2),
    Check("inputs untouched", "The inputs stay as they were, and may be transposed views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on center's device, and values are not read.", _devices, ROUNDINGS),
    Check("no loops", "The whole batch at once: no loop over its pairs.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("b d", "b d", "b k d"))
