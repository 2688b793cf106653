"""The checks of `decode_step(ids, params, config, cache=None)`.

A probe decodes one text in pieces; the cache stays in the worker, and what comes back of each step are its logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Counted, Draw, Get, Let, Probe, Ref, Step, Tolerance

from .._shared import (
    CONFIG,
    ONE_LAYER,
    OTHER,
    PARAMS,
    SMALL,
    Size,
    State,
    model,
    model_of_large_scores,
    state_of,
    tokens,
)  # fmt: skip
from ..gpt2_logits import DOUBLE, HUGE, NEAR
from ..gpt2_logits import oracle as gpt2_logits
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "decode_step"
BATCH = 4  # no piece of a text has as many tokens


def oracle(
    ids: torch.Tensor, params: State, config: Any, cache: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The last position's logits of the whole text, computed anew each time: the cache is the text so far (B, T)."""
    text = ids if cache is None else torch.cat([cache, ids], dim=1)
    return gpt2_logits(text, params, config)[:, -1], text


# ---- probes ---------------------------------------------------------------------------------------------------


def _step(ids: torch.Tensor | Ref, save: str, after: str | None = None, count: Counted = "") -> tuple[Step, ...]:
    """Slot `save`: the logits of one step that goes on where the step `after` ended; `save`_cache: its cache."""
    both = f"{save}_step"
    cache = {} if after is None else {"cache": Ref(f"{after}_cache")}
    return (
        Call(NAME, (ids, Ref(PARAMS), Ref(CONFIG)), cache, save=both, count=count),
        Get(f"{both}.0", save),
        Get(f"{both}.1", f"{save}_cache"),
    )


def _text(ids: torch.Tensor, pieces: Mapping[str, int], after: str | None = None) -> tuple[Step, ...]:
    """The steps that decode ids (B, T) in pieces of so many tokens, each under its name."""
    steps: tuple[Step, ...] = ()
    for piece, name in zip(torch.split(ids, list(pieces.values()), dim=1), pieces, strict=True):
        steps += _step(piece, name, after)
        after = name
    return steps


def _decoded(
    draw: Draw,
    size: Size,
    pieces: Mapping[str, int],
    *,
    batch: int = BATCH,
    device: str = "cpu",
    tied: bool = True,
    **kind: Any,
) -> Probe:
    """A probe of one text in pieces; `kind` says what state dict, `tied` what the configuration says of the head."""
    ids = tokens(draw, size, batch, sum(pieces.values()))
    steps = (*model(size, state_of(draw, size, **kind), tied=tied), *_text(ids, pieces))
    return Probe(steps, tuple(pieces), device=device)


def _prompt(draw: Draw) -> list[Probe]:
    state = model(SMALL, state_of(draw, SMALL))
    steps = (*_step(tokens(draw, SMALL, BATCH, 5), "batch"), *_step(tokens(draw, SMALL, 1, 4), "single"))
    return [Probe((*state, *steps), ("batch", "single"))]


def _one_by_one(draw: Draw) -> list[Probe]:
    return [_decoded(draw, SMALL, {"prompt": 3, "second": 1, "third": 1, "fourth": 1})]


def _to_the_end(draw: Draw) -> list[Probe]:
    """From a single token on, until every position is taken."""
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
    return [_decoded(draw, SMALL, dict.fromkeys(names, 1), batch=3)]


def _several(draw: Draw) -> list[Probe]:
    return [_decoded(draw, SMALL, {"prompt": 2, "three_more": 3, "one_more": 1, "two_more": 2})]


def _other_numbers(draw: Draw) -> list[Probe]:
    """A head in the state dict and none, each where the configuration says otherwise."""
    return [
        _decoded(draw, OTHER, {"prompt": 3, "second": 1, "third": 2}, tied=True, own_head=True, embedding=0.2),
        _decoded(draw, OTHER, {"prompt": 5}, tied=False, embedding=0.2),
    ]


def _too_long(draw: Draw) -> list[Probe]:
    """A prompt that is too long; one token too many; and a few, fewer than there are positions."""
    probes = [_decoded(draw, SMALL, {"prompt": SMALL.n_positions + int(draw.integers(1, 3))})]
    for last in (1, 3):
        probes.append(_decoded(draw, SMALL, {"prompt": SMALL.n_positions - last // 2, "too_many": last}))
    return probes


def _two_texts(draw: Draw) -> list[Probe]:
    """Two texts in turn, of other batches and lengths: nothing of the one may reach the other."""
    one, other = tokens(draw, SMALL, BATCH, 4), tokens(draw, SMALL, 3, 6)
    steps = (
        *_text(one[:, :3], {"one": 3}),
        *_text(other[:, :4], {"other": 4}),
        *_text(one[:, 3:], {"one_more": 1}, "one"),
        *_text(other[:, 4:], {"other_more": 2}, "other"),
    )
    return [Probe((*model(SMALL, state_of(draw, SMALL)), *steps), ("one", "other", "one_more", "other_more"))]


def _large(draw: Draw) -> list[Probe]:
    """Scores of either sign, of 1e5 and of 1e11; in each piece some token sees none but low ones and has others after
    it."""
    probes = []
    for times in (1.0, HUGE):
        state, ids = model_of_large_scores(draw, SMALL, BATCH, 5, times, (slice(0, 2), slice(3, 4)))
        steps = (*model(SMALL, state), *_text(ids, {"prompt": 3, "two_more": 2}))
        probes.append(Probe(steps, ("prompt", "two_more")))
    return probes


def _float64(draw: Draw) -> list[Probe]:
    return [_decoded(draw, SMALL, {"prompt": 2, "second": 1, "third": 2}, dtype=torch.float64)]


def _untouched(draw: Draw) -> list[Probe]:
    """With a head of the model's own, and without."""
    lets = (Let("ids", tokens(draw, SMALL, BATCH, 3)), Let("next_ids", tokens(draw, SMALL, BATCH, 1)))
    steps = (*lets, *_step(Ref("ids"), "prompt"), *_step(Ref("next_ids"), "second", "prompt"))
    states = [state_of(draw, SMALL, own_head=own, dtype=torch.float64) for own in (False, True)]
    return [Probe((*model(SMALL, s), *steps), (PARAMS, "ids", "next_ids", "prompt", "second")) for s in states]


def _devices(draw: Draw) -> list[Probe]:
    return [_decoded(draw, ONE_LAYER, {"prompt": 3, "second": 2}, device="meta")]


# ---- cost -----------------------------------------------------------------------------------------------------

SHORT, LONG = 3, 9  # tokens in the text with the counted one


def _cost(draw: Draw) -> list[Probe]:
    """One token counted after 2 others, and one after 8: what is computed again of those shows, however little."""
    ids = tokens(draw, SMALL, BATCH, LONG)
    steps = (
        *_text(ids[:, : SHORT - 1], {"prompt": SHORT - 1}),
        *_step(ids[:, SHORT - 1 : SHORT], "soon", "prompt", "flops"),
        *_text(ids[:, SHORT : LONG - 1], {"more": LONG - 1 - SHORT}, "soon"),
        *_step(ids[:, LONG - 1 :], "late", "more", "flops"),
    )
    returns = ("soon", "late", "soon_step.flops", "late_step.flops")
    return [Probe((*model(SMALL, state_of(draw, SMALL)), *steps), returns)]


def _budget(probe: Probe) -> Mapping[str, int]:
    most = enough(SMALL, BATCH)
    return dict.fromkeys(("soon_step.flops", "late_step.flops"), most)


def enough(size: Size, batch: int) -> int:
    """1.5 times what a forward of one token and attention over a cache cost, in FLOPs of matrix products (2 for each
    product of two numbers). The cache may have been made for all positions from the start."""
    e = size.n_embd
    block = 3 * e * e + e * e + 4 * e * e + 4 * e * e  # c_attn, c_proj, and the two of the mlp
    attention = 2 * e * size.n_positions  # scores, and the sum over values
    return 3 * batch * (size.n_layer * (block + attention) + e * size.vocab_size)


# ---- bank -----------------------------------------------------------------------------------------------------

ROUNDINGS = Tolerance(
    50, "as gpt2_logits, where a smaller one has to tell the two forms of gelu apart", SMALL.n_embd * 4
)
FLAT = Tolerance(
    60, "as gpt2_logits, with a head five times as large as the embeddings that set the scale", OTHER.n_embd * 4
)

LARGE = Tolerance(1.5, "as gpt2_logits: the large weights only decide who is attended to, so they round nothing", 48)

CHECKS = (
    Check(
        "prompt",
        "Without a cache: the logits of the prompt's last position, (B, V).",
        _prompt,
        ROUNDINGS,
        2,
        narrow=NEAR,
    ),
    Check("one by one", "After a prompt, one token at a time with the cache.", _one_by_one, ROUNDINGS, 3, narrow=NEAR),
    Check("to the end", "From a single token on, until all positions are taken.", _to_the_end, ROUNDINGS, narrow=NEAR),
    Check(
        "several at once",
        "Several new tokens with a cache: each also sees those before it.",
        _several,
        ROUNDINGS,
        2,
        narrow=NEAR,
    ),
    Check(
        "other numbers",
        "Another configuration, and a state dict with lm_head.weight, whatever the configuration says of it.",
        _other_numbers,
        FLAT,
        narrow=NEAR,
    ),
    Check("too long", "ValueError if the cache and the new tokens exceed n_positions.", _too_long, EXACT),
    Check("two texts", "Two texts decoded in turn, each with its own cache.", _two_texts, ROUNDINGS, narrow=NEAR),
    Check("large scores", "Scores in the thousands must not slip past the mask.", _large, LARGE, narrow=NEAR),
    Check("float64", "Weights in float64 give logits in float64, right to its precision.", _float64, DOUBLE),
    Check("inputs untouched", "ids and params, the dict and its tensors, stay as they were.", _untouched, DOUBLE),
    Check(
        "any device", "New tensors belong on the device of ids, and values are not read into Python.", _devices, EXACT
    ),
    Check(
        "cost",
        "A step of one token costs what one token costs, however long the text before it is.",
        _cost,
        ROUNDINGS,
        2,
        budget=_budget,
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
