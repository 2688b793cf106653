"""The builder "rng_state", which reads torch's random state so that a probe can see whether a call drew from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def make(options: Mapping[str, Any], device: str) -> torch.Tensor:
    """The state of torch's default generator on `device`: a tensor (n,) of uint8."""
    return torch.cuda.get_rng_state() if device == "cuda" else torch.get_rng_state()
