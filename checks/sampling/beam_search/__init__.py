"""The checks of `beam_search(model, ids, beam_width, max_new_tokens)`, with models that look their logits up.

In each fixture the beams kept lead those dropped by CLEAR in total log-probability, and the best one the second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Make, Probe, Ref

from .._shared import CLEAR, FINE_CLEAR, Script, best_path, fine_table, rounded, script_of, some_prompt, table_model
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "beam_search"
SIZE = 5


@lru_cache(maxsize=1 << 12)  # rows of a fixture or two
def _log_probabilities(row: tuple[float, ...]) -> list[float]:
    top = max(row)
    total = top + math.log(math.fsum(math.exp(x - top) for x in row))
    return [x - total for x in row]


def _probabilities(row: tuple[float, ...]) -> list[float]:
    return [math.exp(x) for x in _log_probabilities(row)]


Scoring = Callable[[tuple[float, ...]], list[float]]


def oracle(model: Any, ids: torch.Tensor, beam_width: int, max_new_tokens: int) -> torch.Tensor:
    """Beams as plain lists, best total first, in the precision of Python's numbers."""
    prompt = ids[0].tolist()
    return torch.tensor([prompt + _search(Script(model), prompt, beam_width, max_new_tokens)[0]])


def _search(
    script: Script, prompt: list[int], width: int, length: int, score: Scoring = _log_probabilities
) -> tuple[list[int], float]:
    """The best beam's new tokens, and the smallest lead of a beam kept over one dropped, or of the best at the end."""
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    lead = math.inf
    for _ in range(length):
        longer = [
            (total + more, [*tokens, token])
            for total, tokens in beams
            for token, more in enumerate(score(script(prompt + tokens)))
        ]
        longer.sort(reverse=True)
        if len(longer) > width:
            lead = min(lead, longer[width - 1][0] - longer[width][0])
        beams = longer[:width]
    if len(beams) > 1:
        lead = min(lead, beams[0][0] - beams[1][0])
    return beams[0][1], lead


def _total(script: Script, prompt: list[int], path: list[int]) -> float:
    return math.fsum(_log_probabilities(script(prompt + path[:n]))[path[n]] for n in range(len(path)))


def _own_best(script: Script, prompt: list[int], width: int, length: int) -> list[int]:
    """What is found if each of the first `width` tokens goes on with what is best for itself."""
    first = _log_probabilities(script(prompt))
    found: list[tuple[float, list[int]]] = []
    for token in sorted(range(len(first)), key=lambda token: -first[token])[:width]:
        path = [token, *best_path(script, [*prompt, token], length - 1)]
        found.append((_total(script, prompt, path), path))
    return max(found)[1]


def _without_parents(script: Script, prompt: list[int], width: int, length: int) -> list[int]:
    """What is found if new tokens are put behind the beams in their old order."""
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(length):
        longer = [
            (total + more, token)
            for total, tokens in beams
            for token, more in enumerate(_log_probabilities(script(prompt + tokens)))
        ]
        longer.sort(reverse=True)
        last = len(beams) - 1
        beams = [(total, [*beams[min(i, last)][1], token]) for i, (total, token) in enumerate(longer[:width])]
    return beams[0][1]


# ---- fixtures -------------------------------------------------------------------------------------------------


def _told(
    draw: Draw,
    length: int,
    new: int,
    widths: tuple[int, ...],
    *,
    size: int = SIZE,
    positions: bool = False,
    scale: float = 1.0,
    level: float = 0.0,
    good: Callable[[Script, list[int]], bool] = lambda script, prompt: True,
) -> tuple[Make, list[int]]:
    """A model (slot "model") and a prompt after which beams of all `widths` are clear, and of which `good` thinks
    well."""

    def make() -> tuple[Make, list[int]]:
        where = draw.normal(7, size, scale=scale) if positions else None
        return table_model(draw.normal(size, size, size, scale=scale) + level, where), some_prompt(draw, length, size)

    def fine(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        if not good(script, prompt):
            return False
        return all(_search(script, prompt, width, new)[1] > CLEAR for width in widths)

    return draw.until(make, fine)


def _after(prompt: list[int], width: int, new: int, save: str) -> Call:
    return Call(NAME, (Ref("model"), torch.tensor([prompt]), width, new), save=save)


def _values(draw: Draw) -> list[Probe]:
    """Two and three beams find different texts, and three that never meet another one."""

    def good(script: Script, prompt: list[int]) -> bool:
        two, three = (_search(script, prompt, width, 5)[0] for width in (2, 3))
        if two == three or _own_best(script, prompt, 3, 5) in (two, three):
            return False
        return _without_parents(script, prompt, 3, 5) not in (two, three, best_path(script, prompt, 5))

    model, prompt = _told(draw, 3, 5, (2, 3), good=good)
    return [Probe((model, _after(prompt, 2, 5, "two"), _after(prompt, 3, 5, "three")), ("two", "three"))]


def _two_steps(draw: Draw) -> list[Probe]:
    """The best text does not begin with the likeliest token, and whoever adds up logits finds another one."""

    def good(script: Script, prompt: list[int]) -> bool:
        best = _search(script, prompt, 3, 2)[0]
        if best[:1] == best_path(script, prompt, 1):
            return False
        return _search(script, prompt, 3, 2, list)[0] != best

    model, prompt = _told(draw, 2, 2, (3,), good=good)
    return [Probe((model, _after(prompt, 3, 2, "out")))]


def _one_beam(draw: Draw) -> list[Probe]:
    def good(script: Script, prompt: list[int]) -> bool:
        path = best_path(script, prompt, 6)
        return len(set(path)) > 2 and path != _search(script, prompt, 2, 6)[0]

    model, prompt = _told(draw, 1, 6, (1,), good=good)
    return [Probe((model, _after(prompt, 1, 6, "out")))]


def _wide(draw: Draw) -> list[Probe]:
    """Of three tokens: more beams than the first step offers, and more than there are texts."""

    def good(script: Script, prompt: list[int]) -> bool:
        return _search(script, prompt, 3, 5)[0] != _search(script, prompt, 4, 5)[0]

    model, prompt = _told(draw, 2, 5, (4,), size=3, scale=0.7, good=good)
    return [Probe((model, _after(prompt, 4, 5, "four"), _after(prompt, 50, 3, "all")), ("four", "all"))]


def _positions(draw: Draw) -> list[Probe]:
    def good(script: Script, prompt: list[int]) -> bool:
        best = _search(script, prompt, 3, 4)[0]
        return best not in (best_path(script, prompt, 4), _search(script, prompt, 3, 4, _probabilities)[0])

    model, prompt = _told(draw, 4, 4, (3,), positions=True, good=good)
    return [Probe((model, _after(prompt, 3, 4, "out")))]


def _few_tokens(draw: Draw) -> list[Probe]:
    model, prompt = _told(draw, 4, 1, (3,))
    return [Probe((model, _after(prompt, 3, 0, "none"), _after(prompt, 3, 1, "one_token")), ("none", "one_token"))]


def _large(draw: Draw) -> list[Probe]:
    model, prompt = _told(draw, 3, 4, (3,), scale=1_000.0, level=5_000.0)
    return [Probe((model, _after(prompt, 3, 4, "out")))]


def _untouched(draw: Draw) -> list[Probe]:
    model, prompt = _told(draw, 4, 3, (2,))
    steps = (model, Let("ids", torch.tensor([prompt])), Call(NAME, (Ref("model"), Ref("ids"), 2, 3)))
    return [Probe(steps, ("out", "ids"))]


def _float64(draw: Draw) -> list[Probe]:
    """After rounding another text is clearly ahead, so that no order of equals finds the right one by luck."""

    def good(made: tuple[Make, list[int]]) -> bool:
        exact, coarse, prompt = script_of(made[0]), rounded(made[0]), made[1]
        best, lead = _search(exact, prompt, 3, 4)
        other = _search(coarse, prompt, 3, 4)[0]
        return lead > FINE_CLEAR and _total(coarse, prompt, other) - _total(coarse, prompt, best) > 5e-4

    model, prompt = draw.until(lambda: (fine_table(draw, SIZE), some_prompt(draw, 3, SIZE)), good)
    return [Probe((model, _after(prompt, 3, 4, "out")))]


def _mode(draw: Draw) -> list[Probe]:
    model, prompt = _told(draw, 3, 3, (2,))
    steps = (
        model,
        Call(Ref("model.train"), save="as_found"),
        _after(prompt, 2, 3, "training"),
        Get("model.training", "still_training"),
        Call(Ref("model.eval"), save="as_found"),
        _after(prompt, 2, 3, "evaluating"),
        Get("model.training", "now_training"),
    )
    return [Probe(steps, ("training", "still_training", "evaluating", "now_training"))]


CHECKS = (
    Check("values", "The text of the best total log-probability among the beams kept.", _values, EXACT, weight=3),
    Check("two steps", "A beam that is behind after one token may be ahead after two.", _two_steps, EXACT, weight=2),
    Check("one beam", "With one beam the search is greedy.", _one_beam, EXACT),
    Check("wide beams", "beam_width may exceed the number of tokens, and that of texts.", _wide, EXACT, weight=2),
    Check("whole text", "The model has to see the whole text of each beam.", _positions, EXACT, weight=2),
    Check("few tokens", "max_new_tokens counts the new tokens: 0 and 1 are fine.", _few_tokens, EXACT),
    Check("large logits", "Logits in the thousands must not overflow.", _large, EXACT),
    Check("float64", "A model may answer in float64, whose digits decide here.", _float64, EXACT),
    Check("mode", "The model is left in train or eval mode, as it was found.", _mode, EXACT),
    Check("ids untouched", "The ids given must be left as they were.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
