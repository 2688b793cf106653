"""Held-out corpus for layer_norm: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in _HALF else x


def _finish(normed: Tensor, weight: Tensor, bias: Tensor, like: Tensor) -> Tensor:
    return (normed * _wide(weight) + _wide(bias)).to(like.dtype)


# ---------------------------------------------------------------- wrong


def unbiased_variance(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Divides the squares by D - 1 (torch's default): differs for every row, NaN for D = 1."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / torch.sqrt(y.var(-1, keepdim=True) + eps), weight, bias, x)


def epsilon_outside_the_root(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Adds eps to the standard deviation: visible where the spread is small (0.01) or eps is large."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / (y.square().mean(-1, keepdim=True).sqrt() + eps), weight, bias, x)


def epsilon_fixed(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Ignores the argument and uses 1e-5: differs for eps = 0.1 or, with a small spread, for 1e-12."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / torch.sqrt(y.square().mean(-1, keepdim=True) + 1e-5), weight, bias, x)


def epsilon_clipped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Clips eps from below at 1e-6 'for float32': eps = 1e-12 with a spread of 1e-3 gives values that are too small."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / torch.sqrt(y.square().mean(-1, keepdim=True) + max(eps, 1e-6)), weight, bias, x)


def variance_clamped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """max(variance, eps) in place of variance + eps: differs where the variance is small (0.7 of the size at variance = eps)."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / y.square().mean(-1, keepdim=True).clamp(min=eps).sqrt(), weight, bias, x)


def without_epsilon(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Leaves eps out: a constant row gives 0/0 = NaN in place of the bias."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y / y.square().mean(-1, keepdim=True).sqrt(), weight, bias, x)


def mean_of_squares_minus_square(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """One-pass variance E[x^2] - E[x]^2 in float32: useless (even negative, NaN) where the mean is 1,000 times the spread."""
    y = _wide(x)
    mean = y.mean(-1, keepdim=True)
    variance = (y * y).mean(-1, keepdim=True) - mean * mean
    return _finish((y - mean) / torch.sqrt(variance + eps), weight, bias, x)


def one_pass_clamped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """One-pass variance with negative results clamped to 0: no NaN any more, but wrong where the mean is 1,000 times the spread."""
    y = _wide(x)
    mean = y.mean(-1, keepdim=True)
    variance = ((y * y).mean(-1, keepdim=True) - mean * mean).clamp(min=0)
    return _finish((y - mean) * torch.rsqrt(variance + eps), weight, bias, x)


def half_squares(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Squares in the input's dtype: in float16 a deviation of 300 squares to infinity, and the row becomes the bias."""
    y = x - x.mean(-1, keepdim=True)
    variance = (y * y).mean(-1, keepdim=True)
    return y / torch.sqrt(variance + eps) * weight + bias


def half_sum(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Sums in the input's dtype before dividing by D: in float16 64 entries of 2,000 sum to infinity, NaN."""
    y = _wide(x) - _wide(x.sum(-1, keepdim=True) / x.shape[-1])
    return _finish(y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps), weight, bias, x)


def half_centred(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Rounds the mean to the input's dtype before it subtracts: in float16 the mean of 1000 and 1000.5 becomes 1000, so that half of the row gets the bias alone."""
    y = _wide(x) - x.mean(-1, keepdim=True)
    return _finish(y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps), weight, bias, x)


def all_but_the_first_axis(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Statistics over all axes but the first: right for (B, D), wrong for (B, T, D)."""
    y = _wide(x)
    axes = tuple(range(1, y.dim())) or (0,)
    y = y - y.mean(axes, keepdim=True)
    return _finish(y / torch.sqrt(y.square().mean(axes, keepdim=True) + eps), weight, bias, x)


def axis_one(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Statistics over axis 1 of anything that has one: right for (B, D), over time for (B, T, D)."""
    axis = 1 if x.dim() > 1 else 0
    y = _wide(x)
    y = y - y.mean(axis, keepdim=True)
    return _finish(y / torch.sqrt(y.square().mean(axis, keepdim=True) + eps), weight, bias, x)


def over_the_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Statistics over all axes but the last, as batch norm: one vector alone becomes its bias."""
    y = _wide(x)
    rows = y.reshape(-1, y.shape[-1])
    y = y - rows.mean(0)
    return _finish(y / torch.sqrt((rows - rows.mean(0)).square().mean(0) + eps), weight, bias, x)


def mean_without_keepdim(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Forgets keepdim: right for one vector, subtracts other rows' means for (D, D), raises for (2, 3)."""
    y = _wide(x)
    variance = y.var(-1, correction=0)
    return _finish((y - y.mean(-1)) / torch.sqrt(variance + eps), weight, bias, x)


def weight_plus_one(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Multiplies by 1 + weight, as some models store it: differs for every input whose row is not constant."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    return _finish(y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps), weight + 1, bias, x)


def bias_before_weight(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """(normed + bias) * weight: right for weight 1 or bias 0, as at initialisation."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    normed = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps)
    return ((normed + _wide(bias)) * _wide(weight)).to(x.dtype)


def root_of_variance_squared(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """sqrt(std^2 + eps) with std a root itself: values right, gradient 0 * inf = NaN at a constant row."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    std = torch.sqrt(y.square().mean(-1, keepdim=True))
    return _finish(y / torch.sqrt(std**2 + eps), weight, bias, x)


def statistics_as_constants(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Detaches mean and variance: values right, the gradient of x lacks two of its three parts."""
    y = _wide(x)
    mean = y.mean(-1, keepdim=True).detach()
    variance = (y.detach() - mean).square().mean(-1, keepdim=True)
    return _finish((y - mean) * torch.rsqrt(variance + eps), weight, bias, x)


def centred_in_place(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Centres the caller's tensor (x -= mean): x is changed, and a leaf that needs gradients raises."""
    x -= x.mean(-1, keepdim=True)
    y = _wide(x)
    return _finish(y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps), weight, bias, x)


def single_precision_out(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Computes in float32 and stays there: float64 loses digits, half precision comes back as float32."""
    y = x.float()
    y = y - y.mean(-1, keepdim=True)
    return y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps) * weight.float() + bias.float()


def root_mean_square_only(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Divides by the root mean square without centring (RMSNorm): differs for every row whose mean is not 0."""
    y = _wide(x)
    return _finish(y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps), weight, bias, x)


def single_feature_passed_on(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """'One feature has no spread': for D = 1 returns x * weight + bias in place of the bias."""
    y = _wide(x)
    if x.shape[-1] > 1:
        y = y - y.mean(-1, keepdim=True)
        y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + eps)
    return _finish(y, weight, bias, x)


def row_after_row(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalises row after row in a loop: right values, but the number of torch calls grows with the rows."""
    out = []
    for row in _wide(x).reshape(-1, x.shape[-1]):
        row = row - row.mean()
        out.append(row / torch.sqrt(row.square().mean() + eps))
    return _finish(torch.stack(out).reshape(x.shape), weight, bias, x)


def constant_rows_skipped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Sets rows with a standard deviation below 1e-3 to the bias: eps = 1e-12 or a spread of 5e-4 shows the difference."""
    y = _wide(x)
    y = y - y.mean(-1, keepdim=True)
    variance = y.square().mean(-1, keepdim=True)
    normed = y * torch.rsqrt(variance + eps)
    return _finish(torch.where(variance < 1e-6, torch.zeros_like(normed), normed), weight, bias, x)


# ---------------------------------------------------------------- right


def by_centring_matrix(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Right: centred twice (the second mean removes the rounding of the first), length by vector_norm."""
    wide = torch.promote_types(x.dtype, torch.float32)
    y = x.to(wide)
    y = y.sub(y.mean(dim=-1, keepdim=True))
    y = y.sub(y.mean(dim=-1, keepdim=True))
    length = torch.linalg.vector_norm(y, dim=-1, keepdim=True)
    scale = (length.square() / y.shape[-1] + eps).pow(-0.5)
    return torch.addcmul(bias.to(wide), y * scale, weight.to(wide)).to(x.dtype)


def by_var_mean_in_double(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Right: torch.var_mean in float64 of the differences to the row's first entry, the weight divided by the root first."""
    y = x.double() - x[..., :1].double()
    variance, mean = torch.var_mean(y, dim=-1, correction=0, keepdim=True)
    scale = weight.double() / (variance + eps).sqrt()
    return y.sub(mean).mul(scale).add(bias.double()).to(x.dtype)


class _Row:
    """A last axis turned to the front, its deviations and their mean square by einsum."""

    def __init__(self, x: Tensor) -> None:
        y = _wide(x).movedim(-1, 0)
        self.deviation = y - y.mean(0)
        self.variance = torch.einsum("d...,d...->...", self.deviation, self.deviation) / y.shape[0]


def axis_in_front(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Right: with the features as the first axis, so that no keepdim is needed."""
    row = _Row(x)
    normed = (row.deviation / torch.sqrt(row.variance + eps)).movedim(0, -1)
    return _finish(normed, weight, bias, x)


WRONG = (
    unbiased_variance,
    epsilon_outside_the_root,
    epsilon_fixed,
    epsilon_clipped,
    variance_clamped,
    without_epsilon,
    mean_of_squares_minus_square,
    one_pass_clamped,
    half_squares,
    half_sum,
    half_centred,
    all_but_the_first_axis,
    axis_one,
    over_the_batch,
    mean_without_keepdim,
    weight_plus_one,
    bias_before_weight,
    root_of_variance_squared,
    statistics_as_constants,
    centred_in_place,
    single_precision_out,
    root_mean_square_only,
    single_feature_passed_on,
    row_after_row,
    constant_rows_skipped,
)
RIGHT = (by_centring_matrix, by_var_mean_in_double, axis_in_front)
