"""Ways to write softmax: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

from .._shared import MINUS_INFINITY

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.max(dim=dim, keepdim=True).values)
    return powers / powers.sum(dim=dim, keepdim=True)


def built_in(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=dim)


def log_softmax_in_float32(x: Tensor, dim: int = -1) -> Tensor:
    return F.log_softmax(x, dim=dim, dtype=torch.promote_types(x.dtype, torch.float32)).exp().to(x.dtype)


def dim_moved_last(x: Tensor, dim: int = -1) -> Tensor:
    moved = x.movedim(dim, -1)
    powers = (moved - moved.amax(-1, keepdim=True).detach()).exp()
    return (powers * powers.sum(-1, keepdim=True).reciprocal()).movedim(-1, dim)


def float32_inside(x: Tensor, dim: int = -1) -> Tensor:
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    powers = torch.exp(wide - wide.amax(dim, keepdim=True))
    return F.normalize(powers, p=1.0, dim=dim).to(x.dtype)


def in_place_on_a_copy(x: Tensor, dim: int = -1) -> Tensor:
    powers = (x - x.amax(dim, keepdim=True)).exp_()
    return powers / powers.sum(dim, keepdim=True)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, built_in, log_softmax_in_float32, dim_moved_last, float32_inside, in_place_on_a_copy,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def no_maximum(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)


def global_maximum(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.max())
    return powers / powers.sum(dim, keepdim=True)


def mean_subtracted(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.mean(dim, keepdim=True))
    return powers / powers.sum(dim, keepdim=True)


def always_last_dim(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=-1)


def always_first_dim(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=0)


def over_everything(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.reshape(-1), dim=0).reshape(x.shape)


def exponential_twice(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(torch.exp(x), dim=dim)


def no_exponential(x: Tensor, dim: int = -1) -> Tensor:
    return x / x.sum(dim, keepdim=True)


def base_two(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp2(x - x.amax(dim, keepdim=True))
    return powers / powers.sum(dim, keepdim=True)


def epsilon_in_the_sum(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.amax(dim, keepdim=True))
    return powers / (powers.sum(dim, keepdim=True) + 1e-8)


def log_weights(x: Tensor, dim: int = -1) -> Tensor:
    return F.log_softmax(x, dim=dim)


def largest_only(x: Tensor, dim: int = -1) -> Tensor:
    return (x == x.amax(dim, keepdim=True)).to(x.dtype) + 0 * torch.softmax(x, dim=dim)


def always_float32(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.float(), dim=dim)


def infinity_made_zero(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(torch.nan_to_num(x, neginf=0.0), dim=dim)


def detached(x: Tensor, dim: int = -1) -> Tensor:
    with torch.no_grad():
        return torch.softmax(x, dim=dim)


def input_edited(x: Tensor, dim: int = -1) -> Tensor:
    x -= x.amax(dim, keepdim=True)
    powers = torch.exp(x)
    return powers / powers.sum(dim, keepdim=True)


def loop_over_rows(x: Tensor, dim: int = -1) -> Tensor:
    moved = x.movedim(dim, -1)
    rows = [torch.softmax(row, dim=0) for row in moved.reshape(-1, moved.shape[-1])]
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


def made_on_the_cpu(x: Tensor, dim: int = -1) -> Tensor:
    return torch.where(x == MINUS_INFINITY, torch.zeros(x.shape, dtype=x.dtype), torch.softmax(x, dim=dim))


def by_logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True))


def logsumexp_in_float32(x: Tensor, dim: int = -1) -> Tensor:
    return by_logsumexp(_wide(x), dim).to(x.dtype)


def by_log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    return F.log_softmax(x, dim=dim).exp()


def minus_fifty(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.masked_fill(x == MINUS_INFINITY, -50.0), dim=dim)


def minus_ten_thousand(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x.masked_fill(x == MINUS_INFINITY, -10_000.0), dim=dim)


def clamped(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax((x - x.amax(dim, keepdim=True)).clamp(min=-20.0), dim=dim)


def larger_epsilon(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.amax(dim, keepdim=True))
    return powers / (powers.sum(dim, keepdim=True) + 1e-6)


def no_keepdim(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.amax(dim, keepdim=True))
    return powers / powers.sum(dim)


def dim_guessed(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=(0 if x.dim() in (1, 3) else 1) if dim == -1 else dim)


def data_edited(x: Tensor, dim: int = -1) -> Tensor:
    x.data -= x.data.amax(dim, keepdim=True)
    return torch.softmax(x, dim=dim)


def sum_detached(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.amax(dim, keepdim=True).detach())
    return powers / powers.sum(dim, keepdim=True).detach()


def logarithms_subtracted(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(_wide(x) - _wide(x).amax(dim, keepdim=True))
    return torch.exp(powers.log() - powers.sum(dim, keepdim=True).log()).to(x.dtype)


def sum_of_ratios(x: Tensor, dim: int = -1) -> Tensor:
    last = _wide(x).transpose(dim, -1)
    differences = last[..., None, :] - last[..., :, None]
    return differences.exp().sum(-1).reciprocal().transpose(dim, -1).to(x.dtype)


def shifted_if_large(x: Tensor, dim: int = -1) -> Tensor:
    wide = _wide(x)
    powers = torch.exp(wide - wide.amax(dim, keepdim=True) if float(wide.max()) > 20.0 else wide)
    return (powers / powers.sum(dim, keepdim=True)).to(x.dtype)


def largest_size_subtracted(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(_wide(x) - _wide(x).abs().amax(dim, keepdim=True))
    return (powers / powers.sum(dim, keepdim=True)).to(x.dtype)


def single_entry_kept(x: Tensor, dim: int = -1) -> Tensor:
    return x * 1.0 if x.shape[dim] == 1 else torch.softmax(x, dim=dim)


MISCONCEPTIONS = (
    Misconception(
        "no_maximum",
        "exp(x) is taken of x itself, so it overflows for large x and vanishes for very negative ones. Subtract the "
        "largest entry along dim first: the weights stay the same.",
        no_maximum,
    ),
    Misconception(
        "global_maximum",
        "You subtract the largest entry of the whole tensor. A row far below it then has nothing but exp(-large) = 0: "
        "subtract each row's own maximum (keepdim=True).",
        global_maximum,
    ),
    Misconception(
        "mean_subtracted",
        "You subtract the mean before exp. Entries far above the mean still overflow: subtract the maximum.",
        mean_subtracted,
    ),
    Misconception(
        "always_last_dim", "The argument `dim` is not used: weights always run along the last.", always_last_dim
    ),
    Misconception("always_first_dim", "Your weights always sum to 1 along dim 0, not along `dim`.", always_first_dim),
    Misconception(
        "over_everything",
        "Your weights sum to 1 over the whole tensor. Sum along `dim` only, with keepdim=True.",
        over_everything,
    ),
    Misconception(
        "exponential_twice", "Your weights are the softmax of exp(x): exp is applied twice.", exponential_twice
    ),
    Misconception(
        "no_exponential", "Your weights are x divided by its sum: the exponential is missing.", no_exponential
    ),
    Misconception("base_two", "Your weights are powers of 2, not of e.", base_two),
    Misconception(
        "epsilon_in_the_sum",
        "A small number is added to the sum. After the maximum is subtracted the sum is at least 1, so it protects "
        "from nothing and makes the weights sum to less than 1.",
        epsilon_in_the_sum,
    ),
    Misconception("log_weights", "You return the logarithms of the weights.", log_weights),
    Misconception(
        "largest_only", "All the weight goes to the largest entry: that is argmax, not softmax.", largest_only
    ),
    Misconception("always_float32", "The result is always float32: keep the dtype of x.", always_float32),
    Misconception(
        "infinity_made_zero",
        "-inf is replaced by 0 before exp, and exp(0) = 1 is a weight like any other. exp(-inf) is 0 by itself.",
        infinity_made_zero,
    ),
    Misconception(
        "detached", "No gradient reaches x: the result is cut from the graph (no_grad, detach, .data).", detached
    ),
    Misconception("input_edited", "x itself is changed by an in-place operation such as `-=`.", input_edited),
    Misconception("loop_over_rows", "There is a Python loop over rows: use operations along `dim`.", loop_over_rows),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it with "
        "torch.zeros_like(x), or with device=x.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "by_logsumexp",
        "You subtract the logarithm of the whole sum before exp. Near 10,000 that logarithm is rounded, in 16 bits by "
        "whole units, and the weights no longer sum to 1. Subtract the maximum, then divide by the sum.",
        by_logsumexp,
    ),
    Misconception(
        "logsumexp_in_float32",
        "You subtract the logarithm of the whole sum before exp. Near 10,000 float32 rounds that logarithm, and the "
        "weights no longer sum to 1. Subtract the maximum, then divide by the sum.",
        logsumexp_in_float32,
    ),
    Misconception(
        "by_log_softmax",
        "exp is taken of log weights in the dtype of x. bfloat16 rounds -5.55 to -5.53: all weights are one percent "
        "too large. Compute in float32 and convert the weights back.",
        by_log_softmax,
    ),
    Misconception(
        "minus_fifty",
        "-inf is replaced by a number such as -50. Where the other scores are lower still, it takes their weight. "
        "exp(-inf) is 0 by itself.",
        minus_fifty,
    ),
    Misconception(
        "minus_ten_thousand",
        "-inf is replaced by a number such as -10,000. Where the other scores are as low, it takes some of their "
        "weight. exp(-inf) is 0 by itself.",
        minus_ten_thousand,
    ),
    Misconception(
        "clamped",
        "Scores far below the maximum are raised before exp (clamp), so that even -inf gets a small weight. exp "
        "underflows to 0, which is right.",
        clamped,
    ),
    Misconception(
        "larger_epsilon",
        "A small number such as 1e-6 is added to the sum. After the maximum is subtracted the sum is at least 1, so it "
        "protects from nothing and makes the weights sum to less than 1.",
        larger_epsilon,
    ),
    Misconception(
        "no_keepdim",
        "The sum has lost its dim, so each row is divided by the sums of other rows, or the shapes do not fit: use "
        "keepdim=True.",
        no_keepdim,
    ),
    Misconception(
        "dim_guessed", "Without `dim` you choose a dim by the shape of x. The default is the last one, -1.", dim_guessed
    ),
    Misconception("data_edited", "x itself is changed, through x.data or the like: work on a copy.", data_edited),
    Misconception(
        "sum_detached",
        "The sum is cut from the graph (detach, no_grad). Only the maximum may be: the sum depends on x, and "
        "its part of the gradient is missing.",
        sum_detached,
    ),
    Misconception(
        "logarithms_subtracted",
        "You divide by subtracting logarithms. The logarithm of a weight 0 is -inf, and its gradient NaN: divide "
        "by the sum.",
        logarithms_subtracted,
    ),
    Misconception(
        "sum_of_ratios",
        "You compute 1 / sum of exp(x_j - x_i). For entries of -inf that is -inf - (-inf) = NaN. Subtract the maximum, "
        "take exp, then divide by the sum.",
        sum_of_ratios,
    ),
    Misconception(
        "shifted_if_large",
        "The maximum is subtracted only if it is large. Rows of very negative entries vanish then, and asking reads a "
        "value into Python: subtract each row's maximum always.",
        shifted_if_large,
        on_meta="RuntimeError",
    ),
    Misconception(
        "largest_size_subtracted",
        "You subtract the largest absolute value. In a row of very negative entries all powers vanish: subtract the "
        "maximum, with its sign.",
        largest_size_subtracted,
    ),
    Misconception(
        "single_entry_kept",
        "Where `dim` has a single entry, x comes back as it is. Its weight is 1: the weights along `dim` sum to 1.",
        single_entry_kept,
    ),
)
