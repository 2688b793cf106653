"""The checks of `one_hot(ids, num_classes)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    exact=True,
    about="Each id becomes a row of num_classes numbers, a 1 at its place and 0 elsewhere, for ids of any shape (...).",
)
def one_hot(draw: Draw, *batch: int) -> Arguments:
    classes = draw.size("classes") + 20
    return {"ids": _ids(draw, *batch, draw.size("n"), classes=classes), "num_classes": classes}


def _ids(draw: Draw, *shape: int, classes: int) -> Tensor:
    """Ids with a zero and a repeated one among them; the last class never comes, so that it must be asked for."""
    ids = draw.integers(0, classes - 1, *shape)
    ids.view(-1)[draw.permutation(ids.numel())[:3]] = torch.tensor([0, classes - 2, classes - 2])
    return ids


@case("A single id, a 0-dim tensor, gives a vector (num_classes,).", alone=True)
def a_single_id(draw: Draw) -> Arguments:
    return {"ids": draw.integers(2, 5), "num_classes": 6}


@case("No size is special: axes of one id, and as many ids as classes.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    """ids (1,), (n, 1) and (1, n), one class, and square results that are not symmetric."""
    n = draw.size("n")
    ids = _ids(draw, n, classes=6)
    turned = torch.arange(n).roll(draw.choice((1, -1)))
    return [
        *({"ids": one, "num_classes": 6} for one in (draw.integers(2, 5, 1), ids[:, None], ids[None])),
        {"ids": turned, "num_classes": n},
        {"ids": turned.repeat(n, 1), "num_classes": n},
        {"ids": torch.zeros(n, dtype=torch.int64), "num_classes": 1},
        {"ids": draw.permutation(5)[:3] + 2_046, "num_classes": 2_100},  # half precision cannot tell these ids apart
    ]


@right
def built_in(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes=num_classes).float()


@right
def compared(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) == torch.arange(num_classes, device=ids.device)).float()


@right
def rows_of_the_identity(ids: Tensor, num_classes: int) -> Tensor:
    return torch.eye(num_classes, device=ids.device)[ids]


@right
def scattered(ids: Tensor, num_classes: int) -> Tensor:
    zeros = torch.zeros(*ids.shape, num_classes, device=ids.device)
    return zeros.scatter(-1, ids[..., None], 1.0)


@right
def filled_flat(ids: Tensor, num_classes: int) -> Tensor:
    flat = ids.reshape(-1)
    rows = torch.zeros(flat.shape[0], num_classes, device=ids.device)
    rows[torch.arange(flat.shape[0], device=ids.device), flat] = 1.0
    return rows.reshape(*ids.shape, num_classes)


@right
def one_class_after_another(ids: Tensor, num_classes: int) -> Tensor:
    return torch.stack([(ids == number).to(torch.float32) for number in range(num_classes)], dim=-1)


@wrong("Your vectors hold integers: convert them to float32.")
def still_integers(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes)


@wrong("Your vectors hold True and False: convert them to float32.")
def still_booleans(ids: Tensor, num_classes: int) -> Tensor:
    return ids.unsqueeze(-1) == torch.arange(num_classes, device=ids.device)


@wrong("Your vectors are float64: one_hot gives float32.")
def double_precision(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).double()


@wrong(
    "num_classes is not used: your vectors only reach to the largest id that was seen. Another sentence would get "
    "vectors of another length."
)
def as_many_as_seen(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids).float()


@wrong("The 1 stands one place too far left: ids count from 0, not from 1.")
def counted_from_one(ids: Tensor, num_classes: int) -> Tensor:
    return torch.eye(num_classes, device=ids.device)[ids - 1]


@wrong("Your vectors have one entry too many: ids go from 0 to num_classes - 1.")
def one_class_more(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes + 1).float()


@wrong("The classes are on the first axis. They belong on the last.")
def classes_first(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float().movedim(-1, 0)


@wrong("The shape of ids is lost: you return one long list of rows. Keep the leading dimensions.")
def flattened(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids.reshape(-1), num_classes).float()


@wrong("A single id comes back with an extra dimension: a 0-dim id gives one vector (num_classes,).")
def always_a_list(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids if ids.dim() else ids[None], num_classes).float()


@wrong(
    "This works for a list of ids only. A batch or a single id has another shape: index with ids[..., None], or "
    "flatten first and restore the shape at the end."
)
def rows_only(ids: Tensor, num_classes: int) -> Tensor:
    return torch.zeros(len(ids), num_classes, device=ids.device).scatter(1, ids[:, None], 1.0)


@wrong("Zeros and ones are swapped: there is a single 1 in each row.")
def one_cold(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) != torch.arange(num_classes, device=ids.device)).float()


@wrong("All places up to the id are 1. Only its own place is: compare with ==.")
def up_to_the_id(ids: Tensor, num_classes: int) -> Tensor:
    return (torch.arange(num_classes, device=ids.device) <= ids.unsqueeze(-1)).float()


@wrong("You write the id itself at its place. It should be a 1.")
def id_at_its_place(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float() * ids.unsqueeze(-1)


@wrong("You add up all vectors, which counts the words. Each id has a vector of its own.")
def counts_of_words(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float().reshape(-1, num_classes).sum(0)


@wrong("ids itself gets another shape: unsqueeze_ with an underscore works in place. Use unsqueeze.")
def input_reshaped(ids: Tensor, num_classes: int) -> Tensor:
    ids.unsqueeze_(-1)
    return (ids == torch.arange(num_classes, device=ids.device)).float()


@wrong("A new tensor is made on the CPU: on a GPU this breaks. Give it device=ids.device.")
def made_on_the_cpu(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) == torch.arange(num_classes)).float()


@wrong("Axes of one id are gone: squeeze() takes out every axis of size 1. Keep the shape of ids.")
def squeezed(ids: Tensor, num_classes: int) -> Tensor:
    return F.one_hot(ids, num_classes).float().squeeze()


@wrong("Each row has a 1 at every id of the batch. Compare, or scatter, each id in a row of its own.")
def every_id_in_each_row(ids: Tensor, num_classes: int) -> Tensor:
    rows = torch.zeros(*ids.shape, num_classes, device=ids.device)
    rows[..., ids.reshape(-1)] = 1.0
    return rows


@wrong("You compare with 1 ... num_classes. Classes count from 0: torch.arange(num_classes).")
def classes_from_one(ids: Tensor, num_classes: int) -> Tensor:
    return (ids.unsqueeze(-1) == torch.arange(1, num_classes + 1, device=ids.device)).float()


@wrong("There is a Python loop over the ids. Compare all of them with torch.arange(num_classes) at once.")
def loop_over_ids(ids: Tensor, num_classes: int) -> Tensor:
    classes = torch.arange(num_classes, device=ids.device)
    rows = [(number == classes).float() for number in ids.reshape(-1)]
    return torch.stack(rows).reshape(*ids.shape, num_classes)


@wrong(
    "The ids are read into Python one by one (tolist, item or int): on a GPU every read waits for the device. "
    "Compare all of them with torch.arange(num_classes) at once."
)
def read_into_python(ids: Tensor, num_classes: int) -> Tensor:
    rows = torch.zeros(ids.numel(), num_classes, device=ids.device)
    for row, number in enumerate(ids.reshape(-1).tolist()):
        rows[row, number] = 1.0
    return rows.reshape(*ids.shape, num_classes)
