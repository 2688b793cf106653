"""The checks of `causal_mask(n_q, n_k=None, device=None)`."""

from __future__ import annotations

from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Counted, Draw, Probe, Ref

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS


def oracle(n_q: int, n_k: int | None = None, device: Any = None) -> torch.Tensor:
    """Query i sees key j if j <= i + (n_k - n_q): the last query stands where the last key does."""
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError(f"{n_q} queries need at least as many keys, not {n_k}")
    queries = torch.arange(n_q, device=device)[:, None] + (n_k - n_q)
    return torch.arange(n_k, device=device)[None, :] <= queries


def _mask(*args: int, save: str, count: Counted = "", **kwargs: object) -> Call:
    return Call("causal_mask", args, kwargs, save=save, count=count)


def _square(draw: Draw) -> list[Probe]:
    """Also after the mask of an earlier call was changed by who called."""
    n = int(draw.integers(4, 8))
    calls = (_mask(n, save="square"), _mask(1, save="one"), _mask(3, n_k=3, save="given"))
    again = (_mask(n, save="first"), Call(Ref("first.logical_not_"), save="turned"), _mask(n, save="again"))
    return [Probe(calls, ("square", "one", "given")), Probe(again, ("again",))]


def _more_keys(draw: Draw) -> list[Probe]:
    n, more = int(draw.integers(3, 6)), int(draw.integers(2, 5))
    calls = (
        _mask(n, n + more, save="more"),
        _mask(1, more + 2, save="one"),
        _mask(2, n_k=7, save="keyword"),
        _mask(3, 1030 + n, save="long"),  # longer than GPT-2's
    )
    return [Probe(calls, ("more", "one", "keyword", "long"))]


def _too_few_keys(draw: Draw) -> list[Probe]:
    n = int(draw.integers(4, 7))
    return [Probe((_mask(n, n - int(draw.integers(1, 3)), save="out"),))]


def _device(draw: Draw) -> list[Probe]:
    n = int(draw.integers(3, 6))
    calls = (_mask(n, save="square", device="meta"), _mask(n, n + 3, save="more", device="meta"))
    return [Probe(calls, ("square", "more"))]


def _steady(draw: Draw) -> list[Probe]:
    return [
        counted(
            _mask(3, 5, save="short", count="operators"),
            _mask(9, int(draw.integers(12, 16)), save="long", count="operators"),
        )
    ]


CHECKS = (
    Check("square", "With as many keys as queries, query i sees keys 0 to i.", _square, EXACT, weight=2, public=True),
    Check(
        "more keys", "With more keys than queries, the last query sees the last key.", _more_keys, EXACT, public=True
    ),
    Check("too few keys", "Fewer keys than queries is a ValueError.", _too_few_keys, EXACT, public=True),
    Check("device", "The mask is made on the device that is asked for.", _device, EXACT, public=True),
    Check("no loops", "The whole mask at once: no loop over queries.", _steady, EXACT, steady=True, public=True),
)

BANK = Bank("causal_mask", oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
