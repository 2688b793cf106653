"""What the banks of the gpt2 assignment share: small models as state dict and configuration, and counted probes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch

from autograder.checks import Call, Draw, Let, Make, Probe, Step, unsorted

CONFIG = "config"  # the slot of the configuration, in every probe that has one
PARAMS = "params"  # the slot of the state dict


@dataclass(frozen=True)
class Size:
    """The numbers of a small GPT-2, by their names in GPT2Config; no two that could be mistaken are equal."""

    n_layer: int = 2
    n_head: int = 3
    n_embd: int = 12
    vocab_size: int = 23
    n_positions: int = 9
    layer_norm_epsilon: float = 1e-5


SMALL = Size()
DEEP = Size(n_layer=12, n_head=3, n_embd=6, vocab_size=11, n_positions=7, layer_norm_epsilon=0.02)
OTHER = Size(n_layer=3, n_head=2, n_embd=10, vocab_size=19, n_positions=8, layer_norm_epsilon=0.02)
ONE_LAYER = Size(n_layer=1)

State = dict[str, torch.Tensor]


def state_of(
    draw: Draw,
    size: Size,
    *,
    own_head: bool = False,
    dtype: torch.dtype = torch.float32,
    embedding: float = 1.0,
) -> State:
    """A state dict of GPT2LMHeadModel with drawn weights, none near zero, that keep the size of what they multiply.

    Matrices are (in, out), as Hugging Face's Conv1D has them. Embeddings have the standard deviation `embedding`; with
    `own_head` there is a "lm_head.weight" (V, E) other than the token embeddings, else there is none.
    """
    e = size.n_embd

    def matrix(n_in: int, n_out: int, scale: float = 1.0) -> torch.Tensor:
        return draw.normal(n_in, n_out, scale=scale / math.sqrt(n_in), dtype=dtype)

    def norm(name: str) -> State:
        return {f"{name}.weight": 1 + vector(e, 0.4), f"{name}.bias": bias(e)}

    def bias(n: int) -> torch.Tensor:
        return vector(n, 0.5)

    def vector(n: int, scale: float) -> torch.Tensor:
        return draw.until(lambda: draw.normal(n, scale=scale, dtype=dtype), lambda drawn: n < 3 or unsorted(drawn))

    state = {
        "transformer.wte.weight": draw.normal(size.vocab_size, e, scale=embedding, dtype=dtype),
        "transformer.wpe.weight": draw.normal(size.n_positions, e, scale=embedding, dtype=dtype),
    }
    for name in (f"transformer.h.{layer}" for layer in range(size.n_layer)):
        state |= norm(f"{name}.ln_1")
        state |= {f"{name}.attn.c_attn.weight": matrix(e, 3 * e, 0.9), f"{name}.attn.c_attn.bias": bias(3 * e)}
        state |= {f"{name}.attn.c_proj.weight": matrix(e, e), f"{name}.attn.c_proj.bias": bias(e)}
        state |= norm(f"{name}.ln_2")
        state |= {f"{name}.mlp.c_fc.weight": matrix(e, 4 * e, 1.5), f"{name}.mlp.c_fc.bias": bias(4 * e)}
        state |= {f"{name}.mlp.c_proj.weight": matrix(4 * e, e, 3.0), f"{name}.mlp.c_proj.bias": bias(e)}
    state |= norm("transformer.ln_f")
    if own_head:
        state["lm_head.weight"] = draw.normal(size.vocab_size, e, dtype=dtype)
    return state


def model(size: Size, state: State, *, tied: bool = True) -> tuple[Step, ...]:
    """The slots "params" and "config" of a model; `tied` is what the configuration says of its head. True is Hugging
    Face's default, also where there is a "lm_head.weight": the state dict alone decides."""
    options = asdict(size) | {"tie_word_embeddings": tied}
    return Let(PARAMS, state), Make(CONFIG, "gpt2_config", options)


def tokens(draw: Draw, size: Size, batch: int, length: int) -> torch.Tensor:
    """ids (batch, length), long."""
    return draw.integers(0, size.vocab_size, batch, length)


def model_of_large_scores(
    draw: Draw, size: Size, batch: int, length: int, times: float, futures: tuple[slice, ...]
) -> tuple[State, torch.Tensor]:
    """A state dict and ids (batch, length) whose scores in the first layer are `times` some 100,000, of either sign;
    for every query and head one position leads clearly. In each of `futures`, slices of positions after which others
    follow, some query has no score above -15,000 `times`: a mask of a finite number above that lets the future in.
    """
    norm = 1.0 if times == 1 else 100.0  # both q and k are so many times as large
    queries = 150.0 * math.sqrt(times) / norm
    e = size.n_embd

    def make() -> tuple[State, torch.Tensor]:
        state = state_of(draw, size)
        for end in ("weight", "bias"):
            state[f"transformer.h.0.ln_1.{end}"] *= norm
            state[f"transformer.h.0.attn.c_attn.{end}"][..., : 2 * e] *= queries
        state["transformer.h.0.attn.c_attn.weight"][..., 2 * e :] /= norm
        return state, tokens(draw, size, batch, length)

    def good(drawn: tuple[State, torch.Tensor]) -> bool:
        best = _best_scores(*drawn, size)
        low = all(float(best[:, :, rows, 0].min()) < -15_000 * times for rows in futures)
        return low and float((best[..., 0] - best[..., 1]).min()) > 100 * times

    return draw.until(make, good)


def _best_scores(state: State, ids: torch.Tensor, size: Size) -> torch.Tensor:
    """The largest two scores that each query may see in the first layer (B, H, T, 2); position 0 sees itself alone.

    A lead of 100 in scores of 100,000 is enough: exp(-100) is far below what shows, and float32 is right to 0.1.
    """
    wide = {name.removeprefix("transformer.h.0."): p.double() for name, p in state.items()}
    x = wide["transformer.wte.weight"][ids] + wide["transformer.wpe.weight"][: ids.shape[1]]
    centered = x - x.mean(-1, keepdim=True)
    normed = centered / centered.square().mean(-1, keepdim=True).sqrt() * wide["ln_1.weight"] + wide["ln_1.bias"]
    q, k, _ = (normed @ wide["attn.c_attn.weight"] + wide["attn.c_attn.bias"]).chunk(3, -1)
    q, k = (y.reshape(*ids.shape, size.n_head, -1).transpose(1, 2) for y in (q, k))
    future = torch.ones(ids.shape[1], ids.shape[1]).triu(1).bool()
    scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
    return scores.topk(2).values


def counted(*calls: Call) -> Probe:
    """A probe of `calls`, each counted in operators, that brings back their results and counts; the shortest input
    first."""
    returns = [save + end for save in (call.save for call in calls) for end in ("", ".ops", ".used")]
    return Probe(calls, tuple(returns))
