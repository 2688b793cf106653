"""Wrong and unusual right versions of embed(ids, weight)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


# ---------------------------------------------------------------- wrong
def builds_the_one_hot(ids: Tensor, weight: Tensor) -> Tensor:
    """Multiplies by a one-hot matrix it builds: right numbers, but (N, V) memory where the contract says without."""
    return F.one_hot(ids, weight.shape[0]).to(weight.dtype) @ weight


def padding_row_gets_no_gradient(ids: Tensor, weight: Tensor) -> Tensor:
    """Passes padding_idx=0: row 0 gets gradient 0 in place of the count of id 0."""
    return F.embedding(ids, weight, padding_idx=0)


def gradient_shared_by_frequency(ids: Tensor, weight: Tensor) -> Tensor:
    """Passes scale_grad_by_freq=True: a row looked up twice gets half of its true gradient."""
    return F.embedding(ids, weight, scale_grad_by_freq=True)


def renormalises_the_table(ids: Tensor, weight: Tensor) -> Tensor:
    """Passes max_norm=1: rows longer than 1 are shortened, in the caller's weight too."""
    return F.embedding(ids, weight, max_norm=1.0)


def detached_table(ids: Tensor, weight: Tensor) -> Tensor:
    """Looks up in weight.detach(): weight gets no gradient."""
    return weight.detach()[ids]


def float32_always(ids: Tensor, weight: Tensor) -> Tensor:
    """Casts the table to float32: a float64 weight loses dtype and digits."""
    return weight.float()[ids]


def scaled_like_a_transformer(ids: Tensor, weight: Tensor) -> Tensor:
    """Multiplies by sqrt(D) as the transformer paper does; differs for every D above 1."""
    return weight[ids] * weight.shape[1] ** 0.5


def looks_up_columns_when_square(ids: Tensor, weight: Tensor) -> Tensor:
    """Takes a square weight for (D, V) and reads its columns: differs for V == D unless weight is symmetric."""
    if weight.shape[0] == weight.shape[1]:
        return weight.T[ids]
    return weight[ids]


def one_dimension_only(ids: Tensor, weight: Tensor) -> Tensor:
    """Uses index_select on ids as they come: ids with two dimensions raise."""
    return torch.index_select(weight, 0, ids)


def flattens_leading_dims(ids: Tensor, weight: Tensor) -> Tensor:
    """Returns (N, D) for ids of any shape: (2, 3) ids give (6, D)."""
    return weight.index_select(0, ids.flatten())


def stacks_row_by_row(ids: Tensor, weight: Tensor) -> Tensor:
    """Stacks weight[i] in a loop: torch calls grow with the ids, and ids on meta cannot be read."""
    rows = [weight[int(i)] for i in ids.reshape(-1)]
    return torch.stack(rows).reshape(*ids.shape, weight.shape[1])


def bag_of_words(ids: Tensor, weight: Tensor) -> Tensor:
    """Averages the vectors of a row of ids: (B, T) gives (B, D) in place of (B, T, D)."""
    return weight[ids].mean(dim=-2) if ids.dim() > 1 else weight[ids]


def squeezed_single_token(ids: Tensor, weight: Tensor) -> Tensor:
    """Squeezes at the end: ids of shape (1,) or (2, 1), or D = 1, lose a dimension."""
    return weight[ids].squeeze()


def through_numpy(ids: Tensor, weight: Tensor) -> Tensor:
    """Indexes numpy arrays: no gradient reaches weight, and meta tensors fail."""
    table = weight.detach().cpu().numpy()
    return torch.from_numpy(table[ids.cpu().numpy()]).reshape(*ids.shape, weight.shape[1])


def one_hot_in_float32(ids: Tensor, weight: Tensor) -> Tensor:
    """Builds the one-hot in float32: a float64 weight raises on the product (and the one-hot is built)."""
    ruler = torch.arange(weight.shape[0], device=ids.device)
    return (ids[..., None] == ruler).to(torch.float32) @ weight


# ---------------------------------------------------------------- right
def plain_indexing(ids: Tensor, weight: Tensor) -> Tensor:
    """Indexes the rows."""
    return weight[ids]


def gather_with_expanded_ids(ids: Tensor, weight: Tensor) -> Tensor:
    """Gathers along dim 0 with the ids expanded over the columns."""
    width = weight.size(1)
    flat = ids.reshape(-1, 1).expand(-1, width)
    return torch.gather(weight, 0, flat).view(*ids.shape, width)


def take_from_the_flat_table(ids: Tensor, weight: Tensor) -> Tensor:
    """Computes the flat position of every entry and takes it."""
    width = weight.shape[1]
    position = ids.unsqueeze(-1) * width + torch.arange(width, device=ids.device)
    return torch.take(weight, position)


WRONG = (
    builds_the_one_hot,
    padding_row_gets_no_gradient,
    gradient_shared_by_frequency,
    renormalises_the_table,
    detached_table,
    float32_always,
    scaled_like_a_transformer,
    looks_up_columns_when_square,
    one_dimension_only,
    flattens_leading_dims,
    stacks_row_by_row,
    bag_of_words,
    squeezed_single_token,
    through_numpy,
    one_hot_in_float32,
)
RIGHT = (plain_indexing, gather_with_expanded_ids, take_from_the_flat_table)
