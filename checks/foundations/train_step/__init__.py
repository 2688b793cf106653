"""The checks of `train_step(model, x, y, optimizer)`; model and optimizer are made by `checks/builders/trainee.py`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Bank, Call, Check, Draw, Get, Let, Make, Probe, Ref, Step, Tolerance, unsorted

from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "train_step"
STEPS = Tolerance(64.0, "a step is a sum of gradients, each a sum over a few dozen products", length=30)
PARAMETERS = tuple(f"layers.{number}.{part}" for number in (0, 1) for part in ("weight", "bias"))


def oracle(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    """The mean squared error before one step of the optimizer along its gradient."""
    with torch.enable_grad():
        loss = (model(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
    optimizer.step()
    return loss.detach()


def _mixed(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Normal numbers (..., n), of which not every row happens to be sorted."""
    return draw.until(lambda: draw.normal(*shape, dtype=dtype), lambda x: x.shape[-1] < 3 or unsorted(x))


def _options(draw: Draw, i: int, h: int, o: int, dtype: torch.dtype = torch.float32, **more: Any) -> dict[str, Any]:
    """A network of two layers whose hidden units are mostly on, and an optimizer with a rate of its own."""
    layers = [
        [0.4 * _mixed(draw, i, h, dtype=dtype), 1 + 0.2 * _mixed(draw, h, dtype=dtype)],
        [0.4 * _mixed(draw, h, o, dtype=dtype), _mixed(draw, o, dtype=dtype)],
    ]
    return {"layers": layers, "rate": draw.number(0.04, 0.08), "momentum": draw.number(0.5, 0.8), **more}


def _data(draw: Draw, i: int, o: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    n = draw.size("n")
    return {"x": _mixed(draw, n, i, dtype=dtype), "y": 3 * _mixed(draw, n, o, dtype=dtype) + 1}


def _step(data: dict[str, Tensor], save: str = "loss", who: str = "it") -> Call:
    return Call(NAME, (Ref(f"{who}.model"), data["x"], data["y"], Ref(f"{who}.optimizer")), save=save)


def _parameters(who: str = "it") -> list[str]:
    return [f"{who}.model.{path}" for path in PARAMETERS]


def _one(draw: Draw, dtype: torch.dtype = torch.float32, device: str = "cpu", **more: Any) -> list[Probe]:
    """One step: the loss and the parameters after it."""
    i, h, o = draw.sizes(3)
    steps: tuple[Step, ...] = (Make("it", "trainee", _options(draw, i, h, o, dtype, **more)),)
    return [Probe((*steps, _step(_data(draw, i, o, dtype))), ("loss", *_parameters()), device=device)]


def _left(draw: Draw) -> list[Probe]:
    """Gradients left from before, about as large as the true ones."""
    i, h, o = draw.sizes(3)
    options = _options(draw, i, h, o)
    left = [_mixed(draw, *one.shape) + 1 for layer in options["layers"] for one in layer]
    make = Make("it", "trainee", {**options, "left": left})
    return [Probe((make, _step(_data(draw, i, o))), ("loss", *_parameters()))]


def _several(draw: Draw) -> list[Probe]:
    """Three steps in a row: each begins where the one before ended, and the momentum lives in the optimizer."""
    i, h, o = draw.sizes(3)
    data = _data(draw, i, o)
    calls = [_step(data, save) for save in ("first", "second", "third")]
    make = Make("it", "trainee", _options(draw, i, h, o))
    return [Probe((make, *calls), ("first", "second", "third", *_parameters()))]


def _single(draw: Draw) -> list[Probe]:
    """One example with one number, and examples without a batch axis."""
    i, h = draw.sizes(2)
    make = Make("it", "trainee", _options(draw, i, h, 1))
    one = {"x": _mixed(draw, 1, i), "y": draw.normal(1, 1) + 3}
    flat = {"x": _mixed(draw, i), "y": draw.normal(1) - 3}
    return [Probe((make, _step(data)), ("loss", *_parameters())) for data in (one, flat)]


def _detached(draw: Draw) -> list[Probe]:
    i, h, o = draw.sizes(3)
    steps = (
        Make("it", "trainee", _options(draw, i, h, o)),
        _step(_data(draw, i, o)),
        Get("loss.requires_grad", "tied"),
    )
    return [Probe(steps, ("loss", "tied"))]


def _called_once(draw: Draw) -> list[Probe]:
    i, h, o = draw.sizes(3)
    data = _data(draw, i, o)
    steps = (
        Make("it", "trainee", _options(draw, i, h, o)),
        *(_step(data, save) for save in ("first", "second")),
        Get("it.model.calls", "forward passes"),
        Get("it.optimizer.steps", "steps"),
    )
    return [Probe(steps, ("forward passes", "steps"))]


def _mode(draw: Draw) -> list[Probe]:
    """A model in each mode, with a layer that is in the other one."""
    steps: list[Step] = []
    for who, resting in (("trains", False), ("rests", True)):
        i, h, o = draw.sizes(3)
        options = _options(draw, i, h, o, eval=resting, inner=resting)
        steps += [Make(who, "trainee", options), _step(_data(draw, i, o), f"loss of {who}", who)]
        places = ("model.training", "model.layers.0.training", "model.layers.1.training")
        steps += [Get(f"{who}.{place}", f"{who}: {place}") for place in places]
    return [Probe(tuple(steps), tuple(step.save for step in steps if isinstance(step, Get)))]


def _untouched(draw: Draw) -> list[Probe]:
    i, h, o = draw.sizes(3)
    data = _data(draw, i, o)
    lets = [Let(name, value) for name, value in data.items()]
    call = Call(NAME, (Ref("it.model"), Ref("x"), Ref("y"), Ref("it.optimizer")), save="loss")
    return [Probe((*lets, Make("it", "trainee", _options(draw, i, h, o)), call), ("loss", "x", "y"))]


def _large(draw: Draw) -> list[Probe]:
    """Targets in the thousands."""
    i, h, o = draw.sizes(3)
    data = _data(draw, i, o)
    make = Make("it", "trainee", {**_options(draw, i, h, o), "rate": 0.03})
    return [Probe((make, _step({**data, "y": 2_000 * data["y"]})), ("loss", *_parameters()))]


SQUARED = Tolerance(16.0, "squares of errors in the thousands", length=30, rtol=3e-6)

CHECKS = (
    Check("one step", "The loss before the step, and the parameters after it.", _one, STEPS, weight=2),
    Check(
        "gradients left from before", "What is in .grad when the step begins must not count.", _left, STEPS, weight=2
    ),
    Check("several steps", "Each step goes on where the one before ended.", _several, STEPS),
    Check("one example", "A batch of one, and an input without a batch.", _single, STEPS),
    Check(
        "detached",
        "The loss is returned without its graph, which would keep all of the step in memory.",
        _detached,
        STEPS,
    ),
    Check("once", "The model is called once, and the optimizer makes one step.", _called_once, STEPS),
    Check("mode", "Train and eval mode stay as they were, for the model and for each of its layers.", _mode, STEPS),
    Check("float64", "A float64 model gives a float64 loss.", lambda d: _one(d, torch.float64), STEPS),
    Check("inputs untouched", "x and y must be left as they were.", _untouched, STEPS),
    Check("large targets", "Targets in the thousands give a large loss, and nothing is clipped.", _large, SQUARED),
    Check("any device", "No value is read into Python.", lambda d: _one(d, device="meta"), STEPS),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
