"""The checks of `greedy(model, ids, max_new_tokens, eos_token_id=None)`, with models that look their logits up."""

from __future__ import annotations

from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Probe, Ref

from .._shared import Script, best_path, told, told_at_length, told_finely, told_past_an_end, told_to_end
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "greedy"
SIZE = 9
SHARP, SURE = 2_000.0, 30.0  # logits in the thousands, of which the best leads by so much that draws are certain


def oracle(model: Any, ids: torch.Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> torch.Tensor:
    """The path of the most likely token, read off the model's table."""
    prompt = ids[0].tolist()
    path = best_path(Script(model), prompt, max_new_tokens)
    if eos_token_id in path:
        path = path[: path.index(eos_token_id) + 1]
    return torch.tensor([prompt + path])


def _after(prompt: list[int], new: int, save: str, **kwargs: int) -> Call:
    return Call(NAME, (Ref("model"), torch.tensor([prompt]), new), kwargs, save=save)


def _values(draw: Draw) -> list[Probe]:
    """Prompts of three tokens and of one; the paths meet both ends of the vocabulary, and a token twice in a row."""
    model, (several, one) = told(draw, SIZE, (3, 1), 7)
    return [Probe((model, _after(several, 7, "several"), _after(one, 6, "one")), ("several", "one"))]


def _positions(draw: Draw) -> list[Probe]:
    """A short text, and one that is longer than any usual context: what is cut off moves the positions."""
    model, short, long = told_at_length(draw, SIZE, 7)
    return [Probe((model, _after(short, 7, "short"), _after(long, 7, "long")), ("short", "long"))]


def _stops(draw: Draw) -> list[Probe]:
    model, first, second, end = told_to_end(draw, SIZE)
    steps = (model, _after(first, 8, "early", eos_token_id=end), _after(second, 8, "zero", eos_token_id=0))
    return [Probe(steps, ("early", "zero"))]


def _in_the_prompt(draw: Draw) -> list[Probe]:
    """The token that ends a text stands in the prompt, once as its last one, and is not made."""
    model, inside, last = told_past_an_end(draw, SIZE)
    calls = (
        _after(inside, 5, "inside", eos_token_id=inside[1]),
        _after(last, 5, "last", eos_token_id=last[-1]),
    )
    return [Probe((model, *calls), ("inside", "last"))]


def _nothing_new(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (6,), 5, scale=10.0, clear=20.0)  # draws are certain, and nothing overflows
    calls = (_after(prompt, 0, "none"), _after(prompt, 1, "one_token"))
    return [Probe((model, *calls), ("none", "one_token"))]


def _large(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (3,), 6, scale=SHARP, clear=SURE)
    return [Probe((model, _after(prompt, 6, "out")))]


def _untouched(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (6,), 8)
    steps = (model, Let("ids", torch.tensor([prompt])), Call(NAME, (Ref("model"), Ref("ids"), 8)))
    return [Probe(steps, ("out", "ids"))]


def _float64(draw: Draw) -> list[Probe]:
    model, prompt = told_finely(draw, SIZE, 3, 8)
    return [Probe((model, _after(prompt, 8, "out")))]


def _mode(draw: Draw) -> list[Probe]:
    """Also after a text that ended early, at the token 0."""
    model, (prompt,) = told(draw, SIZE, (3,), 6)
    modes = ("still_training", "after_an_eos", "now_training", "in_the_end")
    steps = (
        model,
        Call(Ref("model.train"), save="as_found"),
        _after(prompt, 6, "training"),
        Get("model.training", modes[0]),
        _after(prompt, 6, "ended", eos_token_id=0),
        Get("model.training", modes[1]),
        Call(Ref("model.eval"), save="as_found"),
        _after(prompt, 6, "evaluating"),
        Get("model.training", modes[2]),
        _after(prompt, 6, "ended_too", eos_token_id=0),
        Get("model.training", modes[3]),
    )
    return [Probe(steps, ("training", "ended", "evaluating", "ended_too", *modes))]


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
