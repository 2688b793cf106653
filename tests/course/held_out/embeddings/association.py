"""Wrong and unusual right versions of association(word, attributes_a, attributes_b)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def _cosines(word: Tensor, rows: Tensor) -> Tensor:
    lengths = torch.linalg.vector_norm(rows, dim=-1) * torch.linalg.vector_norm(word)
    return (rows @ word) / lengths.clamp(min=1e-8)


# ---------------------------------------------------------------- wrong
def cosine_with_the_mean_vector(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Averages the attributes first: the cosine with a mean vector is not the mean of cosines (lengths, angles)."""
    return _cosines(word, attributes_a.mean(0)) - _cosines(word, attributes_b.mean(0))


def cosine_with_the_mean_of_unit_vectors(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Takes the cosine with the mean of the unit attributes: divides by that mean's length, which is below 1."""
    return _cosines(word, F.normalize(attributes_a, dim=1).mean(0)) - _cosines(
        word, F.normalize(attributes_b, dim=1).mean(0)
    )


def sums_for_means(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Sums the cosines: N = 3 and M = 5 attributes alike give -2 cos in place of 0."""
    return _cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()


def difference_of_pairs(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Subtracts row by row before the mean: N != M raises (or, with one row, broadcasts)."""
    return (_cosines(word, attributes_a) - _cosines(word, attributes_b)).mean()


def total_over_both_sets(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Divides both sums by the size of A: wrong where M differs from N."""
    n = attributes_a.shape[0]
    return (_cosines(word, attributes_a).sum() - _cosines(word, attributes_b).sum()) / n


def b_minus_a(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Subtracts A from B: the sign is wrong."""
    return _cosines(word, attributes_b).mean() - _cosines(word, attributes_a).mean()


def dot_products(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Uses dot products: long attributes count more, and 2 word gives twice the value."""
    return (attributes_a @ word).mean() - (attributes_b @ word).mean()


def effect_size(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Divides by the standard deviation of all cosines, as WEAT's effect size; the contract asks the difference."""
    a, b = _cosines(word, attributes_a), _cosines(word, attributes_b)
    return (a.mean() - b.mean()) / torch.cat([a, b]).std()


def zero_rows_left_out(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Leaves zero rows out of the mean, where they count as cosine 0: A = ((1, 0), (0, 0)) gives cos, not cos / 2."""

    def mean(rows: Tensor) -> Tensor:
        there = (rows != 0).any(1).to(rows.dtype)
        return (_cosines(word, rows) * there).sum() / there.sum().clamp(min=1)

    return mean(attributes_a) - mean(attributes_b)


def nan_for_a_zero_vector(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Divides by the norms as they are: one zero row, or a zero word, makes the result NaN."""
    a = (attributes_a @ word) / (attributes_a.norm(dim=1) * word.norm())
    b = (attributes_b @ word) / (attributes_b.norm(dim=1) * word.norm())
    return a.mean() - b.mean()


def nanmean_of_cosines(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Skips the NaN of zero rows by nanmean: the other rows' mean is too large, and a zero word still gives NaN."""
    a = (attributes_a @ word) / (attributes_a.norm(dim=1) * word.norm())
    b = (attributes_b @ word) / (attributes_b.norm(dim=1) * word.norm())
    return a.nanmean() - b.nanmean()


def root_of_squares(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Takes norms by sqrt of a sum: values are right, the gradient at a zero row is NaN."""

    def mean(rows: Tensor) -> Tensor:
        lengths = rows.square().sum(1).sqrt() * word.square().sum().sqrt()
        return ((rows @ word) / lengths.clamp(min=1e-8)).mean()

    return mean(attributes_a) - mean(attributes_b)


def absolute_cosines(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Averages |cosine|: an opposite attribute counts like a parallel one."""
    return _cosines(word, attributes_a).abs().mean() - _cosines(word, attributes_b).abs().mean()


def one_element_vector(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Keeps the reduced dimension: shape (1,) in place of a 0-dim tensor."""
    return _cosines(word, attributes_a).mean(0, keepdim=True) - _cosines(word, attributes_b).mean(0, keepdim=True)


def python_float(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Returns a Python float: no gradient, and an error on meta."""
    return float(_cosines(word, attributes_a).mean()) - float(  # type: ignore[return-value]
        _cosines(word, attributes_b).mean()
    )


def loops_over_attributes(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Computes one cosine at a time: torch calls grow with N and M, which assignment 1 forbids."""
    a = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_a])
    b = torch.stack([F.cosine_similarity(word, row, dim=0) for row in attributes_b])
    return a.mean() - b.mean()


def single_precision(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Computes in float32: float64 input comes back as float32 with seven digits."""
    word = word.float()
    return _cosines(word, attributes_a.float()).mean() - _cosines(word, attributes_b.float()).mean()


# ---------------------------------------------------------------- right
def mean_unit_vectors_times_word(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Uses that the mean of cosines is the unit word times the mean of unit attributes (not normalised again)."""

    def centre(rows: Tensor) -> Tensor:
        return F.normalize(rows, dim=-1).mean(dim=0)

    return F.normalize(word, dim=0).dot(centre(attributes_a) - centre(attributes_b))


def signed_weights(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """Puts both sets into one matrix with weights 1/N and -1/M."""
    n, m = attributes_a.size(0), attributes_b.size(0)
    rows = torch.cat((attributes_a, attributes_b))
    sign = torch.cat((word.new_full((n,), 1 / n), word.new_full((m,), -1 / m)))
    size = torch.linalg.vector_norm(rows, dim=1).mul(torch.linalg.vector_norm(word))
    cosine = torch.mv(rows, word).div(size.clamp_min(1e-8))
    return torch.sum(cosine * sign)


WRONG = (
    cosine_with_the_mean_vector,
    cosine_with_the_mean_of_unit_vectors,
    sums_for_means,
    difference_of_pairs,
    total_over_both_sets,
    b_minus_a,
    dot_products,
    effect_size,
    zero_rows_left_out,
    nan_for_a_zero_vector,
    nanmean_of_cosines,
    root_of_squares,
    absolute_cosines,
    one_element_vector,
    python_float,
    loops_over_attributes,
    single_precision,
)
RIGHT = (mean_unit_vectors_times_word, signed_weights)
