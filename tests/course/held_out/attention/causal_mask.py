"""Held-out corpus for causal_mask: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor

Device = torch.device | str | None


def _sizes(n_q: int, n_k: int | None) -> tuple[int, int]:
    if n_k is None:
        n_k = n_q
    if n_k < n_q:
        raise ValueError(f"n_k = {n_k} keys are fewer than n_q = {n_q} queries")
    return n_q, n_k


# ---------------------------------------------------------------- wrong


def first_query_first_key(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Aligns the first query with the first key: right for n_k = n_q, for n_k > n_q the last query misses the last keys."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril()


def true_means_forbidden(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """True above the diagonal, the convention of nn.Transformer: every entry is inverted."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).triu(n_k - n_q + 1)


def strictly_before(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Strictly lower triangle: no query sees itself, the last does not see the last key, for every size."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q - 1)


def one_key_too_many(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Offset n_k - n_q + 1: each query but the last sees one key of the future (n_q = 1 is right)."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q + 1)


def ones_and_zeros(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """A float mask of ones and zeros in place of bool: the dtype is wrong for every size."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.tril(torch.ones(n_q, n_k, device=device), diagonal=n_k - n_q)


def zeros_and_minus_infinity(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """The additive form, 0 and -inf, in place of bool: dtype and values are wrong for every size."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.full((n_q, n_k), float("-inf"), device=device).triu(n_k - n_q + 1)


def assertion_instead(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Checks n_k >= n_q by assert: AssertionError in place of ValueError for n_k < n_q."""
    n_k = n_q if n_k is None else n_k
    assert n_k >= n_q, "more queries than keys"
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def no_check(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Never raises: for n_k < n_q the first queries silently see nothing."""
    n_k = n_q if n_k is None else n_k
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def equal_lengths_refused(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Raises for n_k <= n_q: causal_mask(4, 4), the common case written out, is refused."""
    if n_k is None:
        return torch.ones(n_q, n_q, dtype=torch.bool, device=device).tril()
    if n_k <= n_q:
        raise ValueError("n_k must exceed n_q")
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def device_forgotten(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Ignores device: the mask lies on the CPU for device='meta' (or a GPU)."""
    n_q, n_k = _sizes(n_q, n_k)
    i, j = torch.arange(n_q), torch.arange(n_k)
    return j[None, :] <= i[:, None] + (n_k - n_q)


def built_row_by_row(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Fills the mask row by row: right values, but the number of torch calls grows with n_q."""
    n_q, n_k = _sizes(n_q, n_k)
    mask = torch.zeros(n_q, n_k, dtype=torch.bool, device=device)
    for i in range(n_q):
        mask[i, : n_k - n_q + i + 1] = True
    return mask


def head_axes_included(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Comes with batch and head axes, (1, 1, n_q, n_k), in place of (n_q, n_k), for every size."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(1, 1, n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def keys_by_queries(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Returns the transpose, keys by queries: query t sees the future, and the shape is (n_k, n_q) for n_k > n_q."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q).mT


def single_query_as_row(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """For n_q = 1 returns a vector (n_k,) in place of (1, n_k)."""
    n_q, n_k = _sizes(n_q, n_k)
    if n_q == 1:
        return torch.ones(n_k, dtype=torch.bool, device=device)
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)


def past_columns_forgotten(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Pads the square mask on the right with False (cache after the new keys): wrong for n_k > n_q."""
    n_q, n_k = _sizes(n_q, n_k)
    square = torch.ones(n_q, n_q, dtype=torch.bool, device=device).tril()
    return torch.nn.functional.pad(square, (0, n_k - n_q), value=False)


# ---------------------------------------------------------------- right


def counted_from_the_end(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Right: compares how far query and key are from their ends."""
    n_q, n_k = _sizes(n_q, n_k)
    after_q = torch.arange(n_q - 1, -1, -1, device=device)
    after_k = torch.arange(n_k - 1, -1, -1, device=device)
    return torch.greater_equal(after_k.unsqueeze(0), after_q.unsqueeze(1))


def open_past_and_triangle(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Right: a block of ones for the past beside a square triangle."""
    n_q, n_k = _sizes(n_q, n_k)
    past = torch.full((n_q, n_k - n_q), True, device=device)
    triangle = torch.full((n_q, n_q), 1, dtype=torch.uint8, device=device).triu(1).eq(0)
    return torch.cat((past, triangle), dim=1)


def last_rows_of_the_square(n_q: int, n_k: int | None = None, device: Device = None) -> Tensor:
    """Right: the last n_q rows of the (n_k, n_k) triangle, made by a running sum of the identity."""
    n_q, n_k = _sizes(n_q, n_k)
    return torch.eye(n_k, dtype=torch.long, device=device).cumsum(dim=0)[n_k - n_q :] > 0


WRONG = (
    first_query_first_key,
    true_means_forbidden,
    strictly_before,
    one_key_too_many,
    ones_and_zeros,
    zeros_and_minus_infinity,
    assertion_instead,
    no_check,
    equal_lengths_refused,
    device_forgotten,
    built_row_by_row,
    head_axes_included,
    keys_by_queries,
    single_query_as_row,
    past_columns_forgotten,
)
RIGHT = (counted_from_the_end, open_past_and_triangle, last_rows_of_the_square)
