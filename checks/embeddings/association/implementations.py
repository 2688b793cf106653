"""Ways to write the association of a word: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant


def _cosines(word: Tensor, attributes: Tensor) -> Tensor:
    return F.cosine_similarity(word.unsqueeze(0), attributes, dim=-1)


# ---- right ----------------------------------------------------------------------------------------------------


def built_in(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() - _cosines(word, attributes_b).mean()


def unit_vectors(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    unit = F.normalize(word, dim=-1)
    return (F.normalize(attributes_a, dim=-1) @ unit).mean() - (F.normalize(attributes_b, dim=-1) @ unit).mean()


def mean_of_unit_vectors(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    between = F.normalize(attributes_a, dim=-1).mean(0) - F.normalize(attributes_b, dim=-1).mean(0)
    return torch.dot(F.normalize(word, dim=0), between)


def row_by_row(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_a])
    to_b = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_b])
    return to_a.sum() / len(to_a) - to_b.sum() / len(to_b)


def by_einsum(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    means = []
    for attributes in (attributes_a, attributes_b):
        squares = torch.einsum("nd,nd->n", attributes, attributes) * torch.einsum("d,d->", word, word)
        means.append((torch.einsum("nd,d->n", attributes, word) / squares.clamp_min(1e-16).sqrt()).mean())
    return means[0] - means[1]


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        built_in, unit_vectors, mean_of_unit_vectors, row_by_row, by_einsum,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def dot_products(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (attributes_a @ word).mean() - (attributes_b @ word).mean()


def word_not_unit_length(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (F.normalize(attributes_a, dim=-1) @ word).mean() - (F.normalize(attributes_b, dim=-1) @ word).mean()


def attributes_not_unit_length(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return dot_products(F.normalize(word, dim=-1), attributes_a, attributes_b)


def columns_normalised(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return dot_products(F.normalize(word, dim=-1), F.normalize(attributes_a, dim=0), F.normalize(attributes_b, dim=0))


def b_minus_a(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_b, attributes_a)


def added(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() + _cosines(word, attributes_b).mean()


def sums(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()


def cosine_to_the_mean(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (F.cosine_similarity(word, attributes.mean(0), dim=-1) for attributes in (attributes_a, attributes_b))
    return to_a - to_b


def nearest_only(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).max() - _cosines(word, attributes_b).max()


def first_only(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a)[0] - _cosines(word, attributes_b)[0]


def size_of_it(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_a, attributes_b).abs()


def absolute_cosines(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).abs().mean() - _cosines(word, attributes_b).abs().mean()


def effect_size(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    every = torch.cat([_cosines(word, attributes_a), _cosines(word, attributes_b)])
    return built_in(word, attributes_a, attributes_b) / every.std()


def ratio(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() / _cosines(word, attributes_b).mean()


def one_size_for_both(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (_cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()) / len(attributes_a)


def mean_over_both_sets(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return torch.cat([_cosines(word, attributes_a), -_cosines(word, attributes_b)]).mean()


def distances(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (attributes_a - word).square().sum(-1).sqrt().mean() - (attributes_b - word).square().sum(-1).sqrt().mean()


def zero_is_nan(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        attributes @ word / (attributes.square().sum(-1) * word.square().sum()).sqrt()
        for attributes in (attributes_a, attributes_b)
    )
    return to_a.mean() - to_b.mean()


def zeros_left_out(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        _cosines(word, attributes).sum() / attributes.any(-1).sum() for attributes in (attributes_a, attributes_b)
    )
    return to_a - to_b


def root_at_zero(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        attributes @ word / (attributes.square().sum(-1).sqrt() * word.square().sum().sqrt()).clamp_min(1e-8)
        for attributes in (attributes_a, attributes_b)
    )
    return to_a.mean() - to_b.mean()


def one_for_each_attribute(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a) - _cosines(word, attributes_b).mean()


def shape_of_one(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_a, attributes_b).reshape(1)


def plain_number(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> float:
    return built_in(word, attributes_a, attributes_b).item()


def always_float32(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word.float(), attributes_a.float(), attributes_b.float())


def detached(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    with torch.no_grad():
        return built_in(word, attributes_a, attributes_b)


def inputs_edited(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    with torch.no_grad():
        for vectors in (word, attributes_a, attributes_b):
            vectors /= vectors.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    return built_in(word, attributes_a, attributes_b)


def made_on_the_cpu(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    share_a = torch.full((len(attributes_a),), 1 / len(attributes_a), dtype=word.dtype)
    share_b = torch.full((len(attributes_b),), 1 / len(attributes_b), dtype=word.dtype)
    return (_cosines(word, attributes_a) * share_a).sum() - (_cosines(word, attributes_b) * share_b).sum()


MISCONCEPTIONS = (
    Misconception(
        "dot_products",
        "You average dot products, which grow with the vectors. Divide each by both lengths: the cosine.",
        dot_products,
    ),
    Misconception(
        "word_not_unit_length",
        "You do not divide by the length of the word: these are no cosines yet.",
        word_not_unit_length,
    ),
    Misconception(
        "attributes_not_unit_length",
        "You do not divide by the lengths of the attributes, so long ones count more: these are no cosines yet.",
        attributes_not_unit_length,
    ),
    Misconception(
        "columns_normalised",
        "You make the columns unit-length. The attributes are the rows: normalise along dim=-1.",
        columns_normalised,
    ),
    Misconception(
        "b_minus_a",
        "The sign is turned: it is the mean over A minus the mean over B, of cosines, not of distances.",
        b_minus_a,
    ),
    Misconception("added", "You add the two means: subtract that over B.", added),
    Misconception("sums", "You add up the cosines, so the larger set weighs more: take the mean of each.", sums),
    Misconception(
        "cosine_to_the_mean",
        "You take the cosine to the mean of the attributes, where long ones count more. Take the mean of cosines.",
        cosine_to_the_mean,
    ),
    Misconception("nearest_only", "You compare the nearest attributes only: take the mean over all.", nearest_only),
    Misconception("first_only", "You use the first attribute of each set only: take the mean over all.", first_only),
    Misconception("size_of_it", "The sign is lost: it tells which set the word is closer to.", size_of_it),
    Misconception(
        "absolute_cosines",
        "You take absolute values of the cosines: opposite directions count as negative.",
        absolute_cosines,
    ),
    Misconception(
        "effect_size",
        "You divide by the standard deviation, as an effect size. The difference is asked for.",
        effect_size,
    ),
    Misconception("ratio", "You divide the two means: subtract them.", ratio),
    Misconception(
        "one_size_for_both", "You divide by the size of A for both sets: B has a size of its own.", one_size_for_both
    ),
    Misconception(
        "mean_over_both_sets",
        "You take one mean over all attributes, so the larger set weighs more. Take the mean of each set.",
        mean_over_both_sets,
    ),
    Misconception("distances", "You average distances: take cosines.", distances),
    Misconception(
        "zero_is_nan", "A vector of zeros gives 0 / 0 = NaN: its cosine is 0. Keep the length above 0.", zero_is_nan
    ),
    Misconception(
        "zeros_left_out",
        "Attributes that are zero are left out of the mean. They count, with a cosine of 0.",
        zeros_left_out,
    ),
    Misconception(
        "root_at_zero",
        "The gradient of a square root is infinite at 0, so a zero vector gives NaN on the way back. "
        "torch.linalg.vector_norm has a gradient there, or bound the squares before the root.",
        root_at_zero,
    ),
    Misconception(
        "one_for_each_attribute",
        "You return a number for each attribute of A: take their mean.",
        one_for_each_attribute,
    ),
    Misconception("shape_of_one", "The result has the shape (1,): it is a 0-dim tensor.", shape_of_one),
    Misconception(
        "plain_number",
        "You return a Python number (float or item): return the 0-dim tensor.",
        plain_number,
        on_meta="RuntimeError",
    ),
    Misconception("always_float32", "The result is always float32: keep the dtype of the inputs.", always_float32),
    Misconception(
        "detached", "No gradient reaches the inputs: the result is cut from the graph (no_grad, detach).", detached
    ),
    Misconception("inputs_edited", "The inputs are changed by an in-place operation such as `/=`.", inputs_edited),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it with "
        "word.new_full or with device=word.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
)
