"""Ways to write one-hot vectors: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def built_in(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes=num_classes).float()


def compared(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) == torch.arange(num_classes, device=ids.device)).float()


def rows_of_the_identity(ids: Tensor, num_classes: int) -> Tensor:
    return torch.eye(num_classes, device=ids.device)[ids]


def scattered(ids: Tensor, num_classes: int) -> Tensor:
    zeros = torch.zeros(*ids.shape, num_classes, device=ids.device)
    return zeros.scatter(-1, ids[..., None], 1.0)


def filled_flat(ids: Tensor, num_classes: int) -> Tensor:
    flat = ids.reshape(-1)
    rows = torch.zeros(flat.shape[0], num_classes, device=ids.device)
    rows[torch.arange(flat.shape[0], device=ids.device), flat] = 1.0
    return rows.reshape(*ids.shape, num_classes)


def one_class_after_another(ids: Tensor, num_classes: int) -> Tensor:
    return torch.stack([(ids == number).to(torch.float32) for number in range(num_classes)], dim=-1)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        built_in, compared, rows_of_the_identity, scattered, filled_flat, one_class_after_another,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def still_integers(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes)


def still_booleans(ids: Tensor, num_classes: int) -> Tensor:
    return ids.unsqueeze(-1) == torch.arange(num_classes, device=ids.device)


def double_precision(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).double()


def as_many_as_seen(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids).float()


def counted_from_one(ids: Tensor, num_classes: int) -> Tensor:
    return torch.eye(num_classes, device=ids.device)[ids - 1]


def one_class_more(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes + 1).float()


def classes_first(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float().movedim(-1, 0)


def flattened(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids.reshape(-1), num_classes).float()


def always_a_list(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids if ids.dim() else ids[None], num_classes).float()


def rows_only(ids: Tensor, num_classes: int) -> Tensor:
    rows = torch.zeros(len(ids), num_classes, device=ids.device)
    rows[torch.arange(len(ids), device=ids.device), ids] = 1.0
    return rows


def one_cold(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) != torch.arange(num_classes, device=ids.device)).float()


def up_to_the_id(ids: Tensor, num_classes: int) -> Tensor:
    return (torch.arange(num_classes, device=ids.device) <= ids.unsqueeze(-1)).float()


def id_at_its_place(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float() * ids.unsqueeze(-1)


def counts_of_words(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float().reshape(-1, num_classes).sum(0)


def input_reshaped(ids: Tensor, num_classes: int) -> Tensor:
    ids.unsqueeze_(-1)
    return (ids == torch.arange(num_classes, device=ids.device)).float()


def made_on_the_cpu(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) == torch.arange(num_classes)).float()


def loop_over_ids(ids: Tensor, num_classes: int) -> Tensor:
    classes = torch.arange(num_classes, device=ids.device)
    rows = [(number == classes).float() for number in ids.reshape(-1)]
    return torch.stack(rows).reshape(*ids.shape, num_classes)


def read_into_python(ids: Tensor, num_classes: int) -> Tensor:
    rows = torch.zeros(ids.numel(), num_classes, device=ids.device)
    for row, number in enumerate(ids.reshape(-1).tolist()):
        rows[row, number] = 1.0
    return rows.reshape(*ids.shape, num_classes)


MISCONCEPTIONS = (
    Misconception("still_integers", "Your vectors hold integers: convert them to float32.", still_integers),
    Misconception("still_booleans", "Your vectors hold True and False: convert them to float32.", still_booleans),
    Misconception("double_precision", "Your vectors are float64: one_hot gives float32.", double_precision),
    Misconception(
        "as_many_as_seen",
        "num_classes is not used: your vectors only reach to the largest id that was seen. Another sentence would get "
        "vectors of another length.",
        as_many_as_seen,
        on_meta="RuntimeError",
    ),
    Misconception(
        "counted_from_one", "The 1 stands one place too far left: ids count from 0, not from 1.", counted_from_one
    ),
    Misconception(
        "one_class_more", "Your vectors have one entry too many: ids go from 0 to num_classes - 1.", one_class_more
    ),
    Misconception(
        "classes_first",
        "The classes are on the first axis. They belong on the last.",
        classes_first,
    ),
    Misconception(
        "flattened",
        "The shape of ids is lost: you return one long list of rows. Keep the leading dimensions.",
        flattened,
    ),
    Misconception(
        "always_a_list",
        "A single id comes back with an extra dimension: a 0-dim id gives one vector (num_classes,).",
        always_a_list,
    ),
    Misconception(
        "rows_only",
        "This works for a list of ids only. A batch or a single id has another shape: index with ids[..., None], or "
        "flatten first and restore the shape at the end.",
        rows_only,
    ),
    Misconception("one_cold", "Zeros and ones are swapped: there is a single 1 in each row.", one_cold),
    Misconception(
        "up_to_the_id",
        "All places up to the id are 1. Only its own place is: compare with ==.",
        up_to_the_id,
    ),
    Misconception("id_at_its_place", "You write the id itself at its place. It should be a 1.", id_at_its_place),
    Misconception(
        "counts_of_words",
        "You add up all vectors, which counts the words. Each id has a vector of its own.",
        counts_of_words,
    ),
    Misconception(
        "input_reshaped",
        "ids itself gets another shape: unsqueeze_ with an underscore works in place. Use unsqueeze.",
        input_reshaped,
    ),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: on a GPU this breaks. Give it device=ids.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_ids",
        "There is a Python loop over the ids. Compare all of them with torch.arange(num_classes) at once.",
        loop_over_ids,
    ),
    Misconception(
        "read_into_python",
        "The ids are read into Python one by one (tolist, item or int): on a GPU every read waits for the device. "
        "Compare all of them with torch.arange(num_classes) at once.",
        read_into_python,
        on_meta="NotImplementedError",
    ),
)
