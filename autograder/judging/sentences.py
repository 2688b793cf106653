"""What a student reads of mistakes that hang on no formula, by name.

`generic` makes such mistakes, `symptoms` sees them.
"""

from __future__ import annotations

GENERIC = {
    "detached": "The result is cut off from its inputs: no .detach(), .data, .item() or torch.no_grad() on the way.",
    "always_float32": "You compute in float32 whatever comes in: keep the dtype of the inputs.",
    "through_float32": "You compute in float32 and turn the result back: the further digits of float64 are lost.",
    "always_float64": "You compute in float64 whatever comes in: keep the dtype of the inputs.",
    "edited_in_place": "You change an argument itself: make a new one (x = x + 1, not x += 1), or copy it first.",
    "on_the_cpu": "You make a tensor on the CPU wherever the inputs are: give it device=x.device.",
    "read_into_python": (
        "It stops where the inputs are not on the CPU: you make a tensor without device=x.device, or read values into "
        "Python, by .item(), .tolist(), float() or an if."
    ),
}
