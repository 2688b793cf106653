"""Held-out corpus for merge_heads: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor

# ---------------------------------------------------------------- wrong


def reshaped_without_transposing(x: Tensor) -> Tensor:
    """Reshapes (..., H, T, d) straight to (..., T, H*d): right shape, but positions and heads mix for H > 1 and T > 1."""
    return x.reshape(*x.shape[:-3], x.shape[-2], x.shape[-3] * x.shape[-1])


def viewed_after_transposing(x: Tensor) -> Tensor:
    """Uses view on the transposed tensor: raises for a contiguous x, right only for one that split_heads just made."""
    y = x.transpose(-3, -2)
    return y.view(*y.shape[:-2], y.shape[-2] * y.shape[-1])


def features_before_heads(x: Tensor) -> Tensor:
    """Interleaves the heads (features outer, heads inner): differs for H > 1 and d > 1."""
    return x.movedim(-3, -1).flatten(-2)


def four_dimensions_only(x: Tensor) -> Tensor:
    """Unpacks (B, H, T, d): raises for (H, T, d) and for two batch dims."""
    b, h, t, d = x.shape
    return x.permute(0, 2, 1, 3).reshape(b, t, h * d)


def axes_one_and_two(x: Tensor) -> Tensor:
    """Exchanges axes 1 and 2 whatever the rank: right for (B, H, T, d), wrong for (H, T, d)."""
    return x.transpose(1, 2).flatten(-2)


def one_head_squeezed(x: Tensor) -> Tensor:
    """For one head calls squeeze(), which removes every axis of size 1: wrong where B, T or d is 1 as well."""
    if x.shape[-3] == 1:
        return x.squeeze()
    return x.transpose(-3, -2).flatten(-2)


def merged_over_time(x: Tensor) -> Tensor:
    """Puts the heads behind each other in time, (..., H*T, d), in place of side by side."""
    return x.flatten(-3, -2)


def heads_averaged(x: Tensor) -> Tensor:
    """Averages over the heads, (..., T, d): differs in shape for H > 1."""
    return x.mean(dim=-3)


def heads_joined_in_a_loop(x: Tensor) -> Tensor:
    """Joins head after head: right values, but the number of torch calls grows with the heads."""
    out = x[..., 0, :, :]
    for j in range(1, x.shape[-3]):
        out = torch.cat((out, x[..., j, :, :]), dim=-1)
    return out


def batch_merged_too(x: Tensor) -> Tensor:
    """Flattens everything before the features: (B*T, H*d), so the batch axis is lost for B > 1 and for B = 1."""
    y = x.transpose(-3, -2)
    return y.reshape(-1, y.shape[-2] * y.shape[-1])


def order_guessed_by_size(x: Tensor) -> Tensor:
    """Takes the smaller of axes -3 and -2 for the heads: wrong where a sequence is shorter than the number of heads."""
    if x.shape[-3] <= x.shape[-2]:
        x = x.transpose(-3, -2)
    return x.flatten(-2)


def gradient_lost(x: Tensor) -> Tensor:
    """Copies the data into a fresh tensor: values right, no gradient reaches x."""
    y = torch.empty(*x.shape[:-3], x.shape[-2], x.shape[-3], x.shape[-1], dtype=x.dtype, device=x.device)
    y.copy_(x.detach().transpose(-3, -2))
    return y.flatten(-2)


def transposed_in_place(x: Tensor) -> Tensor:
    """Calls transpose_: the caller's x has its axes exchanged afterwards; raises for a leaf that needs gradients."""
    return x.transpose_(-3, -2).flatten(-2)


# ---------------------------------------------------------------- right


def joined_by_unbind(x: Tensor) -> Tensor:
    """Right: heads taken apart in one call and joined in one call."""
    return torch.cat(x.unbind(dim=-3), dim=-1)


def through_the_transposed_matrix(x: Tensor) -> Tensor:
    """Right: features as rows, heads and features are neighbours then, flattened and turned back."""
    return x.mT.flatten(-3, -2).mT


def by_moved_axis(x: Tensor) -> Tensor:
    """Right: head axis moved behind the positions, reshape with the sizes written out."""
    *batch, heads, length, width = x.size()
    return torch.movedim(x, -3, -2).contiguous().view(*batch, length, heads * width)


WRONG = (
    reshaped_without_transposing,
    viewed_after_transposing,
    features_before_heads,
    four_dimensions_only,
    axes_one_and_two,
    one_head_squeezed,
    merged_over_time,
    heads_averaged,
    heads_joined_in_a_loop,
    batch_merged_too,
    order_guessed_by_size,
    gradient_lost,
    transposed_in_place,
)
RIGHT = (joined_by_unbind, through_the_transposed_matrix, by_moved_axis)
