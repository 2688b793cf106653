"""The checks of `witnesses()`: the judge runs each tuple through the printed and the right version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import nn

from autograder.checks import EXACT, Bank, Call, Check, Credit, Draw, Misconception, Probe, Variant

from ._printed import WITNESSES

NAME = "witnesses"
Given = dict[str, Any]


def oracle() -> Given:
    table = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.5, -0.5], [-2.0, 1.0, 0.0]])
    points = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
    return {
        "one_head": (table, table, table.T, table),
        "recurrent_step": (table[0], table[1], table, table, table[2]),
        "position_weights": (table[:2], table),
        "look_up": (torch.tensor(2), table),
        "last_state": (nn.RNN(3, 5), torch.stack([table, table + 1])),
        "least_squares_at": (*points, 6.0),
        "new_tokens_left": (39, 50),
        "penalised": (-2.0, 1.3),
        "ids_for": (nn.Linear(3, 3, device="meta"), torch.tensor([[5, 0, 3]])),
        "filtered_logits": (table[0], 0.7, 1),
        "share_in_percent": (617, 175_000),
    }


def _asked(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME),))]


def _credit(name: str, values: Mapping[str, Any]) -> Credit:
    given = values["out"]
    if type(given) is not dict:
        return Credit(0.0, "return a dict: the name of a function and a tuple of its arguments")
    witness = WITNESSES[name]
    if name not in given:
        return Credit(0.0, f'the dict has no "{name}": add a tuple ({", ".join(witness.names)})')
    return witness.credit(given[name])


def _form(values: Mapping[str, Any]) -> Credit:
    given = values["out"]
    if type(given) is not dict:
        return Credit(0.0, "return a dict: the name of a function and a tuple of its arguments")
    missing = [name for name in WITNESSES if name not in given]
    if missing:
        return Credit(0.0, f"these are missing: {', '.join(missing)}")
    other = [name for name in WITNESSES if type(given[name]) is not tuple]
    return Credit(0.0, f"no tuple of arguments: {', '.join(other)}") if other else Credit(1.0)


CHECKS = (
    *(
        Check(name, f"A witness against what is printed as {name}.", _asked, EXACT, credit=partial(_credit, name))
        for name in WITNESSES
    ),
    Check("all of them", "There is a tuple of arguments for every function.", _asked, EXACT, credit=_form),
)


def _in_batches() -> Given:
    torch.manual_seed(3)
    return {
        **oracle(),
        "recurrent_step": tuple(torch.randn(*s) for s in ((6, 2), (6, 3), (2, 3), (3, 3), (3,))),
        "look_up": (torch.tensor([[1, 0], [2, 2]]), torch.randn(3, 5)),
        "penalised": (torch.tensor([2.0, -1.0]), 0.5),
        "filtered_logits": (torch.randn(2, 3, 8), 1.0, 3),
        "ids_for": (nn.Linear(5, 3, device="meta"), torch.tensor(3)),
    }


def _in_float64() -> Given:
    return {
        name: tuple(a.double() if isinstance(a, torch.Tensor) and a.is_floating_point() else a for a in arguments)
        for name, arguments in oracle().items()
    }


def _square_shapes() -> Given:
    """The shapes are equal, so that only values differ."""
    torch.manual_seed(5)
    square = torch.randn(3, 3)
    return {
        **oracle(),
        "position_weights": (square, square),
        "last_state": (nn.RNN(2, 3), torch.randn(5, 5, 2)),
        "recurrent_step": (square[:1], square[:1], square, square, square[0]),
        "look_up": (torch.tensor([1, 0, 1]), square),
    }


def _other_numbers() -> Given:
    return {
        **oracle(),
        "least_squares_at": (torch.tensor([0.0, 1.0]), torch.tensor([3.0, 5.0]), 0),
        "new_tokens_left": (60, 50),
        "share_in_percent": (7.0, 2.0),
        "penalised": (-5, 2),
    }


def _with_one_more() -> Given:
    return {"my_own": (1, 2, 3), **oracle()}


VARIANTS = tuple(
    Variant(one.__name__.strip("_"), one)
    for one in (_in_batches, _in_float64, _square_shapes, _other_numbers, _with_one_more)
)


def _positive_logit() -> Given:
    return {**oracle(), "penalised": (2.0, 1.3)}


def _empty_prompt() -> Given:
    return {**oracle(), "new_tokens_left": (0, 50)}


def _all_kept() -> Given:
    return {**oracle(), "filtered_logits": (torch.tensor([0.5, -1.0, 2.0]), 0.7, 3)}


def _whole_percent() -> Given:
    return {**oracle(), "share_in_percent": (1, 4)}


def _equal_means() -> Given:
    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 2.0])
    return {**oracle(), "least_squares_at": (x, y, 6.0)}


def _index_out_of_range() -> Given:
    return {**oracle(), "look_up": (torch.tensor(7), torch.ones(3, 5))}


def _one_text_one_time() -> Given:
    return {**oracle(), "last_state": (nn.RNN(3, 5), torch.ones(1, 1, 3))}


def _lists() -> Any:
    return {name: list(arguments) for name, arguments in oracle().items()}


def _as_pairs() -> Any:
    return list(oracle().items())


def _one_only() -> Given:
    return {"penalised": oracle()["penalised"]}


def _empty() -> Given:
    return {}


def _results() -> Given:
    return dict.fromkeys(WITNESSES, 1.0)


MISCONCEPTIONS = (
    Misconception("lists", "Each entry is a list. Give the arguments as a tuple, in round brackets.", _lists),
    Misconception("as_pairs", "You return a list of pairs. Return a dict.", _as_pairs),
    Misconception("one_only", "Only one function has a witness. Find one for each of them.", _one_only),
    Misconception("empty", "The dict is empty. Begin with one function whose error you understand.", _empty),
    Misconception("results", "You give results. Give arguments: the judge calls both versions itself.", _results),
    Misconception(
        "positive_logit",
        "A positive logit is divided by both versions. They differ where the logit is negative.",
        _positive_logit,
    ),
    Misconception(
        "empty_prompt",
        "With an empty prompt both versions leave max_length tokens. Give the prompt some tokens.",
        _empty_prompt,
    ),
    Misconception(
        "all_kept",
        "With top_k as large as the vocabulary nothing is dropped by either version. Take a smaller top_k.",
        _all_kept,
    ),
    Misconception(
        "whole_percent",
        "This share is a whole number of percent, so rounding changes nothing.",
        _whole_percent,
    ),
    Misconception(
        "equal_means",
        "In these points x and y have the same mean, and then the two lines are the same.",
        _equal_means,
    ),
    Misconception(
        "index_out_of_range",
        "The index is larger than the last row: then the right version has no answer. A witness lies in the contract.",
        _index_out_of_range,
    ),
    Misconception(
        "one_text_one_time",
        "With one text and one time, the last of either axis is the same. Take several.",
        _one_text_one_time,
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, moderate="the arguments are small on purpose")
