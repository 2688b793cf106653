"""Ways to write the cosine similarity: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant


def _length(x: Tensor, dim: int) -> Tensor:
    found: Tensor = torch.linalg.vector_norm(x, dim=dim)
    return found


def _spread(u: Tensor, v: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """u and v in their common shape, `dim` moved last."""
    shape = (u * v).shape
    return u.expand(shape).movedim(dim, -1), v.expand(shape).movedim(dim, -1)


# ---- right ----------------------------------------------------------------------------------------------------


def textbook(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim)).clamp_min(eps)


def built_in(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return F.cosine_similarity(u, v, dim=dim, eps=eps)


def unit_vectors(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (F.normalize(u, dim=dim, eps=eps) * F.normalize(v, dim=dim, eps=eps)).sum(dim)


def by_einsum(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = _spread(u, v, dim)
    lengths = torch.maximum(_length(left, -1) * _length(right, -1), torch.full_like(left[..., 0], eps))
    return torch.einsum("...d,...d->...", left, right) / lengths


def root_of_the_product(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = (u * u).sum(dim) * (v * v).sum(dim)
    return (u * v).sum(dim) * squares.clamp_min(eps * eps).rsqrt()


def zeros_set_aside(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = (u * u).sum(dim) * (v * v).sum(dim)
    empty = squares == 0
    lengths = torch.where(empty, torch.ones_like(squares), squares).sqrt()
    return torch.where(empty, torch.zeros_like(squares), (u * v).sum(dim) / lengths.clamp_min(eps))


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, built_in, unit_vectors, by_einsum, root_of_the_product, zeros_set_aside,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def dot_product(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim)


def length_of_u_only(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / _length(u, dim).clamp_min(eps)


def squared_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / ((u * u).sum(dim) * (v * v).sum(dim)).clamp_min(eps)


def sum_of_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) + _length(v, dim)).clamp_min(eps)


def absolute_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (u.abs().sum(dim) * v.abs().sum(dim)).clamp_min(eps)


def mean_of_products(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).mean(dim) / (_length(u, dim) * _length(v, dim)).clamp_min(eps)


def distance(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return 1 - textbook(u, v, dim, eps)


def never_negative(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, eps).abs()


def correlation(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u - u.mean(dim, keepdim=True), v - v.mean(dim, keepdim=True), dim, eps)


def length_of_everything(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / ((u * u).sum() * (v * v).sum()).sqrt().clamp_min(eps)


def always_last_dim(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, -1, eps)


def dimension_kept(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, eps).unsqueeze(dim)


def all_pairs(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = F.normalize(u, dim=dim, eps=eps), F.normalize(v, dim=dim, eps=eps)
    return left @ right.transpose(-1, -2) if right.dim() > 1 else left @ right


def same_shapes_only(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    if u.shape != v.shape:
        raise ValueError("u and v must have the same shape")
    return textbook(u, v, dim, eps)


def no_eps(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim))


def eps_added(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim) + eps)


def eps_under_the_root(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = ((u * u).sum(dim) + eps) * ((v * v).sum(dim) + eps)
    return (u * v).sum(dim) / squares.sqrt()


def eps_ignored(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, 1e-8)


def root_at_zero(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    lengths = (u * u).sum(dim).sqrt() * (v * v).sum(dim).sqrt()
    return (u * v).sum(dim) / lengths.clamp_min(eps)


def always_float32(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u.float(), v.float(), dim, eps)


def detached(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u.detach(), v.detach(), dim, eps)


def lengths_detached(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    with torch.no_grad():
        lengths = (_length(u, dim) * _length(v, dim)).clamp_min(eps)
    return (u * v).sum(dim) / lengths


def inputs_edited(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    with torch.no_grad():
        u /= _length(u, dim).unsqueeze(dim).clamp_min(eps)
        v /= _length(v, dim).unsqueeze(dim).clamp_min(eps)
    return textbook(u, v, dim, eps)


def loop_over_pairs(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = _spread(u, v, dim)
    size = left.shape[-1]
    pairs = zip(left.reshape(-1, size), right.reshape(-1, size), strict=True)
    return torch.stack([textbook(one, other, -1, eps) for one, other in pairs]).reshape(left.shape[:-1])


def made_on_the_cpu(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    lengths = _length(u, dim) * _length(v, dim)
    smallest = torch.full(lengths.shape, eps, dtype=u.dtype)
    return (u * v).sum(dim) / torch.maximum(lengths, smallest)


MISCONCEPTIONS = (
    Misconception(
        "dot_product",
        "This is the dot product: it grows with the vectors. Divide it by the length of u and by that of v.",
        dot_product,
    ),
    Misconception("length_of_u_only", "You divide by the length of u only: divide by that of v too.", length_of_u_only),
    Misconception(
        "squared_lengths",
        "You divide by the squared lengths: the square root of u.u and v.v is missing.",
        squared_lengths,
    ),
    Misconception("sum_of_lengths", "You divide by the sum of the lengths: it is their product.", sum_of_lengths),
    Misconception(
        "absolute_lengths",
        "Your lengths are sums of absolute values. The length of a vector is the root of the sum of its squares.",
        absolute_lengths,
    ),
    Misconception(
        "mean_of_products", "You average the products of the entries. A dot product is their sum.", mean_of_products
    ),
    Misconception(
        "distance",
        "This is the cosine distance, 1 - cosine: it is 0 for equal directions. The similarity is 1 there.",
        distance,
    ),
    Misconception(
        "never_negative",
        "The sign is lost: opposite vectors have a cosine of -1. Take no absolute value.",
        never_negative,
    ),
    Misconception(
        "correlation", "You subtract the mean of each vector first: that is the correlation coefficient.", correlation
    ),
    Misconception(
        "length_of_everything",
        "Your lengths are taken over the whole tensor. Each vector has a length of its own: norm(dim=dim).",
        length_of_everything,
    ),
    Misconception(
        "always_last_dim", "The argument `dim` is not used: your vectors always lie along the last.", always_last_dim
    ),
    Misconception("dimension_kept", "`dim` is still there, with size 1: leave out keepdim=True.", dimension_kept),
    Misconception(
        "all_pairs",
        "You compare every vector of u with every one of v by a matrix product. Only those at the same place are "
        "compared, and places broadcast.",
        all_pairs,
    ),
    Misconception(
        "same_shapes_only", "You refuse shapes that differ. They may, as long as they broadcast.", same_shapes_only
    ),
    Misconception("no_eps", "A zero vector gives 0 / 0 = NaN: divide by max(norm(u) norm(v), eps).", no_eps),
    Misconception(
        "eps_added",
        "You add eps to the product of the lengths. It then changes every result: take the larger of the two instead.",
        eps_added,
    ),
    Misconception(
        "eps_under_the_root",
        "You add eps to the squares under the root, where it counts most for short vectors. Take the larger of "
        "norm(u) norm(v) and eps.",
        eps_under_the_root,
    ),
    Misconception("eps_ignored", "The argument `eps` is not used.", eps_ignored),
    Misconception(
        "root_at_zero",
        "The gradient of a square root is infinite at 0, so a zero vector gives NaN on the way back. "
        "torch.linalg.vector_norm has a gradient there, or bound the squares before the root.",
        root_at_zero,
    ),
    Misconception("always_float32", "The result is always float32: keep the dtype of u and v.", always_float32),
    Misconception(
        "detached", "No gradient reaches u and v: the result is cut from the graph (no_grad, detach, .data).", detached
    ),
    Misconception(
        "lengths_detached",
        "The lengths are cut from the graph, so the gradient takes them for constants. They depend on u and v too.",
        lengths_detached,
    ),
    Misconception(
        "inputs_edited", "u and v themselves are changed by an in-place operation such as `/=`.", inputs_edited
    ),
    Misconception(
        "loop_over_pairs", "There is a Python loop over pairs: sum along `dim`, for all at once.", loop_over_pairs
    ),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. clamp takes a number.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
)
