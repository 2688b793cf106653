"""Ways to write causal_mask: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant


def _sizes(n_q: int, n_k: int | None) -> tuple[int, int]:
    if n_k is None:
        return n_q, n_q
    if n_k < n_q:
        raise ValueError("fewer keys than queries")
    return n_q, n_k


# ---- right ----------------------------------------------------------------------------------------------------


def lower_triangle(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(diagonal=n_k - n_q)


def not_upper_triangle(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return ~torch.triu(torch.ones((n_q, n_k), device=device), diagonal=n_k - n_q + 1).bool()


def positions_compared(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.arange(n_k - n_q, n_k, device=device)[:, None] >= torch.arange(n_k, device=device)


def last_rows_of_a_square(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.tril(torch.ones(n_k, n_k, device=device))[n_k - n_q :] == 1


def minus_infinity_found(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    scores = torch.full((n_q, n_k), float("-inf"), device=device).triu(n_k - n_q + 1)
    return scores == 0


def sums_of_a_diagonal(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    diagonal = torch.eye(n_k, dtype=torch.int32, device=device)[n_k - n_q :]
    return diagonal.flip(-1).cumsum(-1).flip(-1) > 0


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        lower_triangle, not_upper_triangle, positions_compared, last_rows_of_a_square, minus_infinity_found,
        sums_of_a_diagonal,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def first_sees_first(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril()


def inverted(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return ~lower_triangle(n_q, n_k, device)


def future_and_self(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).triu(n_k - n_q)


def not_itself(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q - 1)


def one_too_many(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q + 1)


def numbers(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return lower_triangle(n_q, n_k, device).float()


def added_to_scores(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    allowed = lower_triangle(n_q, n_k, device)
    return torch.zeros(allowed.shape, device=device).masked_fill(~allowed, float("-inf"))


def always_square(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    _sizes(n_q, n_k)
    return lower_triangle(n_q, None, device)


def transposed(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return lower_triangle(n_q, n_k, device).T


def offset_backwards(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_q - n_k)


def device_ignored(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return lower_triangle(n_q, n_k)


def never_complains(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_k = n_q if n_k is None else n_k
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def asserts(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    assert n_k is None or n_k >= n_q
    return lower_triangle(n_q, n_k, device)


def equal_refused(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    if n_k is not None and n_k <= n_q:
        raise ValueError("too few keys")
    return lower_triangle(n_q, n_k, device)


def axes_added(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    return lower_triangle(n_q, n_k, device)[None, None]


def one_query_flat(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    mask = lower_triangle(n_q, n_k, device)
    return mask[0] if n_q == 1 else mask


def loop_over_queries(n_q: int, n_k: int | None = None, device: Any = None) -> Tensor:
    n_q, n_k = _sizes(n_q, n_k)
    mask = torch.zeros(n_q, n_k, dtype=torch.bool, device=device)
    for i in range(n_q):
        mask[i, : i + n_k - n_q + 1] = True
    return mask


MISCONCEPTIONS = (
    Misconception(
        "first_sees_first",
        "The first query is lined up with the first key. The queries are the last n_q positions: shift the triangle by "
        "n_k - n_q, so that the last query sees the last key.",
        first_sees_first,
    ),
    Misconception("inverted", "True and False are swapped: True means that the query may attend to the key.", inverted),
    Misconception("future_and_self", "Each query sees itself and the future: use the lower triangle.", future_and_self),
    Misconception("not_itself", "A query may also attend to its own position: the diagonal is True.", not_itself),
    Misconception(
        "one_too_many", "Each query sees one position of the future: the diagonal is one too high.", one_too_many
    ),
    Misconception("numbers", "The mask holds numbers: it must be bool.", numbers),
    Misconception(
        "added_to_scores", "This is a mask to add to scores (0 and -inf): return a bool one.", added_to_scores
    ),
    Misconception("always_square", "n_k is not used: the mask must have n_k columns.", always_square),
    Misconception("transposed", "Rows are queries and columns are keys: your mask is transposed.", transposed),
    Misconception(
        "offset_backwards", "The triangle is shifted the wrong way: use n_k - n_q, not n_q - n_k.", offset_backwards
    ),
    Misconception("device_ignored", "The argument `device` is not used.", device_ignored, on_meta="cpu"),
    Misconception("never_complains", "There is no ValueError when n_k < n_q.", never_complains),
    Misconception("asserts", "Bad arguments raise AssertionError: raise ValueError instead.", asserts),
    Misconception("equal_refused", "n_k equal to n_q is fine: only n_k < n_q is a ValueError.", equal_refused),
    Misconception("axes_added", "The mask has further dimensions, for batch or heads: it is (n_q, n_k).", axes_added),
    Misconception(
        "one_query_flat", "For one query the mask is a vector: it has the shape (1, n_k) there.", one_query_flat
    ),
    Misconception(
        "loop_over_queries", "There is a Python loop over queries: compare positions at once.", loop_over_queries
    ),
)
