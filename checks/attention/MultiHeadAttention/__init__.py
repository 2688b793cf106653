"""The checks of `MultiHeadAttention(d_model, n_heads, bias=True)`.

Sizes in the fixtures: batch 2, 3 heads of width 4, 5 queries, 7 positions of context, so that no two can be mistaken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace

import torch
import torch.nn.functional as F

from autograder.checks import (
    EXACT,
    Backward,
    Bank,
    Call,
    Check,
    Counted,
    Draw,
    Get,
    Let,
    Load,
    Probe,
    Ref,
    Step,
    Tolerance,
)

from .._shared import (
    FROM_FLOAT16,
    HALF_IS_NARROW,
    TORCH_ATTENTION,
    counted,
    large_scores_in_half_precision,
    mask_with_empty_rows,
    well_separated,
)
from ..scaled_dot_product_attention import oracle as attention
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "MultiHeadAttention"
BATCH, HEADS, D_HEAD, T, S = 2, 3, 4, 5, 7
D = HEADS * D_HEAD
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")


class Oracle:
    """Attention of several heads (Vaswani et al. 2017, section 3.2.2), in the precision of the weights loaded.

    It has what the probes ask of a module, without being one: to make and load an nn.Module costs more than to run it.
    """

    q_proj: SimpleNamespace
    k_proj: SimpleNamespace
    v_proj: SimpleNamespace
    out_proj: SimpleNamespace

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        if d_model % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {d_model}")
        self.n_heads = n_heads
        self._parts = ("weight", "bias") if bias else ("weight",)
        for name in PROJECTIONS:
            setattr(self, name, SimpleNamespace(weight=None, bias=None))

    def named_parameters(self) -> Iterator[tuple[str, torch.Tensor | None]]:
        return ((f"{name}.{part}", getattr(getattr(self, name), part)) for name in PROJECTIONS for part in self._parts)

    def load_state_dict(self, state: dict[str, torch.Tensor], strict: bool = True) -> None:
        for path, _ in self.named_parameters():
            name, part = path.split(".")
            setattr(getattr(self, name), part, state[path].requires_grad_())

    def to(self, _: object) -> Oracle:
        return self

    def __call__(
        self, x: torch.Tensor, context: torch.Tensor | None = None, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        source = x if context is None else context
        q = self._split(self.q_proj, x)
        k, v = self._split(self.k_proj, source), self._split(self.v_proj, source)
        every_head = mask if mask is None or mask.dim() == 2 else mask[:, None]
        heads = attention(q, k, v, every_head)  # (B, H, T, d)
        projected: torch.Tensor = F.linear(heads.transpose(1, 2).flatten(-2), self.out_proj.weight, self.out_proj.bias)
        return projected

    def _split(self, projection: SimpleNamespace, x: torch.Tensor) -> torch.Tensor:
        projected: torch.Tensor = F.linear(x, projection.weight, projection.bias)
        return projected.reshape(*x.shape[:-1], self.n_heads, -1).transpose(1, 2)  # (B, H, T, d)


# ---- fixtures -------------------------------------------------------------------------------------------------


def _state(draw: Draw, *, bias: bool = True, rounded: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    """Weights that keep the size of what they multiply, and biases not near zero; all of them also fit `rounded`."""
    state = {}
    for name in PROJECTIONS:
        state[f"{name}.weight"] = draw.normal(D, D, scale=1.2 / math.sqrt(D), dtype=rounded).float()
        if bias:
            state[f"{name}.bias"] = draw.normal(D, scale=0.5, dtype=rounded).float()
    return state


def _module(draw: Draw, *, bias: bool = True, rounded: torch.dtype = torch.float32) -> tuple[Step, ...]:
    """Slot "m": the module with drawn weights. `bias` is passed on only where it is not the default."""
    kwargs = {} if bias else {"bias": False}
    return Call(NAME, (D, HEADS), kwargs, save="m"), Load("m", _state(draw, bias=bias, rounded=rounded))


def _x(draw: Draw, length: int = T, *, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return draw.normal(BATCH, length, D, dtype=dtype)


def _forward(*args: object, save: str = "out", count: Counted = "", **kwargs: object) -> Call:
    return Call(Ref("m"), args, kwargs, save=save, count=count)


# ---- probes ---------------------------------------------------------------------------------------------------


def _parameters(draw: Draw) -> list[Probe]:
    steps = (
        Call(NAME, (D, HEADS), save="m"),
        Get("m", "with_bias", sorted_names=True),
        Call(NAME, (D_HEAD * 2, 2), {"bias": False}, save="plain"),
        Get("plain", "without_bias", sorted_names=True),
    )
    return [Probe(steps, ("with_bias", "without_bias"))]


def _self_attention(draw: Draw) -> list[Probe]:
    return [Probe((*_module(draw), _forward(_x(draw))))]


def _cross_attention(draw: Draw) -> list[Probe]:
    calls = (_forward(_x(draw), _x(draw, S), save="longer"), _forward(_x(draw), context=_x(draw, 3), save="shorter"))
    return [Probe((*_module(draw), *calls), ("longer", "shorter"))]


def _mask(draw: Draw) -> list[Probe]:
    calls = (
        _forward(_x(draw), mask=draw.mask(T, T), save="self"),
        _forward(_x(draw), _x(draw, S), draw.mask(T, S), save="cross"),
    )
    return [Probe((*_module(draw), *calls), ("self", "cross"))]


def _mask_of_batch(draw: Draw) -> list[Probe]:
    calls = (
        _forward(_x(draw), mask=draw.mask(BATCH, T, T), save="self"),
        _forward(_x(draw), _x(draw, S), mask=draw.mask(BATCH, T, S), save="cross"),
    )
    return [Probe((*_module(draw), *calls), ("self", "cross"))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    return [Probe((*_module(draw), _forward(_x(draw), _x(draw, S), mask_with_empty_rows(draw, T, S))))]


def _no_bias(draw: Draw) -> list[Probe]:
    return [Probe((*_module(draw, bias=False), _forward(_x(draw), mask=mask_with_empty_rows(draw, T, T))))]


def _bad_heads(draw: Draw) -> list[Probe]:
    heads = int(draw.integers(4, 7))
    return [Probe((Call(NAME, (2 * heads + 1, heads), save="m"),), ())]


def _large(draw: Draw) -> list[Probe]:
    """Inputs in the thousands whose best scores lead clearly, so that every right answer is the same."""
    state = _state(draw)

    def projected(x: torch.Tensor, name: str) -> torch.Tensor:
        flat = x.double() @ state[f"{name}.weight"].double().T + state[f"{name}.bias"].double()
        return flat.reshape(BATCH, T, HEADS, D_HEAD).transpose(1, 2)

    def good(x: torch.Tensor) -> bool:
        return well_separated(projected(x, "q_proj") @ projected(x, "k_proj").mT / math.sqrt(D_HEAD))

    x = draw.until(lambda: _x(draw) * 2_000, good)
    return [Probe((Call(NAME, (D, HEADS), save="m"), Load("m", state), _forward(x)))]


def _in_dtype(draw: Draw, dtype: torch.dtype) -> Probe:
    rounded = dtype if dtype.itemsize == 2 else torch.float32
    moved = Call(Ref("m.to"), (dtype,), save="m")
    call = _forward(_x(draw, dtype=dtype), mask=mask_with_empty_rows(draw, T, T))
    return Probe((*_module(draw, rounded=rounded), moved, call))


def _float64(draw: Draw) -> list[Probe]:
    return [_in_dtype(draw, torch.float64)]


def _half(draw: Draw) -> list[Probe]:
    return [_in_dtype(draw, torch.float16), _in_dtype(draw, torch.bfloat16)]


def _half_large(draw: Draw) -> list[Probe]:
    """Each projection moves and scales features, which is exact in float16. So q and k fit it, up to 1,600, and all
    their products exceed 65,504; one position takes all the weight, however its score is rounded in float32."""
    scales = dict(zip(PROJECTIONS, (16.0, 16.0, 1.0, 1.0), strict=True))
    state = {f"{name}.weight": torch.eye(D)[draw.permutation(D)] * scale for name, scale in scales.items()}

    def good(x: torch.Tensor) -> bool:
        q, k = (
            (x.double() @ state[f"{name}.weight"].double().T).reshape(BATCH, T, HEADS, D_HEAD).transpose(1, 2)
            for name in ("q_proj", "k_proj")
        )
        return well_separated(q @ k.mT / math.sqrt(D_HEAD), FROM_FLOAT16)

    x = draw.until(lambda: draw.integers(20, 101, BATCH, T, D, dtype=torch.float16), good)
    moved = Call(Ref("m.to"), (torch.float16,), save="m")
    return [Probe((Call(NAME, (D, HEADS), {"bias": False}, save="m"), Load("m", state), moved, _forward(x)))]


def _gradients(draw: Draw) -> list[Probe]:
    lets = (Let("x", _x(draw), requires_grad=True), Let("context", _x(draw, S), requires_grad=True))
    call = _forward(Ref("x"), Ref("context"), mask_with_empty_rows(draw, T, S))
    parts = [f"m.{name}.{part}.grad" for name in PROJECTIONS for part in ("weight", "bias")]
    steps = (*_module(draw), *lets, call, Backward("out", draw.normal(BATCH, T, D)))
    return [Probe(steps, ("out", "x.grad", "context.grad", *parts))]


def _untouched(draw: Draw) -> list[Probe]:
    lets = (Let("x_turned", _x(draw).mT.contiguous()), Let("context", _x(draw, S)), Let("mask", draw.mask(BATCH, T, S)))
    turned = Call(Ref("x_turned.transpose"), (1, 2), save="x")
    call = _forward(Ref("x"), Ref("context"), Ref("mask"))
    return [Probe((*_module(draw), *lets, turned, call), ("out", "x_turned", "context", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (_forward(_x(draw), save="plain"), _forward(_x(draw), _x(draw, S), draw.mask(BATCH, T, S), save="masked"))
    return [Probe((*_module(draw), *calls), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    calls = [
        _forward(_x(draw, t), _x(draw, s), draw.mask(t, s), save=save, count="operators")
        for save, t, s in [("short", 4, 6), ("long", 10, 13)]
    ]
    probe = counted(*calls)
    return [Probe((*_module(draw), *probe.steps), probe.returns)]


ROUNDINGS = Tolerance(
    64, "two projections of 12, attention over at most 7, one more: some roundings; 10 times that", 12
)
BACKWARD = Tolerance(128, "as forward, and back through each of its steps; sums over 2 batches of 7 positions", 14)

CHECKS = (
    Check("parameters", "The parameters are those of q_proj, k_proj, v_proj and out_proj.", _parameters, EXACT),
    Check("self-attention", "With x alone, x attends to itself in every head.", _self_attention, ROUNDINGS, weight=3),
    Check(
        "cross-attention", "Queries come from x, keys and values from context.", _cross_attention, ROUNDINGS, weight=2
    ),
    Check("mask", "A mask (T, S) holds for every sequence and head.", _mask, ROUNDINGS),
    Check("mask of a batch", "A mask (B, T, S) holds for every head of its sequence.", _mask_of_batch, ROUNDINGS),
    Check(
        "nothing allowed", "A query that may attend to nothing gives out_proj of zeros.", _nothing_allowed, ROUNDINGS
    ),
    Check("no bias", "With bias=False no Linear has a bias.", _no_bias, ROUNDINGS),
    Check("heads that do not divide", "ValueError if n_heads does not divide d_model.", _bad_heads, EXACT),
    Check("large inputs", "Inputs in the thousands must give neither NaN nor infinity.", _large, ROUNDINGS),
    Check("float64", "In float64 the result is float64, right to its precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "In float16 and bfloat16 the result keeps its dtype, also with a mask.",
        _half,
        Tolerance(3, "each of the steps may round to the inputs' dtype", 12),
        narrow=HALF_IS_NARROW,
    ),
    large_scores_in_half_precision(_half_large),
    Check("gradients", "Gradients flow to x, context and every parameter, and are finite.", _gradients, BACKWARD),
    Check("inputs untouched", "x, context and mask stay as they were, and may be views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "No loop over positions.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, Oracle, CHECKS, MISCONCEPTIONS, VARIANTS, rules=(TORCH_ATTENTION,), axes=("b t m", "b s m"))
