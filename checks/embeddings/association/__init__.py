"""The checks of `association(word, attributes_a, attributes_b)`.

Sizes in the fixtures: 6 features, 3 attributes in A, 4 in B.
"""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance

from .._shared import cosines, finite, mixed, with_lengths
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "association"
D, N, M = 6, 3, 4
NAMES = ("word", "attributes_a", "attributes_b")


def oracle(word: torch.Tensor, attributes_a: torch.Tensor, attributes_b: torch.Tensor) -> torch.Tensor:
    """Mean cosine to A minus mean cosine to B, by torch's own cosines (Caliskan, Bryson & Narayanan 2017, "Semantics
    derived automatically from language corpora contain human-like biases": s(w, A, B))."""
    every = torch.cosine_similarity(word[None], torch.cat([attributes_a, attributes_b]), dim=-1)
    n, m = attributes_a.shape[0], attributes_b.shape[0]
    return every @ torch.cat([every.new_full((n,), 1 / n), every.new_full((m,), -1 / m)])


Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _inputs(
    draw: Draw, n: int = N, m: int = M, sign: int = 0, dtype: torch.dtype = torch.float32, longest: float = 4.0
) -> Inputs:
    """A word (D,) and two sets (N, D), (M, D) of different lengths; the result has the `sign`, if that is not 0."""

    def set_of(size: int) -> torch.Tensor:
        lengths = (1 + draw.permutation(size)) / size * longest
        return with_lengths(mixed(draw, size, D, dtype=dtype), lengths)

    def make() -> Inputs:
        return mixed(draw, D, dtype=dtype) * longest / 3, set_of(n), set_of(m)

    return draw.until(make, lambda inputs: _telling(*inputs, sign))


def _telling(word: torch.Tensor, a: torch.Tensor, b: torch.Tensor, sign: int = 0) -> bool:
    """Whether the result is well away from 0 and from what other averages give."""
    to_a, to_b = cosines(word, a), cosines(word, b)
    result = to_a.mean() - to_b.mean()
    others = [result * 0, to_a.abs().mean() - to_b.abs().mean(), to_a.mean() + to_b.mean()]
    if len(a) > 1 and len(b) > 1:  # for a single attribute these are right
        means = cosines(word, torch.stack([a.mean(0), b.mean(0)]))
        others += [to_a.max() - to_b.max(), to_a[0] - to_b[0], means[0] - means[1], to_a.sum() - to_b.sum()]
        others += [(to_a.sum() - to_b.sum()) / len(a), (to_a.sum() - to_b.sum()) / (len(a) + len(b))]
    return float((torch.stack(others) - result).abs().min()) > 0.01 and float(result) * sign >= 0


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _inputs(draw, sign=-1)), Call(NAME, _inputs(draw, 5, 2, sign=1), save="other"))
    return [Probe(calls, ("out", "other"))]


def _alone(draw: Draw) -> list[Probe]:
    """One attribute on either side."""
    return [
        Probe(
            (Call(NAME, _inputs(draw, n=1), save="one_a"), Call(NAME, _inputs(draw, m=1), save="one_b")),
            ("one_a", "one_b"),
        )
    ]


def _with_zero_rows(draw: Draw) -> Inputs:
    """An attribute of each set is zero: its cosine is 0, and it counts in the mean."""
    word, a, b = _inputs(draw)
    a[int(draw.integers(0, N))], b[int(draw.integers(0, M))] = 0.0, 0.0
    return word, a, b


def _zeros(draw: Draw) -> list[Probe]:
    inputs = draw.until(lambda: _with_zero_rows(draw), lambda inputs: _telling(*inputs) and _zeros_tell(*inputs))
    _, a, b = _inputs(draw)
    steps = (
        Call(NAME, inputs, save="zero_rows"),
        Let("a", a),
        Call(Ref("a.new_zeros"), (D,), save="nothing"),
        Call(NAME, (Ref("nothing"), Ref("a"), b), save="zero_word"),
    )
    return [Probe(steps, ("zero_rows", "zero_word"))]


def _zeros_tell(word: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether the result is well away from that without the row of zeros in each set."""
    to_a, to_b = cosines(word, a), cosines(word, b)
    left_out = to_a.sum() / (len(a) - 1) - to_b.sum() / (len(b) - 1)
    return abs(float(left_out - to_a.mean() + to_b.mean())) > 0.02


def _large(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, longest=10_000.0)),))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, dtype=torch.float64)),))]


def _backward(inputs: Inputs, returns: tuple[str, ...]) -> Probe:
    lets = tuple(Let(name, x, requires_grad=True) for name, x in zip(NAMES, inputs, strict=True))
    call = Call(NAME, tuple(Ref(name) for name in NAMES))
    steps: tuple[Step, ...] = (*lets, call, Backward("out", torch.tensor(1.0)))
    return Probe(steps, returns)


def _gradients(draw: Draw) -> list[Probe]:
    return [_backward(_inputs(draw), ("out", *(f"{name}.grad" for name in NAMES)))]


def _gradients_at_zero(draw: Draw) -> list[Probe]:
    return [_backward(_with_zero_rows(draw), tuple(f"{name}.grad" for name in NAMES))]


def _untouched(draw: Draw) -> list[Probe]:
    word, a, b = _inputs(draw)
    lets = (Let("word", word), Let("a", a), Let("turned", b.T.contiguous()))
    turned = Call(Ref("turned.transpose"), (0, 1), save="b")
    return [Probe((*lets, turned, Call(NAME, (Ref("word"), Ref("a"), Ref("b")))), ("out", "word", "a", "turned"))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw)),), device="meta")]


ROUNDINGS = Tolerance(16, "sums of 6 products, roots, means of at most 5: a few roundings; 10 times that", length=11)
LARGE = Tolerance(0.02, "a cosine does not grow with its vectors: the roundings of 200, not of 10,000", length=11)
BACKWARD = Tolerance(32, "as forward, and back through each of its steps", length=11)

CHECKS = (
    Check("values", "The mean cosine to A minus the mean cosine to B, a 0-dim tensor.", _values, ROUNDINGS, weight=3),
    Check("one attribute", "A set may hold a single attribute.", _alone, ROUNDINGS),
    Check("zero vectors", "A vector of zeros has the cosine 0, and counts in its mean.", _zeros, ROUNDINGS),
    Check("large vectors", "Entries in the thousands must give neither NaN nor another result.", _large, LARGE),
    Check("float64", "float64 inputs give a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow back to the word and to both sets.", _gradients, BACKWARD),
    Check(
        "gradients at zero",
        "Gradients are finite also where an attribute is zero.",
        _gradients_at_zero,
        EXACT,
        reading=finite,
    ),
    Check("inputs untouched", "All inputs stay as they were, and may be transposed views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on word's device, and values are not read.", _devices, ROUNDINGS),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("d", "n d", "m d"))
