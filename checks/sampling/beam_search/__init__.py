"""The checks of `beam_search(model, ids, beam_width, max_new_tokens)`, with models that look their logits up.

In each fixture the beams kept lead those dropped by CLEAR in total log-probability, and the best one the second.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Make, Probe, Ref

from .._shared import CLEAR, FINE_CLEAR, Script, best_path, fine_table, rounded, script_of, some_prompt, table_model
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "beam_search"
SIZE = 5
MANY = 130  # tokens that are all about as likely


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
    script: Script,
    prompt: list[int],
    width: int,
    length: int,
    score: Scoring = _log_probabilities,
    *,
    add: Callable[[float, float], float] = operator.add,
    start: Sequence[float] = (0.0,),
    children: int = 1 << 30,
) -> tuple[list[int], float]:
    """The best beam's new tokens, and the smallest lead of a beam kept over one dropped, or of the best at the end."""
    beams: list[tuple[float, list[int]]] = [(total, []) for total in start]
    lead = math.inf
    for _ in range(length):
        longer = [
            (add(total, more), [*tokens, token])
            for total, tokens in beams
            for more, token in _best(score(script(prompt + tokens)), children)
        ]
        longer.sort(reverse=True)
        if len(longer) > width:
            lead = min(lead, longer[width - 1][0] - longer[width][0])
        beams = longer[:width]
    if len(beams) > 1:
        lead = min(lead, beams[0][0] - beams[1][0])
    return beams[0][1], lead


def _continued(
    script: Script, prompt: list[int], beams: list[tuple[float, list[int]]]
) -> list[tuple[float, list[int], float]]:
    """Total, tokens and newest log-probability of all that follows the beams, best total first."""
    longer = [
        (total + more, [*tokens, token], more)
        for total, tokens in beams
        for token, more in enumerate(_log_probabilities(script(prompt + tokens)))
    ]
    return sorted(longer, reverse=True)


def _with_other_totals(script: Script, prompt: list[int], width: int, length: int) -> list[int]:
    """What is found if new log-probabilities are added to the totals in their old order."""
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(length):
        longer, last = _continued(script, prompt, beams)[:width], len(beams) - 1
        beams = [(beams[min(i, last)][0] + more, tokens) for i, (_, tokens, more) in enumerate(longer)]
    return max(beams)[1]


def _one_for_each(count: int, script: Script, prompt: list[int], width: int, length: int) -> list[int]:
    """What is found if of the beams that end in the same `count` tokens only the best one stays."""
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    for _ in range(length):
        best: dict[tuple[int, ...], tuple[float, list[int]]] = {}
        for total, tokens, _more in _continued(script, prompt, beams):
            best.setdefault(tuple((prompt + tokens)[-count:]), (total, tokens))
        beams = list(best.values())[:width]
    return beams[0][1]


def _best(scores: list[float], count: int) -> list[tuple[float, int]]:
    found = [(score, token) for token, score in enumerate(scores)]
    return found if count >= len(found) else sorted(found, reverse=True)[:count]


def _clamped(row: tuple[float, ...]) -> list[float]:
    return [max(x, math.log(0.01)) for x in _log_probabilities(row)]


def mistaken(script: Script, prompt: list[int], width: int, length: int) -> dict[str, Callable[[], list[int]]]:
    """What finds the text of each known mistake after a prompt; the dearest comes last."""

    def found(beams: int = width, score: Scoring = _log_probabilities, **kwargs: Any) -> Callable[[], list[int]]:
        return lambda: _search(script, prompt, beams, length, score, **kwargs)[0]

    given = (script, prompt, width, length)
    return {
        "greedy": found(1),
        "a beam fewer": found(max(1, width - 1)),
        "logits": found(score=list),
        "probabilities": found(score=_probabilities),
        "the last step alone": found(add=lambda total, more: more),
        "a running mean": found(add=lambda total, more: (total + more) / 2),
        "two children each": found(children=2),
        "copies a little behind": found(start=(0.0, *(-1.0,) * (width - 1))),
        "its own best": partial(_own_best, *given),
        "parents lost": partial(_without_parents, *given),
        "totals of other beams": partial(_with_other_totals, *given),
        "a beam for each token": partial(_one_for_each, 1, *given),
        "all texts": partial(_one_for_each, 2, script, prompt, 1 << 30, length),  # what follows hangs on two tokens
    }


def _telling(
    script: Script, prompts: list[list[int]], width: int, new: int, but: tuple[str, ...] = (), clear: float = CLEAR
) -> list[list[int]]:
    """Some of the prompts: after each of them beams are clear, and each known mistake finds another text after one, but
    for those in `but`, which never do. None if there are no such prompts."""
    told: set[str] = set()
    kept: list[list[int]] = []
    for prompt in prompts:
        best, lead = _search(script, prompt, width, new)
        if lead <= clear:
            continue
        texts = mistaken(script, prompt, width, new)
        open_names = [name for name in texts if name not in told and name not in but]
        wrong = {name for name in open_names if texts[name]() != best}
        if wrong and all(texts[name]() == best for name in texts if name in but):
            kept.append(prompt)
            told |= wrong
            if len(wrong) == len(open_names):
                return kept
    return []


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
    width: int,
    new: int,
    *,
    size: int = SIZE,
    positions: bool = False,
    scale: float = 1.0,
    level: float = 0.0,
    but: tuple[str, ...] = (),
) -> tuple[Make, list[list[int]]]:
    """A model (slot "model") and prompts that tell known mistakes; those in `but` are never seen."""

    def make() -> tuple[Make, list[list[int]]]:
        where = draw.normal(7, size, scale=scale) if positions else None
        model = table_model(draw.normal(size, size, size, scale=scale) + level, where)
        prompts = [some_prompt(draw, length, size) for length in (5, 3, 7, 6) * 20]
        return model, _telling(script_of(model), prompts, width, new, but)

    return draw.until(make, lambda made: bool(made[1]))


def _clear(draw: Draw, length: int, width: int, new: int) -> tuple[Make, list[int]]:
    """A model and a prompt after which beams are clear; its last token alone is followed by something else."""

    def make() -> tuple[Make, list[int]]:
        return table_model(draw.normal(SIZE, SIZE, SIZE)), some_prompt(draw, length, SIZE)

    def good(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        alone = best_path(script, prompt[-1:], 1) != best_path(script, prompt, 1)
        return alone and _search(script, prompt, width, new)[1] > CLEAR

    return draw.until(make, good)


def _texts(model: Make, prompts: list[list[int]], width: int, new: int) -> Probe:
    """A probe that writes a text after each prompt."""
    names = tuple(f"text_{i}" for i in range(len(prompts)))
    calls = (_after(prompt, width, new, name) for name, prompt in zip(names, prompts, strict=True))
    return Probe((model, *calls), names)


def _after(prompt: list[int], width: int, new: int, save: str) -> Call:
    return Call(NAME, (Ref("model"), torch.tensor([prompt]), width, new), save=save)


RARE = (
    "copies a little behind",
    "probabilities",
    "all texts",
    "a beam fewer",
    "two children each",
    "a beam for each token",
)


def _values(draw: Draw) -> list[Probe]:
    """Each known mistake finds another text after one of the prompts."""

    def apart(made: tuple[Make, list[list[int]]]) -> bool:
        """Whether those that are seen here alone are told from each other."""
        wrong = [mistaken(script_of(made[0]), prompt, 3, 4) for prompt in made[1]]
        return len({str([texts[name]() for texts in wrong]) for name in RARE}) == len(RARE)

    model, prompts = draw.until(lambda: _told(draw, 3, 4, size=9, scale=1.3), apart)
    return [_texts(model, prompts, 3, 4)]


def _two_steps(draw: Draw) -> list[Probe]:
    """The best text does not always begin with the likeliest token."""
    model, prompts = _told(draw, 3, 2, size=7, but=(*RARE, "its own best"))
    return [_texts(model, prompts, 3, 2)]


def _one_beam(draw: Draw) -> list[Probe]:
    def good(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        path, lead = _search(script, prompt, 1, 6)
        others = (_search(script, prompt, width, 6)[0] for width in (2, 3, 1 << 10))
        return lead > CLEAR and len(set(path)) > 2 and path not in others

    model, prompt = draw.until(lambda: (table_model(draw.normal(3, 3, 3)), some_prompt(draw, 5, 3)), good)
    return [_texts(model, [prompt], 1, 6)]


def _wide(draw: Draw) -> list[Probe]:
    """Of three tokens: more beams than the first step offers, and more than there are texts."""
    but = ("copies a little behind", "probabilities", "all texts", "two children each")

    def good(made: tuple[Make, list[list[int]]]) -> bool:
        script, prompt = script_of(made[0]), made[1][0]
        best, lead = _search(script, prompt, 50, 3)
        return lead > CLEAR and _search(script, prompt, 50, 3, _probabilities)[0] == best

    model, prompts = draw.until(lambda: _told(draw, 4, 5, size=3, positions=True, scale=0.7, but=but), good)
    calls = tuple(_after(prompt, 4, 5, f"four_{i}") for i, prompt in enumerate(prompts))
    steps = (model, *calls, _after(prompts[0], 50, 3, "all"))
    return [Probe(steps, (*(call.save for call in calls), "all"))]


def _positions(draw: Draw) -> list[Probe]:
    model, prompts = _told(draw, 3, 4, positions=True, but=RARE)
    return [_texts(model, prompts, 3, 4)]


def _flat(draw: Draw) -> list[Probe]:
    """So many tokens that each has less than a hundredth: whoever clamps probabilities there finds another text."""

    def make() -> tuple[Make, list[int]]:
        return table_model(draw.normal(1, MANY, MANY, scale=0.07)), some_prompt(draw, 3, MANY)

    def good(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        best, lead = _search(script, prompt, 3, 2)
        if lead <= 10 * FINE_CLEAR or _search(script, prompt, 3, 2, _clamped)[0] == best:
            return False
        return all(text() == best for text in mistaken(script, prompt, 3, 2).values())

    model, prompt = draw.until(make, good)
    return [_texts(model, [prompt], 3, 2)]


def _few_tokens(draw: Draw) -> list[Probe]:
    """One token after each of two prompts; they differ, so that no token is right for both."""
    model, prompt = _clear(draw, 6, 3, 1)
    script = script_of(model)

    def good(other: list[int]) -> bool:
        best, lead = _search(script, other, 3, 1)
        return lead > CLEAR and best not in (_search(script, prompt, 3, 1)[0], best_path(script, other[-1:], 1))

    other = draw.until(lambda: some_prompt(draw, 3, SIZE), good)
    calls = (_after(prompt, 3, 0, "none"), _after(prompt, 3, 1, "one_token"), _after(other, 3, 1, "another"))
    return [Probe((model, *calls), ("none", "one_token", "another"))]


def _large(draw: Draw) -> list[Probe]:
    model, prompts = _told(draw, 3, 4, size=7, level=5_000.0, but=RARE)
    return [_texts(model, prompts, 3, 4)]


def _untouched(draw: Draw) -> list[Probe]:
    model, prompt = _clear(draw, 5, 3, 3)
    steps = (model, Let("ids", torch.tensor([prompt])), Call(NAME, (Ref("model"), Ref("ids"), 3, 3)))
    return [Probe(steps, ("ids",))]


def _float64(draw: Draw) -> list[Probe]:
    """After rounding another text is clearly ahead, so that no order of equals finds the right one by luck. A nat more
    or less is much there, and probabilities are as good as their logarithms."""

    def make() -> tuple[Make, list[list[int]]]:
        model = fine_table(draw, SIZE)
        prompts = [some_prompt(draw, length, SIZE) for length in (5, 3, 7, 6) * 6]
        return model, _telling(script_of(model), prompts, 3, 4, RARE, FINE_CLEAR)

    def good(made: tuple[Make, list[list[int]]]) -> bool:
        exact, coarse, prompts = script_of(made[0]), rounded(made[0]), made[1]
        found = ((p, _search(exact, p, 3, 4)[0], _search(coarse, p, 3, 4)[0]) for p in prompts)
        return any(_total(coarse, p, other) - _total(coarse, p, best) > 5e-4 for p, best, other in found)

    model, prompts = draw.until(make, good)
    return [_texts(model, prompts, 3, 4)]


def _mode(draw: Draw) -> list[Probe]:
    model, prompt = _clear(draw, 3, 3, 3)
    steps = (
        model,
        Call(Ref("model.train"), save="as_found"),
        _after(prompt, 3, 3, "training"),
        Get("model.training", "still_training"),
        Call(Ref("model.eval"), save="as_found"),
        _after(prompt, 3, 3, "evaluating"),
        Get("model.training", "now_training"),
    )
    return [Probe(steps, ("still_training", "now_training"))]


CHECKS = (
    Check("values", "The text of the best total log-probability among the beams kept.", _values, EXACT, weight=3),
    Check("two steps", "A beam that is behind after one token may be ahead after two.", _two_steps, EXACT, weight=2),
    Check("one beam", "With one beam the search is greedy.", _one_beam, EXACT),
    Check("wide beams", "beam_width may exceed the number of tokens, and that of texts.", _wide, EXACT, weight=2),
    Check("whole text", "The model has to see the whole text of each beam.", _positions, EXACT, weight=2),
    Check("flat", "With many tokens each has a small probability, and its logarithm counts in full.", _flat, EXACT),
    Check("few tokens", "max_new_tokens counts the new tokens: 0 and 1 are fine.", _few_tokens, EXACT),
    Check("large logits", "Logits in the thousands must not overflow.", _large, EXACT),
    Check("float64", "A model may answer in float64, whose digits decide here.", _float64, EXACT),
    Check("mode", "The model is left in train or eval mode, as it was found.", _mode, EXACT),
    Check("ids untouched", "The ids given must be left as they were.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
