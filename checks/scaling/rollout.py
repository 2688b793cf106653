"""The checks of `rollout(next_token, ids, steps, context)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, built, case, given, raises, right, wrong

Arguments = dict[str, Any]
TOKENS = 97  # a prime, so that no weight makes ids vanish


def _model(draw: Draw, context: int, **options: Any) -> Any:
    """Every id that the model is shown counts, each with a weight of its own."""
    weights = [3 + 2 * int(i) for i in draw.permutation(context + 3)[:context]]
    return built("next_token", weights=weights, tokens=TOKENS, **options)


def _ids(draw: Draw, n: int) -> Tensor:
    """Different ids (n,), none of them 0."""
    return draw.permutation(TOKENS - 1)[:n] + 1


@given(
    exact=True,
    without=("any device",),
    about="Each answer is appended, and then stands among the last `context` ids that the model is shown.",
)
def rollout(draw: Draw) -> Arguments:
    context = draw.size("context")
    ids = _ids(draw, context + draw.size("more"))
    return {"next_token": _model(draw, context), "ids": ids, "steps": context + 3, "context": context}


@case("The model may answer with a tensor of shape () in place of an int.")
def answers_that_are_tensors(draw: Draw) -> Arguments:
    context = draw.size("context")
    ids = _ids(draw, context + draw.size("more"))
    model = _model(draw, context, as_tensor=True)
    return {"next_token": model, "ids": ids, "steps": draw.size("steps") + 3, "context": context}


@case("As many ids as the model reads are enough, and a model may read one id only.", alone=True)
def just_enough(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    return [
        {"next_token": _model(draw, n), "ids": _ids(draw, n), "steps": n + 2, "context": n},
        {"next_token": _model(draw, 1), "ids": _ids(draw, n), "steps": 6, "context": 1},
        {"next_token": _model(draw, 1), "ids": _ids(draw, 1), "steps": 5, "context": 1},
    ]


@case("No step gives the ids as they are, and one step gives one more.", alone=True)
def few_steps(draw: Draw) -> list[Arguments]:
    context = draw.size("context")
    return [
        {"next_token": _model(draw, context), "ids": _ids(draw, context + 3), "steps": steps, "context": context}
        for steps in (0, 1)
    ]


@case("The model is asked once for each step: one that draws its answers must not be asked in vain.", alone=True)
def asked_once(draw: Draw) -> Arguments:
    context = draw.size("context")
    model = _model(draw, context, counts=True)
    return {"next_token": model, "ids": _ids(draw, context + 5), "steps": 9, "context": context}


@raises(ValueError, "Fewer ids than the model reads are a ValueError, even if no step is asked.")
def too_few_ids(draw: Draw) -> list[Arguments]:
    context = draw.size("context")
    return [
        {"next_token": _model(draw, context), "ids": _ids(draw, n), "steps": steps, "context": context}
        for n, steps in ((context - 1, 3), (1, 5), (context - 1, 0))
    ]


def refuse(ids: Tensor, context: int) -> None:
    if len(ids) < context:
        raise ValueError("too few ids")


@right
def in_a_list(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    found = ids.tolist()
    for _ in range(steps):
        found.append(int(next_token(torch.tensor(found[-context:], device=ids.device))))
    return torch.tensor(found, dtype=torch.long, device=ids.device)


@right
def in_a_buffer(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    start = ids.shape[0]
    found = torch.cat([ids, ids.new_zeros(steps)])
    for t in range(start, start + steps):
        found[t] = next_token(found[t - context : t])
    return found


@right
def recursive(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    if steps == 0:
        return ids
    new = ids.new_tensor([int(next_token(ids[-context:]))])
    return recursive(next_token, torch.hstack([ids, new]), steps - 1, context)


@right
def window_moved_along(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    window, made = ids[len(ids) - context :].clone(), []
    for _ in range(steps):
        made.append(int(next_token(window)))
        window = torch.cat([window[1:], torch.tensor(made[-1:], device=ids.device)])
    return torch.cat([ids, torch.tensor(made, dtype=torch.long, device=ids.device)])


@right
def stacked(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    parts = list(ids.unbind())
    while len(parts) < len(ids) + steps:
        answer = next_token(torch.stack(parts[-context:]))
        parts.append(torch.as_tensor(answer, device=ids.device))
    return torch.stack(parts)


@wrong("The model is always shown the ids from the start. It must read what was appended, too.")
def never_moved(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    new = [int(next_token(ids[len(ids) - context :])) for _ in range(steps)]
    return torch.cat([ids, torch.tensor(new, dtype=torch.long)])


@wrong("The model is shown the first ids of the sequence. It reads the last ones.")
def first_ids(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        ids = torch.cat([ids, torch.tensor([int(next_token(ids[:context]))])])
    return ids


@wrong("The model is shown all ids. It reads exactly the last `context` ones.")
def all_ids(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        ids = torch.cat([ids, torch.tensor([int(next_token(ids))])])
    return ids


@wrong("You return the new ids only. The ones given belong in front.")
def new_only(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    return in_a_list(next_token, ids, steps, context)[len(ids) :]


@wrong("You make one id too many.")
def one_too_many(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps + 1, context)


@wrong("You make one id too few: range(1, steps) has steps - 1 numbers.")
def one_too_few(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, max(steps - 1, 0), context)


@wrong("You stop at a total of `steps` ids. So many are to be made, whatever was given.")
def total_length(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, max(steps - len(ids), 0), context)


@wrong("You return the last `context` ids only: the whole sequence is asked, from its beginning.")
def window_returned(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps, context)[-context:]


@wrong("For each new id you drop the oldest one. The sequence is to grow.")
def beginning_dropped(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps, context)[steps:]


@wrong("The ids are shown in reverse order. The newest one stands last.")
def reversed_window(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        ids = torch.cat([ids, torch.tensor([int(next_token(ids[-context:].flip(0)))])])
    return ids


@wrong("The newest id is left out of what the model is shown: ids[-context - 1 : -1] ends one too early.")
def one_behind(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        window = ids[-context - 1 : -1] if len(ids) > context else ids
        ids = torch.cat([ids, torch.tensor([int(next_token(window))])])
    return ids


@wrong("The model is shown a list. Give it a tensor of long ids.")
def list_shown(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    found = ids.tolist()
    for _ in range(steps):
        found.append(int(next_token(found[-context:])))
    return torch.tensor(found)


@wrong("The model is shown a batch of one, (1, context). One dimension, (context,), is asked.")
def batch_shown(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        ids = torch.cat([ids, torch.tensor([int(next_token(ids[None, -context:]))])])
    return ids


@wrong("An answer that is an int has no .item(): int(answer) takes ints and tensors.")
def tensors_only(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        ids = torch.cat([ids, torch.tensor([next_token(ids[-context:]).item()])])
    return ids


@wrong("An answer that is a tensor has no len and cannot join a list of ints: int(answer) takes ints and tensors.")
def ints_only(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        answer = next_token(ids[-context:])
        if not isinstance(answer, int):
            raise TypeError("an int is needed")
        ids = torch.cat([ids, torch.tensor([answer])])
    return ids


@wrong("You ask the model twice in each step, once to test the answer: call it once, and keep what it says.")
def asked_twice(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    refuse(ids, context)
    for _ in range(steps):
        next_token(ids[-context:])
        ids = torch.cat([ids, torch.tensor([int(next_token(ids[-context:]))])])
    return ids


@wrong("Fewer ids than the model reads are not refused: raise ValueError before the first step.")
def padded_with_zeros(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    missing = max(context - len(ids), 0)
    padded = torch.cat([torch.zeros(missing, dtype=torch.long), ids])
    return in_a_list(next_token, padded, steps, context)[missing:]


@wrong("As many ids as the model reads are refused, but they are enough: raise ValueError only for fewer.")
def just_enough_refused(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    if len(ids) <= context:
        raise ValueError("too few ids")
    return in_a_list(next_token, ids, steps, context)


@wrong("Too few ids are noticed only when the model is asked. Compare lengths first, also where steps is 0.")
def refused_late(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps, context) if steps else ids


@wrong("The sequence ends where an id comes a second time. Go on for all steps: a rollout may go in circles.")
def stops_at_a_repetition(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    found = in_a_list(next_token, ids, steps, context).tolist()
    for t in range(len(ids), len(found)):
        if found[t] in found[:t]:
            return torch.tensor(found[: t + 1])
    return torch.tensor(found)


@wrong("You return a list. A long tensor (T + steps,) is asked.")
def list_returned(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps, context).tolist()  # type: ignore[return-value]  # the mistake


@wrong("Your ids are floats. Token ids are long.")
def floats_returned(next_token: Any, ids: Tensor, steps: int, context: int) -> Tensor:
    return in_a_list(next_token, ids, steps, context).float()
