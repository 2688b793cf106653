"""What the warm-up's banks share: the rule against torch's own attention, and probes that count operators."""

from __future__ import annotations

from collections.abc import Callable

from autograder.checks import Call, Probe, Rule, Variant

TORCH_ATTENTION = Rule(
    name="torch_attention",
    text="Write the attention yourself: torch's own is not allowed here.",
    forbidden=("torch*scaled_dot_product*", "torch*flex_attention*", "torch*multi*head*attention*",
               "torch*MultiheadAttention*", "torch.nn.Transformer*"),
    watches=("scaled_dot_product", "multi_head_attention"),
)  # fmt: skip  # names in a row read better than one a line

HALF_IS_NARROW = "bfloat16 has two or three digits: the margin is shared between both sides"  # why a ratio is small


def probe(*calls: Call, device: str = "cpu") -> Probe:
    """Brings back the result of each call, and the counts of those that are counted."""
    ends = [(call.save, ("", ".ops", ".used") if call.count else ("",)) for call in calls]
    return Probe(calls, tuple(save + end for save, those in ends for end in those), device=device)


def variants(*functions: Callable[..., object]) -> tuple[Variant, ...]:
    return tuple(Variant(function.__name__, function) for function in functions)
