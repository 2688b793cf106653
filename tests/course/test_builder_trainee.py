"""The builder that training is asked of: its optimizer does what one of torch does, and its model counts its calls."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.course.banks import build

RATE, MOMENTUM = 0.1, 0.7


def options(**more: Any) -> dict[str, Any]:
    source = torch.Generator().manual_seed(0)
    layers = [[torch.randn(shape, generator=source) for shape in ((3, 5), (5,))]]
    layers.append([torch.randn(shape, generator=source) for shape in ((5, 2), (2,))])
    return {"layers": layers, "rate": RATE, "momentum": MOMENTUM, **more}


def losses(model: nn.Module, optimizer: Any, steps: int = 4) -> list[float]:
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def test_its_optimizer_does_what_the_one_of_torch_does() -> None:
    ours, theirs = build("trainee", options(), "cpu"), build("trainee", options(), "cpu").model
    wanted = losses(theirs, torch.optim.SGD(theirs.parameters(), lr=RATE, momentum=MOMENTUM))
    assert losses(ours.model, ours.optimizer) == pytest.approx(wanted)
    assert (ours.model.calls, ours.optimizer.steps) == (4, 4)
    assert isinstance(ours.optimizer, torch.optim.Optimizer)


def test_gradients_can_be_left_from_before_and_are_forgotten_in_either_way() -> None:
    left = [torch.ones(shape) for shape in ((3, 5), (5,), (5, 2), (2,))]
    made = build("trainee", options(left=left), "cpu")
    assert [p.grad.sum().item() for p in made.model.parameters()] == [15, 5, 10, 2]
    made.optimizer.zero_grad(set_to_none=False)
    assert [p.grad.sum().item() for p in made.model.parameters()] == [0, 0, 0, 0]
    made.optimizer.zero_grad()
    assert [p.grad for p in made.model.parameters()] == [None] * 4


def test_a_closure_is_called_and_its_loss_comes_back() -> None:
    made = build("trainee", options(), "cpu")
    assert made.optimizer.step(lambda: 3.5) == 3.5


@pytest.mark.parametrize("resting", [True, False])
def test_the_model_and_its_last_layer_are_in_the_modes_that_are_said(resting: bool) -> None:
    model = build("trainee", options(eval=resting, inner=resting), "cpu").model
    assert [model.training, *(layer.training for layer in model.layers)] == [not resting, not resting, resting]


def test_the_weights_given_stay_as_they_are() -> None:
    given = options()
    before = given["layers"][0][0].clone()
    made = build("trainee", given, "cpu")
    losses(made.model, made.optimizer)
    assert torch.equal(given["layers"][0][0], before)
