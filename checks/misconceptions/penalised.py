"""The checks of `penalised(logit, penalty)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    about="A positive logit is divided by the penalty, a negative one multiplied with it.",
    without=("any device", "no loops", "detached", "read_into_python"),
    large={"logit": 10_000},
)
def penalised(draw: Draw, *batch: int) -> list[Arguments]:
    return [{"logit": _mixed(draw, *batch, draw.size("n")), "penalty": penalty} for penalty in (1.3, 2.5)]


def _mixed(draw: Draw, *shape: int) -> Tensor:
    """Of both signs, also below 1 in size, none of them near 0."""
    logit = draw.normal(*shape)
    logit = logit + logit.sign()
    logit.view(-1)[draw.permutation(logit.numel())[:2]] = torch.tensor([0.5, -0.5])
    return logit


@case("A plain float comes back as a float, of either sign.", alone=True)
def floats(draw: Draw) -> list[Arguments]:
    sizes = [draw.number(0.2, 0.9), *(draw.number(1.5, 4.0) for _ in range(3))]
    return [{"logit": sign * size, "penalty": draw.number(1.2, 3.0)} for size in sizes for sign in (1, -1)]


@case("A penalty below 1 raises the logit instead.", alone=True)
def below_one(draw: Draw) -> list[Arguments]:
    logits = (_mixed(draw, draw.size("n")), draw.number(1.0, 3.0), -draw.number(1.0, 3.0))
    return [{"logit": logit, "penalty": draw.number(0.3, 0.8)} for logit in logits]


@case("A single logit as a 0-dim tensor, and a logit of 0.", alone=True)
def small_ones(draw: Draw) -> list[Arguments]:
    edges = (torch.tensor(-2.0), torch.tensor(3.0), torch.tensor(0.0), 0.0)
    return [{"logit": logit, "penalty": draw.number(1.5, 2.5)} for logit in edges]


@right
def chosen(logit: Any, penalty: float) -> Any:
    if not isinstance(logit, Tensor):
        return logit / penalty if logit > 0 else logit * penalty
    return torch.where(logit > 0, logit / penalty, logit * penalty)


@right
def smaller_or_larger(logit: Any, penalty: float) -> Any:
    if isinstance(logit, Tensor):
        both = torch.stack([logit / penalty, logit * penalty])
        return both.amin(0) if penalty >= 1 else both.amax(0)
    return (min if penalty >= 1 else max)(logit / penalty, logit * penalty)


@right
def by_parts(logit: Any, penalty: float) -> Any:
    if isinstance(logit, Tensor):
        return logit.clamp(min=0) / penalty + logit.clamp(max=0) * penalty
    return max(logit, 0.0) / penalty + min(logit, 0.0) * penalty


@right
def by_a_power(logit: Any, penalty: float) -> Any:
    plain = not isinstance(logit, Tensor)
    values = torch.tensor(logit, dtype=torch.float64) if plain else logit
    found = values * penalty ** -values.sign()
    return float(found) if plain else found


@right
def by_a_mask(logit: Any, penalty: float) -> Any:
    if isinstance(logit, float):
        return logit * (penalty if logit < 0 else 1 / penalty)
    found = logit.clone()
    negative = logit < 0
    found[negative] *= penalty
    found[~negative] /= penalty
    return found


@wrong("This is the printed rule: to divide a negative logit moves it towards 0, which makes the token likelier.")
def as_printed(logit: Any, penalty: float) -> Any:
    return logit / penalty


@wrong("You multiply all logits. A positive one is divided.")
def multiplied(logit: Any, penalty: float) -> Any:
    return logit * penalty


@wrong("The two cases are swapped: positive logits are divided, negative ones multiplied.")
def swapped(logit: Any, penalty: float) -> Any:
    if isinstance(logit, Tensor):
        return torch.where(logit > 0, logit * penalty, logit / penalty)
    return logit * penalty if logit > 0 else logit / penalty


@wrong("You subtract the penalty. That is another rule; this one divides or multiplies.")
def subtracted(logit: Any, penalty: float) -> Any:
    return logit - penalty


@wrong("Negative logits stay as they are: multiply them.")
def negative_kept(logit: Any, penalty: float) -> Any:
    if isinstance(logit, Tensor):
        return torch.where(logit > 0, logit / penalty, logit)
    return logit / penalty if logit > 0 else logit


@wrong("The sign is lost: a negative logit stays negative.")
def sign_lost(logit: Any, penalty: float) -> Any:
    return abs(chosen(logit, penalty))


@wrong("You look at the sign of all logits together. Each has its own.")
def one_sign_for_all(logit: Any, penalty: float) -> Any:
    total = float(logit.sum()) if isinstance(logit, Tensor) else logit
    return logit / penalty if total > 0 else logit * penalty


@wrong("A float comes back as a tensor. The result is of the kind that came in.")
def always_a_tensor(logit: Any, penalty: float) -> Any:
    return chosen(torch.as_tensor(logit), penalty)


@wrong("You work with plain numbers only: `if logit > 0` asks one question of a whole tensor. Use torch.where.")
def numbers_only(logit: Any, penalty: float) -> Any:
    return logit / penalty if logit > 0 else logit * penalty


@wrong("torch.where takes tensors: a plain float breaks here.")
def tensors_only(logit: Any, penalty: float) -> Any:
    return torch.where(logit > 0, logit / penalty, logit * penalty)


@wrong("A penalty below 1 has no effect here. It divides and multiplies in the same way.")
def only_above_one(logit: Any, penalty: float) -> Any:
    return chosen(logit, max(penalty, 1.0))


@wrong("You take the smaller of the two. That is right for a penalty above 1 only.")
def always_smaller(logit: Any, penalty: float) -> Any:
    if isinstance(logit, Tensor):
        return torch.minimum(logit / penalty, logit * penalty)
    return min(logit / penalty, logit * penalty)


@wrong("The logits that came in are changed themselves: make a new tensor.")
def in_place(logit: Any, penalty: float) -> Any:
    if not isinstance(logit, Tensor):
        return chosen(logit, penalty)
    logit.copy_(chosen(logit, penalty))
    return logit
