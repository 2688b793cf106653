"""Tests whether token counts fit a distribution, for checks of sampling; the bounds hold for any number of draws.

The statistic for an event of probability p that occurs k times in n independent draws is n KL(k/n || p), where KL is
the relative entropy of two coins. By Chernoff's bound it exceeds x with probability at most exp(-x) on each side
(Hoeffding 1963, "Probability inequalities for sums of bounded random variables", theorem 1). A union bound over the
events of a test gives its false-reject probability. The power is computed exactly for one event, from the binomial
distribution; this bounds the power of the whole test. Drawing in float32 changes a probability by a factor of about
1 + 1e-7, far less than the slack of the union bound.

Two formulas of scipy (the binomial probability, the relative entropy) are written out here: every start of a grader
would pay 1.2 s of CPU to import scipy.stats, or 0.4 s for scipy.special.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

BISECTIONS = 60  # halvings of [0, 1]: more than the bits of a double

NO_TOKENS = "tokens that do not exist"
OTHERWISE = "in some other way"


def divergence(a: float, b: float) -> float:
    """KL(a || b) in nats, for two coins with heads probabilities a and b; infinite if b is 0 or 1 and a differs."""
    total = 0.0
    for x, y in ((a, b), (1.0 - a, 1.0 - b)):
        if x > 0.0:
            total += x * math.log(x / y) if y > 0.0 else math.inf
    return max(0.0, total)


@dataclass(frozen=True)
class Draws:
    """A test of whether `n` tokens are independent draws with these probabilities.

    The events counted are: each token; each set of the m most likely tokens (a wrong temperature changes these
    counts); and, in n // 2 disjoint pairs of neighbours, that both tokens are equal (to find dependent draws).
    Correct draws fail with probability at most `false_reject`.
    """

    probabilities: tuple[float, ...]
    n: int
    false_reject: float

    @cached_property
    def sets(self) -> tuple[tuple[tuple[int, ...], float], ...]:
        """The sets of tokens that are counted, each with its probability; tokens of probability 0 form one set."""
        p = self.probabilities
        best_first = sorted((i for i in range(len(p)) if p[i] > 0.0), key=lambda i: -p[i])
        single = [(i,) for i in best_first]
        several = [tuple(best_first[:m]) for m in range(2, len(best_first))]
        never = tuple(i for i in range(len(p)) if p[i] == 0.0)
        return tuple((chosen, math.fsum(p[i] for i in chosen)) for chosen in (*single, *several, never) if chosen)

    @property
    def same(self) -> float:
        """The probability that two draws are the same token."""
        return math.fsum(p * p for p in self.probabilities)

    @cached_property
    def limit(self) -> float:
        """The value of n KL above which an event rejects.

        The union bound counts two sides of every event that is neither certain nor impossible.
        """
        events = sum(0.0 < p < 1.0 for _, p in self.sets) + 1
        return math.log(2.0 * events / self.false_reject)

    def accept(self, tokens: torch.Tensor) -> bool:
        """Whether `tokens` (n,) look like draws from these probabilities."""
        counts = torch.bincount(tokens, minlength=len(self.probabilities)).tolist()
        if any(self.n * divergence(sum(counts[i] for i in chosen) / self.n, p) > self.limit for chosen, p in self.sets):
            return False
        pairs = self.n // 2
        alike = int((tokens[0 : 2 * pairs : 2] == tokens[1 : 2 * pairs : 2]).sum())
        return pairs * divergence(alike / pairs, self.same) <= self.limit

    def interval(self, p: float) -> tuple[int, int]:
        """The smallest and largest accepted count of an event of probability `p`."""
        if p in (0.0, 1.0):
            return round(p * self.n), round(p * self.n)
        low = _edge(p, 0.0, self.limit / self.n)
        high = _edge(p, 1.0, self.limit / self.n)
        return math.ceil(low * self.n), math.floor(high * self.n)

    def miss(self, wrong: Sequence[float]) -> float:
        """An upper bound on the probability that `n` draws with the probabilities `wrong` are accepted (1 - power)."""
        return min(self._acceptance(p, math.fsum(wrong[i] for i in chosen)) for chosen, p in self.sets)

    def _acceptance(self, p: float, wrong: float) -> float:
        """The probability that the count of an event is accepted for `p` when its true probability is `wrong`."""
        low, high = self.interval(p)
        return min(1.0, math.fsum(_binomial(k, self.n, wrong) for k in range(low, high + 1)))

    def describe(self, tokens: object, mistakes: Mapping[str, Sequence[float]], right: str) -> str:
        """Returns `right` if `tokens` pass this test, else the name of the first of `mistakes` whose test they pass.

        `tokens` is untrusted: it may not be a tensor of n tokens of the vocabulary.
        """
        if not isinstance(tokens, torch.Tensor) or tokens.dtype != torch.int64 or tokens.shape != (self.n,):
            return f"not the {self.n} tokens asked for"
        if bool(((tokens < 0) | (tokens >= len(self.probabilities))).any()):
            return NO_TOKENS
        if self.accept(tokens):
            return right
        for name, probabilities in mistakes.items():
            if Draws(tuple(probabilities), self.n, self.false_reject).accept(tokens):
                return name
        return OTHERWISE


def _binomial(k: int, n: int, p: float) -> float:
    """The probability of k heads in n throws of a coin that shows heads with probability p."""
    if p <= 0.0 or p >= 1.0:
        return float(k == (n if p >= 1.0 else 0))
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def _edge(p: float, end: float, allowed: float) -> float:
    """The x between `p` and `end` at which KL(x || p) reaches `allowed`; `end` if it stays below."""
    if divergence(end, p) <= allowed:
        return end
    inside, outside = p, end
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if divergence(middle, p) <= allowed else (inside, middle)
    return inside
