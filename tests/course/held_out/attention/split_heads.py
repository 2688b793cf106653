"""Held-out corpus for split_heads: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor


def _width(x: Tensor, n_heads: int) -> int:
    if x.shape[-1] % n_heads:
        raise ValueError(f"{n_heads} heads do not divide a width of {x.shape[-1]}")
    return x.shape[-1] // n_heads


# ---------------------------------------------------------------- wrong


def viewed_without_transposing(x: Tensor, n_heads: int) -> Tensor:
    """Reshapes straight to (..., H, T, d): the shape is right, but positions and features mix for T > 1 and H > 1."""
    d = _width(x, n_heads)
    return x.reshape(*x.shape[:-2], n_heads, x.shape[-2], d)


def interleaved_features(x: Tensor, n_heads: int) -> Tensor:
    """Gives head j the features j, j + H, ... in place of a block of d: differs for H > 1 and d > 1."""
    d = _width(x, n_heads)
    return x.reshape(*x.shape[:-1], d, n_heads).permute(*range(x.dim() - 2), x.dim(), x.dim() - 2, x.dim() - 1)


def three_dimensions_only(x: Tensor, n_heads: int) -> Tensor:
    """Unpacks (B, T, D): raises for (T, D) and for two batch dims."""
    d = _width(x, n_heads)
    b, t, _ = x.shape
    return x.reshape(b, t, n_heads, d).transpose(1, 2)


def heads_at_axis_one(x: Tensor, n_heads: int) -> Tensor:
    """Exchanges axes 1 and 2 whatever the rank: right for (B, T, D), wrong order for (T, D) and (A, B, T, D)."""
    d = _width(x, n_heads)
    return x.reshape(*x.shape[:-1], n_heads, d).transpose(1, 2)


def head_axis_left_in_place(x: Tensor, n_heads: int) -> Tensor:
    """Leaves the head axis behind T: (..., T, H, d), hidden in shape only where T = H."""
    return x.unflatten(-1, (n_heads, _width(x, n_heads)))


def left_to_torch(x: Tensor, n_heads: int) -> Tensor:
    """Lets reshape complain: RuntimeError in place of ValueError where H does not divide."""
    return x.reshape(*x.shape[:-1], n_heads, x.shape[-1] // n_heads).transpose(-3, -2)


def remainder_dropped(x: Tensor, n_heads: int) -> Tensor:
    """Cuts off the features that do not fit: silent in place of ValueError where H does not divide."""
    d = x.shape[-1] // n_heads
    return x[..., : n_heads * d].reshape(*x.shape[:-1], n_heads, d).transpose(-3, -2)


def one_head_unchanged(x: Tensor, n_heads: int) -> Tensor:
    """Returns x itself for one head, without the head axis: (..., T, D) in place of (..., 1, T, D)."""
    if n_heads == 1:
        return x
    return x.reshape(*x.shape[:-1], n_heads, _width(x, n_heads)).transpose(-3, -2)


def strides_by_hand(x: Tensor, n_heads: int) -> Tensor:
    """Computes strides by hand for a tensor laid out row by row: wrong values for a transposed or sliced input."""
    d = _width(x, n_heads)
    *batch, t, width = x.shape
    strides = [1]
    for size in reversed([*batch, t, width][1:]):
        strides.insert(0, strides[0] * size)
    return x.as_strided((*batch, n_heads, t, d), (*strides[:-2], d, width, 1))


def head_after_head(x: Tensor, n_heads: int) -> Tensor:
    """Slices one head after the other and stacks them: right values, but the number of torch calls grows with the heads."""
    d = _width(x, n_heads)
    return torch.stack([x[..., j * d : (j + 1) * d] for j in range(n_heads)], dim=-3)


def length_must_divide(x: Tensor, n_heads: int) -> Tensor:
    """Tests the wrong axis: ValueError where H does not divide T, though it divides the width."""
    if x.shape[-2] % n_heads:
        raise ValueError("n_heads does not divide")
    return x.reshape(*x.shape[:-1], n_heads, x.shape[-1] // n_heads).transpose(-3, -2)


def width_one_refused(x: Tensor, n_heads: int) -> Tensor:
    """Refuses as many heads as features (d = 1) with a ValueError, though H divides."""
    if x.shape[-1] % n_heads or x.shape[-1] <= n_heads:
        raise ValueError("a head needs more than one feature")
    return x.reshape(*x.shape[:-1], n_heads, x.shape[-1] // n_heads).transpose(-3, -2)


def number_and_width_exchanged(x: Tensor, n_heads: int) -> Tensor:
    """Takes n_heads for the width of a head: right only where H = d."""
    d = _width(x, n_heads)
    return x.reshape(*x.shape[:-1], d, n_heads).transpose(-3, -2)


def copied_values(x: Tensor, n_heads: int) -> Tensor:
    """Detaches and clones: values right, no gradient reaches x."""
    d = _width(x, n_heads)
    return x.detach().clone().reshape(*x.shape[:-1], n_heads, d).transpose(-3, -2)


# ---------------------------------------------------------------- right


def by_strides(x: Tensor, n_heads: int) -> Tensor:
    """Right: unfolds the last axis into windows of d and moves the window number."""
    d = _width(x, n_heads)
    return x.unfold(-1, d, d).movedim(-2, -3)


def by_unflatten_and_swap(x: Tensor, n_heads: int) -> Tensor:
    """Right: works on the transposed matrix, whose rows are features."""
    if x.size(-1) % n_heads != 0:
        raise ValueError("n_heads must divide the width")
    return x.mT.unflatten(-2, (n_heads, -1)).mT


def by_gathered_columns(x: Tensor, n_heads: int) -> Tensor:
    """Right: picks the columns of each head with an (H, d) table of indices, one call."""
    d = _width(x, n_heads)
    columns = torch.arange(n_heads * d, device=x.device).reshape(n_heads, d)
    return torch.movedim(x[..., columns], -2, -3)


WRONG = (
    viewed_without_transposing,
    interleaved_features,
    three_dimensions_only,
    heads_at_axis_one,
    head_axis_left_in_place,
    left_to_torch,
    remainder_dropped,
    one_head_unchanged,
    strides_by_hand,
    head_after_head,
    length_must_divide,
    width_one_refused,
    number_and_width_exchanged,
    copied_values,
)
RIGHT = (by_strides, by_unflatten_and_swap, by_gathered_columns)
