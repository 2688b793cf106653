"""The checks of `descend(w, b, x, y, rate, steps)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

from ._shared import line_and_points

Arguments = dict[str, Any]
Line = tuple[Tensor, Tensor]


@given(about="w and b after so many steps of gradient descent, each against the gradient and times the rate.")
def descend(draw: Draw) -> list[Arguments]:
    """Few steps and many, with rates that are no round number."""
    n, m = draw.sizes(2)
    few, many = 2 + draw.integer(0, 2), 5 + draw.integer(0, 3)
    return [_start(draw, n, draw.number(0.05, 0.07), few), _start(draw, m + 5, draw.number(0.02, 0.04), many)]


def _start(draw: Draw, n: int, rate: float, steps: int) -> Arguments:
    return {**line_and_points(draw, n), "rate": rate, "steps": steps}


@case("No step at all leaves w and b as they are.", alone=True)
def no_step(draw: Draw) -> Arguments:
    return _start(draw, draw.size("n"), draw.number(0.05, 0.1), 0)


@case("One step subtracts rate times the gradient once.", alone=True)
def one_step(draw: Draw) -> Arguments:
    return _start(draw, draw.size("n"), draw.number(0.05, 0.1), 1)


@case("A rate that is too large makes each step jump further: nothing is clipped, and nothing stops early.", alone=True)
def large_rate(draw: Draw) -> Arguments:
    return _start(draw, draw.size("n"), draw.number(0.9, 1.1), 5)


@case("Near the bottom the steps get small, but all of them are made.", alone=True)
def near_the_bottom(draw: Draw) -> Arguments:
    """x of mean 0 and mean square 1: each step shrinks the distance by 1 - 2 rate, and the gradient is small."""
    n = 2 * draw.size("n")
    x = torch.ones(n)
    x[draw.permutation(n)[: n // 2]] = -1.0
    w, b = draw.normal(), draw.normal()
    off = 0.02 * (1 + draw.integers(0, 100, 2) / 100)
    return {"w": w + off[0], "b": b - off[1], "x": x, "y": w * x + b, "rate": 0.06, "steps": 3}


@case("Numbers up to 10,000, with a rate that fits them.", alone=True)
def large_numbers(draw: Draw) -> Arguments:
    found = line_and_points(draw, draw.size("n"))
    return {**found, "x": 2_000 * found["x"], "y": 2_000 * found["y"], "rate": draw.number(2e-8, 4e-8), "steps": 3}


def _gradient(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Line:
    error = w * x + b - y
    return 2 * (error * x).mean(), 2 * error.mean()


@right
def written_out(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        error = w * x + b - y
        w, b = w - 2 * rate * (error * x).mean(), b - 2 * rate * error.mean()
    return w, b


@right
def by_autograd(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    line = torch.stack([w, b]).detach()
    for _ in range(steps):
        with torch.enable_grad():
            line.requires_grad_()
            (downhill,) = torch.autograd.grad((line[0] * x + line[1] - y).square().mean(), line)
        line = (line - rate * downhill).detach()
    return line[0], line[1]


@right
def copies_in_place(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    w, b = w.clone(), b.clone()
    for _ in range(steps):
        dw, db = _gradient(w, b, x, y)
        w -= rate * dw
        b -= rate * db
    return w, b


@right
def by_recursion(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    if steps == 0:
        return w, b
    dw, db = _gradient(w, b, x, y)
    return by_recursion(w - rate * dw, b - rate * db, x, y, rate, steps - 1)


@right
def as_a_matrix(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    design, line = torch.stack([x, torch.ones_like(x)], dim=1), torch.stack([w, b])
    left = steps
    while left > 0:
        line = line - rate * 2 / len(x) * (design.T @ (design @ line - y))
        left -= 1
    return line[0], line[1]


@right
def a_list_of_all(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    path = [(w, b)]
    while len(path) <= steps:
        (w, b), (dw, db) = path[-1], _gradient(*path[-1], x, y)
        path.append((w.sub(dw, alpha=rate), b.sub(db, alpha=rate)))
    return path[-1]


@wrong("You go uphill: w and b must move against the gradient, which points to larger losses.")
def uphill(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, -rate, steps)


@wrong("b is moved by a gradient at the new w. Compute both derivatives first, then move both.")
def one_after_the_other(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        w = w - rate * _gradient(w, b, x, y)[0]
        b = b - rate * _gradient(w, b, x, y)[1]
    return w, b


@wrong("There is only one step, however many are asked for: repeat it `steps` times.")
def only_one_step(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, rate, min(steps, 1))


@wrong("There is one step too many: range(steps) has exactly `steps` turns.")
def one_too_many(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, rate, steps + 1)


@wrong("There is one step too few: range(steps) has exactly `steps` turns, range(1, steps) has one less.")
def one_too_few(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, rate, steps - 1)


@wrong("The gradient is computed once, before the loop. It changes with w and b: compute it in every step.")
def gradient_of_the_start(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    dw, db = _gradient(w, b, x, y)
    return w - steps * rate * dw, b - steps * rate * db


@wrong("The rate is not used: multiply the gradient by it.")
def no_rate(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, 1.0, steps)


@wrong("You divide by the rate: multiply the gradient by it.")
def divided_by_the_rate(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, 1 / rate, steps)


@wrong("Your steps are half as long as they should be: L is a mean of squares, so its derivatives have a factor 2.")
def half_steps(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, rate / 2, steps)


@wrong("Your steps grow with the number of points: L is a mean over them, not a sum.")
def steps_of_the_sum(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return written_out(w, b, x, y, rate * len(x), steps)


@wrong("Only w is moved: b takes part in each step, too.")
def b_stays(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        w = w - rate * _gradient(w, b, x, y)[0]
    return w, b


@wrong("Only b is moved: w takes part in each step, too.")
def w_stays(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        b = b - rate * _gradient(w, b, x, y)[1]
    return w, b


@wrong("The two derivatives are exchanged: dL/dw comes first, and moves w.")
def derivatives_exchanged(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        db, dw = _gradient(w, b, x, y)
        w, b = w - rate * dw, b - rate * db
    return w, b


@wrong("You return the gradient. Return w and b.")
def gradient_returned(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    return _gradient(*written_out(w, b, x, y, rate, steps), x, y)


@wrong("The order is turned: return w first, then b.")
def b_first(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    w, b = written_out(w, b, x, y, rate, steps)
    return b, w


@wrong("`w -= ...` changes the tensor that was given. Write w = w - ..., which makes a new one.")
def arguments_changed(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        dw, db = _gradient(w, b, x, y)
        w -= rate * dw
        b -= rate * db
    return w, b


@wrong("You follow only the sign of the gradient. The steps are proportional to the gradient itself.")
def sign_only(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        dw, db = _gradient(w, b, x, y)
        w, b = w - rate * dw.sign(), b - rate * db.sign()
    return w, b


@wrong("You clip the gradient. With a rate that is too large the line must run away: that is what the formula says.")
def clipped(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        dw, db = (part.clamp(-10, 10) for part in _gradient(w, b, x, y))
        w, b = w - rate * dw, b - rate * db
    return w, b


@wrong("You leave out steps with a small gradient. Make all `steps` of them.")
def stops_early(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for _ in range(steps):
        dw, db = _gradient(w, b, x, y)
        go = (torch.maximum(dw.abs(), db.abs()) > 0.1).to(w.dtype)
        w, b = w - rate * go * dw, b - rate * go * db
    return w, b


@wrong("The rate shrinks from step to step. It stays the same.")
def rate_shrinks(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    for turn in range(steps):
        w, b = written_out(w, b, x, y, rate / (turn + 1), 1)
    return w, b


@wrong("You add a part of the step before (momentum). Plain gradient descent has no memory.")
def with_momentum(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Line:
    pushed_w, pushed_b = torch.zeros_like(w), torch.zeros_like(b)
    for _ in range(steps):
        dw, db = _gradient(w, b, x, y)
        pushed_w, pushed_b = 0.9 * pushed_w + dw, 0.9 * pushed_b + db
        w, b = w - rate * pushed_w, b - rate * pushed_b
    return w, b


@wrong("You return Python numbers (.item() or float). Return two 0-dim tensors.")
def plain_numbers(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> tuple[float, float]:
    w, b = written_out(w, b, x, y, rate, steps)
    return w.item(), b.item()


@wrong("You return one tensor of two numbers. Return two 0-dim tensors: w, b.")
def one_tensor(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> Tensor:
    return torch.stack(written_out(w, b, x, y, rate, steps))
