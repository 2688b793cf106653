"""The checks of `token_entropy(logits)`."""

from __future__ import annotations

import torch

from autograder.checks import Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance

from .._shared import MINUS_INFINITY, calls, counted, partly_filtered, some_logits
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "token_entropy"


def oracle(logits: torch.Tensor) -> torch.Tensor:
    """S = ln Z + <E> of Boltzmann's distribution at T = 1, with E = -logits (...) nats; states of no weight add 0."""
    energies = logits.amax(-1, keepdim=True) - logits  # of at least 0
    weights = torch.exp(-energies)
    total = weights.sum(-1)
    mean = (weights * energies.masked_fill(weights == 0, 0.0)).sum(-1) / total
    return torch.log(total) + mean


def _values(draw: Draw) -> list[Probe]:
    vector, matrix, batch = (some_logits(draw, *shape, scale=1.0) for shape in [(7,), (3, 5), (2, 3, 5)])
    shares = draw.normal(3, 6).softmax(-1)  # logits like any others, though they sum to 1
    return [calls(NAME, vector=(vector,), matrix=(matrix,), batch=(batch,), shares=(shares,))]


def _filtered(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(partly_filtered(draw, 8, 6),))]


def _extremes(draw: Draw) -> list[Probe]:
    """One token left of six; two equal ones left; all equal."""
    level = float(draw.normal())
    certain, two = torch.full((6,), MINUS_INFINITY), torch.full((6,), MINUS_INFINITY)
    certain[draw.integers(1, 5)] = level
    two[[1, 4]] = level
    return [calls(NAME, out=(torch.stack([certain, two, torch.full((6,), level)]),))]


def _vocabulary(draw: Draw) -> list[Probe]:
    """Every token has less than 1e-4."""
    return [calls(NAME, out=(draw.normal(VOCABULARY, scale=0.05),))]


def _large(draw: Draw) -> list[Probe]:
    """Also below what may be put for -inf: the tokens of two rows that are left have less than -9,900."""
    steps = torch.tensor(
        [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    )  # no two the same entropy in float16, where all are equal here
    high, low = 9_990 + steps[draw.permutation(7)], -9_990 + steps[draw.permutation(7)]
    ends = torch.tensor([10_000.0, -10_000.0, 0.0, 9_000.0, -9_999.0, -50.0, 7_000.0])[draw.permutation(7)]
    left = torch.stack([-9_950.0 + steps, -10_000.0 + steps])[:, draw.permutation(7)]
    left[:, draw.permutation(7)[:3]] = MINUS_INFINITY
    return [calls(NAME, out=(torch.stack([high, ends, low, *left]),))]


def _float64(draw: Draw) -> list[Probe]:
    return [calls(NAME, out=(some_logits(draw, 3, 5, dtype=torch.float64),))]


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("logits", partly_filtered(draw, 9, 5)), Call(NAME, (Ref("logits"),))), ("out", "logits"))]


def _devices(draw: Draw) -> list[Probe]:
    return [calls(NAME, device="meta", out=(some_logits(draw, 2, 3, 5),), vector=(some_logits(draw, 7),))]


def _steady(draw: Draw) -> list[Probe]:
    return [counted(NAME, (some_logits(draw, 6, 5),), (some_logits(draw, 6, 19),))]


VOCABULARY = 12_000
ROUNDINGS = Tolerance(12, "an exp, a logarithm and two sums of at most 7 terms: a rounding; 10 times that", 7)
LARGE = Tolerance(4, "log-probabilities round at the size of the logits: the only rounding that counts")

CHECKS = (
    Check("values", "The entropy in nats, for a vector, a matrix and a batch.", _values, ROUNDINGS, weight=3),
    Check("filtered entries", "A token of -inf has probability 0 and adds 0.", _filtered, ROUNDINGS, weight=2),
    Check("extremes", "0 for a certain token, ln 2 for two equal ones, ln V for V.", _extremes, ROUNDINGS),
    Check(
        "large vocabulary",
        "Of thousands of tokens none is likely, and together they still count.",
        _vocabulary,
        Tolerance(12, "sums of 12,000 terms", VOCABULARY),
        narrow="a mistake of 1e-9 in each of 12,000 terms is not far from their roundings",
    ),
    Check(
        "large logits",
        "Logits up to 10,000 in size give neither NaN nor infinity, and -inf stays far below all of them.",
        _large,
        LARGE,
        weight=2,
    ),
    Check("float64", "A float64 input gives a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check("input untouched", "The logits given must be left as they were.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on the input's device, values are not read.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over entries.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... v",))
