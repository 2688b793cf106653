"""Ways to write repetition_penalty: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def by_gather_and_scatter(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.gather(-1, ids)
    score = torch.where(score < 0, score * penalty, score / penalty)
    return logits.scatter(-1, ids, score)


def by_mask(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, True)
    penalised = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, penalised, logits)


def by_one_hot(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if not penalty > 0:
        raise ValueError(f"penalty is {penalty}")
    seen = (ids.unsqueeze(-1) == torch.arange(logits.shape[-1], device=ids.device)).any(-2)
    wide = logits.double()
    penalised = torch.where(logits == 0, wide, F.leaky_relu(wide, penalty * penalty) / penalty)
    return torch.where(seen, penalised.to(logits.dtype), logits)


def by_edited_copy(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    result = logits.clone()
    chosen = torch.gather(result, -1, ids)
    return result.scatter_(-1, ids, torch.where(chosen > 0, chosen / penalty, chosen * penalty))


def by_factor(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    wide = logits.double()
    factor = torch.where(logits > 0, torch.full_like(wide, 1 / penalty), torch.full_like(wide, penalty))
    return (wide * torch.ones_like(wide).scatter(-1, ids, factor.gather(-1, ids))).to(logits.dtype)


def row_by_row(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    rows = logits.reshape(-1, logits.shape[-1]).clone()
    for row, seen in zip(rows, ids.reshape(-1, ids.shape[-1]), strict=True):
        row[seen] = torch.where(row[seen] > 0, row[seen] / penalty, row[seen] * penalty)
    return rows.reshape(logits.shape)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (by_gather_and_scatter, by_mask, by_one_hot, by_edited_copy, by_factor, row_by_row)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def divided_always(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    return logits.scatter(-1, ids, logits.gather(-1, ids) / penalty)


def multiplied_always(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    return logits.scatter(-1, ids, logits.gather(-1, ids) * penalty)


def signs_swapped(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(score > 0, score * penalty, score / penalty))


def once_for_each_time(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    count = torch.zeros_like(logits).scatter_add(-1, ids, torch.ones_like(ids, dtype=logits.dtype))
    return torch.where(logits > 0, logits / penalty**count, logits * penalty**count)


def subtracted(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    return logits.scatter(-1, ids, logits.gather(-1, ids) - penalty)


def never_again(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    return logits.scatter(-1, ids, float("-inf"))


def unseen_penalised(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    penalised = torch.where(logits > 0, logits / penalty, logits * penalty)
    return penalised.scatter(-1, ids, logits.gather(-1, ids))


def everything_penalised(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    return torch.where(logits > 0, logits / penalty, logits * penalty)


def seen_by_any_row(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    flat = ids.reshape(-1).expand(*logits.shape[:-1], -1)
    score = logits.gather(-1, flat)
    return logits.scatter(-1, flat, torch.where(score > 0, score / penalty, score * penalty))


def seen_by_the_first_row(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    first = ids.reshape(-1, ids.shape[-1])[0].expand(ids.shape)
    score = logits.gather(-1, first)
    return logits.scatter(-1, first, torch.where(score > 0, score / penalty, score * penalty))


def last_token_only(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    last = ids[..., -1:]
    score = logits.gather(-1, last)
    return logits.scatter(-1, last, torch.where(score > 0, score / penalty, score * penalty))


def last_one_left_out(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    before = ids[..., :-1]
    score = logits.gather(-1, before)
    return logits.scatter(-1, before, torch.where(score > 0, score / penalty, score * penalty))


def zero_left_out(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.gather(-1, ids)
    penalised = torch.where(score > 0, score / penalty, score * penalty)
    return logits.scatter(-1, ids, torch.where(ids == 0, score, penalised))


def changes_added_up(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.gather(-1, ids)
    change = torch.where(score > 0, score / penalty, score * penalty) - score
    return logits.clone().scatter_add_(-1, ids, change)


def mask_times_change(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    seen = torch.zeros_like(logits).scatter(-1, ids, 1.0)
    penalised = torch.where(logits > 0, logits / penalty, logits * penalty)
    return logits + seen * (penalised - logits)


def log_probabilities_penalised(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    scores = logits.log_softmax(-1)
    return scores.scatter(-1, ids, scores.gather(-1, ids) * penalty)


def penalty_rounded(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    factor = torch.tensor(penalty).to(logits)
    score = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(score > 0, score / factor, score * factor))


def probabilities_penalised(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    p = torch.softmax(logits, -1)
    return p.scatter(-1, ids, p.gather(-1, ids) / penalty)


def below_one_refused(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty < 1:
        raise ValueError("penalty must be at least 1")
    score = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(score > 0, score / penalty, score * penalty))


def no_value_error(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    score = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(score > 0, score / penalty, score * penalty))


def zero_allowed(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty < 0:
        raise ValueError("penalty must not be negative")
    score = logits.gather(-1, ids)
    return logits.scatter(-1, ids, torch.where(score > 0, score / penalty, score * penalty))


def input_edited(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.gather(-1, ids)
    return logits.scatter_(-1, ids, torch.where(score > 0, score / penalty, score * penalty))


def always_float32(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    score = logits.float().gather(-1, ids)
    return logits.float().scatter(-1, ids, torch.where(score > 0, score / penalty, score * penalty))


def made_on_the_cpu(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    seen = (ids.unsqueeze(-1) == torch.arange(logits.shape[-1])).any(-2)
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def ids_read(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    result = logits.reshape(-1, logits.shape[-1]).clone()
    for row, seen in zip(result, ids.reshape(-1, ids.shape[-1]).tolist(), strict=True):
        for token in set(seen):
            row[token] = row[token] / penalty if row[token] > 0 else row[token] * penalty
    return result.reshape(logits.shape)


def loop_over_ids(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    if penalty <= 0:
        raise ValueError("penalty must be positive")
    result = logits
    for place in range(ids.shape[-1]):
        token = ids[..., place : place + 1]
        score = logits.gather(-1, token)
        result = result.scatter(-1, token, torch.where(score > 0, score / penalty, score * penalty))
    return result


MISCONCEPTIONS = (
    Misconception(
        "divided_always",
        "Every seen logit is divided. A negative logit becomes larger that way, so the token is rewarded: multiply "
        "where it is negative.",
        divided_always,
    ),
    Misconception(
        "multiplied_always",
        "Every seen logit is multiplied. A positive logit becomes larger that way, so the token is rewarded: divide "
        "where it is positive.",
        multiplied_always,
    ),
    Misconception(
        "signs_swapped",
        "You multiply positive logits and divide negative ones: that rewards repetition. It is the other way round.",
        signs_swapped,
    ),
    Misconception(
        "once_for_each_time",
        "A token that stands several times among the ids is penalised several times. Each one counts once.",
        once_for_each_time,
    ),
    Misconception(
        "subtracted",
        "You subtract the penalty from seen logits. Here it is a factor: divide or multiply, by the logit's sign.",
        subtracted,
    ),
    Misconception(
        "never_again", "Seen tokens get -inf, so that they can never come again. They are only penalised.", never_again
    ),
    Misconception(
        "unseen_penalised", "You penalise the tokens that were not seen, and leave those that were.", unseen_penalised
    ),
    Misconception(
        "everything_penalised", "All tokens are penalised, also those not among the ids.", everything_penalised
    ),
    Misconception(
        "seen_by_any_row",
        "Each row is penalised for the ids of all rows. Index with the row's own ids: gather and scatter do.",
        seen_by_any_row,
    ),
    Misconception(
        "seen_by_the_first_row", "Every row is penalised for the ids of the first one.", seen_by_the_first_row
    ),
    Misconception(
        "last_token_only", "Only the last id is penalised: all tokens of the text so far count.", last_token_only
    ),
    Misconception(
        "last_one_left_out",
        "The last id is not penalised: it belongs to the text so far, too.",
        last_one_left_out,
    ),
    Misconception(
        "zero_left_out",
        "Token 0 is never penalised. It is a token like any other here, no padding.",
        zero_left_out,
    ),
    Misconception(
        "changes_added_up",
        "scatter_add adds the change once for each time that an id stands there. Each one counts once: scatter the new "
        "logits instead.",
        changes_added_up,
    ),
    Misconception(
        "mask_times_change",
        "You add a mask times the change. For a logit of -inf that change is -inf - (-inf) = NaN, and 0 times NaN is "
        "NaN too: choose with torch.where or scatter.",
        mask_times_change,
    ),
    Misconception(
        "log_probabilities_penalised",
        "You take log_softmax first, after which everything is negative. The logits themselves are penalised, by "
        "their own sign.",
        log_probabilities_penalised,
    ),
    Misconception(
        "penalty_rounded",
        "The penalty becomes a tensor of the logits' dtype. float16 turns 1e-8 into 0 and 1e5 into infinity: use the "
        "Python number itself.",
        penalty_rounded,
    ),
    Misconception(
        "probabilities_penalised",
        "You return probabilities, divided where tokens were seen. Logits go in and logits come out.",
        probabilities_penalised,
    ),
    Misconception(
        "below_one_refused",
        "A penalty between 0 and 1 is refused. It rewards repetition, but it is allowed.",
        below_one_refused,
    ),
    Misconception("no_value_error", "A penalty of 0 or below is not refused: raise ValueError.", no_value_error),
    Misconception(
        "zero_allowed", "A penalty of exactly 0 gets through: the test has to be `penalty <= 0`.", zero_allowed
    ),
    Misconception("input_edited", "The logits given are changed in place: work on a copy.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: this breaks on a GPU. Make it with device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "ids_read",
        "Ids are read into Python one by one (.tolist(), .item(), a set). Index with the tensor of ids instead.",
        ids_read,
        on_meta="NotImplementedError",
    ),
    Misconception(
        "loop_over_ids", "There is a Python loop over the ids: gather and scatter take all at once.", loop_over_ids
    ),
)
