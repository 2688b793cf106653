"""The checks of `cross_entropy(logits, targets)`."""

from __future__ import annotations

import math

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


def _pair(draw: Draw, *batch: int, dtype: torch.dtype = torch.float32, v: int = V) -> Pair:
    """logits (..., V) whose probabilities span a few powers of ten, and targets (...): where there is room the first
    and the last token and some token twice, else none of the first and the last."""
    logits = draw.until(lambda: 4 * torch.tanh(draw.normal(*batch, v, dtype=dtype) / 2), unsorted)
    n = math.prod(batch)
    if n < 4:
        return logits, draw.integers(1, v - 1, *batch)
    twice = draw.integers(1, v - 1).expand(2)
    targets = torch.cat([torch.tensor([0, v - 1]), twice, draw.integers(0, v, n - 4)])
    return logits, targets[draw.permutation(n)].reshape(batch)


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw, 5), save="rows"), Call(NAME, _pair(draw, 3, 5, v=9), save="batch"))
    return [Probe(calls, ("rows", "batch"))]


def _any_batch(draw: Draw) -> list[Probe]:
    """No batch dimension, three of them, and as many rows as there are tokens."""
    batches = {"single": (), "deep": (2, 5, 3), "square": (V,), "cube": (V, V)}
    return [Probe(tuple(Call(NAME, _pair(draw, *n), save=save) for save, n in batches.items()), tuple(batches))]


def _every_target(draw: Draw) -> list[Probe]:
    """Targets that are nothing but the first token, and nothing but the last: none of them is padding."""
    calls = [
        Call(NAME, (_pair(draw, 3, 5)[0], torch.full((3, 5), token)), save=save)
        for save, token in [("first", 0), ("last", V - 1)]
    ]
    return [Probe(tuple(calls), ("first", "last"))]


def _large(draw: Draw) -> list[Probe]:
    """Losses of 0 and a few, of 24 to 95 (where a small number inside the logarithm shows), of hundreds (where softmax
    is 0) and of thousands: logits up to 10,000 of either sign; and their gradients."""
    high, low = (shift + draw.normal(V, scale=2.0) for shift in (9_990.0, -9_990.0))
    ends = torch.tensor([10_000.0, -10_000.0, 0.0, 9_999.0, -9_999.0, 30.0, 5_000.0])
    losses = torch.tensor([0.0, 24.0, 50.0, 95.0, 300.0]) + draw.normal(5).tanh()
    tail = torch.cat([-losses, draw.normal(2) - 3.0])
    rows = torch.stack([high, low, ends, ends, *[tail] * 4])
    middle = [int(draw.integers(1, V - 1)) for _ in range(2)]
    targets = torch.tensor([*middle, 1, 6, 1, 2, 3, 4])
    order = draw.permutation(len(rows))
    for row in range(2, len(rows)):
        shuffle = _shuffle(draw, int(targets[row]))
        rows[row], targets[row] = rows[row][shuffle], _place(shuffle, int(targets[row]))
    steps = (
        Let("logits", rows[order], requires_grad=True),
        Call(NAME, (Ref("logits"), targets[order]), save="rows"),
        Backward("rows", torch.tensor(float(len(rows)))),
        Call(NAME, (high, targets[0]), save="one"),
    )
    return [Probe(steps, ("rows", "logits.grad", "one"))]


def _shuffle(draw: Draw, token: int) -> torch.Tensor:
    """A permutation of the vocabulary that puts `token` neither first nor last."""
    return draw.until(lambda: draw.permutation(V), lambda shuffle: 0 < _place(shuffle, token) < V - 1)


def _place(shuffle: torch.Tensor, token: int) -> int:
    """Where a permutation puts `token`."""
    return int((shuffle == token).nonzero())


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _pair(draw, 3, 5, dtype=torch.float64)),))]


def _gradients(draw: Draw) -> list[Probe]:
    logits, targets = _pair(draw, 3, 5)
    steps = (
        Let("logits", logits, requires_grad=True),
        Call(NAME, (Ref("logits"), targets)),
        Backward("out", draw.normal(3).abs().max() + 1),
    )
    return [Probe(steps, ("out", "logits.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    logits, targets = _pair(draw, 3, 5)
    lets = (Let("logits_turned", logits.mT.contiguous()), Let("targets", targets))
    turned = Call(Ref("logits_turned.transpose"), (1, 2), save="logits")
    call = Call(NAME, (Ref("logits"), Ref("targets")))
    return [Probe((*lets, turned, call), ("out", "logits_turned", "targets"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw, 3, 5)), Call(NAME, _pair(draw, 4, dtype=torch.float64), save="other"))
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
        "Logits up to 10,000 in size must give neither NaN nor infinity, nor must the gradient.",
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

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    axes=("... v",),
    same_sizes={"any batch": "code that takes another axis for the vocabulary must fail also where sizes are equal"},
)
