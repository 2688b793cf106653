"""Ways to write split_heads: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant


def width(x: Tensor, n_heads: int) -> int:
    if x.shape[-1] % n_heads != 0:
        raise ValueError("n_heads must divide the number of features")
    return x.shape[-1] // n_heads


# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], n_heads, width(x, n_heads)).transpose(-3, -2)


def unflattened(x: Tensor, n_heads: int) -> Tensor:
    return torch.unflatten(x, -1, (n_heads, width(x, n_heads))).movedim(-2, -3)


def chunks_stacked(x: Tensor, n_heads: int) -> Tensor:
    if x.size(-1) % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {x.size(-1)} features")
    return torch.stack(x.chunk(n_heads, dim=-1), dim=-3)


def features_first(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    turned = x.mT  # (..., H d, T)
    return turned.reshape(*turned.shape[:-2], n_heads, d, turned.shape[-1]).mT


def einsum(x: Tensor, n_heads: int) -> Tensor:
    parts = x.view(*x.shape[:-1], n_heads, width(x, n_heads))
    return torch.einsum("...thd->...htd", parts).contiguous()


def gathered(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    columns = torch.arange(n_heads, device=x.device)[:, None] * d + torch.arange(d, device=x.device)  # (H, d)
    return x[..., columns].swapaxes(-3, -2)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (textbook, unflattened, chunks_stacked, features_first, einsum, gathered)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def not_transposed(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], n_heads, width(x, n_heads))


def reshaped_at_once(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-2], n_heads, x.shape[-2], width(x, n_heads))


def interleaved(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], width(x, n_heads), n_heads).movedim(-1, -3)


def last_two_transposed(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], n_heads, width(x, n_heads)).transpose(-2, -1)


def heads_of_width_n_heads(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], width(x, n_heads), n_heads).transpose(-3, -2)


def one_batch_dim(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], n_heads, width(x, n_heads)).transpose(1, 2)


def unpacked_sizes(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    if x.dim() != 3:
        raise IndexError("too many or too few sizes to unpack")
    b, t, _ = x.shape
    return x.reshape(b, t, n_heads, d).transpose(1, 2)


def heads_first(x: Tensor, n_heads: int) -> Tensor:
    width(x, n_heads)
    return torch.stack(x.chunk(n_heads, dim=-1), dim=0)


def list_of_heads(x: Tensor, n_heads: int) -> Any:
    width(x, n_heads)
    return list(x.chunk(n_heads, dim=-1))


def never_complains(x: Tensor, n_heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], n_heads, x.shape[-1] // n_heads).transpose(-3, -2)


def rest_dropped(x: Tensor, n_heads: int) -> Tensor:
    d = x.shape[-1] // n_heads
    return x[..., : n_heads * d].reshape(*x.shape[:-1], n_heads, d).transpose(-3, -2)


def asserts(x: Tensor, n_heads: int) -> Tensor:
    assert x.shape[-1] % n_heads == 0
    return textbook(x, n_heads)


def positions_counted(x: Tensor, n_heads: int) -> Tensor:
    if x.shape[-2] % n_heads != 0:
        raise ValueError("n_heads must divide the number of positions")
    return textbook(x, n_heads)


def always_float32(x: Tensor, n_heads: int) -> Tensor:
    return textbook(x, n_heads).float()


def detached(x: Tensor, n_heads: int) -> Tensor:
    return textbook(x, n_heads).detach()


def input_zeroed(x: Tensor, n_heads: int) -> Tensor:
    out = textbook(x.clone(), n_heads)
    x *= 0
    return out


def made_on_the_cpu(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    heads = torch.zeros(*x.shape[:-2], n_heads, x.shape[-2], d, dtype=x.dtype)
    return heads + textbook(x, n_heads)


def one_head_unsplit(x: Tensor, n_heads: int) -> Tensor:
    return x if n_heads == 1 else textbook(x, n_heads)


def narrow_heads_refused(x: Tensor, n_heads: int) -> Tensor:
    if x.shape[-1] == n_heads:
        raise ValueError("a head needs more than one feature")
    return textbook(x, n_heads)


def strides_of_rows(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    rows = torch.empty(x.shape, device="meta").unflatten(-1, (n_heads, d)).transpose(-3, -2)
    return x.as_strided(rows.shape, rows.stride())


def loop_over_positions(x: Tensor, n_heads: int) -> Tensor:
    d = width(x, n_heads)
    rows = [x[..., t, :].reshape(*x.shape[:-2], n_heads, d) for t in range(x.shape[-2])]
    return torch.stack(rows, dim=-2)


TEXTS = {
    not_transposed: "The shape is (..., T, H, d): the heads must stand before the positions, so transpose these two.",
    reshaped_at_once: "Reshaping straight to (..., H, T, d) mixes positions and features: reshape to (..., T, H, d) "
    "first, then transpose.",
    interleaved: "Head h takes every H-th feature: it should take d features in a row, from h d to (h + 1) d.",
    last_two_transposed: "You transpose heads and features: transpose positions and heads, dims -3 and -2.",
    heads_of_width_n_heads: "You made heads of width n_heads: n_heads is how many there are, each of width "
    "x.shape[-1] / n_heads.",
    one_batch_dim: "transpose(1, 2) counts from the left, which fits one batch dimension only: transpose(-3, -2) fits "
    "any number.",
    unpacked_sizes: "Your code takes exactly one batch dimension: use x.shape[:-1] for the leading ones, however many.",
    heads_first: "The heads stand before the batch: they belong right before the positions, at dim -3.",
    list_of_heads: "You return a list of heads: stack them into one tensor.",
    never_complains: "Where n_heads does not divide the features, torch's own error comes up, or none: raise "
    "ValueError.",
    rest_dropped: "Where n_heads does not divide the features, the last ones are dropped: raise ValueError.",
    asserts: "Bad arguments raise AssertionError: raise ValueError instead.",
    positions_counted: "n_heads must divide the features, x.shape[-1], not the positions.",
    always_float32: "The result is always float32: keep the dtype of x.",
    detached: "No gradient reaches x: the result is cut from the graph (no_grad, detach, .data).",
    input_zeroed: "The entries of x itself are changed: work on a new tensor.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with x.new_zeros(...), or with device=x.device.",
    one_head_unsplit: "With one head x comes back as it is: the dimension of the heads is missing.",
    narrow_heads_refused: "As many heads as features are refused: a head may be one feature wide.",
    strides_of_rows: "as_strided reads the memory as if x lay there row by row: a transposed x does not. Use reshape.",
    loop_over_positions: "There is a Python loop over positions or heads: one reshape does them all.",
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
