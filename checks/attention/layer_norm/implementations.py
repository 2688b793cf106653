"""Ways to write layer_norm: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant


def wide(x: Tensor) -> Tensor:
    """x in float32 where it is in half precision, whose largest number a square may exceed."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - wide(x).mean(dim=-1, keepdim=True)
    variance = (centered**2).mean(dim=-1, keepdim=True)
    return (weight * centered / torch.sqrt(variance + eps) + bias).to(x.dtype)


def built_in(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, weight.shape, weight, bias, eps)


def by_var(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    variance = wide(x).var(dim=-1, unbiased=False, keepdim=True)
    normed = (wide(x) - wide(x).mean(-1, keepdim=True)) * torch.rsqrt(variance + eps)
    return (normed * weight + bias).to(x.dtype)


def by_var_mean(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    variance, mean = torch.var_mean(wide(x), dim=-1, correction=0, keepdim=True)
    scale = wide(weight) / (variance + eps).sqrt()
    return ((wide(x) - mean) * scale + wide(bias)).to(x.dtype)


def by_einsum(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    d = x.shape[-1]
    centered = wide(x) - wide(x).sum(-1, keepdim=True) / d
    squares = torch.einsum("...d,...d->...", centered, centered) / d
    return (centered * (squares + eps).pow(-0.5).unsqueeze(-1) * wide(weight) + wide(bias)).to(x.dtype)


def one_addcmul(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - torch.mean(wide(x), -1, keepdim=True)
    spread = torch.linalg.vector_norm(centered, dim=-1, keepdim=True) / x.shape[-1] ** 0.5
    normed = centered / torch.hypot(spread, spread.new_full((), eps**0.5))
    return torch.addcmul(wide(bias), normed, wide(weight)).to(x.dtype)


def native(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    normed: Tensor = torch.native_layer_norm(wide(x), x.shape[-1:], wide(weight), wide(bias), eps)[0]
    return normed.type_as(x)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (textbook, built_in, by_var, by_var_mean, by_einsum, one_addcmul, native)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def deviations(x: Tensor) -> Tensor:
    return wide(x) - wide(x).mean(dim=-1, keepdim=True)


def variances(x: Tensor) -> Tensor:
    return deviations(x).square().mean(-1, keepdim=True)


def finish(normed: Tensor, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The right end of the computation, for mistakes that stand before it."""
    return (normed * weight + bias).to(x.dtype)


def unbiased(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / torch.sqrt(wide(x).var(-1, keepdim=True) + eps), x, weight, bias)


def unbiased_std_plus_eps(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / (wide(x).std(-1, keepdim=True) + eps), x, weight, bias)


def std_plus_eps(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / (wide(x).std(-1, unbiased=False, keepdim=True) + eps), x, weight, bias)


def root_plus_eps(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / (variances(x).sqrt() + eps), x, weight, bias)


def no_eps(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / variances(x).sqrt(), x, weight, bias)


def eps_squared(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / torch.sqrt(variances(x) + eps**2), x, weight, bias)


def eps_fixed(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight, bias, 1e-5)


def other_default(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-12) -> Tensor:
    return built_in(x, weight, bias, eps)


def variance_clamped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / variances(x).clamp(min=eps).sqrt(), x, weight, bias)


def divided_by_variance(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x) / (variances(x) + eps), x, weight, bias)


def cancelling(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    mean = wide(x).mean(-1, keepdim=True)
    variance = wide(x).square().mean(-1, keepdim=True) - mean.square()
    return finish((wide(x) - mean) / torch.sqrt(variance.clamp(min=0.0) + eps), x, weight, bias)


def root_mean_square(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(wide(x) / torch.sqrt(wide(x).square().mean(-1, keepdim=True) + eps), x, weight, bias)


def only_centered(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(deviations(x), x, weight, bias)


def mean_left(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish(wide(x) / torch.sqrt(variances(x) + eps), x, weight, bias)


def over_positions(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    dim = max(-2, -x.dim())
    centered = wide(x) - wide(x).mean(dim, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(dim, keepdim=True) + eps), x, weight, bias)


def over_the_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - wide(x).mean(0, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(0, keepdim=True) + eps), x, weight, bias)


def over_everything(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - wide(x).mean()
    return finish(centered / torch.sqrt(centered.square().mean() + eps), x, weight, bias)


def over_positions_and_features(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    dims = tuple(range(max(-2, -x.dim()), 0))
    centered = wide(x) - wide(x).mean(dims, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(dims, keepdim=True) + eps), x, weight, bias)


def parameters_swapped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, bias, weight, eps)


def no_parameters(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, torch.ones_like(weight), torch.zeros_like(bias), eps) + 0 * (weight + bias)


def weight_forgotten(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, torch.ones_like(weight), bias, eps) + 0 * weight


def bias_forgotten(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight, torch.zeros_like(bias), eps) + 0 * bias


def bias_times_weight(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    normed = deviations(x) / torch.sqrt(variances(x) + eps)
    return (weight * (normed + bias)).to(x.dtype)


def weight_plus_one(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight + 1, bias, eps)


def residual(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return x + built_in(x, weight, bias, eps)


def always_float32(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x.float(), weight.float(), bias.float(), eps)


def in_half_precision(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = x - x.mean(-1, keepdim=True)
    return centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps) * weight + bias


def mean_in_half_precision(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - x.mean(-1, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps), x, weight, bias)


def sum_in_half_precision(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    centered = wide(x) - x.sum(-1, keepdim=True) / x.shape[-1]
    return finish(centered / torch.sqrt(centered.square().mean(-1, keepdim=True) + eps), x, weight, bias)


def eps_at_least(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight, bias, max(eps, 1e-6))


def eps_or_default(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight, bias, eps or 1e-5)


def small_spread_skipped(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    normed = deviations(x) / torch.sqrt(variances(x) + eps)
    return finish(normed.masked_fill(variances(x) < 1e-6, 0.0), x, weight, bias)


def one_feature_kept(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return (x * weight + bias) if x.shape[-1] == 1 else built_in(x, weight, bias, eps)


def no_keepdim(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return finish((wide(x) - wide(x).mean(-1)) / torch.sqrt(wide(x).var(-1, unbiased=False) + eps), x, weight, bias)


def over_dim_one(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    dim = min(1, x.dim() - 1)
    centered = wide(x) - wide(x).mean(dim, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(dim, keepdim=True) + eps), x, weight, bias)


def over_all_but_the_first(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    dims = tuple(range(1, x.dim())) or (0,)
    centered = wide(x) - wide(x).mean(dims, keepdim=True)
    return finish(centered / torch.sqrt(centered.square().mean(dims, keepdim=True) + eps), x, weight, bias)


def over_all_but_the_last(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    dims = tuple(range(x.dim() - 1))
    centered = wide(x) - (wide(x).mean(dims) if dims else wide(x))
    variance = centered.square().mean(dims) if dims else centered.square()
    return finish(centered / torch.sqrt(variance + eps), x, weight, bias)


def statistics_detached(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    mean, variance = wide(x).mean(-1, keepdim=True).detach(), variances(x).detach()
    return finish((wide(x) - mean) / torch.sqrt(variance + eps), x, weight, bias)


def detached(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return built_in(x, weight, bias, eps).detach()


def nan_gradients(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    spread = torch.sqrt(variances(x).sqrt() ** 2 + eps)
    return finish(deviations(x) / spread, x, weight, bias)


def input_edited(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    x -= x.mean(-1, keepdim=True)
    return built_in(x, weight, bias, eps)


def made_on_the_cpu(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    ones = torch.ones(x.shape[-1], dtype=x.dtype)
    return ones * built_in(x, weight, bias, eps)


def loop_over_rows(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    rows = [textbook(row, weight, bias, eps) for row in x.reshape(-1, x.shape[-1])]
    return torch.stack(rows).reshape(x.shape)


TEXTS = {
    unbiased: "The variance is the unbiased one, divided by D - 1: layer norm divides by D (unbiased=False).",
    unbiased_std_plus_eps: "You divide by std + eps, with the unbiased std: divide by sqrt(variance + eps), with the "
    "variance divided by D.",
    std_plus_eps: "You divide by sqrt(variance) + eps: eps belongs under the root, sqrt(variance + eps).",
    root_plus_eps: "You divide by sqrt(variance) + eps: eps belongs under the root, or the gradient of a row of equal "
    "numbers is NaN.",
    no_eps: "eps is not used: a row of equal numbers gives 0 / 0.",
    eps_squared: "The square of eps is added to the variance: add eps itself.",
    eps_fixed: "The argument `eps` is not used: it is always 1e-5.",
    other_default: "The default of `eps` is not 1e-5.",
    variance_clamped: "The variance is kept from falling below eps: add eps to it.",
    divided_by_variance: "You divide by the variance: divide by its square root.",
    cancelling: "The variance is the mean of the squares minus the square of the mean. Where the mean is large, these "
    "two are almost equal, and their difference is rounding error: take the mean of (x - mean)^2.",
    root_mean_square: "x is divided by its root mean square (RMS norm): subtract the mean first, everywhere.",
    only_centered: "The mean is subtracted, but nothing is divided by sqrt(variance + eps).",
    mean_left: "x is divided by its spread, but the mean was not subtracted.",
    over_positions: "The statistics run over the positions: take them over the last dim, the features.",
    over_the_batch: "The statistics run over the first dim (batch norm): take them over the last, the features.",
    over_everything: "Mean and variance are those of the whole tensor: each position has its own (dim=-1, "
    "keepdim=True).",
    over_positions_and_features: "Mean and variance run over positions and features: each position has its own.",
    parameters_swapped: "weight and bias are exchanged: weight multiplies, bias is added.",
    no_parameters: "weight and bias are not used.",
    weight_forgotten: "weight is not used.",
    bias_forgotten: "bias is not added.",
    bias_times_weight: "bias is added before weight multiplies: multiply first, then add.",
    weight_plus_one: "The result is multiplied with 1 + weight: multiply with weight.",
    residual: "x is added to the result: the residual belongs to the block around this function.",
    always_float32: "The result is always float32: keep the dtype of x.",
    in_half_precision: "The squares are computed in the inputs' dtype. In float16 they overflow beyond 65,504: "
    "compute in float32, and convert back.",
    mean_in_half_precision: "The mean is rounded to the inputs' dtype before it is subtracted: in float16 a mean of "
    "1,000.25 becomes 1,000. Compute in float32, and convert back.",
    sum_in_half_precision: "The sum is taken in the inputs' dtype: in float16 it overflows beyond 65,504. Compute in "
    "float32, and convert back.",
    eps_at_least: "A smaller eps is raised to 1e-6 or so: use eps as it is given.",
    eps_or_default: "eps = 0 is replaced by a default (`eps or ...`): use eps as it is given.",
    small_spread_skipped: "Rows with a small spread are not divided: only eps says what is small.",
    one_feature_kept: "A single feature comes back as it is. It is its own mean, so that nothing but bias is left.",
    no_keepdim: "The mean has lost its dim, so each row meets the means of others, or the shapes do not fit: use "
    "keepdim=True.",
    over_dim_one: "The statistics run over dim 1: take them over the last dim, -1.",
    over_all_but_the_first: "Mean and variance run over all dims but the first: each position has its own.",
    over_all_but_the_last: "Each feature is normed over all rows (batch norm): each row is normed over its features.",
    statistics_detached: "The gradient treats mean and variance as constants: they depend on x (detach, .data, "
    "no_grad).",
    detached: "No gradient reaches the inputs: the result is cut from the graph (no_grad, detach, .data).",
    nan_gradients: "The values are right, but the gradient is NaN for a row of equal numbers: the root (std) is taken "
    "before eps is added, and its slope at 0 is infinite.",
    input_edited: "x itself is changed by an in-place operation such as `-=`.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with torch.ones_like(...), or with device=x.device.",
    loop_over_rows: "There is a Python loop over rows: use operations along the last dim.",
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
