"""Ways to write an embedding: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def indexed(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids]


def built_in(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight)


def selected(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, ids.reshape(-1)).reshape(*ids.shape, weight.shape[1])


def gathered(ids: Tensor, weight: Tensor) -> Tensor:
    wanted = ids.reshape(-1, 1).expand(-1, weight.shape[1])
    return torch.gather(weight, 0, wanted).reshape(*ids.shape, -1)


def taken_from_one_row(ids: Tensor, weight: Tensor) -> Tensor:
    places = ids.unsqueeze(-1) * weight.shape[1] + torch.arange(weight.shape[1], device=ids.device)
    return torch.take(weight, places)


def bags_of_one(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding_bag(ids.reshape(-1, 1), weight.contiguous(), mode="sum").reshape(*ids.shape, -1)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        indexed, built_in, selected, gathered, taken_from_one_row, bags_of_one,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def one_hot_product(ids: Tensor, weight: Tensor) -> Tensor:
    return F.one_hot(ids, weight.shape[0]).to(weight.dtype) @ weight


def columns(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.T[ids % weight.shape[1]]


def counted_from_one(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids - 1]


def made_anew(ids: Tensor, weight: Tensor) -> Tensor:
    layer = nn.Embedding(weight.shape[0], weight.shape[1], device=weight.device, dtype=weight.dtype)
    return layer(ids)  # type: ignore[no-any-return]  # a module's call has no type


def frozen(ids: Tensor, weight: Tensor) -> Tensor:
    layer = nn.Embedding.from_pretrained(weight)  # type: ignore[no-untyped-call]  # torch gives it no types
    return layer(ids)  # type: ignore[no-any-return]  # as above


def averaged(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids].mean(-2)


def flattened(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids.reshape(-1)]


def features_first(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.T[:, ids]


def always_float32(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.float()[ids]


def scaled_by_the_width(ids: Tensor, weight: Tensor) -> Tensor:
    return weight[ids] * math.sqrt(weight.shape[1])


def made_unit_length(ids: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1)[ids]


def shortened_in_place(ids: Tensor, weight: Tensor) -> Tensor:
    with torch.no_grad():
        weight /= weight.norm(dim=-1, keepdim=True).clamp_min(1.0)
    return weight[ids]


def first_word_is_padding(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight, padding_idx=0)


def gradient_shared(ids: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(ids, weight, scale_grad_by_freq=True)


def rows_only(ids: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, ids)


def loop_over_ids(ids: Tensor, weight: Tensor) -> Tensor:
    rows = [weight.index_select(0, number.reshape(1)) for number in ids.reshape(-1)]
    return torch.cat(rows).reshape(*ids.shape, weight.shape[1])


def read_into_python(ids: Tensor, weight: Tensor) -> Tensor:
    rows = [weight[number] for number in ids.reshape(-1).tolist()]
    return torch.stack(rows).reshape(*ids.shape, weight.shape[1])


def made_on_the_cpu(ids: Tensor, weight: Tensor) -> Tensor:
    places = ids.unsqueeze(-1) * weight.shape[1] + torch.arange(weight.shape[1])
    return torch.take(weight, places)


MISCONCEPTIONS = (
    Misconception(
        "one_hot_product",
        "You build the one-hot matrix and multiply it by weight. The result is right, but nearly all of that work is "
        "with zeros: weight[ids] picks the rows at once.",
        one_hot_product,
        costly=("out.flops",),
    ),
    Misconception(
        "columns",
        "You pick columns of weight. A word is a row: weight has the shape (V, D), index its first axis.",
        columns,
    ),
    Misconception("counted_from_one", "You pick the row before the right one: ids count from 0.", counted_from_one),
    Misconception(
        "made_anew",
        "Your vectors are new random numbers: a fresh nn.Embedding does not know `weight`. Index weight itself.",
        made_anew,
    ),
    Misconception(
        "frozen",
        "No gradient reaches weight. nn.Embedding.from_pretrained freezes what it gets: index weight itself.",
        frozen,
    ),
    Misconception("averaged", "The vectors are averaged over the ids: each id keeps its own vector.", averaged),
    Misconception(
        "flattened", "The shape of ids is lost: you return one long list of vectors. Keep the leading axes.", flattened
    ),
    Misconception(
        "features_first", "The features are on the first axis. They belong on the last: (..., D).", features_first
    ),
    Misconception("always_float32", "The result is always float32: keep the dtype of weight.", always_float32),
    Misconception(
        "scaled_by_the_width",
        "Your vectors are sqrt(D) times too long. Some models scale so after the look-up; embed itself does not.",
        scaled_by_the_width,
    ),
    Misconception(
        "made_unit_length",
        "Your vectors all have length 1: the rows of weight come back as they are.",
        made_unit_length,
    ),
    Misconception(
        "shortened_in_place",
        "The rows of weight itself are changed: long ones are cut to length 1 in place, as max_norm does.",
        shortened_in_place,
    ),
    Misconception(
        "first_word_is_padding",
        "Word 0 gets no gradient, as padding_idx=0 would have it. Here 0 is a word like any other.",
        first_word_is_padding,
    ),
    Misconception(
        "gradient_shared",
        "A word that comes twice gets the average of its gradients. It gets their sum (no scale_grad_by_freq).",
        gradient_shared,
    ),
    Misconception(
        "rows_only",
        "This works for a list of ids only: index_select takes no other shape. weight[ids] takes any.",
        rows_only,
    ),
    Misconception(
        "loop_over_ids", "There is a Python loop over the ids: weight[ids] takes all at once.", loop_over_ids
    ),
    Misconception(
        "read_into_python",
        "The ids are read into Python one by one (tolist, item or int): on a GPU every read waits for the device. "
        "weight[ids] takes all at once.",
        read_into_python,
        on_meta="NotImplementedError",
    ),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: on a GPU this breaks. Give it device=ids.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
)
