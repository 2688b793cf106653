"""The checks of `DecoderBlock(d_model, n_heads, d_ff)`."""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Probe, Ref

from .._blocks import (
    BACKWARD,
    BATCH,
    D_FF,
    HEADS,
    LARGE_IS_NARROW,
    LONG,
    OTHER,
    ROUNDINGS,
    SMALL,
    BlockOracle,
    D,
    Fixtures,
    S,
    T,
    counted_forward,
    forward,
    inputs,
)
from .._shared import TORCH_ATTENTION, counted, mask_with_empty_rows, telling_mask
from ..MultiHeadAttention import Oracle as Attention
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "DecoderBlock"


class Oracle(BlockOracle):
    """Causal self-attention, attention to memory, feed-forward, each of a norm of what it is added to (Vaswani et al.
    2017, section 3.1, with the norms of Xiong et al. 2020, "pre-LN")."""

    norms, attentions = ("norm1", "norm2", "norm3"), ("self_attn", "cross_attn")
    self_attn: Attention
    cross_attn: Attention

    def __call__(self, x: torch.Tensor, memory: torch.Tensor, memory_mask: torch.Tensor | None = None) -> torch.Tensor:
        position = torch.arange(x.shape[1])
        x = x + self.self_attn(self.normed("norm1", x), None, position[:, None] >= position)
        x = x + self.cross_attn(self.normed("norm2", x), memory, memory_mask)
        return x + self.fed(self.normed("norm3", x))


DECODER = Fixtures(NAME, Oracle)


def memory(
    draw: Draw, length: int = S, *, dtype: torch.dtype = torch.float32, batch: int = BATCH, d: int = D
) -> torch.Tensor:
    """(B, length, D), of size 1: no norm stands before its keys, and large scores would only enlarge roundings."""
    return inputs(draw, length, scale=1.0, dtype=dtype, batch=batch, d=d)


def _parameters(draw: Draw) -> list[Probe]:
    steps = (Call(NAME, (D, HEADS, D_FF), save="m"), Get("m", "names", sorted_names=True))
    return [Probe(steps, ("names",))]


def _values(draw: Draw) -> list[Probe]:
    """Also in evaluation mode, for a long sequence, and for another block of one head."""
    x, seen = inputs(draw, batch=2, d=OTHER[0]), memory(draw, batch=2, d=OTHER[0])
    steps = (
        *DECODER.module(draw),
        *DECODER.module(draw, OTHER, save="other"),
        forward(inputs(draw), memory(draw), save="longer"),
        Call(Ref("m.eval"), save="same"),
        forward(inputs(draw), memory(draw, 4), save="evaluated"),
        forward(inputs(draw, 1), memory(draw, 1), save="one_position"),
        forward(inputs(draw, batch=1), memory(draw, batch=1), save="one_sequence"),
        forward(inputs(draw, LONG, batch=1, d=OTHER[0]), seen[:1], module="other", save="long"),
        forward(x, seen, telling_mask(draw, T, S), module="other", save="one_head"),
    )
    return [Probe(steps, ("longer", "evaluated", "one_position", "one_sequence", "long", "one_head"))]


def _equal_lengths(draw: Draw) -> list[Probe]:
    calls = (
        forward(inputs(draw), memory(draw, T), telling_mask(draw, T, T), save="masked"),
        forward(inputs(draw), memory(draw, T), save="all"),
    )
    return [Probe((*DECODER.module(draw), *calls), ("masked", "all"))]


def _memory_mask(draw: Draw) -> list[Probe]:
    """Also with as many sequences as positions, or as heads: equal sizes mean nothing."""
    calls = (
        forward(inputs(draw), memory(draw), telling_mask(draw, T, S), save="all"),
        forward(inputs(draw), memory(draw), memory_mask=telling_mask(draw, BATCH, T, S), save="each"),
        forward(inputs(draw, batch=T), memory(draw, batch=T), telling_mask(draw, T, S), save="square"),
        forward(inputs(draw, batch=HEADS), memory(draw, batch=HEADS), telling_mask(draw, HEADS, T, S), save="heads"),
    )
    return [Probe((*DECODER.module(draw), *calls), ("all", "each", "square", "heads"))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    call = forward(inputs(draw), memory(draw), mask_with_empty_rows(draw, T, S))
    return [Probe((*DECODER.module(draw), call))]


def _small(draw: Draw) -> list[Probe]:
    """Inputs whose variance is about as large as the eps of the first norm."""
    return [Probe((*DECODER.module(draw), forward(inputs(draw, scale=0.004), memory(draw))))]


def _large(draw: Draw) -> list[Probe]:
    """x up to 10,000; memory stays small, for its scores pass through no norm."""
    x = inputs(draw, scale=4_000.0).clamp(-10_000, 10_000)
    return [Probe((*DECODER.module(draw), forward(x, memory(draw))))]


def _float64(draw: Draw) -> list[Probe]:
    moved = Call(Ref("m.to"), (torch.float64,), save="m")
    x, other = inputs(draw, dtype=torch.float64), memory(draw, dtype=torch.float64)
    return [Probe((*DECODER.module(draw), moved, forward(x, other, telling_mask(draw, T, S))))]


def _gradients(draw: Draw) -> list[Probe]:
    lets = Let("x", inputs(draw), requires_grad=True), Let("memory", memory(draw), requires_grad=True)
    call = forward(Ref("x"), Ref("memory"), mask_with_empty_rows(draw, BATCH, T, S))
    return [DECODER.backward(draw, *lets, call, inputs=("x", "memory"))]


def _untouched(draw: Draw) -> list[Probe]:
    lets = (
        Let("turned", inputs(draw).mT.contiguous()),
        Let("memory", memory(draw)),
        Let("mask", telling_mask(draw, BATCH, T, S)),
    )
    turned = Call(Ref("turned.transpose"), (1, 2), save="x")
    call = forward(Ref("x"), Ref("memory"), Ref("mask"))
    return [Probe((*DECODER.module(draw), *lets, turned, call), ("out", "turned", "memory", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (
        forward(inputs(draw), memory(draw), save="plain"),
        forward(inputs(draw), memory(draw), telling_mask(draw, BATCH, T, S), save="masked"),
    )
    return [Probe((*DECODER.module(draw), *calls), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    """The long call has more sequences, positions and heads."""
    short = counted_forward(inputs(draw, 6), memory(draw, 8), telling_mask(draw, 6, 8), save="short")
    x, seen = inputs(draw, 10, batch=5), memory(draw, 13, batch=5)
    long = counted_forward(x, seen, telling_mask(draw, 10, 13), save="long", module="more")
    probe = counted(short, long)
    steps = (*DECODER.module(draw), *DECODER.module(draw, (D, 9, D_FF), save="more"), *probe.steps)
    return [Probe(steps, probe.returns)]


CHECKS = (
    Check(
        "parameters",
        "The parameters are those of norm1, self_attn, norm2, cross_attn, norm3, ff.0 and ff.2.",
        _parameters,
        EXACT,
    ),
    Check(
        "values",
        "x + self_attn(norm1(x)), causal; then x + cross_attn(norm2(x), memory); then x + ff(norm3(x)).",
        _values,
        ROUNDINGS,
        weight=3,
    ),
    Check(
        "memory as long as x",
        "With T = S no shape tells x from memory.",
        _equal_lengths,
        ROUNDINGS,
    ),
    Check(
        "memory mask",
        "memory_mask, (T, S) or (B, T, S), holds for the attention to memory, and for that alone.",
        _memory_mask,
        ROUNDINGS,
        weight=2,
    ),
    Check(
        "nothing allowed",
        "A position that may attend to nothing of the memory still has its x, and the feed-forward.",
        _nothing_allowed,
        ROUNDINGS,
    ),
    Check("norms as they come", "The norms are nn.LayerNorm as it comes, with its eps of 1e-5.", _small, SMALL),
    Check(
        "large inputs",
        "Inputs up to 10,000 in size give neither NaN nor infinity.",
        _large,
        ROUNDINGS,
        narrow=LARGE_IS_NARROW,
    ),
    Check("float64", "In float64 the result is float64, right to its precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow to x, memory and every parameter, and are finite.", _gradients, BACKWARD),
    Check("inputs untouched", "x, memory and memory_mask stay as they were, and may be views.", _untouched, ROUNDINGS),
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
    same_sizes={
        "memory as long as x": "an exchange shows where the shapes fit, elsewhere it just raises",
        "memory mask": "a branch on sizes shows only where they are equal",
    },
)
