"""What the banks of the attention assignment share: the rule against torch's own attention, and small fixtures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from autograder.checks import Call, Check, Draw, Probe, Rule, Tolerance, unsorted

TORCH_ATTENTION = Rule(
    name="torch_attention",
    text="Write the attention yourself: torch's own attention is not allowed anywhere in this assignment.",
    watches=("scaled_dot_product", "multi_head_attention", "flex_attention"),
    forbidden=(
        "torch*scaled_dot_product*",
        "torch*flex_attention*",
        "torch*MultiheadAttention*",
        "torch*multi_head_attention*",
        "torch*multihead_attention*",
        "torch*flash_attention*",
        "torch*efficient_attention*",
        "torch.nn.Transformer*",
        "torch.nn.modules.transformer*",
        "flash_attn*",
        "xformers*",
        "transformers*",
    ),
)

MINUS_INFINITY = float("-inf")
HALF_IS_NARROW = "bfloat16 has two or three digits: the margin is shared between both sides"  # why a ratio is small


def counted(*calls: Call, device: str = "cpu") -> Probe:
    """A probe of `calls`, each counted, that brings back their results and counts; the shortest input first."""
    returns = [save + end for save in (call.save for call in calls if call.count) for end in ("", ".ops", ".used")]
    return Probe(calls, tuple(returns), device=device)


def unordered(draw: Draw, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """`draw.normal` (..., n >= 3), until some row is in no order."""
    return draw.until(lambda: draw.normal(*shape, scale=scale, dtype=dtype), unsorted)


def telling_mask(draw: Draw, *shape: int) -> torch.Tensor:
    """`draw.mask` (..., n_q, n_k) such that no simpler mask is the same: some row forbids the first key, some the last,
    some allows one of the future, and the rows of one query in a batch differ."""

    def good(mask: torch.Tensor) -> bool:
        rows = mask.reshape(-1, *mask.shape[-2:]) if mask.dim() > 1 else mask[None, None]
        future = torch.ones(rows.shape[-2:], dtype=torch.bool).triu(1 + max(0, rows.shape[-1] - rows.shape[-2]))
        ends = not bool(rows[..., 0].all()) and (rows.shape[-2] == 1 or not bool(rows[..., -1].all()))
        early = rows.shape[-2] == 1 or bool((rows & future).any())
        return ends and early and (len(rows) == 1 or not bool((rows == rows[:1]).all()))

    return draw.until(lambda: draw.mask(*shape), good)


def mask_with_empty_rows(draw: Draw, *shape: int) -> torch.Tensor:
    """A mask (..., n_q, n_k) whose second query may attend to nothing, and some other one not to the first key."""

    def make() -> torch.Tensor:
        mask = telling_mask(draw, *shape)
        mask[..., 1, :] = False
        return mask

    return draw.until(make, lambda mask: bool((mask.any(-1) & ~mask[..., 0]).any()))


def as_students_name_it(name: str, wrong: type[torch.nn.Module]) -> type[torch.nn.Module]:
    """The class `wrong` under the name that the question asks for: torch's error messages contain it."""
    return type(name, (wrong,), {"__module__": wrong.__module__})


def large_scores_in_half_precision(probes: Callable[[Draw], Sequence[Probe]], narrow: str = "") -> Check:
    """The check that dot products are computed in float32, for a function that takes float16."""
    return Check(
        "half precision, large scores",
        "Dot products of float16 vectors may exceed 65,504, its largest number: compute them in float32.",
        probes,
        Tolerance(8, "weights and result may be rounded to the inputs' dtype, the scores may not"),
        narrow=narrow,
        aside=True,
    )


IN_FLOAT32 = 1e-4  # a float32 score is right to a few 1e-7 of the largest: this is a thousand times that
FROM_FLOAT16 = 2e-3  # q and k may be scaled in float16, each by a factor that rounds by 5e-4; two scores may move apart


def well_separated(scores: torch.Tensor, margin: float = IN_FLOAT32) -> bool:
    """Whether each row's best score (..., n) leads by so much that rounding cannot move weight to another; -inf is a
    masked score.

    exp(-30) is 1e-13; `margin` is how far two scores may move, as a part of the largest.
    """
    best = scores.topk(2, dim=-1).values
    size = float(scores[scores.isfinite()].abs().max())
    return bool((best[..., 0] - best[..., 1]).min() > max(30.0, margin * size))
