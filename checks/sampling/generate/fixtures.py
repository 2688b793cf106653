"""Models for the checks of `generate`: rows of logits whose filters leave what is known beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch

from autograder.checks import Call, Draw, Get, Make, Ref, Step, unsorted

from .._shared import ladders, lead, path_of, some_prompt, table_model

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

# Two tokens of 150 have most of the weight, eight have 6% together, which a hidden top-p would drop in part; what
# else is drawn comes from somewhere else.
PAIR = (0.25, 0.0, *(-4.0 - i / 64 for i in range(8)), *(-32.0 - i / 4 for i in range(140)))

# Logits that are nearly alike at a temperature of thousands, and two that are at one of a hundredth.
EXTREMES = {1_500.0: (400.0, 0.0, -400.0, -800.0, -1_200.0), 0.01: (0.002, 0.0, -2.0, -3.0, -4.0)}

# Three tokens are equally likely, and more so than the others.
TIED = (1.5, 1.5, 1.5, 0.75, 0.0, -0.75, -1.0)


def seed(draw: Draw) -> int:
    return int(draw.integers(0, 1 << 40))


def ladder_model(draw: Draw, steps: tuple[float, ...]) -> tuple[Make, list[int]]:
    """A model (slot "model") whose every row holds the logits `steps` in an order of its own, and a prompt; what is
    best after it does not stay the same."""

    def make() -> tuple[Make, list[int], bool]:
        model, prompt = table_model(ladders(draw, torch.tensor(steps))), some_prompt(draw, 3, len(steps))
        return model, prompt, lead(model, prompt, path_of(draw, len(steps), 8), set())

    model, prompt, _ = draw.until(make, lambda made: made[2] and unsorted(made[0].options["table"]))
    return model, prompt


def pair_row(draw: Draw) -> torch.Tensor:
    """The logits PAIR (V,) in some order; the last token is one of the two."""

    def make() -> torch.Tensor:
        return torch.tensor(PAIR)[draw.permutation(len(PAIR))]

    row = draw.until(make, unsorted)
    last, chosen = len(row) - 1, int((row == PAIR[int(draw.integers(0, 2))]).nonzero())
    row[[last, chosen]] = row[[chosen, last]]
    return row


def left_by_an_error(refused: Call) -> Iterator[Step]:
    """The mode in which a call that raises a ValueError leaves the model, found in train and in eval mode."""
    for mode in ("train", "eval"):
        yield Call(Ref(f"model.{mode}"), save="as_found")
        yield replace(refused, catch="ValueError")
        yield Get("model.training", f"{mode}_after_an_error")
