"""A small model on a device of its own choice, for functions that bring inputs to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def make(options: Mapping[str, Any], device: str) -> nn.Module:
    """Two linear layers, on meta if the "device" of `options` says so, which stands in for a GPU; else on `device`.

    With "buffer", a tensor that is no parameter stays on the CPU.
    """
    home = torch.device(options["device"]) if options["device"] == "meta" else torch.device(device)
    model = nn.Sequential(nn.Linear(3, 5, device=home), nn.Linear(5, 3, device=home))
    if options.get("buffer"):
        model.register_buffer("seen", torch.zeros(3))
    return model
