"""The checks of `cross_entropy(logits, targets)`."""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "cross_entropy"
V = 7

Pair = tuple[torch.Tensor, torch.Tensor]


def oracle(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of log sum exp(z) - z[target] over all targets, in the precision of the logits."""
    largest = logits.amax(-1, keepdim=True).detach()
    log_sum = (logits - largest).exp().sum(-1).log() + largest.squeeze(-1)
    return (log_sum - (logits * (torch.arange(logits.shape[-1]) == targets[..., None])).sum(-1)).mean()


def _pair(draw: Draw, *batch: int, dtype: torch.dtype = torch.float32) -> Pair:
    """logits (..., V) whose probabilities span a few powers of ten, and targets (...), the first and the last token
    among them where there is room."""
    logits = draw.until(lambda: draw.normal(*batch, V, scale=2.0, dtype=dtype), unsorted)
    targets = draw.until(
        lambda: draw.integers(0, V, *batch),
        lambda t: t.numel() < 4 or (bool((t == 0).any()) and bool((t == V - 1).any())),
    )
    return logits, targets


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw, 5), save="rows"), Call(NAME, _pair(draw, 2, 5), save="batch"))
    return [Probe(calls, ("rows", "batch"))]


def _any_batch(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw), save="single"), Call(NAME, _pair(draw, 2, 4, 3), save="deep"))
    return [Probe(calls, ("single", "deep"))]


def _every_target(draw: Draw) -> list[Probe]:
    """Targets that are nothing but the first token, and nothing but the last: none of them is padding."""
    calls = [
        Call(NAME, (_pair(draw, 2, 5)[0], torch.full((2, 5), token)), save=save)
        for save, token in [("first", 0), ("last", V - 1)]
    ]
    return [Probe(tuple(calls), ("first", "last"))]


def _large(draw: Draw) -> list[Probe]:
    """Losses of 0, of a few, and of thousands: logits up to 10,000 of either sign."""
    high, low = (shift + draw.normal(V, scale=2.0) for shift in (9_990.0, -9_990.0))
    ends = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0, 30.0, 5_000.0])[draw.permutation(V)]
    targets = draw.until(lambda: draw.integers(0, V, 3), lambda t: bool(ends[t[2]] < 9_000))
    calls = (
        Call(NAME, (torch.stack([high, low, ends]), targets), save="rows"),
        Call(NAME, (high, targets[0]), save="one"),
    )
    return [Probe(calls, ("rows", "one"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _pair(draw, 2, 5, dtype=torch.float64)),))]


def _gradients(draw: Draw) -> list[Probe]:
    logits, targets = _pair(draw, 2, 5)
    steps = (
        Let("logits", logits, requires_grad=True),
        Call(NAME, (Ref("logits"), targets)),
        Backward("out", draw.normal(3).abs().max() + 1),
    )
    return [Probe(steps, ("out", "logits.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    logits, targets = _pair(draw, 2, 5)
    lets = (Let("logits_turned", logits.mT.contiguous()), Let("targets", targets))
    turned = Call(Ref("logits_turned.transpose"), (1, 2), save="logits")
    call = Call(NAME, (Ref("logits"), Ref("targets")))
    return [Probe((*lets, turned, call), ("out", "logits_turned", "targets"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw, 2, 5)), Call(NAME, _pair(draw, 4, dtype=torch.float64), save="other"))
    return [Probe(calls, ("out", "other"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    calls = [
        Call(NAME, _pair(draw, *n), save=save, count="operators") for save, n in [("short", (2, 3)), ("long", (9, 8))]
    ]
    return [counted(*calls)]


ROUNDINGS = Tolerance(20, "a logsumexp of 7 terms and a mean of at most 72: a few roundings; 10 times that")
DOUBLE = Tolerance(40, "as above, and the right answer to compare with is itself rounded to float64")
BACKWARD = Tolerance(16, "softmax less one-hot, over the number of targets: a few roundings; 10 times that")

CHECKS = (
    Check("values", "The mean over all targets of -log softmax(logits)[target].", _values, ROUNDINGS, weight=3),
    Check("any batch", "No batch dimension at all, or three of them.", _any_batch, ROUNDINGS),
    Check(
        "every target counts", "No token is padding: the first and the last one count too.", _every_target, ROUNDINGS
    ),
    Check(
        "large logits",
        "Logits up to 10,000 in size must give neither NaN nor infinity.",
        _large,
        Tolerance(12, "what rounds is the size of the logits: half a unit of 10,000 for each of few sums"),
        weight=2,
    ),
    Check("float64", "float64 logits give a float64 loss, right to float64's precision.", _float64, DOUBLE),
    Check("gradients", "Gradients flow back to the logits.", _gradients, BACKWARD),
    Check("inputs untouched", "logits and targets stay as they were, and may be views.", _untouched, ROUNDINGS),
    Check("any device", "Values are not read into Python, and the loss is a 0-dim tensor.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over targets.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v",))
