"""The checks of `cosine_similarity(u, v, dim=-1, eps=1e-8)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

from ._shared import vectors_at, with_lengths

Arguments = dict[str, Any]


@given(gradients=True, without="read_into_python")
def cosine_similarity(draw: Draw, *batch: int) -> list[Arguments]:
    n, d = draw.sizes(2)
    return [_pair(draw, *batch, n, d), _pair(draw, *batch, d)]


def _pair(draw: Draw, *shape: int, **options: float) -> Arguments:
    u, v = vectors_at(draw, *shape)
    return {"u": u, "v": v, **options}


@case("The vectors may lie along any `dim`, and the other dims broadcast.", weight=2)
def any_dim(draw: Draw) -> list[Arguments]:
    n, m, d = draw.sizes(3)
    u, v = vectors_at(draw, n, m, d)
    return [
        {"u": u.movedim(-1, 0)[:, :1], "v": v.movedim(-1, 0), "dim": -3},
        {"u": u[0, 0][:, None], "v": v.movedim(-1, -2), "dim": -2},
        {"u": u[:, :1], "v": v[0]},
        {"u": u[0, :1], "v": v[0]},
        {"u": u[0], "v": v[0, :1]},
    ]


@case("A zero vector gives 0, never NaN.", weight=2, alone=True, finite=True)
def zero_vectors(draw: Draw) -> list[Arguments]:
    d = draw.size("d")
    u, v = vectors_at(draw, 6, d)
    first, second, both = draw.permutation(6)[:3].tolist()
    u[[first, both]], v[[second, both]] = 0.0, 0.0
    return [{"u": u, "v": v}, {"u": u, "v": v, "eps": 0.5}, {"u": u[first], "v": v[first]}]


@case("The product of the lengths counts as eps where it is smaller, and only there.", alone=True)
def bounds(draw: Draw) -> list[Arguments]:
    """Products of lengths from 400 times the default eps, which must not show, and products on both sides of an eps
    that is given; one of the two lengths is below it, both are, or none is."""
    d = draw.size("d")
    u, v = vectors_at(draw, 6, d)
    short = torch.tensor([2.0, 3.0, 2.5]) / 1000
    below, above = torch.tensor([0.1, 0.5, 0.4, 0.3, 0.6, 0.7]), torch.tensor([0.3, 0.8, 4.0, 5.0, 3.0, 2.0])
    return [
        {"u": with_lengths(u[:3], short), "v": with_lengths(v[:3], short.flip(0))},
        {"u": with_lengths(u, below), "v": with_lengths(v, above), "eps": 0.9},
        {"u": with_lengths(u, 2 * above), "v": with_lengths(v, below), "eps": 0.9},
    ]


@case("Entries up to 10,000 in size must give neither NaN nor another cosine.", alone=True)
def large_vectors(draw: Draw) -> list[Arguments]:
    u, v = vectors_at(draw, *draw.sizes(2))
    return [{"u": u * 10_000, "v": v * 1_500}, {"u": u * 10_000, "v": v / 40}]


def _length(x: Tensor, dim: int) -> Tensor:
    found: Tensor = torch.linalg.vector_norm(x, dim=dim)
    return found


def _spread(u: Tensor, v: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """u and v in their common shape, `dim` moved last."""
    shape = (u * v).shape
    return u.expand(shape).movedim(dim, -1), v.expand(shape).movedim(dim, -1)


@right
def textbook(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim)).clamp_min(eps)


@wrong(
    "You bound each length by eps, as F.cosine_similarity does. It is their product that counts as eps where it is "
    "smaller."
)
def each_length_bounded(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return F.cosine_similarity(u, v, dim=dim, eps=eps)


@right
def by_einsum(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = _spread(u, v, dim)
    lengths = torch.maximum(_length(left, -1) * _length(right, -1), torch.full_like(left[..., 0], eps))
    return torch.einsum("...d,...d->...", left, right) / lengths


@right
def root_of_the_product(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = (u * u).sum(dim) * (v * v).sum(dim)
    return (u * v).sum(dim) * squares.clamp_min(eps * eps).rsqrt()


@right
def zeros_set_aside(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = (u * u).sum(dim) * (v * v).sum(dim)
    empty = squares == 0
    lengths = torch.where(empty, torch.ones_like(squares), squares).sqrt()
    return torch.where(empty, torch.zeros_like(squares), (u * v).sum(dim) / lengths.clamp_min(eps))


@wrong("This is the dot product: it grows with the vectors. Divide it by the length of u and by that of v.")
def dot_product(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim)


@wrong("You divide by the length of u only: divide by that of v too.")
def length_of_u_only(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / _length(u, dim).clamp_min(eps)


@wrong("You divide by the squared lengths: the square root of u.u and v.v is missing.")
def squared_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / ((u * u).sum(dim) * (v * v).sum(dim)).clamp_min(eps)


@wrong("You divide by the sum of the lengths: it is their product.")
def sum_of_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) + _length(v, dim)).clamp_min(eps)


@wrong("Your lengths are sums of absolute values. The length of a vector is the root of the sum of its squares.")
def absolute_lengths(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (u.abs().sum(dim) * v.abs().sum(dim)).clamp_min(eps)


@wrong("You average the products of the entries. A dot product is their sum.")
def mean_of_products(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).mean(dim) / (_length(u, dim) * _length(v, dim)).clamp_min(eps)


@wrong("This is the cosine distance, 1 - cosine: it is 0 for equal directions. The similarity is 1 there.")
def distance(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return 1 - textbook(u, v, dim, eps)


@wrong("The sign is lost: opposite vectors have a cosine of -1. Take no absolute value.")
def never_negative(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, eps).abs()


@wrong("You subtract the mean of each vector first: that is the correlation coefficient.")
def correlation(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u - u.mean(dim, keepdim=True), v - v.mean(dim, keepdim=True), dim, eps)


@wrong("Your lengths are taken over the whole tensor. Each vector has a length of its own: norm(dim=dim).")
def length_of_everything(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / ((u * u).sum() * (v * v).sum()).sqrt().clamp_min(eps)


@wrong("The argument `dim` is not used: your vectors always lie along the last.")
def always_last_dim(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, -1, eps)


@wrong("`dim` is still there, with size 1: leave out keepdim=True.")
def dimension_kept(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, eps).unsqueeze(dim)


@wrong(
    "You compare every vector of u with every one of v by a matrix product. Only those at the same place are "
    "compared, and places broadcast."
)
def all_pairs(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = F.normalize(u, dim=dim, eps=eps), F.normalize(v, dim=dim, eps=eps)
    return left @ right.transpose(-1, -2) if right.dim() > 1 else left @ right


@wrong("You refuse shapes that differ. They may, as long as they broadcast.")
def same_shapes_only(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    if u.shape != v.shape:
        raise ValueError("u and v must have the same shape")
    return textbook(u, v, dim, eps)


@wrong("A zero vector gives 0 / 0 = NaN: divide by max(norm(u) norm(v), eps).")
def no_eps(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim))


@wrong("You add eps to the product of the lengths. It then changes every result: take the larger of the two instead.")
def eps_added(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, dim) * _length(v, dim) + eps)


@wrong(
    "You add eps to the squares under the root, where it counts most for short vectors. Take the larger of "
    "norm(u) norm(v) and eps."
)
def eps_under_the_root(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    squares = ((u * u).sum(dim) + eps) * ((v * v).sum(dim) + eps)
    return (u * v).sum(dim) / squares.sqrt()


@wrong("The argument `eps` is not used.")
def eps_ignored(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v, dim, 1e-8)


@wrong(
    "The gradient of a square root is infinite at 0, so a zero vector gives NaN on the way back. "
    "torch.linalg.vector_norm has a gradient there, or bound the squares before the root."
)
def root_at_zero(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    lengths = (u * u).sum(dim).sqrt() * (v * v).sum(dim).sqrt()
    return (u * v).sum(dim) / lengths.clamp_min(eps)


@wrong("The lengths are cut from the graph, so the gradient takes them for constants. They depend on u and v too.")
def lengths_detached(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    with torch.no_grad():
        lengths = (_length(u, dim) * _length(v, dim)).clamp_min(eps)
    return (u * v).sum(dim) / lengths


@wrong("u and v themselves are changed by an in-place operation such as `/=`.")
def inputs_edited(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    with torch.no_grad():
        u /= _length(u, dim).unsqueeze(dim).clamp_min(eps)
        v /= _length(v, dim).unsqueeze(dim).clamp_min(eps)
    return textbook(u, v, dim, eps)


@wrong("There is a Python loop over pairs: sum along `dim`, for all at once.")
def loop_over_pairs(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    left, right = _spread(u, v, dim)
    size = left.shape[-1]
    pairs = zip(left.reshape(-1, size), right.reshape(-1, size), strict=True)
    return torch.stack([textbook(one, other, -1, eps) for one, other in pairs]).reshape(left.shape[:-1])


@wrong("A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. clamp takes a number.")
def made_on_the_cpu(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    lengths = _length(u, dim) * _length(v, dim)
    smallest = torch.full(lengths.shape, eps, dtype=u.dtype)
    return (u * v).sum(dim) / torch.maximum(lengths, smallest)


@wrong(
    "You turn NaN into 0 afterwards: the gradient stays NaN, and eps is not used. Divide by max(norm(u) norm(v), eps)."
)
def nan_replaced(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return torch.nan_to_num(no_eps(u, v, dim))


@wrong(
    "You choose 0 where the lengths are small, after dividing by them: the gradient is NaN there, and eps bounds "
    "nothing. Divide by max(norm(u) norm(v), eps)."
)
def zero_chosen_afterwards(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    small = _length(u, dim) * _length(v, dim) < eps
    return no_eps(u, v, dim).masked_fill(small, 0.0)


@wrong("Two matrices give you a table of all pairs. Only vectors at the same place are compared: sum u * v along dim.")
def all_pairs_of_matrices(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    if u.dim() == v.dim() == 2:
        return all_pairs(u, v, dim, eps)
    return textbook(u, v, dim, eps)


@wrong("You count `dim` in u and use that number for v: where v has more dims, it names another one. Keep it negative.")
def dim_of_u(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return (u * v).sum(dim) / (_length(u, u.dim() + dim) * _length(v, u.dim() + dim)).clamp_min(eps)


@wrong("You bring v to the shape of u. Either may have dims that the other lacks: u * v broadcasts by itself.")
def v_like_u(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return textbook(u, v.expand_as(u), dim, eps)


@wrong("For two vectors you return a Python number (float or item): return the 0-dim tensor.")
def plain_number(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor | float:
    found = textbook(u, v, dim, eps)
    return found if found.dim() else found.item()
