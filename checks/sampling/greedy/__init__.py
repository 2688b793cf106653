"""The checks of `greedy(model, ids, max_new_tokens, eos_token_id=None)`, with models that look their logits up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Make, Probe, Ref

from .._shared import Script, best_path, clear_path, script_of, some_prompt, table_model, told_finely
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "greedy"
SIZE = 9


def oracle(model: Any, ids: torch.Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> torch.Tensor:
    """The path of the most likely token, read off the model's table."""
    prompt = ids[0].tolist()
    path = best_path(Script(model), prompt, max_new_tokens)
    if eos_token_id in path:
        path = path[: path.index(eos_token_id) + 1]
    return torch.tensor([prompt + path])


def _told(
    draw: Draw,
    lengths: tuple[int, ...],
    new: int,
    *,
    positions: bool = False,
    scale: float = 1.5,
    good: Callable[[list[list[int]], list[list[int]]], bool] = lambda prompts, paths: True,
) -> tuple[Make, list[list[int]]]:
    """A model (slot "model") and prompts of `lengths` whose `new` best tokens are clear, and of which `good` thinks
    well."""

    def make() -> tuple[Make, list[list[int]]]:
        where = draw.normal(7, SIZE, scale=scale) if positions else None
        model = table_model(draw.normal(SIZE, SIZE, SIZE, scale=scale), where)
        return model, [some_prompt(draw, length, SIZE) for length in lengths]

    def fine(made: tuple[Make, list[list[int]]]) -> bool:
        script, prompts = script_of(made[0]), made[1]
        paths = [best_path(script, prompt, new) for prompt in prompts]
        return good(prompts, paths) and all(clear_path(script, prompt, new) for prompt in prompts)

    return draw.until(make, fine)


def _after(prompt: list[int], new: int, save: str, **kwargs: int) -> Call:
    return Call(NAME, (Ref("model"), torch.tensor([prompt]), new), kwargs, save=save)


def _values(draw: Draw) -> list[Probe]:
    """Prompts of four tokens and of one; the paths meet both ends of the vocabulary."""

    def good(prompts: list[list[int]], paths: list[list[int]]) -> bool:
        return {0, SIZE - 1} <= {*paths[0], *paths[1]}

    model, (several, one) = _told(draw, (4, 1), 7, good=good)
    return [Probe((model, _after(several, 7, "several"), _after(one, 6, "one")), ("several", "one"))]


def _positions(draw: Draw) -> list[Probe]:
    model, (prompt,) = _told(draw, (5,), 8, positions=True)
    return [Probe((model, _after(prompt, 8, "out")))]


def _stops(draw: Draw) -> list[Probe]:
    """Two texts that end early, one at the token 0; in both the token comes again later."""

    def good(prompts: list[list[int]], paths: list[list[int]]) -> bool:
        first, second = paths
        ends = first[2], 0
        return (
            ends[0] != 0
            and first.index(ends[0]) == 2
            and ends[0] not in prompts[0]
            and 0 in second[1:5]
            and second[0] != 0
        )

    model, (first, second) = _told(draw, (3, 2), 8, good=good)
    end = best_path(script_of(model), first, 3)[2]
    steps = (model, _after(first, 8, "early", eos_token_id=end), _after(second, 8, "zero", eos_token_id=0))
    return [Probe(steps, ("early", "zero"))]


def _in_the_prompt(draw: Draw) -> list[Probe]:
    """The token that ends a text stands in the prompt, once as its last one, and is not made."""

    def good(prompts: list[list[int]], paths: list[list[int]]) -> bool:
        inside, last = prompts
        return inside[1] not in [*inside[2:], *paths[0]] and last[-1] not in paths[1]

    model, (inside, last) = _told(draw, (4, 3), 5, good=good)
    calls = (
        _after(inside, 5, "inside", eos_token_id=inside[1]),
        _after(last, 5, "last", eos_token_id=last[-1]),
    )
    return [Probe((model, *calls), ("inside", "last"))]


def _nothing_new(draw: Draw) -> list[Probe]:
    model, (prompt,) = _told(draw, (4,), 4)
    calls = (_after(prompt, 0, "none"), _after(prompt, 1, "one_token"))
    return [Probe((model, *calls), ("none", "one_token"))]


def _large(draw: Draw) -> list[Probe]:
    model, (prompt,) = _told(draw, (3,), 6, scale=2_000.0)
    return [Probe((model, _after(prompt, 6, "out")))]


def _untouched(draw: Draw) -> list[Probe]:
    model, (prompt,) = _told(draw, (4,), 5)
    steps = (model, Let("ids", torch.tensor([prompt])), Call(NAME, (Ref("model"), Ref("ids"), 5)))
    return [Probe(steps, ("out", "ids"))]


def _float64(draw: Draw) -> list[Probe]:
    model, prompt = told_finely(draw, SIZE, 3, 8)
    return [Probe((model, _after(prompt, 8, "out")))]


def _mode(draw: Draw) -> list[Probe]:
    model, (prompt,) = _told(draw, (3,), 4)
    steps = (
        model,
        Call(Ref("model.train"), save="as_found"),
        _after(prompt, 4, "training"),
        Get("model.training", "still_training"),
        Call(Ref("model.eval"), save="as_found"),
        _after(prompt, 4, "evaluating"),
        Get("model.training", "now_training"),
    )
    return [Probe(steps, ("training", "still_training", "evaluating", "now_training"))]


CHECKS = (
    Check("values", "The most likely token is appended, again and again: (1, T + n) long.", _values, EXACT, weight=3),
    Check("whole text", "The model has to see the whole text so far at each step.", _positions, EXACT, weight=2),
    Check("stops at eos", "After an eos that it made nothing follows, and the eos is kept.", _stops, EXACT, weight=2),
    Check("eos in the prompt", "An eos that stands in the prompt already ends nothing.", _in_the_prompt, EXACT),
    Check("few tokens", "max_new_tokens counts the new tokens: 0 and 1 are fine.", _nothing_new, EXACT),
    Check("large logits", "Logits in the thousands must not matter.", _large, EXACT),
    Check("float64", "A model may answer in float64, whose digits decide here.", _float64, EXACT),
    Check("mode", "The model is left in train or eval mode, as it was found.", _mode, EXACT),
    Check("ids untouched", "The ids given must be left as they were.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
