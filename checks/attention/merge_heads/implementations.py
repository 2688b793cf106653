"""Ways to write merge_heads: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor) -> Tensor:
    turned = x.transpose(-3, -2)  # (..., T, H, d)
    return turned.reshape(*turned.shape[:-2], -1)


def flattened(x: Tensor) -> Tensor:
    return x.swapaxes(-2, -3).flatten(-2)


def made_contiguous(x: Tensor) -> Tensor:
    *batch, heads, t, d = x.shape
    return x.transpose(-2, -3).contiguous().view(*batch, t, heads * d)


def heads_concatenated(x: Tensor) -> Tensor:
    return torch.cat(x.unbind(-3), dim=-1)


def features_first(x: Tensor) -> Tensor:
    turned = x.mT  # (..., H, d, T)
    return turned.flatten(-3, -2).mT


def einsum(x: Tensor) -> Tensor:
    return torch.einsum("...htd->...thd", x).flatten(start_dim=-2)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, flattened, made_contiguous, heads_concatenated, features_first, einsum,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def reshaped_at_once(x: Tensor) -> Tensor:
    *batch, heads, t, d = x.shape
    return x.reshape(*batch, t, heads * d)


def only_transposed(x: Tensor) -> Tensor:
    return x.transpose(-3, -2)


def features_interleaved(x: Tensor) -> Tensor:
    return x.movedim(-3, -1).flatten(-2)


def heads_flattened_with_positions(x: Tensor) -> Tensor:
    return x.flatten(-3, -2)


def transposed_and_flattened_with_heads(x: Tensor) -> Tensor:
    return x.transpose(-3, -2).flatten(-3, -2)


def mean_over_heads(x: Tensor) -> Tensor:
    return x.mean(-3)


def sum_over_heads(x: Tensor) -> Tensor:
    return x.sum(-3)


def first_head_only(x: Tensor) -> Tensor:
    return x[..., 0, :, :]


def heads_reversed(x: Tensor) -> Tensor:
    return x.flip(-3).transpose(-3, -2).flatten(-2)


def one_batch_dim(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(-2)


def flattened_from_the_left(x: Tensor) -> Tensor:
    return x.transpose(-3, -2).flatten(2)


def view_without_contiguous(x: Tensor) -> Tensor:
    merged = x.transpose(-3, -2)
    return merged.view(*merged.shape[:-2], -1)


def wrong_pair_transposed(x: Tensor) -> Tensor:
    *batch, heads, t, d = x.shape
    return x.transpose(-2, -1).reshape(*batch, t, heads * d)


def always_float32(x: Tensor) -> Tensor:
    return textbook(x).float()


def detached(x: Tensor) -> Tensor:
    return textbook(x).detach()


def input_zeroed(x: Tensor) -> Tensor:
    out = textbook(x.clone())
    x *= 0
    return out


def made_on_the_cpu(x: Tensor) -> Tensor:
    *batch, heads, t, d = x.shape
    return torch.zeros(*batch, t, heads * d, dtype=x.dtype) + textbook(x)


def unpacked_sizes(x: Tensor) -> Tensor:
    batch, heads, t, d = x.shape
    return x.transpose(1, 2).reshape(batch, t, heads * d)


def squeezed(x: Tensor) -> Tensor:
    return x.squeeze() if x.shape[-3] == 1 else textbook(x)


def batch_flattened(x: Tensor) -> Tensor:
    return textbook(x).flatten(0, -2)


def fewer_are_heads(x: Tensor) -> Tensor:
    return textbook(x) if x.shape[-3] <= x.shape[-2] else x.flatten(-2)


def transposed_in_place(x: Tensor) -> Tensor:
    x.transpose_(-3, -2)
    return x.flatten(-2)


def loop_over_positions(x: Tensor) -> Tensor:
    return torch.stack([x[..., t, :].flatten(-2) for t in range(x.shape[-2])], dim=-2)


TEXTS = {
    reshaped_at_once: "Reshaping (..., H, T, d) straight to (..., T, H d) mixes heads and positions: transpose to "
    "(..., T, H, d) first.",
    only_transposed: "The shape is (..., T, H, d): flatten the last two dims to one of H d.",
    features_interleaved: "The features of all heads are interleaved: head 0 comes first with all its d features, then "
    "head 1, and so on.",
    heads_flattened_with_positions: "You join heads and positions: join heads and features, and keep the positions.",
    transposed_and_flattened_with_heads: "After the transpose you join the first two of (T, H, d): join the last two.",
    mean_over_heads: "You take the mean of the heads: set them side by side.",
    sum_over_heads: "You add the heads up: set them side by side.",
    first_head_only: "Only the first head is left: set all of them side by side.",
    heads_reversed: "The heads stand in reverse order: head 0 comes first.",
    one_batch_dim: "transpose(1, 2) counts from the left, which fits one batch dimension only: transpose(-3, -2) fits "
    "any number.",
    flattened_from_the_left: "flatten(2) counts from the left, which fits one batch dimension only: flatten(-2) fits "
    "any number.",
    view_without_contiguous: "view cannot join dims that are not side by side in memory, as after a transpose: use "
    "reshape, or contiguous() before view.",
    wrong_pair_transposed: "You transpose positions and features: transpose heads and positions, dims -3 and -2.",
    always_float32: "The result is always float32: keep the dtype of x.",
    detached: "No gradient reaches x: the result is cut from the graph (no_grad, detach, .data).",
    input_zeroed: "The entries of x itself are changed: work on a new tensor.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with x.new_zeros(...), or with device=x.device.",
    unpacked_sizes: "The sizes are unpacked into four: x may have fewer or more leading dimensions.",
    squeezed: "squeeze() removes every dimension of size 1, not only that of the heads: transpose and flatten do it.",
    batch_flattened: "Batch and positions are flattened into one dimension: keep all leading dimensions.",
    fewer_are_heads: "Which dim holds the heads is guessed by its size: it is always the third from the end.",
    transposed_in_place: "x itself is transposed (transpose_): use transpose, which leaves x as it was.",
    loop_over_positions: "There is a Python loop over positions or heads: one transpose and one reshape do them all.",
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
