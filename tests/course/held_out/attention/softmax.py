"""Held-out corpus for softmax: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in _HALF else x


# ---------------------------------------------------------------- wrong


def no_shift_in_single_precision(x: Tensor, dim: int = -1) -> Tensor:
    """Widens half precision but never subtracts the maximum: inf/inf = NaN for entries above 88 (709 in float64)."""
    e = torch.exp(_wide(x))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def shift_by_global_maximum(x: Tensor, dim: int = -1) -> Tensor:
    """Subtracts the largest entry of the whole tensor: a row that lies 200 below another one becomes 0/0 = NaN."""
    y = _wide(x)
    e = torch.exp(y - y.max())
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def shift_by_mean(x: Tensor, dim: int = -1) -> Tensor:
    """Subtracts the mean, which is -inf in a row with -inf and too little in a row [1000, 0, 0, 0]: NaN in both."""
    y = _wide(x)
    e = torch.exp(y - y.mean(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def through_logsumexp(x: Tensor, dim: int = -1) -> Tensor:
    """exp(x - logsumexp(x)) in float32: near 10,000 the difference is rounded to 1e-3, so the weights do not sum to 1."""
    y = _wide(x)
    return torch.exp(y - torch.logsumexp(y, dim, keepdim=True)).to(x.dtype)


def half_log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(log_softmax(x)) in the input's own dtype: 3,100 equal entries in bfloat16 (log weight -8.04, rounded to 1/16) sum to 0.976."""
    return torch.log_softmax(x, dim).exp()


def half_exponentials(x: Tensor, dim: int = -1) -> Tensor:
    """Shifts by log of the sum in the input's own dtype: in float16 the entries near 1,000 are 0.5 apart, two equal ones sum to 1.2."""
    top = x.amax(dim, keepdim=True)
    log_total = top + (x - top).exp().sum(dim, keepdim=True).log()
    return torch.exp(x - log_total)


def floor_for_minus_infinity(x: Tensor, dim: int = -1) -> Tensor:
    """Replaces -inf by -1e4 (fits in float16): gets weight where the finite entries are near -10,000 themselves."""
    y = _wide(torch.nan_to_num(x, neginf=-1e4))
    y = y - y.amax(dim, keepdim=True)
    e = y.exp()
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def floor_of_minus_fifty(x: Tensor, dim: int = -1) -> Tensor:
    """Replaces -inf by -50: a row [-60, -inf] gives all its weight to the entry that should have none."""
    y = _wide(x)
    y = torch.where(y == -math.inf, torch.full_like(y, -50.0), y)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def differences_clamped(x: Tensor, dim: int = -1) -> Tensor:
    """Clamps x - max at -20 against underflow: an entry of -inf gets 2e-9 in place of 0."""
    y = _wide(x)
    e = torch.exp((y - y.amax(dim, keepdim=True)).clamp(min=-20))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def epsilon_in_denominator(x: Tensor, dim: int = -1) -> Tensor:
    """Adds 1e-6 to the sum 'for safety': weights sum to 1 - 1e-6, visible in float64 for any input."""
    y = _wide(x)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return (e / (e.sum(dim, keepdim=True) + 1e-6)).to(x.dtype)


def always_last_dimension(x: Tensor, dim: int = -1) -> Tensor:
    """Ignores dim and normalises the last one: differs for dim=0 of a matrix."""
    y = _wide(x)
    e = torch.exp(y - y.amax(-1, keepdim=True))
    return (e / e.sum(-1, keepdim=True)).to(x.dtype)


def dimension_guessed_by_shape(x: Tensor, dim: int = -1) -> Tensor:
    """Takes the default dim as 'not given' and picks dim 0 for 3-D input, as F.softmax(x) once did: wrong for (B, T, V)."""
    if dim == -1:
        dim = 0 if x.dim() in (0, 1, 3) else 1
    y = _wide(x)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def sum_without_keepdim(x: Tensor, dim: int = -1) -> Tensor:
    """Forgets keepdim in the sum: a square matrix is divided by the sums of other rows, (2, 3) raises, a vector is right."""
    y = _wide(x)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return (e / e.sum(dim)).to(x.dtype)


def maximum_subtracted_in_place(x: Tensor, dim: int = -1) -> Tensor:
    """Subtracts the maximum from x itself: the caller's x is changed (x.data, so that gradients still run)."""
    x.data.sub_(x.data.amax(dim, keepdim=True))
    e = torch.exp(_wide(x))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def constant_normaliser(x: Tensor, dim: int = -1) -> Tensor:
    """Detaches the sum along with the maximum: values are right, every gradient lacks the part through the sum."""
    y = _wide(x)
    with torch.no_grad():
        top = y.amax(dim, keepdim=True)
        total = torch.exp(y - top).sum(dim, keepdim=True)
    return (torch.exp(y - top) / total).to(x.dtype)


def always_single_precision(x: Tensor, dim: int = -1) -> Tensor:
    """Computes and returns float32 always: dtype lost for float64, float16 and bfloat16."""
    y = x.float()
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


def quotient_of_logarithms(x: Tensor, dim: int = -1) -> Tensor:
    """exp(log(e) - log(sum)): values right, but where e is 0 (an entry of -inf or 200 below the top) its gradient is NaN."""
    y = _wide(x)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return torch.exp(torch.log(e) - torch.log(e.sum(dim, keepdim=True))).to(x.dtype)


def one_over_sum_of_ratios(x: Tensor, dim: int = -1) -> Tensor:
    """1 / sum_j exp(x_j - x_i): -inf minus -inf is NaN, and the gradient is NaN for differences above 88."""
    y = _wide(x).movedim(dim, -1)
    ratios = torch.exp(y.unsqueeze(-2) - y.unsqueeze(-1)).sum(-1)
    return (1 / ratios).movedim(-1, dim).to(x.dtype)


def shift_only_when_large(x: Tensor, dim: int = -1) -> Tensor:
    """Asks in Python whether any entry exceeds 50 before it shifts: fails on meta; a row [-800, -801] becomes 0/0."""
    y = _wide(x)
    if bool(y.max() > 50):
        y = y - y.amax(dim, keepdim=True)
    e = torch.exp(y)
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def row_after_row(x: Tensor, dim: int = -1) -> Tensor:
    """Loops over rows: right values, but the number of torch calls grows with them."""
    y = _wide(x).movedim(dim, -1)
    rows = []
    for row in y.reshape(-1, y.shape[-1]):
        e = torch.exp(row - row.max())
        rows.append(e / e.sum())
    return torch.stack(rows).reshape(y.shape).movedim(-1, dim).to(x.dtype)


def single_entry_returned(x: Tensor, dim: int = -1) -> Tensor:
    """'Nothing to normalise' when the dim has one entry: returns x itself there in place of ones."""
    if x.shape[dim] == 1:
        return x.clone()
    y = _wide(x)
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def absolute_shift(x: Tensor, dim: int = -1) -> Tensor:
    """Shifts by the largest absolute value: a row [-5000, -5001] underflows to 0/0, one with -inf becomes NaN."""
    y = _wide(x)
    e = torch.exp(y - y.abs().amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


def finite_entries_scaled(x: Tensor, dim: int = -1) -> Tensor:
    """Divides the shifted row by its span when that exceeds 80 so that exp cannot underflow: [0, -100] gives 0.73 / 0.27."""
    y = _wide(x)
    y = y - y.amax(dim, keepdim=True)
    span = -torch.where(y == -math.inf, torch.zeros_like(y), y).amin(dim, keepdim=True)
    e = torch.exp(torch.where(span > 80, y / span.clamp(min=1.0), y))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


# ---------------------------------------------------------------- right


def powers_of_two(x: Tensor, dim: int = -1) -> Tensor:
    """Right: exp2 with the factor log2(e), at least in float32, sum by einsum over the moved axis."""
    y = _wide(x).movedim(dim, -1)
    y = y - y.detach().max(dim=-1, keepdim=True).values
    e = torch.exp2(y * math.log2(math.e))
    return torch.einsum("...i,...->...i", e, 1 / torch.einsum("...i->...", e)).movedim(-1, dim).to(x.dtype)


def double_log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Right: the log weights in float64, then exp, then back to the dtype of x."""
    return torch.nn.functional.log_softmax(x, dim=dim, dtype=torch.float64).exp().to(x.dtype)


class _Shifted:
    def __init__(self, x: Tensor, dim: int) -> None:
        y = x.to(torch.promote_types(x.dtype, torch.float32))
        self.dim = dim
        self.values = y.sub(torch.amax(y, dim=dim, keepdim=True)).exp()

    def weights(self) -> Tensor:
        return torch.nn.functional.normalize(self.values, p=1.0, dim=self.dim, eps=0.5)


def normalised_by_one_norm(x: Tensor, dim: int = -1) -> Tensor:
    """Right: nn.functional.normalize with p = 1 on the shifted exponentials (their sum is at least 1)."""
    return _Shifted(x, dim).weights().to(x.dtype)


WRONG = (
    no_shift_in_single_precision,
    shift_by_global_maximum,
    shift_by_mean,
    through_logsumexp,
    half_log_softmax,
    half_exponentials,
    floor_for_minus_infinity,
    floor_of_minus_fifty,
    differences_clamped,
    epsilon_in_denominator,
    always_last_dimension,
    dimension_guessed_by_shape,
    sum_without_keepdim,
    maximum_subtracted_in_place,
    constant_normaliser,
    always_single_precision,
    quotient_of_logarithms,
    one_over_sum_of_ratios,
    shift_only_when_large,
    row_after_row,
    single_entry_returned,
    absolute_shift,
    finite_entries_scaled,
)
RIGHT = (powers_of_two, double_log_softmax, normalised_by_one_norm)
