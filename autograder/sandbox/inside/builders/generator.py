"""A random generator in a known state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def make(options: Mapping[str, Any], device: str) -> torch.Generator:
    """A torch.Generator seeded with `options["seed"]`, where tensors of the probe are (on the CPU for meta)."""
    return torch.Generator("cuda" if device == "cuda" else "cpu").manual_seed(options["seed"])
