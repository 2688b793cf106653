"""The checks of `gpt2_logits(ids, params, config)`.

Sizes in the fixtures: batch 2, 3 heads of width 4 in the one model, 2 of width 5 in the other, 5 tokens of 23 or 19.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Counted, Draw, Let, Probe, Ref, Tolerance

from .._shared import (
    CONFIG,
    DEEP,
    ONE_LAYER,
    OTHER,
    PARAMS,
    SMALL,
    State,
    counted,
    model,
    model_of_large_scores,
    state_of,
    tokens,
)  # fmt: skip
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "gpt2_logits"
BATCH, T = 2, 5
HUGE = 4e6  # times the scores of 1e5, which the weights of an ordinary model can just make


# ---- oracle ---------------------------------------------------------------------------------------------------


def oracle(ids: torch.Tensor, params: State, config: Any) -> torch.Tensor:
    """GPT-2 (Radford et al. 2019, section 2.3) written out head by head, in the precision of the weights.

    tests/course/test_gpt2_oracle.py holds it against Hugging Face's model, which takes seconds to import.
    """
    length = ids.shape[1]
    if length > config.n_positions:
        raise ValueError(f"{length} tokens, and positions for {config.n_positions}")
    x = params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][:length]
    for layer in range(config.n_layer):
        part = {
            name.removeprefix(f"transformer.h.{layer}."): p
            for name, p in params.items()
            if name.startswith(f"transformer.h.{layer}.")
        }
        x = x + _attention(_normed(x, part, "ln_1", config), part, config.n_head)
        x = x + _mlp(_normed(x, part, "ln_2", config), part)
    x = _normed(x, params, "transformer.ln_f", config)
    return x @ params.get("lm_head.weight", params["transformer.wte.weight"]).T


def _normed(x: torch.Tensor, params: State, name: str, config: Any) -> torch.Tensor:
    centered = x - x.mean(-1, keepdim=True)
    spread = torch.sqrt(centered.square().mean(-1, keepdim=True) + config.layer_norm_epsilon)
    return centered / spread * params[f"{name}.weight"] + params[f"{name}.bias"]


def _attention(x: torch.Tensor, params: State, n_head: int) -> torch.Tensor:
    width = x.shape[-1] // n_head
    q, k, v = (x @ params["attn.c_attn.weight"] + params["attn.c_attn.bias"]).chunk(3, dim=-1)
    future = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
    heads = []
    for own in (slice(h * width, (h + 1) * width) for h in range(n_head)):
        scores = q[..., own] @ k[..., own].mT / math.sqrt(width)
        heads.append(torch.softmax(scores.masked_fill(future, -math.inf), -1) @ v[..., own])
    return torch.cat(heads, -1) @ params["attn.c_proj.weight"] + params["attn.c_proj.bias"]


def _mlp(x: torch.Tensor, params: State) -> torch.Tensor:
    hidden = x @ params["mlp.c_fc.weight"] + params["mlp.c_fc.bias"]
    active = hidden * torch.sigmoid(math.sqrt(8 / math.pi) * (hidden + 0.044715 * hidden**3))  # tanh form of gelu
    return active @ params["mlp.c_proj.weight"] + params["mlp.c_proj.bias"]


# ---- probes ---------------------------------------------------------------------------------------------------


def _logits(ids: torch.Tensor | Ref, save: str = "out", count: Counted = "") -> Call:
    return Call(NAME, (ids, Ref(PARAMS), Ref(CONFIG)), save=save, count=count)


def _values(draw: Draw) -> list[Probe]:
    calls = (_logits(tokens(draw, SMALL, BATCH, T), "batch"), _logits(tokens(draw, SMALL, 1, 4), "single"))
    return [Probe((*model(SMALL, state_of(draw, SMALL)), *calls), ("batch", "single"))]


def _own_head(draw: Draw) -> list[Probe]:
    """A head in the state dict and none, each where the configuration says otherwise."""
    return [
        Probe(
            (
                *model(SMALL, state_of(draw, SMALL, own_head=own), tied=own),
                _logits(tokens(draw, SMALL, BATCH, T)),
            )
        )
        for own in (True, False)
    ]


def _other_numbers(draw: Draw) -> list[Probe]:
    state = state_of(draw, OTHER, embedding=0.2)  # of variance 0.08 together: an epsilon of 0.02 shows
    names = list(deep := state_of(draw, DEEP, embedding=0.2))
    shuffled = {names[place]: deep[names[place]] for place in draw.permutation(len(names))}  # names say what is what
    return [
        Probe((*model(OTHER, state), _logits(tokens(draw, OTHER, BATCH, T)))),
        Probe((*model(DEEP, shuffled), _logits(tokens(draw, DEEP, 3, 5)))),
    ]


def _lengths(draw: Draw) -> list[Probe]:
    calls = (_logits(tokens(draw, SMALL, BATCH, 1), "one"), _logits(tokens(draw, SMALL, 3, SMALL.n_positions), "full"))
    return [Probe((*model(SMALL, state_of(draw, SMALL)), *calls), ("one", "full"))]


def _too_long(draw: Draw) -> list[Probe]:
    length = SMALL.n_positions + int(draw.integers(1, 3))
    return [Probe((*model(SMALL, state_of(draw, SMALL)), _logits(tokens(draw, SMALL, BATCH, length))))]


def _large(draw: Draw) -> list[Probe]:
    """Scores of either sign, of 1e5 and of 1e11, which weights of thousands make: no finite number is below all."""
    models = [model_of_large_scores(draw, ONE_LAYER, BATCH, 4, times, (slice(0, 3),)) for times in (1.0, HUGE)]
    return [Probe((*model(ONE_LAYER, state), _logits(ids))) for state, ids in models]


def _float64(draw: Draw) -> list[Probe]:
    state = state_of(draw, SMALL, dtype=torch.float64)
    return [Probe((*model(SMALL, state), _logits(tokens(draw, SMALL, BATCH, T))))]


def _untouched(draw: Draw) -> list[Probe]:
    calls = (_logits(Ref("ids")), _logits(Ref("ids"), "again"))
    return [
        Probe(
            (
                *model(SMALL, state_of(draw, SMALL, own_head=own, dtype=torch.float64)),
                Let("ids", tokens(draw, SMALL, BATCH, T)),
                *calls,
            ),
            (PARAMS, "ids", "out", "again"),
        )
        for own in (False, True)
    ]


def _devices(draw: Draw) -> list[Probe]:
    call = _logits(tokens(draw, ONE_LAYER, BATCH, T))  # on meta torch takes milliseconds for a norm
    return [Probe((*model(ONE_LAYER, state_of(draw, ONE_LAYER)), call), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    calls = [
        _logits(tokens(draw, SMALL, BATCH, length), save, "operators") for save, length in [("short", 3), ("long", 8)]
    ]
    probe = counted(*calls)
    return [Probe((*model(SMALL, state_of(draw, SMALL)), *probe.steps), probe.returns)]


# ---- bank -----------------------------------------------------------------------------------------------------

ROUNDINGS = Tolerance(
    96,
    "two blocks of some ten operations each, sums of 48: 10 times what right answers differ by; and so large that an "
    "epsilon outside the root, which float32 hardly shows, never fails by it",
    SMALL.n_embd * 4,
)
DOUBLE = Tolerance(80, "as above, and the right answer to compare with is itself rounded to float64", SMALL.n_embd * 4)
FLAT = Tolerance(16, "as above, and layer norm with an epsilon this large amplifies nothing", OTHER.n_embd * 4)
LARGE = Tolerance(1.5, "as above: the weights of 500 only decide who is attended to, so they round nothing", 48)

NEAR = (
    "the exact gelu, and an epsilon of 1e-5 outside the root, change logits by 1e-3 or less: in float32 that is near, "
    "the check in float64 tells them by far"
)

CHECKS = (
    Check(
        "values",
        "Logits of a batch and of one sequence, as Hugging Face's model has them.",
        _values,
        ROUNDINGS,
        weight=3,
        narrow=NEAR,
    ),
    Check(
        "own head",
        "The head is lm_head.weight where the state dict has it, whatever the configuration says.",
        _own_head,
        ROUNDINGS,
        narrow=NEAR,
    ),
    Check(
        "other numbers",
        "Every number comes from the configuration: n_layer, n_head, n_embd, layer_norm_epsilon.",
        _other_numbers,
        FLAT,
        weight=3,
        narrow=NEAR,
    ),
    Check(
        "shortest and longest",
        "One token, and as many as there are positions.",
        _lengths,
        ROUNDINGS,
        narrow=NEAR,
    ),
    Check("too long", "More tokens than n_positions are a ValueError.", _too_long, EXACT),
    Check(
        "large scores",
        "Scores in the thousands must neither overflow nor slip past the mask.",
        _large,
        LARGE,
        narrow=NEAR,
    ),
    Check("float64", "Weights in float64 give logits in float64, right to its precision.", _float64, DOUBLE),
    Check("inputs untouched", "ids and params, the dict and its tensors, stay as they were.", _untouched, DOUBLE),
    Check(
        "any device", "New tensors belong on the device of ids, and values are not read into Python.", _devices, EXACT
    ),
    Check(
        "no loops",
        "All positions at once; a loop over layers or heads is fine.",
        _steady,
        ROUNDINGS,
        steady=True,
        narrow=NEAR,
    ),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    axes=("b t",),
)
