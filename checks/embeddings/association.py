"""The checks of `association(word, attributes_a, attributes_b)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

from ._shared import cosines, rows_at, with_lengths

Arguments = dict[str, Any]


@given(
    gradients=True,
    grow=("n", "m"),
    about="The mean cosine to A minus the mean cosine to B, a 0-dim tensor.",
    without="read_into_python",
)
def association(draw: Draw) -> list[Arguments]:
    """Nearer to A, and nearer to B."""
    return [_sets(draw, draw.size("n"), draw.size("m"), sign) for sign in (1, -1)]


@case("A set may hold a single attribute.", alone=True)
def one_attribute(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    return [_sets(draw, 1, n, -1), _sets(draw, n, 1, 1), _sets(draw, 1, 1, -1)]


@case("A vector of zeros has the cosine 0, and counts in its mean.", alone=True, finite=True)
def zero_vectors(draw: Draw) -> list[Arguments]:
    def make() -> Arguments:
        found = _sets(draw, draw.size("n"), draw.size("m"), -1)
        found["attributes_a"][0], found["attributes_b"][1] = 0.0, 0.0
        return found

    rows = draw.until(make, lambda found: _telling(**found, sign=-1) and _zeros_tell(**found))
    return [rows, rows | {"word": torch.zeros_like(rows["word"])}]


@case("Entries in the thousands must give neither NaN nor another result.", alone=True)
def large_vectors(draw: Draw) -> list[Arguments]:
    found = _sets(draw, draw.size("n"), draw.size("m"), -1)
    return [{name: 1_500 * x for name, x in found.items()}, found | {"word": 10_000 * found["word"]}]


def _sets(draw: Draw, n: int, m: int, sign: int) -> Arguments:
    """A word and two sets of vectors of different lengths, some on either side; `sign` is that of the result.

    The cosines to A reach further than those to B, so that the nearest attributes differ by another amount than the
    means do.
    """

    def cosines_around(middle: float, reach: float, size: int) -> Tensor:
        return sign * middle + reach * (draw.integers(0, 2001, size) / 1000 - 1)

    def make() -> Arguments:
        word = with_lengths(draw.normal(1, draw.size("d")), torch.tensor([0.6]))[0]
        wanted = cosines_around(0.25, 0.6, n), cosines_around(-0.3, 0.4, m)
        a, b = (rows_at(draw, word, to, 1.5 + 4.5 * draw.permutation(len(to)) / len(to)) for to in wanted)
        return {"word": word, "attributes_a": a, "attributes_b": b}

    return draw.until(make, lambda found: _telling(**found, sign=sign))


def _telling(word: Tensor, attributes_a: Tensor, attributes_b: Tensor, sign: int) -> bool:
    """Whether the result has this sign, and is well away from 0 and from what other averages give."""
    a, b = attributes_a, attributes_b
    to_a, to_b = cosines(word, a), cosines(word, b)
    result = to_a.mean() - to_b.mean()
    others = [result * 0, to_a.abs().mean() - to_b.abs().mean(), to_a.mean() + to_b.mean()]
    if len(a) > 1 and len(b) > 1:  # for a single attribute these are right
        means = cosines(word, torch.stack([a.mean(0), b.mean(0)]))
        others += [to_a.max() - to_b.max(), to_a[0] - to_b[0], means[0] - means[1], to_a.sum() - to_b.sum()]
        others += [(to_a.sum() - to_b.sum()) / size for size in (len(a), len(b), len(a) + len(b))]
    return float((torch.stack(others) - result).abs().min()) > 0.02 and float(result) * sign > 0


def _zeros_tell(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> bool:
    """Whether the result is well away from that without the rows of zeros."""
    to_a, to_b = cosines(word, attributes_a), cosines(word, attributes_b)
    left_out = to_a.sum() / (len(to_a) - 1) - to_b.sum() / (len(to_b) - 1)
    return abs(float(left_out - to_a.mean() + to_b.mean())) > 0.02


def _cosines(word: Tensor, attributes: Tensor) -> Tensor:
    return F.cosine_similarity(word.unsqueeze(0), attributes, dim=-1)


@right
def built_in(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() - _cosines(word, attributes_b).mean()


@right
def unit_vectors(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    unit = F.normalize(word, dim=-1)
    return (F.normalize(attributes_a, dim=-1) @ unit).mean() - (F.normalize(attributes_b, dim=-1) @ unit).mean()


@right
def mean_of_unit_vectors(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    between = F.normalize(attributes_a, dim=-1).mean(0) - F.normalize(attributes_b, dim=-1).mean(0)
    return torch.dot(F.normalize(word, dim=0), between)


@wrong("There is a Python loop over the attributes: one call gives the cosines to all rows of a set.")
def loop_over_attributes(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_a])
    to_b = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_b])
    return to_a.sum() / len(to_a) - to_b.sum() / len(to_b)


@right
def by_einsum(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    means = []
    for attributes in (attributes_a, attributes_b):
        squares = torch.einsum("nd,nd->n", attributes, attributes) * torch.einsum("d,d->", word, word)
        means.append((torch.einsum("nd,d->n", attributes, word) / squares.clamp_min(1e-16).sqrt()).mean())
    return means[0] - means[1]


@wrong("You average dot products, which grow with the vectors. Divide each by both lengths: the cosine.")
def dot_products(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (attributes_a @ word).mean() - (attributes_b @ word).mean()


@wrong("You do not divide by the length of the word: these are no cosines yet.")
def word_not_unit_length(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (F.normalize(attributes_a, dim=-1) @ word).mean() - (F.normalize(attributes_b, dim=-1) @ word).mean()


@wrong("You do not divide by the lengths of the attributes, so long ones count more: these are no cosines yet.")
def attributes_not_unit_length(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return dot_products(F.normalize(word, dim=-1), attributes_a, attributes_b)


@wrong("You make the columns unit-length. The attributes are the rows: normalise along dim=-1.")
def columns_normalised(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return dot_products(F.normalize(word, dim=-1), F.normalize(attributes_a, dim=0), F.normalize(attributes_b, dim=0))


@wrong("The sign is turned: it is the mean over A minus the mean over B, of cosines, not of distances.")
def b_minus_a(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_b, attributes_a)


@wrong("You add the two means: subtract that over B.")
def added(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() + _cosines(word, attributes_b).mean()


@wrong("You add up the cosines, so the larger set weighs more: take the mean of each.")
def sums(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()


@wrong("You take the cosine to the mean of the attributes, where long ones count more. Take the mean of cosines.")
def cosine_to_the_mean(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (F.cosine_similarity(word, attributes.mean(0), dim=-1) for attributes in (attributes_a, attributes_b))
    return to_a - to_b


@wrong(
    "You take the cosine to the mean of the unit vectors, which divides by the length of that mean. "
    "Take the mean of cosines."
)
def cosine_to_the_mean_direction(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    units = (F.normalize(attributes, dim=-1) for attributes in (attributes_a, attributes_b))
    to_a, to_b = (F.cosine_similarity(word, unit.mean(0), dim=-1) for unit in units)
    return to_a - to_b


@wrong("You subtract attribute by attribute. The sets are of different sizes: take the mean of each, then subtract.")
def attribute_by_attribute(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (_cosines(word, attributes_a) - _cosines(word, attributes_b)).mean()


@wrong("You compare the nearest attributes only: take the mean over all.")
def nearest_only(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).max() - _cosines(word, attributes_b).max()


@wrong("You use the first attribute of each set only: take the mean over all.")
def first_only(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a)[0] - _cosines(word, attributes_b)[0]


@wrong("The sign is lost: it tells which set the word is closer to.")
def size_of_it(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_a, attributes_b).abs()


@wrong("You take absolute values of the cosines: opposite directions count as negative.")
def absolute_cosines(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).abs().mean() - _cosines(word, attributes_b).abs().mean()


@wrong("You divide by the standard deviation, as an effect size. The difference is asked for.")
def effect_size(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    every = torch.cat([_cosines(word, attributes_a), _cosines(word, attributes_b)])
    return built_in(word, attributes_a, attributes_b) / every.std()


@wrong("You divide the two means: subtract them.")
def ratio(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a).mean() / _cosines(word, attributes_b).mean()


@wrong("You divide by the size of A for both sets: B has a size of its own.")
def one_size_for_both(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (_cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()) / len(attributes_a)


@wrong("You take one mean over all attributes, so the larger set weighs more. Take the mean of each set.")
def mean_over_both_sets(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return torch.cat([_cosines(word, attributes_a), -_cosines(word, attributes_b)]).mean()


@wrong("You average distances: take cosines.")
def distances(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return (attributes_a - word).square().sum(-1).sqrt().mean() - (attributes_b - word).square().sum(-1).sqrt().mean()


@wrong("A vector of zeros gives 0 / 0 = NaN: its cosine is 0. Keep the length above 0.")
def zero_is_nan(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        attributes @ word / (attributes.square().sum(-1) * word.square().sum()).sqrt()
        for attributes in (attributes_a, attributes_b)
    )
    return to_a.mean() - to_b.mean()


@wrong("Attributes that are zero are left out of the mean. They count, with a cosine of 0.")
def zeros_left_out(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        _cosines(word, attributes).sum() / attributes.any(-1).sum() for attributes in (attributes_a, attributes_b)
    )
    return to_a - to_b


@wrong(
    "The gradient of a square root is infinite at 0, so a zero vector gives NaN on the way back. "
    "torch.linalg.vector_norm has a gradient there, or bound the squares before the root."
)
def root_at_zero(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    to_a, to_b = (
        attributes @ word / (attributes.square().sum(-1).sqrt() * word.square().sum().sqrt()).clamp_min(1e-8)
        for attributes in (attributes_a, attributes_b)
    )
    return to_a.mean() - to_b.mean()


@wrong("You return a number for each attribute of A: take their mean.")
def one_for_each_attribute(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return _cosines(word, attributes_a) - _cosines(word, attributes_b).mean()


@wrong("The result has the shape (1,): it is a 0-dim tensor.")
def shape_of_one(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    return built_in(word, attributes_a, attributes_b).reshape(1)


@wrong("You return a Python number (float or item): return the 0-dim tensor.")
def plain_number(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> float:
    return built_in(word, attributes_a, attributes_b).item()


@wrong("The inputs are changed by an in-place operation such as `/=`.")
def inputs_edited(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    with torch.no_grad():
        for vectors in (word, attributes_a, attributes_b):
            vectors /= vectors.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    return built_in(word, attributes_a, attributes_b)


@wrong(
    "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it with "
    "word.new_full or with device=word.device."
)
def made_on_the_cpu(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    share_a = torch.full((len(attributes_a),), 1 / len(attributes_a), dtype=word.dtype)
    share_b = torch.full((len(attributes_b),), 1 / len(attributes_b), dtype=word.dtype)
    return (_cosines(word, attributes_a) * share_a).sum() - (_cosines(word, attributes_b) * share_b).sum()
