"""An nn.RNN with given weights, in train or eval mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def make(options: Mapping[str, Any], device: str) -> nn.RNN:
    """An nn.RNN with its defaults on `device`. "state" holds its parameters, as its state_dict names them; "eval" says
    that it is in eval mode."""
    state = options["state"]
    hidden, inputs = state["weight_ih_l0"].shape
    rnn = nn.RNN(inputs, hidden, device=device, dtype=state["weight_ih_l0"].dtype)
    with torch.no_grad():
        for name, value in state.items():
            rnn.get_parameter(name).copy_(value)
    return rnn.eval() if options.get("eval") else rnn
