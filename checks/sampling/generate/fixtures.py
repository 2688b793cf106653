"""Models for the checks of `generate`: rows of logits whose filters leave what is known beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from autograder.checks import Draw, Make, unsorted

from .._shared import best_path, clear_path, ladders, script_of, some_prompt, table_model

SIZE = 9  # of models with free logits
START = 2  # tokens of a prompt where what follows does not depend on it

# At this temperature two tokens have 0.32 and 0.30, ten others share the rest: 5% more or less of it move the first
# one's share by 0.013.
NUCLEUS_TEMPERATURE = 0.5
TOP_SHARE = 0.32
_NUCLEUS_SHARES = (TOP_SHARE, 0.30, *(0.038 * (1 + 0.05 * i) for i in (-3, -2.5, -2, -1, -0.5, 0.5, 1, 2, 2.5, 3)))
NUCLEUS = tuple(NUCLEUS_TEMPERATURE * math.log(share) for share in _NUCLEUS_SHARES)
LADDER_SIZE = len(NUCLEUS)

# Among the first three the first one has 0.61, which is more than p; among all twelve it takes five to reach p.
ORDER_P = 0.58
_ORDER_SHARES = (0.30, 0.10, 0.09, *(0.51 / 9 * (1 + 0.04 * i) for i in range(-4, 5)))
ORDER = tuple(math.log(share) for share in _ORDER_SHARES)

# Two tokens of fifty have all the weight: what else is drawn comes from somewhere else.
PAIR = (0.25, 0.0, *(-32.0 - i / 4 for i in range(48)))

# Three tokens are equally likely, and more so than the others.
TIED = (1.5, 1.5, 1.5, 0.75, 0.0, -0.75, -1.0)


def seed(draw: Draw) -> int:
    return int(draw.integers(0, 1 << 40))


def ladder_model(draw: Draw, steps: tuple[float, ...]) -> tuple[Make, list[int]]:
    """A model (slot "model") whose every row holds the logits `steps` in an order of its own, and a prompt."""
    table = draw.until(lambda: ladders(draw, torch.tensor(steps)), unsorted)
    return table_model(table), some_prompt(draw, 3, len(steps))


def pair_row(draw: Draw) -> torch.Tensor:
    """The logits PAIR (V,) in some order; the last token is one of the two."""

    def make() -> torch.Tensor:
        return torch.tensor(PAIR)[draw.permutation(len(PAIR))]

    row = draw.until(make, unsorted)
    last, chosen = len(row) - 1, int((row == PAIR[int(draw.integers(0, 2))]).nonzero())
    row[[last, chosen]] = row[[chosen, last]]
    return row


def told(
    draw: Draw,
    lengths: tuple[int, ...],
    new: int,
    *,
    positions: bool = False,
    good: Callable[[list[list[int]], list[list[int]]], bool] = lambda prompts, paths: True,
) -> tuple[Make, list[list[int]]]:
    """A model (slot "model") and prompts of `lengths` whose `new` best tokens are clear, and of which `good` thinks
    well."""

    def make() -> tuple[Make, list[list[int]]]:
        where = draw.normal(7, SIZE) if positions else None
        model = table_model(draw.normal(SIZE, SIZE, SIZE), where)
        return model, [some_prompt(draw, length, SIZE) for length in lengths]

    def fine(made: tuple[Make, list[list[int]]]) -> bool:
        script, prompts = script_of(made[0]), made[1]
        paths = [best_path(script, prompt, new) for prompt in prompts]
        return good(prompts, paths) and all(clear_path(script, prompt, new) for prompt in prompts)

    return draw.until(make, fine)
