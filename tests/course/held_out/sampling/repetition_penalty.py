"""Wrong and unusual right versions of repetition_penalty(logits, ids, penalty)."""

from __future__ import annotations

import torch
from torch import Tensor


def _check(penalty: float) -> None:
    if penalty <= 0:
        raise ValueError("penalty must be positive")


def _punish(logits: Tensor, penalty: float) -> Tensor:
    return torch.where(logits > 0, logits / penalty, logits * penalty)


def _seen(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, True)


# ---------------------------------------------------------------- wrong
def divides_negative_ones_too(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Divides every seen logit: a negative one comes nearer to 0, so the repeated token becomes likelier."""
    _check(penalty)
    return torch.where(_seen(logits, ids), logits / penalty, logits)


def signs_swapped(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Multiplies positive and divides negative logits: a reward in place of a penalty."""
    _check(penalty)
    changed = torch.where(logits > 0, logits * penalty, logits / penalty)
    return torch.where(_seen(logits, ids), changed, logits)


def once_per_occurrence(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Uses penalty ** count: an id seen twice is punished twice."""
    _check(penalty)
    counts = torch.zeros_like(logits).scatter_add(-1, ids, torch.ones_like(ids, dtype=logits.dtype))
    factor = penalty**counts
    return torch.where(logits > 0, logits / factor, logits * factor)


def differences_added(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Adds the change with scatter_add: an id seen twice is changed twice."""
    _check(penalty)
    old = logits.gather(-1, ids)
    return logits.scatter_add(-1, ids, _punish(old, penalty) - old)


def differences_times_mask(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Adds mask * (new - old): a filtered logit, -inf, gives -inf - (-inf) = NaN, seen or not."""
    _check(penalty)
    mask = _seen(logits, ids).to(logits.dtype)
    return logits + mask * (_punish(logits, penalty) - logits)


def changes_its_input(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Scatters in place: the caller's logits are changed."""
    _check(penalty)
    return logits.scatter_(-1, ids, _punish(logits.gather(-1, ids), penalty))


def ids_of_all_rows(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Punishes in every row what any row has seen: right for one row, or rows with the same ids."""
    _check(penalty)
    seen = torch.zeros(logits.shape[-1], dtype=torch.bool, device=logits.device)
    seen = seen.index_fill(0, ids.reshape(-1), True)
    return torch.where(seen, _punish(logits, penalty), logits)


def ids_of_the_first_row(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Uses the first row's ids for the whole batch."""
    _check(penalty)
    first = ids.reshape(-1, ids.shape[-1])[0].expand_as(ids)
    return torch.where(_seen(logits, first), _punish(logits, penalty), logits)


def only_the_last_id(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Punishes the last token only: ids seen earlier keep their logits."""
    _check(penalty)
    return torch.where(_seen(logits, ids[..., -1:]), _punish(logits, penalty), logits)


def all_but_the_last_id(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Leaves the last token out ("not yet past"): an id seen only there keeps its logit."""
    _check(penalty)
    return torch.where(_seen(logits, ids[..., :-1]), _punish(logits, penalty), logits)


def token_zero_is_padding(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Never punishes id 0, taken for padding: differs where 0 was seen."""
    _check(penalty)
    seen = _seen(logits, ids)
    seen[..., 0] = False
    return torch.where(seen, _punish(logits, penalty), logits)


def no_check(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Never raises: penalty = 0 and penalty = -1 give numbers (or infinities) in place of ValueError."""
    return torch.where(_seen(logits, ids), _punish(logits, penalty), logits)


def one_at_least(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Raises ValueError below 1: penalty = 0.5, a reward, is allowed."""
    if penalty < 1:
        raise ValueError("penalty must be at least 1")
    return torch.where(_seen(logits, ids), _punish(logits, penalty), logits)


def zero_passes(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Raises for negative penalties only: penalty = 0 makes positive logits infinite."""
    if penalty < 0:
        raise ValueError("penalty must be positive")
    return torch.where(_seen(logits, ids), _punish(logits, penalty), logits)


def subtracts(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Subtracts the penalty from seen logits (a presence penalty) in place of dividing or multiplying."""
    _check(penalty)
    return torch.where(_seen(logits, ids), logits - penalty, logits)


def log_probabilities_first(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Takes log_softmax first, so that all are negative and multiplied: other values than from the logits."""
    _check(penalty)
    logp = logits.float().log_softmax(-1).to(logits.dtype)
    return torch.where(_seen(logits, ids), logp * penalty, logp)


def unseen_are_punished(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Swaps the branches of where: all tokens but the seen ones are changed."""
    _check(penalty)
    return torch.where(_seen(logits, ids), logits, _punish(logits, penalty))


def float32_comes_back(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Computes in float32 and stays there: half and float64 logits lose their dtype."""
    _check(penalty)
    wide = logits.float()
    return torch.where(_seen(wide, ids), _punish(wide, penalty), wide)


def penalty_in_the_logits_dtype(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Makes the penalty a tensor of the logits' dtype: in float16 1e5 is infinite, so 10,000 gives 0 in place of 0.1."""
    _check(penalty)
    scale = torch.tensor(penalty, dtype=logits.dtype, device=logits.device)
    changed = torch.where(logits > 0, logits / scale, logits * scale)
    return torch.where(_seen(logits, ids), changed, logits)


def two_dimensions_only(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Indexes with rows and ids: 1-D logits and more than one batch dimension raise."""
    _check(penalty)
    batch, _ = ids.shape
    rows = torch.arange(batch, device=logits.device)[:, None]
    out = logits.clone()
    out[rows, ids] = _punish(logits[rows, ids], penalty)
    return out


def loops_over_a_set(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Loops over set(ids.tolist()): the right values, but ids on meta cannot be read."""
    _check(penalty)
    rows = logits.clone().reshape(-1, logits.shape[-1])
    for row, seen in zip(rows, ids.reshape(-1, ids.shape[-1]).tolist(), strict=True):
        for i in set(seen):
            row[i] = row[i] / penalty if row[i] > 0 else row[i] * penalty
    return rows.reshape(logits.shape)


def sign_of_the_largest(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Decides by the sign of each row's largest logit: rows with both signs treat some seen logits wrongly."""
    _check(penalty)
    positive = logits.amax(-1, keepdim=True) > 0
    changed = torch.where(positive, logits / penalty, logits * penalty)
    return torch.where(_seen(logits, ids), changed, logits)


# ---------------------------------------------------------------- right
def gathered_and_scattered(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Gathers the seen logits, changes them and scatters them back; repeats write the same number."""
    if not penalty > 0:
        raise ValueError(f"penalty must be positive, got {penalty}")
    seen = logits.gather(-1, ids)
    changed = torch.where(seen < 0, seen * penalty, seen / penalty)
    return logits.clone().scatter_(-1, ids, changed)


def exponents_of_the_penalty(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Multiplies by a factor that is 1 for unseen, 1/penalty or penalty for seen tokens, in float64."""
    if penalty <= 0:
        raise ValueError("penalty must be above 0")

    def factor(positive: Tensor) -> Tensor:
        up = torch.full(positive.shape, float(penalty), dtype=torch.float64, device=positive.device)
        return torch.where(positive, up.reciprocal(), up)

    seen = torch.zeros(logits.shape, dtype=torch.int8, device=logits.device).scatter_(-1, ids, 1).bool()
    changed = (logits.double() * factor(logits > 0)).to(logits.dtype)
    return torch.where(seen, changed, logits)


def positive_and_negative_parts(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Compares every id with every position, and treats the positive and the negative part apart."""
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    vocabulary = torch.arange(logits.shape[-1], device=logits.device)
    seen = ids.unsqueeze(-1).eq(vocabulary).any(dim=-2)
    changed = logits.clamp(min=0) / penalty + logits.clamp(max=0) * penalty
    return torch.where(seen, changed, logits)


WRONG = (
    divides_negative_ones_too,
    signs_swapped,
    once_per_occurrence,
    differences_added,
    differences_times_mask,
    changes_its_input,
    ids_of_all_rows,
    ids_of_the_first_row,
    only_the_last_id,
    all_but_the_last_id,
    token_zero_is_padding,
    no_check,
    one_at_least,
    zero_passes,
    subtracts,
    log_probabilities_first,
    unseen_are_punished,
    float32_comes_back,
    penalty_in_the_logits_dtype,
    two_dimensions_only,
    loops_over_a_set,
    sign_of_the_largest,
)
RIGHT = (gathered_and_scattered, exponents_of_the_penalty, positive_and_negative_parts)
