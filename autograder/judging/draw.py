"""Draws the hidden inputs from a seed; runs in the judge, which sends the sandbox only one probe's inputs at a time.

The same (course secret, set, assignment, check) gives the same inputs on every machine and in every order.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch

T = TypeVar("T")

SEED_BITS = 63  # torch seeds are signed 64-bit integers: 63 bits and a sign
# Sizes of axes, the smallest first: none of 1, 2 and 4, at which wrong code is often right, and not 7, a batch's size.
SIZES = (3, 5, 6, *range(8, 100))
NEAR = 6  # of so many sizes that are free, one is drawn: they stay small
WORDS = ("light", "a", "wave", "and", "sound", "is", "slow", "the", "moon", "of", "seven", "rivers")
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
        self.dtype = torch.float32  # of `normal`, where its caller names none
        self._sizes: dict[str, int] = {}
        self._before: Mapping[str, int] = {}
        self._asked = 0

    def normal(self, *shape: int, scale: float = 1.0, dtype: torch.dtype | None = None) -> torch.Tensor:
        """`shape` numbers of mean 0 and standard deviation `scale`, in `dtype`.

        Without one, float32; float64 in a bank that says `numpy=True`.
        """
        dtype = dtype or self.dtype
        drawn = torch.randn(shape, generator=self._generator, dtype=torch.promote_types(dtype, torch.float32))
        return (drawn if scale == 1.0 else drawn * scale).to(dtype)

    def integers(self, low: int, high: int, *shape: int, dtype: torch.dtype = torch.int64) -> torch.Tensor:
        """`shape` integers, low <= n < high, uniformly distributed."""
        return torch.randint(low, high, shape, generator=self._generator).to(dtype)

    def permutation(self, n: int) -> torch.Tensor:
        """The numbers 0 ... n - 1 (n,) in random order."""
        return torch.randperm(n, generator=self._generator)

    def mask(self, *shape: int, nothing: int = 0) -> torch.Tensor:
        """A random bool mask (..., n_k), n_k >= 3; every row allows at least one key and forbids at least one.

        With `nothing`, so many of the rows allow none. Raises ValueError if there are fewer rows than that.
        """
        chosen = torch.rand(shape, generator=self._generator).argsort(-1)
        allowed = self.integers(1, shape[-1], *shape[:-1], 1)  # how many keys each row may attend to
        mask = chosen < allowed
        if nothing:
            rows = math.prod(shape[:-1])
            if nothing > rows:
                raise ValueError(f"a mask of {rows} rows has no {nothing} that allow nothing")
            mask.view(rows, shape[-1])[self.permutation(rows)[:nothing]] = False
        return mask

    def size(self, name: str) -> int:
        """The size of the axis `name`: the same wherever it is asked for until `renew`.

        Sizes of different names differ, none of them is 1, 2 or 4, and each is another one after `renew`.
        """
        if name not in self._sizes:
            taken = {*self._sizes.values(), self._before.get(name)}
            free = [n for n in SIZES if n not in taken][:NEAR]
            self._sizes[name] = free[self.integer(0, len(free))]
        return self._sizes[name]

    def sizes(self, n: int) -> tuple[int, ...]:
        """The sizes of `n` further axes, as `size` draws them."""
        self._asked += n
        return tuple(self.size(f"axis {number}") for number in range(self._asked - n, self._asked))

    def renew(self, sizes: Mapping[str, int] | None = None) -> Mapping[str, int]:
        """Forgets the sizes of all axes, for the next inputs, and returns them; those in `sizes` are given."""
        self._before = self._sizes or self._before
        self._sizes, self._asked = dict(sizes or {}), 0
        return self._before

    def number(self, low: float = -3.0, high: float = 3.0) -> float:
        """A float between `low` and `high`, uniformly distributed."""
        return low + (high - low) * float(torch.rand((), generator=self._generator, dtype=torch.float64))

    def integer(self, low: int, high: int) -> int:
        """An int, low <= n < high, uniformly distributed."""
        return int(self.integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.integer(0, len(options))]

    def words(self, n: int) -> list[str]:
        """`n` short English words in lower case. Some are there twice if n >= 13: there are no more than 12."""
        return [self.choice(WORDS) for _ in range(n)]

    def until(self, make: Callable[[], T], good: Callable[[T], bool]) -> T:
        """Draws with `make` until `good` is true, for fixtures that must be well-conditioned.

        Raises RuntimeError after MAX_TRIES draws.
        """
        for _ in range(MAX_TRIES):
            drawn = make()
            if good(drawn):
                return drawn
        raise RuntimeError(f"no draw out of {MAX_TRIES} was good: the condition asks too much")
