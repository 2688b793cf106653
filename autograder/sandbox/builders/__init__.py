"""Objects that a probe needs beside plain values, made in the process that runs it: generators, models, configurations.

They hold no secret: what a builder makes is fixed by the options that the probe sends.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

_MODULES = {  # kind -> the module here with a function `make(options, device)`
    "generator": "generator",
    "rng_state": "rng_state",
    "table_model": "table_model",
    "gpt2_config": "gpt2_config",
    "module": "module",
}


def build(kind: str, options: Mapping[str, Any], device: str) -> Any:
    """What the builder `kind` makes of `options`, for a probe on `device` ("cpu", "cuda" or "meta")."""
    return importlib.import_module(f"{__name__}.{_MODULES[kind]}").make(options, device)
