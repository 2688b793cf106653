"""Right and wrong implementations of `train_step`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Misconception, Variant


def textbook(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


def zeros_kept(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = (y - model(x)).pow(2).mean()
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.data


def by_module(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    model.zero_grad()
    loss = nn.MSELoss()(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().clone()


def by_autograd(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    parameters = list(model.parameters())
    loss = (model(x) - y).square().mean()
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach()


def by_groups(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    error = model(x) - y
    loss = (error * error).sum() / error.numel()
    loss.backward()
    optimizer.step()
    return loss.detach()


def by_closure(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    return optimizer.step(closure).detach()  # type: ignore[no-any-return]  # an optimizer's step has no type


VARIANTS = tuple(
    Variant(one.__name__, one) for one in (textbook, zeros_kept, by_module, by_autograd, by_groups, by_closure)
)


def no_zero_grad(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


def zeroed_only_afterwards(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach()


def zeroed_too_late(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.detach()


def no_step(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    return loss.detach()


def no_backward(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = F.mse_loss(model(x), y)
    optimizer.step()
    return loss.detach()


def step_before_backward(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = F.mse_loss(model(x), y)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.detach()


def loss_after_the_step(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    textbook(model, x, y, optimizer)
    with torch.no_grad():
        return F.mse_loss(model(x), y)


def called_twice(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    before = F.mse_loss(model(x), y).detach()
    textbook(model, x, y, optimizer)
    return before


def not_detached(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def plain_number(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> float:
    return textbook(model, x, y, optimizer).item()


def _with(loss_of: Any) -> Any:
    def step(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def summed(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return _with(lambda out, y: (out - y).square().sum())(model, x, y, optimizer)  # type: ignore[no-any-return]


def absolute_error(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return _with(lambda out, y: (out - y).abs().mean())(model, x, y, optimizer)  # type: ignore[no-any-return]


def halved(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return _with(lambda out, y: (out - y).square().mean() / 2)(model, x, y, optimizer)  # type: ignore[no-any-return]


def with_a_root(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return _with(lambda out, y: (out - y).square().mean().sqrt())(model, x, y, optimizer)  # type: ignore[no-any-return]


def uphill(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return -_with(lambda out, y: -(out - y).square().mean())(model, x, y, optimizer)  # type: ignore[no-any-return]


def step_by_hand(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= optimizer.param_groups[0]["lr"] * parameter.grad
    return loss.detach()


def two_steps(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = textbook(model, x, y, optimizer)
    optimizer.step()
    return loss


def put_into_train_mode(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    model.train()
    return textbook(model, x, y, optimizer)


def put_into_eval_mode(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    loss = textbook(model, x, y, optimizer)
    model.eval()
    return loss


def without_gradients(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    with torch.no_grad():
        loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def clipped(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad = parameter.grad.clamp(-0.05, 0.05)
    optimizer.step()
    return loss.detach()


def example_after_example(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    losses = [textbook(model, one[None], other[None], optimizer) for one, other in zip(x, y, strict=True)]
    return torch.stack(losses).mean()


def loss_of_one(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    return textbook(model, x, y, optimizer).reshape(1)


def nothing_returned(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> None:
    textbook(model, x, y, optimizer)


def prediction_returned(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    predicted: Tensor = model(x)
    F.mse_loss(predicted, y).backward()
    optimizer.step()
    return predicted.detach()


def target_edited(model: nn.Module, x: Tensor, y: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    y -= model(x)
    loss = y.square().mean()
    loss.backward()
    optimizer.step()
    return loss.detach()


TEXTS = {
    no_zero_grad: (
        "Gradients of earlier steps are added to the new ones: call optimizer.zero_grad() before backward()."
    ),
    zeroed_only_afterwards: (
        "You forget the gradients after the step. What somebody left before it still counts in the first one: "
        "do it before backward()."
    ),
    zeroed_too_late: (
        "step() is called, but no parameter moves: zero_grad() comes between backward() and step(), or the loss is cut "
        "off from the model (.detach())."
    ),
    no_step: "optimizer.step() is missing: the gradient is computed, but no parameter moves.",
    no_backward: "loss.backward() is missing: there is no gradient of this loss.",
    step_before_backward: "The optimizer makes its step before backward(): it uses the gradient of an earlier step.",
    loss_after_the_step: (
        "You return the loss after the step. The one before it is asked for, which needs no second forward pass."
    ),
    called_twice: "The model is called twice. Keep the loss of the one call: a forward pass is the costly part.",
    not_detached: (
        "The loss still hangs on its graph: return loss.detach(), or a list of losses keeps every step in memory."
    ),
    plain_number: "You return a Python number (.item() or float). Return the 0-dim tensor, detached.",
    summed: "You take the sum of the squared errors: the mean is asked for.",
    absolute_error: "You take the mean absolute error: the squared one is asked for.",
    halved: "You divide the mean squared error by 2. It is the plain mean.",
    with_a_root: "You take a root of the mean squared error. It has none.",
    uphill: "The step goes uphill: minimise the loss, not its negative.",
    step_by_hand: (
        "You move the parameters yourself. The optimizer knows its own rule, with momentum or without: call "
        "optimizer.step()."
    ),
    two_steps: "You call optimizer.step() twice: one step is asked for.",
    put_into_train_mode: "You call model.train(). Leave the mode as it is: whoever calls you has chosen it.",
    put_into_eval_mode: "You call model.eval(). Leave the mode as it is: whoever calls you has chosen it.",
    without_gradients: (
        "The loss is computed under torch.no_grad() or from detached numbers: backward() has nothing to follow."
    ),
    clipped: "You clip the gradient. One plain step of the optimizer is asked for.",
    example_after_example: "You make one step for each example. It is one step on the mean over all of them.",
    loss_of_one: "The loss has the shape (1,): it is a 0-dim tensor.",
    nothing_returned: "You return nothing: return the loss before the step.",
    prediction_returned: "You return the predictions: return the loss.",
    target_edited: "You change y by an in-place operation such as `-=`: write model(x) - y.",
}

ON_META = {"plain_number": "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(one.__name__, text, one, ON_META.get(one.__name__, "")) for one, text in TEXTS.items()
)
