"""A model of the next token that works its answer out from all it is shown: right answers can be computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch


def make(options: Mapping[str, Any], device: str) -> Callable[[torch.Tensor], Any]:
    """A function of the last ids; `options`:

    - "weights": a whole number for each id of the context; the answer is their weighted sum, modulo "tokens";
    - "as_tensor": it answers with a 0-dim tensor, not with an int;
    - "counts": the number of the call is added to each answer, so that a call more or less shows.

    It raises TypeError for anything but a 1-D long tensor with as many ids as there are weights.
    """
    weights, tokens = [int(weight) for weight in options["weights"]], int(options["tokens"])
    calls = 0

    def next_token(last: torch.Tensor) -> Any:
        nonlocal calls
        if not isinstance(last, torch.Tensor) or last.dtype != torch.int64:
            raise TypeError("the model reads a tensor of long ids")
        if last.shape != (len(weights),):
            raise TypeError(f"the model reads {len(weights)} ids in one dimension, not the shape {tuple(last.shape)}")
        calls += 1
        extra = calls if options.get("counts") else 0
        answer = (sum(w * i for w, i in zip(weights, last.tolist(), strict=True)) + extra) % tokens
        return torch.tensor(answer, device=last.device) if options.get("as_tensor") else answer

    return next_token
