"""What is wrong whatever the formula is named by what is seen of it, in any bank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.judging.certify import seed_source
from autograder.judging.check import Bank
from autograder.judging.judge import judge_question
from autograder.judging.symptoms import TEXTS
from autograder.model import Observation, Probe, Verdict
from autograder.sandbox.inside.probing import observe
from tests.engine.judging.small_course import load

SOLUTION = """
def centred(x, scale=1.0):
    if scale <= 0:
        raise ValueError("scale must be positive")
    wide = x.double() if x.dtype == torch.float64 else x.float()
    return ((wide - wide.mean(-1, keepdim=True)) * scale).to(x.dtype)
"""
BANK = """
@given(half=True, large={"x": 10_000}, gradients=True, grow="n", without=[
    "edited_in_place", "always_float32", "through_float32", "detached", "read_into_python"])
def centred(draw, *batch):
    return {"x": draw.normal(*batch, draw.size("n")), "scale": 1.5}

@raises(ValueError, "scale must be positive.")
def no_scale(draw):
    return {"x": draw.normal(3), "scale": 0.0}

@wrong("Not centred.")
def not_centred(x, scale=1.0):
    return x * scale
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return load(tmp_path_factory.mktemp("course"), "centred", SOLUTION, BANK)


def failed(bank: Bank, implementation: Callable[..., Any]) -> list[Verdict]:
    def ask(probe: Probe) -> Observation:
        return observe(probe, {bank.name: implementation}, catch=Exception)

    return [v for v in judge_question(bank, 1.0, ask, seed_of=seed_source(bank, 0)) if not v.passed]


def right(x: Tensor, scale: float = 1.0) -> Tensor:
    if scale <= 0:
        raise ValueError
    wide = x.double() if x.dtype == torch.float64 else x.float()
    return ((wide - wide.mean(-1, keepdim=True)) * scale).to(x.dtype)


def edits(x: Tensor, scale: float = 1.0) -> Tensor:
    found = right(x, scale)
    with torch.no_grad():
        x += 1
    return found


def loops(x: Tensor, scale: float = 1.0) -> Tensor:
    right(x, scale)
    rows = [right(row, scale) for row in x.reshape(-1, x.shape[-1]).unbind()]
    return torch.stack(rows).reshape(x.shape)


def in_half(x: Tensor, scale: float = 1.0) -> Tensor:
    right(x, scale)
    return (x - x.mean(-1, keepdim=True)) * 300 * scale / 300


def another_error(x: Tensor, scale: float = 1.0) -> Tensor:
    if scale <= 0:
        raise KeyError(scale)
    return right(x, scale)


def refuses(x: Tensor, scale: float = 1.0) -> Tensor:
    if x.dim() > 2:
        raise ValueError("no batches")
    return right(x, scale)


@pytest.mark.parametrize(
    ("implementation", "name"),
    [
        (edits, "edited_in_place"),
        (loops, "grows_with_the_inputs"),
        (in_half, "computed_in_half"),
        (another_error, "another_exception"),
        (refuses, "raised_where_allowed"),
        (lambda x, scale=1.0: right(x, scale or 1.0), "accepts_too_much"),
        (lambda x, scale=1.0: right(x.float(), scale).to(x.dtype), "through_float32"),
        (lambda x, scale=1.0: right(x.detach(), scale), "detached"),
        (lambda x, scale=1.0: right(x.view(-1).view(x.shape), scale), "view_of_a_view"),
        (lambda x, scale=1.0: right(x, scale) if float(x.sum()) else x, "read_into_python"),
        (lambda x, scale=1.0: right(x, scale).float(), "always_float32"),
        (lambda x, scale=1.0: right(x, scale).unsqueeze(0), "dimension_of_one_added"),
        (lambda x, scale=1.0: right(x, scale).squeeze(), "dimension_of_one_lost"),
        (lambda x, scale=1.0: right(x, scale).reshape(-1, x.shape[-1]) if x.dim() > 1 else right(x, scale),
         "leading_dimensions_flattened"),
        (lambda x, scale=1.0: right(x, scale).movedim(-1, 0), "axes_exchanged"),
    ],
)  # fmt: skip
def test_one_mistake_that_hangs_on_no_formula_is_named(
    bank: Bank, implementation: Callable[..., Any], name: str
) -> None:
    verdicts = failed(bank, implementation)
    assert verdicts
    assert name in {verdict.diagnosis.misconception for verdict in verdicts if verdict.diagnosis}
    assert all(verdict.diagnosis is not None for verdict in verdicts)
    assert {v.diagnosis.text for v in verdicts if v.diagnosis} <= set(TEXTS.values())


def test_what_may_follow_from_another_mistake_is_not_named_beside_it(bank: Bank) -> None:
    verdicts = failed(bank, lambda x, scale=1.0: x.float() * 3)
    names = {verdict.diagnosis.misconception if verdict.diagnosis else None for verdict in verdicts}
    assert None in names
    assert "accepts_too_much" not in names


def test_a_right_one_fails_nothing(bank: Bank) -> None:
    assert failed(bank, right) == []
