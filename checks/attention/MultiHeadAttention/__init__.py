"""The checks of `MultiHeadAttention(d_model, n_heads, bias=True)`.

Sizes in the fixtures: batch 3, 6 heads of width 3, 5 queries, 7 positions of context, so that no two can be mistaken;
also one head, heads of width 1, and, where the check says so, equal sizes.
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
    IN_FLOAT32,
    MINUS_INFINITY,
    TORCH_ATTENTION,
    counted,
    large_scores_in_half_precision,
    mask_with_empty_rows,
    telling_mask,
    well_separated,
)
from ..scaled_dot_product_attention import oracle as attention
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "MultiHeadAttention"
BATCH, HEADS, D_HEAD, T, S = 3, 6, 3, 5, 7
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

    def eval(self) -> Oracle:
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


def _state(draw: Draw, d: int, *, bias: bool = True, rounded: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    """Weights that keep the size of what they multiply, and biases not near zero; all of them also fit `rounded`."""
    state = {}
    for name in PROJECTIONS:
        state[f"{name}.weight"] = draw.normal(d, d, scale=1.2 / math.sqrt(d), dtype=rounded).float()
        if bias:
            state[f"{name}.bias"] = draw.normal(d, scale=0.5, dtype=rounded).float()
    return state


def _module(
    draw: Draw,
    d: int = D,
    heads: int = HEADS,
    *,
    bias: bool = True,
    rounded: torch.dtype = torch.float32,
    save: str = "m",
) -> tuple[Step, ...]:
    """Slot `save`: the module with drawn weights. `bias` is passed on only where it is not the default."""
    kwargs = {} if bias else {"bias": False}
    return Call(NAME, (d, heads), kwargs, save=save), Load(save, _state(draw, d, bias=bias, rounded=rounded))


def _x(
    draw: Draw, length: int = T, *, d: int = D, batch: int = BATCH, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    return draw.normal(batch, length, d, dtype=dtype)


def _forward(*args: object, save: str = "out", count: Counted = "", module: str = "m", **kwargs: object) -> Call:
    return Call(Ref(module), args, kwargs, save=save, count=count)


# ---- probes ---------------------------------------------------------------------------------------------------


def _parameters(draw: Draw) -> list[Probe]:
    steps = (
        Call(NAME, (D, HEADS), save="m"),
        Get("m", "with_bias", sorted_names=True),
        Call(NAME, (12, 2), {"bias": False}, save="plain"),
        Get("plain", "without_bias", sorted_names=True),
    )
    return [Probe(steps, ("with_bias", "without_bias"))]


def _self_attention(draw: Draw) -> list[Probe]:
    """As the module is made, and in its evaluation mode."""
    calls = (
        _forward(_x(draw)),
        _forward(_x(draw, batch=1), save="one_sequence"),
        Call(Ref("m.eval"), save="same"),
        _forward(_x(draw), save="evaluated"),
        _forward(_x(draw, 1), save="one_position"),
    )
    return [Probe((*_module(draw), *calls), ("out", "one_sequence", "evaluated", "one_position"))]


def _cross_attention(draw: Draw) -> list[Probe]:
    calls = (
        _forward(_x(draw), _x(draw, S), save="longer"),
        _forward(_x(draw), context=_x(draw, 4), save="shorter"),
        _forward(_x(draw), _x(draw), save="as_long"),
        Call(Ref("m.eval"), save="same"),
        _forward(_x(draw), _x(draw, S), save="evaluated"),
        _forward(_x(draw), _x(draw, S), save="another"),
    )
    return [Probe((*_module(draw), *calls), ("longer", "shorter", "as_long", "evaluated", "another"))]


def _one_head(draw: Draw) -> list[Probe]:
    x, context = _x(draw, d=11), _x(draw, S, d=11)
    steps = (
        *_module(draw, 11, 1),
        _forward(x, save="self"),
        _forward(x, context, mask_with_empty_rows(draw, T, S), save="cross"),
    )
    return [Probe(steps, ("self", "cross"))]


def _mask(draw: Draw) -> list[Probe]:
    """Also with a context as long as x, and with as many sequences as positions: equal sizes mean nothing."""
    many, as_long = _x(draw, batch=T), _x(draw, batch=T)
    calls = (
        _forward(_x(draw), mask=telling_mask(draw, T, T), save="self"),
        _forward(_x(draw), _x(draw, S), telling_mask(draw, T, S), save="cross"),
        _forward(many, as_long, telling_mask(draw, T, T), save="equal"),
    )
    return [Probe((*_module(draw), *calls), ("self", "cross", "equal"))]


def _mask_of_batch(draw: Draw) -> list[Probe]:
    """Also with as many sequences as heads."""
    calls = (
        _forward(_x(draw), mask=telling_mask(draw, BATCH, T, T), save="self"),
        _forward(_x(draw), _x(draw, S), mask=telling_mask(draw, BATCH, T, S), save="cross"),
        _forward(_x(draw, batch=HEADS), mask=telling_mask(draw, HEADS, T, T), save="equal"),
    )
    return [Probe((*_module(draw), *calls), ("self", "cross", "equal"))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    return [Probe((*_module(draw), _forward(_x(draw), _x(draw, S), mask_with_empty_rows(draw, T, S))))]


def _no_bias(draw: Draw) -> list[Probe]:
    return [Probe((*_module(draw, bias=False), _forward(_x(draw), mask=mask_with_empty_rows(draw, T, T))))]


def _bad_heads(draw: Draw) -> list[Probe]:
    heads = int(draw.integers(4, 7))
    return [Probe((Call(NAME, (2 * heads + 1, heads), save="m"),), ())]


def _scores(x: torch.Tensor, state: dict[str, torch.Tensor]) -> torch.Tensor:
    """Scores (B, H, T, T) of self-attention in float64, for weights without or with bias."""

    def split(name: str) -> torch.Tensor:
        bias = state.get(f"{name}.bias", torch.zeros(D))
        flat = x.double() @ state[f"{name}.weight"].double().T + bias.double()
        return flat.reshape(*x.shape[:-1], HEADS, D_HEAD).transpose(1, 2)

    return split("q_proj") @ split("k_proj").mT / math.sqrt(D_HEAD)


def _large(draw: Draw) -> list[Probe]:
    """Inputs in the thousands whose best scores lead clearly, so that every right answer is the same."""
    state = _state(draw, D)
    x = draw.until(lambda: _x(draw) * 2_000, lambda x: well_separated(_scores(x, state)))
    return [Probe((Call(NAME, (D, HEADS), save="m"), Load("m", state), _forward(x)))]


def _permuted(draw: Draw, **scales: float) -> dict[str, torch.Tensor]:
    """Weights of projections that only move features and scale them, which is exact in every dtype."""
    return {f"{name}.weight": torch.eye(D)[draw.permutation(D)] * scales[name] for name in PROJECTIONS}


def _lead(scores: torch.Tensor, mask: torch.Tensor, margin: float) -> bool:
    """Whether `mask` (T, T) leaves in each row a score that leads clearly."""
    return well_separated(scores.masked_fill(~mask, MINUS_INFINITY), margin)


def _far_below(draw: Draw) -> list[Probe]:
    """All scores are below -1e11, in float32 and in float64."""
    state, mask = _permuted(draw, q_proj=100.0, k_proj=-100.0, v_proj=1.0, out_proj=1.0), telling_mask(draw, T, T)
    x = draw.until(
        lambda: draw.integers(5_000, 10_001, BATCH, T, D, dtype=torch.float32),
        lambda x: _lead(_scores(x, state), mask, IN_FLOAT32),
    )
    calls = (
        _forward(x, mask=mask, save="float32"),
        Call(Ref("m.to"), (torch.float64,), save="m"),
        _forward(x.double(), mask=mask, save="float64"),
    )
    made = (Call(NAME, (D, HEADS), {"bias": False}, save="m"), Load("m", state))
    return [Probe((*made, *calls), ("float32", "float64"))]


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
    """q and k fit float16, and all their products are below -1e9, with and without a mask; one position takes all the
    weight, however its score is rounded in float32."""
    state, mask = _permuted(draw, q_proj=512.0, k_proj=-512.0, v_proj=16.0, out_proj=1.0), telling_mask(draw, T, T)

    def good(x: torch.Tensor) -> bool:
        scores = _scores(x, state)
        return well_separated(scores, FROM_FLOAT16) and _lead(scores, mask, FROM_FLOAT16)

    x = draw.until(lambda: draw.integers(50, 101, BATCH, T, D, dtype=torch.float16), good)
    made = (Call(NAME, (D, HEADS), {"bias": False}, save="m"), Load("m", state))
    moved = Call(Ref("m.to"), (torch.float16,), save="m")
    calls = (_forward(x, save="all"), _forward(x, mask=mask, save="masked"))
    return [Probe((*made, moved, *calls), ("all", "masked"))]


def _gradients(draw: Draw) -> list[Probe]:
    """Back from the sum of two results, one in train and one in evaluation mode."""
    lets = (Let("x", _x(draw), requires_grad=True), Let("context", _x(draw, S), requires_grad=True))
    mask = mask_with_empty_rows(draw, T, S)
    calls = (
        _forward(Ref("x"), Ref("context"), mask, save="trained"),
        Call(Ref("m.eval"), save="same"),
        _forward(Ref("x"), Ref("context"), mask, save="evaluated"),
        Call(Ref("trained.add"), (Ref("evaluated"),)),
    )
    parts = [f"m.{name}.{part}.grad" for name in PROJECTIONS for part in ("weight", "bias")]
    steps = (*_module(draw), *lets, *calls, Backward("out", draw.normal(BATCH, T, D)))
    return [Probe(steps, ("out", "x.grad", "context.grad", *parts))]


def _untouched(draw: Draw) -> list[Probe]:
    lets = (
        Let("x_turned", _x(draw).mT.contiguous()),
        Let("context", _x(draw, S)),
        Let("mask", telling_mask(draw, BATCH, T, S)),
    )
    turned = Call(Ref("x_turned.transpose"), (1, 2), save="x")
    call = _forward(Ref("x"), Ref("context"), Ref("mask"))
    return [Probe((*_module(draw), *lets, turned, call), ("out", "x_turned", "context", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (
        _forward(_x(draw), save="plain"),
        _forward(_x(draw), _x(draw, S), telling_mask(draw, BATCH, T, S), save="masked"),
    )
    return [Probe((*_module(draw), *calls), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    """The long call has more sequences, positions and heads, which are one feature wide."""
    short = _forward(_x(draw, 6), _x(draw, 8), telling_mask(draw, 6, 8), save="short", count="operators")
    long = _forward(
        _x(draw, 10, batch=5),
        _x(draw, 13, batch=5),
        telling_mask(draw, 10, 13),
        module="more",
        save="long",
        count="operators",
    )
    probe = counted(short, long)
    return [Probe((*_module(draw), *_module(draw, D, D, save="more"), *probe.steps), probe.returns)]


ROUNDINGS = Tolerance(
    64, "two projections of 18, attention over at most 7, one more: some roundings; 10 times that", 18
)
BACKWARD = Tolerance(128, "as forward, and back through each of its steps; sums over 3 batches of 7 positions", 21)

CHECKS = (
    Check("parameters", "The parameters are those of q_proj, k_proj, v_proj and out_proj.", _parameters, EXACT),
    Check("self-attention", "With x alone, x attends to itself in every head.", _self_attention, ROUNDINGS, weight=3),
    Check(
        "cross-attention", "Queries come from x, keys and values from context.", _cross_attention, ROUNDINGS, weight=2
    ),
    Check("one head", "One head has the width of the model.", _one_head, ROUNDINGS),
    Check("mask", "A mask (T, S) holds for every sequence and head.", _mask, ROUNDINGS),
    Check("mask of a batch", "A mask (B, T, S) holds for every head of its sequence.", _mask_of_batch, ROUNDINGS),
    Check(
        "nothing allowed", "A query that may attend to nothing gives out_proj of zeros.", _nothing_allowed, ROUNDINGS
    ),
    Check("no bias", "With bias=False no Linear has a bias.", _no_bias, ROUNDINGS),
    Check("heads that do not divide", "ValueError if n_heads does not divide d_model.", _bad_heads, EXACT),
    Check("large inputs", "Inputs in the thousands must give neither NaN nor infinity.", _large, ROUNDINGS),
    Check(
        "far below",
        "Allowed scores may lie far below forbidden ones, and below any finite number in place of -inf.",
        _far_below,
        ROUNDINGS,
        aside=True,
    ),
    Check("float64", "In float64 the result is float64, right to its precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "In float16 and bfloat16 the result keeps its dtype, also with a mask.",
        _half,
        Tolerance(3, "each of the steps may round to the inputs' dtype", 18),
        narrow=HALF_IS_NARROW,
    ),
    large_scores_in_half_precision(_half_large),
    Check("gradients", "Gradients flow to x, context and every parameter, and are finite.", _gradients, BACKWARD),
    Check("inputs untouched", "x, context and mask stay as they were, and may be views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "No loop over positions or heads.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(
    NAME,
    Oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    rules=(TORCH_ATTENTION,),
    axes=("b t m", "b s m"),
    same_sizes=dict.fromkeys(
        ("cross-attention", "mask", "mask of a batch"), "a branch on sizes shows only where they are equal"
    ),
)
