"""A model, data and an optimizer for one step of training: what is done with them can be read off afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn


class Layer(nn.Module):
    """x w + b, or its ReLU."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, bend: bool) -> None:
        super().__init__()
        self.weight, self.bias, self.bend = nn.Parameter(weight.clone()), nn.Parameter(bias.clone()), bend

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., I) -> (..., O)."""
        found = x @ self.weight + self.bias
        return torch.relu(found) if self.bend else found


class Model(nn.Module):
    """Layers with a ReLU between them; `calls` counts the forward passes."""

    def __init__(self, layers: list[list[torch.Tensor]]) -> None:
        super().__init__()
        last = len(layers) - 1
        self.layers = nn.ModuleList(Layer(w, b, number < last) for number, (w, b) in enumerate(layers))
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., I) -> (..., O)."""
        self.calls += 1
        for layer in self.layers:
            x = layer(x)
        return x


class Descent(torch.optim.Optimizer):
    """Gradient descent with momentum, which passes for any optimizer of torch.

    The base class is not initialized: that would import torch._dynamo, which takes more than a second of CPU.
    """

    def __init__(self, parameters: Any, rate: float, momentum: float) -> None:
        self.defaults = {"lr": rate, "momentum": momentum}
        self.param_groups = [{"params": list(parameters), **self.defaults}]
        self.state = {}  # type: ignore[assignment]  # a defaultdict in torch, which nothing here relies on
        self.steps = 0

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, or makes them 0."""
        for parameter in self.param_groups[0]["params"]:
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = torch.zeros_like(parameter.grad)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]  # torch overloads it
        """Moves the parameters that have a gradient; returns what `closure` returns, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.steps += 1
        with torch.no_grad():
            for parameter in self.param_groups[0]["params"]:
                if parameter.grad is None:
                    continue
                before = self.state.get(parameter, torch.zeros_like(parameter))
                self.state[parameter] = before * self.defaults["momentum"] + parameter.grad
                parameter -= self.defaults["lr"] * self.state[parameter]
        return loss


def make(options: Mapping[str, Any], device: str) -> SimpleNamespace:
    """An object with `.model`, and `.optimizer` of its parameters, from plain data:

    - "layers": a weight (I, O) and a bias (O,) for each layer;
    - "rate" and "momentum" of the optimizer;
    - "left": for each parameter, a gradient that is left from before; without it there is none;
    - "eval": True if the model is in eval mode; "inner": the mode of its last layer, where it is another one.
    """
    model = Model(options["layers"])
    for parameter, left in zip(model.parameters(), options.get("left", ()), strict=False):
        parameter.grad = left.clone()
    model.train(not options.get("eval", False))
    if "inner" in options:
        model.layers[-1].train(options["inner"])
    return SimpleNamespace(model=model, optimizer=Descent(model.parameters(), options["rate"], options["momentum"]))
