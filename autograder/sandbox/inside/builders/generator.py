"""The builder "generator", which makes a seeded random generator for a probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def make(options: Mapping[str, Any], device: str) -> torch.Generator:
    """A torch.Generator seeded with `options["seed"]`, on the probe's device (on the CPU for meta)."""
    return torch.Generator("cuda" if device == "cuda" else "cpu").manual_seed(options["seed"])
