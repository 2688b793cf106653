"""What the banks of the foundations share: a line, and points beside it that tell its gradient from others."""

from __future__ import annotations

from typing import Any

import torch

from autograder.checks import Draw


def line_and_points(draw: Draw, n: int) -> dict[str, Any]:
    """w, b (0-dim) and x, y (n,): both derivatives of the mean squared error are well away from 0, from each other, and
    from what they are with x, y, w or b in another's place."""

    def make() -> dict[str, Any]:
        w, b = 2.5 + 0.5 * draw.normal(), -1.5 + 0.2 * draw.normal()
        x = draw.normal(n) + draw.choice((-0.7, 0.7))
        return {"w": w, "b": b, "x": x, "y": draw.choice((-1.0, 1.0)) * x + 3 * draw.normal(n)}

    def good(found: dict[str, Any]) -> bool:
        w, b, x, y = (value.double() for value in found.values())
        error = w * x + b - y
        dw, db = 2 * (error * x).mean(), 2 * error.mean()
        others = torch.stack([db, 2 * (error * y).mean(), 2 * (error * w).mean(), 2 * ((error - b) * x).mean()])
        apart = n == 1 or abs(float(dw - db * x.mean())) > 0.2
        return apart and float((others - dw).abs().min()) > 0.2 and min(abs(float(dw)), abs(float(db))) > 0.4

    return draw.until(make, good)
