"""Ways to write softmax: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(x: Tensor, dim: int = -1) -> Tensor:
    powers = torch.exp(x - x.max(dim=dim, keepdim=True).values)
    return powers / powers.sum(dim=dim, keepdim=True)


def built_in(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim=dim)


def by_logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True))


def by_log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    return F.log_softmax(x, dim=dim).exp()


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
        textbook, built_in, by_logsumexp, by_log_softmax, dim_moved_last, float32_inside, in_place_on_a_copy,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


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
    return torch.where(x == float("-inf"), torch.zeros(x.shape, dtype=x.dtype), torch.softmax(x, dim=dim))


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
)
