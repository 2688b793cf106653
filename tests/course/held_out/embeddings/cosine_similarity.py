"""Wrong and unusual right versions of cosine_similarity(u, v, dim=-1, eps=1e-8)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


# ---------------------------------------------------------------- wrong
def each_norm_clamped_alone(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Clamps each norm by eps, not their product: u = (0.5, 0), v = (4, 0), eps = 1 gives 0.5 in place of 1."""
    nu = torch.linalg.vector_norm(u, dim=dim).clamp(min=eps)
    nv = torch.linalg.vector_norm(v, dim=dim).clamp(min=eps)
    return (u * v).sum(dim) / (nu * nv)


def torch_does_it(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Calls F.cosine_similarity, whose eps bounds each norm: lengths 0.5 and 4 with eps = 1 give half of the answer."""
    return F.cosine_similarity(u, v, dim=dim, eps=eps)


def eps_added(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Adds eps to the product of norms: float64 vectors of length 0.01 are off by 1e-4, of length 1 by 1e-8."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    return (u * v).sum(dim) / (product + eps)


def root_of_the_sum_of_squares(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Takes sqrt of the sum of squares: the value at a zero vector is 0, but its gradient is NaN."""
    nu = (u * u).sum(dim).sqrt()
    nv = (v * v).sum(dim).sqrt()
    return (u * v).sum(dim) / (nu * nv).clamp(min=eps)


def nan_painted_over(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Divides and replaces NaN by 0 afterwards: a zero vector has value 0 but a NaN gradient, and eps is ignored."""
    nu = torch.linalg.vector_norm(u, dim=dim)
    nv = torch.linalg.vector_norm(v, dim=dim)
    return ((u * v).sum(dim) / (nu * nv)).nan_to_num(0.0)


def where_after_the_division(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Selects 0 by where after dividing by 0: the branch not taken sends NaN into the gradient of a zero vector."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    raw = (u * v).sum(dim) / product
    return torch.where(product < eps, torch.zeros_like(raw), raw)


def always_the_last_dim(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Ignores dim: with dim=-2 the sum runs over the wrong axis."""
    nu = torch.linalg.vector_norm(u, dim=-1)
    nv = torch.linalg.vector_norm(v, dim=-1)
    return (u * v).sum(-1) / (nu * nv).clamp(min=eps)


def keeps_the_dim(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Leaves keepdim=True on: (B, D) gives (B, 1), two vectors give shape (1,) in place of a 0-dim tensor."""
    nu = u.norm(dim=dim, keepdim=True)
    nv = v.norm(dim=dim, keepdim=True)
    return (u * v).sum(dim, keepdim=True) / (nu * nv).clamp(min=eps)


def all_pairs_for_matrices(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Uses u @ v.T when both are matrices: two (B, D) give (B, B) in place of (B,)."""
    un = u / torch.linalg.vector_norm(u, dim=dim, keepdim=True).clamp(min=eps)
    vn = v / torch.linalg.vector_norm(v, dim=dim, keepdim=True).clamp(min=eps)
    if u.dim() == 2 and v.dim() == 2:
        return un @ vn.T
    return (un * vn).sum(dim)


def dim_made_positive(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Turns dim into u's positive number and uses it on v too: u (3,) with v (2, 3) reduces the wrong axis of v."""
    axis = dim % u.dim()
    nu = torch.linalg.vector_norm(u, dim=axis)
    nv = torch.linalg.vector_norm(v, dim=axis)
    return (u * v).sum(dim) / (nu * nv).clamp(min=eps)


def same_shape_or_repeat(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Expands v to u's shape: u (3,) with v (5, 3), or (2, 1, 3) with (4, 3), which should broadcast, raises."""
    v = v.expand_as(u)
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    return (u * v).sum(dim) / product.clamp(min=eps)


def single_precision(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Computes in float32 and casts back: float64 vectors are right to seven digits only."""
    a, b = u.float(), v.float()
    product = torch.linalg.vector_norm(a, dim=dim) * torch.linalg.vector_norm(b, dim=dim)
    return ((a * b).sum(dim) / product.clamp(min=eps)).to(u.dtype)


def norms_without_gradient(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Detaches the norms: values are right, the gradient lacks the part that keeps the cosine free of length."""
    product = torch.linalg.vector_norm(u.detach(), dim=dim) * torch.linalg.vector_norm(v.detach(), dim=dim)
    return (u * v).sum(dim) / product.clamp(min=eps)


def centred_like_a_correlation(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Subtracts the means first (Pearson's correlation): (1, 1) and (1, 2) give 0 in place of 0.949."""
    a = u - u.mean(dim, keepdim=True)
    b = v - v.mean(dim, keepdim=True)
    product = torch.linalg.vector_norm(a, dim=dim) * torch.linalg.vector_norm(b, dim=dim)
    return (a * b).sum(dim) / product.clamp(min=eps)


def a_python_float_for_two_vectors(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Returns .item() for two 1-D vectors: a float, no gradient, and an error on meta."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    out = (u * v).sum(dim) / product.clamp(min=eps)
    return out.item() if out.dim() == 0 else out  # type: ignore[return-value]


def eps_fixed(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Ignores the eps given and clamps at 1e-8: eps = 10 on unit vectors gives 10 times too much."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    return (u * v).sum(dim) / product.clamp(min=1e-8)


def equal_vectors_are_one(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Answers 1 where the two vectors are equal, without looking: two zero vectors give 1 in place of 0."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    out = (u * v).sum(dim) / product.clamp(min=eps)
    return torch.where((u == v).all(dim), torch.ones_like(out), out)


# ---------------------------------------------------------------- right
def maximum_with_a_tensor_of_eps(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Dot product over torch.maximum of the product of norms and a tensor of eps."""
    product = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    floor = torch.full_like(product, eps)
    return torch.mul(u, v).sum(dim=dim).div(torch.maximum(product, floor))


def matmul_after_moving_the_axis(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Moves the axis to the end and lets a row times column product do the sum."""

    def last(x: Tensor) -> Tensor:
        return x.movedim(dim, -1)

    rank = max(u.dim(), v.dim())
    a, b = (last(x.reshape((1,) * (rank - x.dim()) + tuple(x.shape))) for x in (u, v))
    dot = (a.unsqueeze(-2) @ b.unsqueeze(-1)).squeeze(-1).squeeze(-1)
    lengths = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return dot / lengths.clamp_min(eps)


def where_before_the_root(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Replaces a zero sum of squares by 1 before the root, so that no gradient meets an infinite slope."""

    def length(x: Tensor) -> Tensor:
        squared = x.square().sum(dim)
        empty = squared == 0
        return torch.where(empty, torch.ones_like(squared), squared).sqrt() * (~empty).to(x.dtype)

    return (u * v).sum(dim) / (length(u) * length(v)).clamp(min=eps)


WRONG = (
    each_norm_clamped_alone,
    torch_does_it,
    eps_added,
    root_of_the_sum_of_squares,
    nan_painted_over,
    where_after_the_division,
    always_the_last_dim,
    keeps_the_dim,
    all_pairs_for_matrices,
    dim_made_positive,
    same_shape_or_repeat,
    single_precision,
    norms_without_gradient,
    centred_like_a_correlation,
    a_python_float_for_two_vectors,
    eps_fixed,
    equal_vectors_are_one,
)
RIGHT = (maximum_with_a_tensor_of_eps, matmul_after_moving_the_axis, where_before_the_root)
