"""The checks of `embed(ids, weight)`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import EXACT, Call, Check, Draw, Probe, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    large={"weight": 10_000},
    gradients=True,
    without=("any device", "detached"),
    about="Each id picks its row of weight, for ids of any shape (...).",
)
def embed(draw: Draw, *batch: int) -> Arguments:
    v, d = draw.size("v") + 20, draw.size("d")
    return {"ids": _ids(draw, *batch, draw.size("n"), words=v), "weight": _weight(draw, v, d)}


def _ids(draw: Draw, *shape: int, words: int) -> Tensor:
    """Ids with 0, the last one, and a repeated one among them."""
    ids = draw.integers(0, words, *shape)
    ids.view(-1)[draw.permutation(ids.numel())[:3]] = torch.tensor([0, words - 1, draw.choice((0, words - 1))])
    return ids


def _weight(draw: Draw, v: int, d: int) -> Tensor:
    """Rows that are all longer than 1."""
    weight = draw.normal(v, d)
    return weight + weight.sign()


@case("A single id, a 0-dim tensor, gives one row (D,).", alone=True)
def a_single_id(draw: Draw) -> Arguments:
    return {"ids": draw.integers(2, 5), "weight": _weight(draw, 30, draw.size("d"))}


@case("No size is special: axes of one id, a square weight, rows of one number.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n, v, d = draw.size("n"), draw.size("v") + 20, draw.size("d")
    ids = _ids(draw, n, words=v)
    shapes = (draw.integers(2, 5, 1), ids[:, None], ids[None])
    return [
        *({"ids": one, "weight": _weight(draw, v, d)} for one in shapes),
        {"ids": ids, "weight": _weight(draw, v, v)},
        {"ids": ids, "weight": _weight(draw, v, 1)},
        {"ids": _ids(draw, n, words=6), "weight": _weight(draw, 6, v)},  # fewer words than features
    ]


@right
def indexed(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids]


@right
def built_in(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight)


@right
def selected(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, ids.reshape(-1)).reshape(*ids.shape, weight.shape[1])


@right
def gathered(ids: Tensor, weight: Tensor) -> Tensor:
    wanted = ids.reshape(-1, 1).expand(-1, weight.shape[1])
    return torch.gather(weight, 0, wanted).reshape(*ids.shape, -1)


@right
def taken_from_one_row(ids: Tensor, weight: Tensor) -> Tensor:
    places = ids.unsqueeze(-1) * weight.shape[1] + torch.arange(weight.shape[1], device=ids.device)
    return torch.take(weight, places)


@right
def bags_of_one(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding_bag(ids.reshape(-1, 1), weight.contiguous(), mode="sum").reshape(*ids.shape, -1)


@wrong(
    "You build the one-hot matrix and multiply it by weight. The result is right, but nearly all of that work is "
    "with zeros: weight[ids] picks the rows at once."
)
def one_hot_product(ids: Tensor, weight: Tensor) -> Tensor:
    return F.one_hot(ids, weight.shape[0]).to(weight.dtype) @ weight


@wrong("You pick columns of weight. A word is a row: weight has the shape (V, D), index its first axis.")
def columns(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.T[ids % weight.shape[1]]


@wrong("You pick the row before the right one: ids count from 0.")
def counted_from_one(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids - 1]


@wrong("Your vectors are new random numbers: a fresh nn.Embedding does not know `weight`. Index weight itself.")
def made_anew(ids: Tensor, weight: Tensor) -> Tensor:
    layer = nn.Embedding(weight.shape[0], weight.shape[1], device=weight.device, dtype=weight.dtype)
    return layer(ids)  # type: ignore[no-any-return]  # a module's call has no type


@wrong("No gradient reaches weight. nn.Embedding.from_pretrained freezes what it gets: index weight itself.")
def frozen(ids: Tensor, weight: Tensor) -> Tensor:
    layer = nn.Embedding.from_pretrained(weight)  # type: ignore[no-untyped-call]  # torch gives it no types
    return layer(ids)  # type: ignore[no-any-return]  # as above


@wrong("The vectors are averaged over the ids: each id keeps its own vector.")
def averaged(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids].mean(-2)


@wrong("The shape of ids is lost: you return one long list of vectors. Keep the leading axes.")
def flattened(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids.reshape(-1)]


@wrong("The features are on the first axis. They belong on the last: (..., D).")
def features_first(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.T[:, ids]


@wrong("Your vectors are sqrt(D) times too long. Some models scale so after the look-up; embed itself does not.")
def scaled_by_the_width(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids] * math.sqrt(weight.shape[1])


@wrong("Your vectors all have length 1: the rows of weight come back as they are.")
def made_unit_length(ids: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1)[ids]


@wrong("The rows of weight itself are changed: long ones are cut to length 1 in place, as max_norm does.")
def shortened_in_place(ids: Tensor, weight: Tensor) -> Tensor:
    with torch.no_grad():
        weight /= weight.norm(dim=-1, keepdim=True).clamp_min(1.0)
    return weight[ids]


@wrong("Word 0 gets no gradient, as padding_idx=0 would have it. Here 0 is a word like any other.")
def first_word_is_padding(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight, padding_idx=0)


@wrong("A word that comes twice gets the average of its gradients. It gets their sum (no scale_grad_by_freq).")
def gradient_shared(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight, scale_grad_by_freq=True)


@wrong("This works for a list of ids only: index_select takes no other shape. weight[ids] takes any.")
def rows_only(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, ids)


@wrong(
    "Axes of one id, or rows of one number, are gone: squeeze() takes out every axis of size 1. Keep the shape of ids."
)
def squeezed(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids].squeeze()


@wrong("Your rows are cut to length 1, here and in weight itself: max_norm does that. Look them up as they are.")
def max_norm(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight, max_norm=1.0)


@wrong("There is a Python loop over the ids: weight[ids] takes all at once.")
def loop_over_ids(ids: Tensor, weight: Tensor) -> Tensor:
    rows = [weight.index_select(0, number.reshape(1)) for number in ids.reshape(-1)]
    return torch.cat(rows).reshape(*ids.shape, weight.shape[1])


@wrong(
    "The ids are read into Python one by one (tolist, item or int): on a GPU every read waits for the device. "
    "weight[ids] takes all at once."
)
def read_into_python(ids: Tensor, weight: Tensor) -> Tensor:
    rows = [weight[number] for number in ids.reshape(-1).tolist()]
    return torch.stack(rows).reshape(*ids.shape, weight.shape[1])


@wrong("A new tensor is made on the CPU: on a GPU this breaks. Give it device=ids.device.")
def made_on_the_cpu(ids: Tensor, weight: Tensor) -> Tensor:
    places = ids.unsqueeze(-1) * weight.shape[1] + torch.arange(weight.shape[1])
    return torch.take(weight, places)


def _costs(draw: Draw) -> list[Probe]:
    call = Call("embed", (_ids(draw, 3, 5, words=11), _weight(draw, 11, 6)), count="flops")
    return [Probe((call,), ("out", "out.flops"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = [Call("embed", (_ids(draw, n, words=11), _weight(draw, 11, 6)), save=f"of{n}") for n in (5, 7)]
    return [Probe(tuple(calls), ("of5", "of7"), device="meta")]


def _nothing(probe: Probe) -> Mapping[str, int]:
    return {"out.flops": 0}


NO_PRODUCT = Check("no product", "Rows are looked up: no one-hot matrix is multiplied.", _costs, EXACT, budget=_nothing)
DEVICES = Check("any device", "New tensors belong on weight's device, and values are not read.", _devices, EXACT)
BANK = replace(embed, checks=(DEVICES, NO_PRODUCT))
