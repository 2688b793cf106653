"""Draws the hidden inputs from a seed; runs in the judge, which sends the sandbox only one probe's inputs at a time.

The same (course secret, set, assignment, check) gives the same inputs on every machine and in every order.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")

SEED_BITS = 63  # torch seeds are signed 64-bit integers: 63 bits and a sign
MAX_TRIES = 1000  # of Draw.until: conditions hold within a few tries, so more means a wrong condition


def derive_seed(secret: bytes, purpose: str, assignment: str, check: str) -> int:
    """A seed in [0, 2**63) that nobody can compute without the secret: HMAC-SHA256 over the three names.

    The length of each name is hashed too, so that different triples of names never give the same message.
    """
    parts = [part.encode("utf-8", "surrogatepass") for part in (purpose, assignment, check)]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SEED_BITS)


def unsorted(x: torch.Tensor) -> bool:
    """Whether some row of x (..., n >= 3) is sorted neither up nor down; -inf counts as the lowest number."""
    steps = x.double().nan_to_num().diff(dim=-1)
    return not bool(((steps >= 0).all(-1) | (steps <= 0).all(-1)).all())


class Draw:
    """A random generator of inputs for one check. All tensors are on the CPU."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """`shape` numbers of mean 0 and standard deviation `scale`, in `dtype`."""
        drawn = torch.randn(shape, generator=self._generator, dtype=torch.promote_types(dtype, torch.float32))
        return (drawn if scale == 1.0 else drawn * scale).to(dtype)

    def integers(self, low: int, high: int, *shape: int, dtype: torch.dtype = torch.int64) -> torch.Tensor:
        """`shape` integers, low <= n < high, uniformly distributed."""
        return torch.randint(low, high, shape, generator=self._generator).to(dtype)

    def permutation(self, n: int) -> torch.Tensor:
        """The numbers 0 ... n - 1 (n,) in random order."""
        return torch.randperm(n, generator=self._generator)

    def mask(self, *shape: int) -> torch.Tensor:
        """A random bool mask (..., n_k), n_k >= 3; every row allows at least one key and forbids at least one."""
        chosen = torch.rand(shape, generator=self._generator).argsort(-1)
        allowed = self.integers(1, shape[-1], *shape[:-1], 1)  # how many keys each row may attend to
        return chosen < allowed

    def until(self, make: Callable[[], T], good: Callable[[T], bool]) -> T:
        """Draws with `make` until `good` is true, for fixtures that must be well-conditioned.

        Raises RuntimeError after MAX_TRIES draws.
        """
        for _ in range(MAX_TRIES):
            drawn = make()
            if good(drawn):
                return drawn
        raise RuntimeError(f"no draw out of {MAX_TRIES} was good: the condition asks too much")
