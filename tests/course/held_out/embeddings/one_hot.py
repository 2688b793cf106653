"""Wrong and unusual right versions of one_hot(ids, num_classes)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


# ---------------------------------------------------------------- wrong
def stays_long(ids: Tensor, num_classes: int) -> Tensor:
    """Returns the int64 tensor of F.one_hot; the contract asks float32, so every input differs in dtype."""
    return F.one_hot(ids, num_classes)


def rows_of_a_cpu_eye(ids: Tensor, num_classes: int) -> Tensor:
    """Looks rows up in torch.eye made on the CPU: ids on meta or a GPU come back on the CPU or fail."""
    return torch.eye(num_classes, dtype=torch.float32)[ids]


def default_dtype_zeros(ids: Tensor, num_classes: int) -> Tensor:
    """Fills zeros of torch's default dtype: with torch.set_default_dtype(torch.float64) the result is float64."""
    empty = torch.zeros(*ids.shape, num_classes, device=ids.device)
    return empty.scatter(-1, ids.unsqueeze(-1), 1.0)


def largest_id_decides_width(ids: Tensor, num_classes: int) -> Tensor:
    """Ignores num_classes, so ids whose largest is below num_classes - 1 give too few columns (and meta fails)."""
    return F.one_hot(ids).to(torch.float32)


def counts_classes_from_one(ids: Tensor, num_classes: int) -> Tensor:
    """Compares with 1..num_classes in place of 0..num_classes-1: every row is off by one, id 0 gives no one at all."""
    classes = torch.arange(1, num_classes + 1, device=ids.device)
    return (ids.unsqueeze(-1) == classes).to(torch.float32)


def squeezes_ones_away(ids: Tensor, num_classes: int) -> Tensor:
    """Ends with squeeze(): a batch of one id, shape (1,), gives (num_classes,) in place of (1, num_classes)."""
    return F.one_hot(ids, num_classes).to(torch.float32).squeeze()


def flattens_the_batch(ids: Tensor, num_classes: int) -> Tensor:
    """Flattens ids: (2, 3) ids give (6, num_classes) in place of (2, 3, num_classes), 0-dim ids give one row."""
    flat = ids.reshape(-1)
    out = torch.zeros(flat.shape[0], num_classes, device=ids.device, dtype=torch.float32)
    out[torch.arange(flat.shape[0], device=ids.device), flat] = 1.0
    return out


def one_row_gets_every_id(ids: Tensor, num_classes: int) -> Tensor:
    """Sets out[..., ids] = 1, so each row has a one at every id of the batch; only a single id is right."""
    out = torch.zeros(*ids.shape, num_classes, device=ids.device, dtype=torch.float32)
    out[..., ids.reshape(-1)] = 1.0
    return out


def classes_on_the_first_axis(ids: Tensor, num_classes: int) -> Tensor:
    """Unsqueezes at the front: the result is (num_classes, ...), visible at once unless it is square and symmetric."""
    shape = (num_classes,) + (1,) * ids.dim()
    classes = torch.arange(num_classes, device=ids.device).reshape(shape)
    return (ids.unsqueeze(0) == classes).to(torch.float32)


def transposed_when_square(ids: Tensor, num_classes: int) -> Tensor:
    """Scatters along dim 0 when there are as many ids as classes: ids (1, 2, 0) with 3 classes come transposed."""
    out = torch.zeros(*ids.shape, num_classes, device=ids.device, dtype=torch.float32)
    if ids.dim() == 1 and ids.shape[0] == num_classes:
        return out.scatter(0, ids.unsqueeze(0), 1.0)
    return out.scatter(-1, ids.unsqueeze(-1), 1.0)


def loops_over_rows(ids: Tensor, num_classes: int) -> Tensor:
    """Sets one entry at a time: the number of torch calls grows with the ids, and meta ids cannot be read."""
    flat = ids.reshape(-1)
    out = torch.zeros(flat.shape[0], num_classes, dtype=torch.float32, device=ids.device)
    for row in range(flat.shape[0]):
        out[row, int(flat[row])] = 1.0
    return out.reshape(*ids.shape, num_classes)


def last_two_dims_only(ids: Tensor, num_classes: int) -> Tensor:
    """Unpacks ids as (batch, time): 1-D, 0-dim and 3-D ids raise ValueError."""
    batch, time = ids.shape
    out = torch.zeros(batch, time, num_classes, dtype=torch.float32, device=ids.device)
    return out.scatter_(2, ids[:, :, None], 1.0)


def bool_rows(ids: Tensor, num_classes: int) -> Tensor:
    """Returns the comparison as bool; the contract asks float32."""
    return ids.unsqueeze(-1) == torch.arange(num_classes, device=ids.device)


# ---------------------------------------------------------------- right
def compares_with_a_ruler(ids: Tensor, num_classes: int) -> Tensor:
    """Compares each id with 0..num_classes-1 and casts."""
    return ids[..., None].eq(torch.arange(num_classes, device=ids.device)).float()


def scatter_into_zeros(ids: Tensor, num_classes: int) -> Tensor:
    """Scatters ones into zeros that say dtype and device themselves."""
    out = torch.zeros((*ids.shape, num_classes), dtype=torch.float32, device=ids.device)
    return out.scatter_(-1, ids.unsqueeze(-1), 1.0)


def rows_of_an_identity(ids: Tensor, num_classes: int) -> Tensor:
    """Takes rows of an identity matrix made beside the ids."""

    def identity(n: int) -> Tensor:
        return torch.diag_embed(torch.ones(n, dtype=torch.float32, device=ids.device))

    return identity(num_classes).index_select(0, ids.reshape(-1)).reshape(*ids.shape, num_classes)


WRONG = (
    stays_long,
    rows_of_a_cpu_eye,
    largest_id_decides_width,
    counts_classes_from_one,
    squeezes_ones_away,
    flattens_the_batch,
    one_row_gets_every_id,
    classes_on_the_first_axis,
    transposed_when_square,
    loops_over_rows,
    last_two_dims_only,
    bool_rows,
)
RIGHT = (compares_with_a_ruler, scatter_into_zeros, rows_of_an_identity)
