"""The checks of `causal_mask(n_q, n_k=None, device=None)`; all are public: their inputs may be shown."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import EXACT, Bank, Call, Check, Counted, Draw, Misconception, Probe

from ._shared import probe, variants


def oracle(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError(f"{n_q} queries need at least as many keys, not {n_k}")
    return torch.ones(n_q, n_k, device=device).tril(n_k - n_q).bool()


def _call(save: str, *args: int, count: Counted = "", **kwargs: object) -> Call:
    return Call("causal_mask", args, kwargs, save=save, count=count)


def _square(draw: Draw) -> list[Probe]:
    return [probe(_call("square", int(draw.integers(4, 8))), _call("given", 3, n_k=3))]


def _more_keys(draw: Draw) -> list[Probe]:
    n, more = int(draw.integers(3, 6)), int(draw.integers(2, 5))
    return [probe(_call("more", n, n + more), _call("keyword", 3, n_k=8))]


def _too_few_keys(draw: Draw) -> list[Probe]:
    n = int(draw.integers(4, 7))
    return [probe(_call("out", n, n - 1))]


def _device(draw: Draw) -> list[Probe]:
    n = int(draw.integers(3, 6))
    return [probe(_call("square", n, device="meta"), _call("more", n, n + 3, device="meta"))]


def _steady(draw: Draw) -> list[Probe]:
    long = int(draw.integers(12, 16))
    return [probe(_call("short", 3, 5, count="operators"), _call("long", 9, long, count="operators"))]


# ---- right ----------------------------------------------------------------------------------------------------


def compared(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError("fewer keys than queries")
    return torch.arange(n_k - n_q, n_k, device=device)[:, None] >= torch.arange(n_k, device=device)


def not_the_future(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError("fewer keys than queries")
    return ~torch.ones(n_q, n_k, dtype=torch.bool, device=device).triu(n_k - n_q + 1)


def last_rows(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError("fewer keys than queries")
    return torch.ones(n_k, n_k, device=device).tril()[n_k - n_q :] == 1


# ---- wrong ----------------------------------------------------------------------------------------------------


def first_sees_first(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return compared(n_q, n_k, device) & torch.ones(n_q, n_k or n_q, dtype=torch.bool, device=device).tril()


def inverted(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return ~compared(n_q, n_k, device)


def not_itself(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    mask = compared(n_q, n_k, device)
    return mask.tril(mask.shape[1] - n_q - 1)


def numbers(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return compared(n_q, n_k, device).float()


def device_ignored(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return compared(n_q, n_k)


def never_complains(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def loop_over_queries(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    whole = compared(n_q, n_k, device)
    return torch.stack([whole[i].clone() for i in range(n_q)])


MISCONCEPTIONS = (
    Misconception(
        "first_sees_first",
        "The first query is lined up with the first key: shift the triangle by n_k - n_q, so that the last query sees "
        "the last key.",
        first_sees_first,
    ),
    Misconception("inverted", "True and False are swapped: True means that the query may attend to the key.", inverted),
    Misconception("not_itself", "A query may also attend to its own position: the diagonal is True.", not_itself),
    Misconception("numbers", "The mask holds numbers: it must be bool.", numbers),
    Misconception("device_ignored", "The argument `device` is not used.", device_ignored, on_meta="cpu"),
    Misconception("never_complains", "There is no ValueError when n_k < n_q.", never_complains),
    Misconception("loop_over_queries", "There is a loop over queries: compare positions at once.", loop_over_queries),
)

CHECKS = (
    Check("square", "With as many keys as queries, query i sees keys 0 to i.", _square, EXACT, weight=2, public=True),
    Check("more keys", "With more keys, the last query sees the last key.", _more_keys, EXACT, public=True),
    Check("too few keys", "Fewer keys than queries is a ValueError.", _too_few_keys, EXACT, public=True),
    Check("device", "The mask is made on the device that is asked for.", _device, EXACT, public=True),
    Check("no loops", "The whole mask at once: no loop over queries.", _steady, EXACT, steady=True, public=True),
)

BANK = Bank("causal_mask", oracle, CHECKS, MISCONCEPTIONS, variants(compared, not_the_future, last_rows))
