"""The checks of `EncoderBlock(d_model, n_heads, d_ff)`."""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Probe, Ref

from .._blocks import (
    BACKWARD,
    BATCH,
    D_FF,
    HEADS,
    LARGE_IS_NARROW,
    OTHER,
    ROUNDINGS,
    SMALL,
    BlockOracle,
    D,
    Fixtures,
    T,
    counted_forward,
    forward,
    inputs,
)
from .._shared import TORCH_ATTENTION, counted, mask_with_empty_rows, telling_mask
from ..MultiHeadAttention import Oracle as Attention
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "EncoderBlock"


class Oracle(BlockOracle):
    """x + attention of norm1 of x, then feed-forward of norm2 of that added to it (Xiong et al. 2020, "pre-LN")."""

    norms, attentions = ("norm1", "norm2"), ("attn",)
    attn: Attention

    def __call__(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        middle = x + self.attn(self.normed("norm1", x), None, mask)
        return middle + self.fed(self.normed("norm2", middle))


ENCODER = Fixtures(NAME, Oracle)


def _parameters(draw: Draw) -> list[Probe]:
    steps = (Call(NAME, (D, HEADS, D_FF), save="m"), Get("m", "names", sorted_names=True))
    return [Probe(steps, ("names",))]


def _values(draw: Draw) -> list[Probe]:
    """Also in evaluation mode, and for another block of one head."""
    steps = (
        *ENCODER.module(draw),
        *ENCODER.module(draw, OTHER, save="other"),
        forward(inputs(draw), save="short"),
        Call(Ref("m.eval"), save="same"),
        forward(inputs(draw, 9), save="long"),
        forward(inputs(draw, 1), save="one_position"),
        forward(inputs(draw, batch=1), save="one_sequence"),
        forward(inputs(draw, batch=2, d=OTHER[0]), telling_mask(draw, T, T), module="other", save="one_head"),
    )
    return [Probe(steps, ("short", "long", "one_position", "one_sequence", "one_head"))]


def _mask(draw: Draw) -> list[Probe]:
    """Also with as many sequences as positions, or as heads: equal sizes mean nothing."""
    calls = (
        forward(inputs(draw), telling_mask(draw, T, T), save="all"),
        forward(inputs(draw), mask=telling_mask(draw, BATCH, T, T), save="each"),
        forward(inputs(draw, batch=T), telling_mask(draw, T, T), save="square"),
        forward(inputs(draw, batch=HEADS), telling_mask(draw, HEADS, T, T), save="heads"),
    )
    return [Probe((*ENCODER.module(draw), *calls), ("all", "each", "square", "heads"))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    return [Probe((*ENCODER.module(draw), forward(inputs(draw), mask_with_empty_rows(draw, T, T))))]


def _small(draw: Draw) -> list[Probe]:
    """Inputs whose variance is about as large as the eps of a norm."""
    return [Probe((*ENCODER.module(draw), forward(inputs(draw, scale=0.004))))]


def _large(draw: Draw) -> list[Probe]:
    return [Probe((*ENCODER.module(draw), forward(inputs(draw, scale=4_000.0).clamp(-10_000, 10_000))))]


def _float64(draw: Draw) -> list[Probe]:
    moved = Call(Ref("m.to"), (torch.float64,), save="m")
    return [Probe((*ENCODER.module(draw), moved, forward(inputs(draw, dtype=torch.float64), telling_mask(draw, T, T))))]


def _gradients(draw: Draw) -> list[Probe]:
    let = Let("x", inputs(draw), requires_grad=True)
    call = forward(Ref("x"), mask_with_empty_rows(draw, BATCH, T, T))
    return [ENCODER.backward(draw, let, call, inputs=("x",))]


def _untouched(draw: Draw) -> list[Probe]:
    lets = (Let("turned", inputs(draw).mT.contiguous()), Let("mask", telling_mask(draw, BATCH, T, T)))
    turned = Call(Ref("turned.transpose"), (1, 2), save="x")
    return [Probe((*ENCODER.module(draw), *lets, turned, forward(Ref("x"), Ref("mask"))), ("out", "turned", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (forward(inputs(draw), save="plain"), forward(inputs(draw), telling_mask(draw, BATCH, T, T), save="masked"))
    return [Probe((*ENCODER.module(draw), *calls), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    """The long call has more sequences, positions and heads."""
    short = counted_forward(inputs(draw, 6), telling_mask(draw, 6, 6), save="short")
    long = counted_forward(inputs(draw, 11, batch=5), telling_mask(draw, 11, 11), save="long", module="more")
    probe = counted(short, long)
    steps = (*ENCODER.module(draw), *ENCODER.module(draw, (D, 9, D_FF), save="more"), *probe.steps)
    return [Probe(steps, probe.returns)]


CHECKS = (
    Check("parameters", "The parameters are those of norm1, attn, norm2, ff.0 and ff.2.", _parameters, EXACT),
    Check("values", "x + attn(norm1(x)), then x + ff(norm2(x)) of that.", _values, ROUNDINGS, weight=3),
    Check("mask", "A mask (T, T) or (B, T, T) reaches the attention.", _mask, ROUNDINGS, weight=2),
    Check(
        "nothing allowed",
        "A position that may attend to nothing still has its x, and the feed-forward.",
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
    Check("gradients", "Gradients flow to x and every parameter, and are finite.", _gradients, BACKWARD),
    Check("inputs untouched", "x and mask stay as they were, and may be views.", _untouched, ROUNDINGS),
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
    axes=("b t m",),
    same_sizes={"mask": "a branch on sizes shows only where they are equal"},
)
