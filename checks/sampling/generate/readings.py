"""What the checks of `generate` read from drawn texts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from .fixtures import START

HIDDEN_K = 50  # what libraries keep where nobody asked for it


def new_tokens(out: torch.Tensor, start: int) -> torch.Tensor:
    """The tokens (n,) behind the prompt; of another shape than asked for, nothing is made of it."""
    return out[0, start:] if out.dim() == 2 and len(out) == 1 else out


def _alike(one: torch.Tensor, other: torch.Tensor) -> str:
    return "the same text" if torch.equal(one, other) else "different texts"


def _one_token(out: torch.Tensor) -> str:
    new = new_tokens(out, START)
    return "the same token again and again" if bool((new == new[0]).all()) else "different tokens"


def read_generator(values: Mapping[str, Any]) -> Mapping[str, str]:
    drawn = torch.cat([new_tokens(values[name], START) for name in ("first", "second", "other_first")])
    row = values["row"]
    ahead = (row > row[drawn][:, None]).sum(-1)  # tokens that are more likely
    return {
        "a text": _one_token(values["first"]),
        "two calls with one generator": _alike(values["first"], values["second"]),
        "two generators in the same state": _alike(values["first"], values["twin_first"]),
        "the same two, a call later": _alike(values["second"], values["twin_second"]),
        "two generators with different seeds": _alike(values["first"], values["other_first"]),
        "tokens beyond the 50 most likely": "drawn" if bool((ahead >= HIDDEN_K).any()) else "never drawn",
    }


def read_no_generator(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {"a text": _one_token(values["first"]), "two calls": _alike(values["first"], values["second"])}


def read_ties(values: Mapping[str, Any]) -> Mapping[str, str]:
    row, came = values["row"].flatten(), set(new_tokens(values["out"], START).flatten().tolist())
    best = set((row == row.max()).nonzero().flatten().tolist())
    return {
        "tokens that share the largest logit": f"{len(best & came)} of {len(best)} drawn",
        "the other tokens": "drawn" if came - best else "never drawn",
    }


def read_extremes(values: Mapping[str, Any]) -> Mapping[str, str]:
    """All of the tokens come, or two of them, once in a thousand million million million."""
    row, came = values["row"].flatten(), set(new_tokens(values["out"], START).flatten().tolist())
    near = (row.max() - row).abs() < 0.1 if row.max() < 1 else torch.ones_like(row, dtype=torch.bool)
    alike = set(near.nonzero().flatten().tolist())
    words = "all of them" if alike <= came else "only the most likely one" if came == {int(row.argmax())} else "some"
    return {
        f"of {len(alike)} tokens that are about as likely at this temperature": f"{words} drawn",
        "the other tokens": "drawn" if came - alike else "never drawn",
    }
