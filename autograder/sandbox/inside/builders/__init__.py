"""Makes the objects of a probe that are not plain values, in the process that runs the probe; called by `probing`.

The random generators are built in; a course adds its own builders. A builder holds no secret: its object depends only
on its text and the options, and the probe carries both.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any

from autograder.sandbox.inside.builders import generator, rng_state

OWN = {"generator": generator.make, "rng_state": rng_state.make}

_made: dict[str, Callable[[Mapping[str, Any], str], Any]] = {}  # by text: a course has a few builders


def build(kind: str, text: str, options: Mapping[str, Any], device: str) -> Any:
    """The object that the builder `kind` makes from `options`, for a probe on `device` ("cpu", "cuda" or "meta").

    `text` is the source of a module with a function `make(options, device)`; without one, `kind` is a key of OWN.
    Raises ValueError for an unknown kind without text, and whatever the text raises.
    """
    if not text:
        if kind not in OWN:
            raise ValueError(f"there is no builder {kind!r}: write checks/builders/{kind}.py")
        return OWN[kind](options, device)
    if text not in _made:
        module = types.ModuleType(f"builder_{kind}")
        exec(compile(text, f"<builder {kind}>", "exec"), vars(module))
        _made[text] = module.make
    return _made[text](options, device)
