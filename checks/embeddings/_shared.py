"""What the banks of the embeddings assignment share: counted calls, what is read of gradients, rows at given angles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from autograder.checks import Call, Draw, Probe, unsorted


def counted(*calls: Call) -> Probe:
    """A probe of `calls`, each counted in operators, that brings back results and counts; the shortest input first."""
    returns = [save + end for save in (call.save for call in calls) for end in ("", ".ops")]
    return Probe(calls, tuple(returns))


def mixed(draw: Draw, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers (..., n >= 3), of which not every row happens to be sorted."""
    return draw.until(lambda: draw.normal(*shape, scale=scale, dtype=dtype), unsorted)


def finite(values: Mapping[str, Any]) -> dict[str, str]:
    """A reading that asks of every slot whether its numbers are finite, and not what they are.

    At a zero vector the cosine has no gradient that everybody agrees on: only NaN and infinity are wrong.
    """
    return {f"the values of {name}": _in_words(tensor) for name, tensor in values.items()}


def _in_words(tensor: torch.Tensor) -> str:
    return "finite" if bool(tensor.isfinite().all()) else "NaN or infinite"


def spread(draw: Draw, low: float, high: float, n: int) -> torch.Tensor:
    """n numbers (n,) from `low` to `high` in random order, no two nearer than 0.7 (high - low) / (n - 1)."""
    step = (high - low) / (n - 1)
    shaken = torch.linspace(low, high, n) + 0.3 * step * (draw.integers(0, 1001, n) / 1000 - 0.5)
    return shaken.clamp(low, high)[draw.permutation(n)]


def rows_at(
    draw: Draw, query: torch.Tensor, wanted: torch.Tensor, lengths: torch.Tensor, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Random rows (n, D) at the cosines `wanted` (n,) to `query` (D,), or each to its row of `query` (n, D), as long as
    `lengths` (n,) says."""
    unit = query.double() / torch.linalg.vector_norm(query.double(), dim=-1, keepdim=True)
    across = draw.normal(len(wanted), unit.shape[-1], dtype=torch.float64)
    across = across - (across * unit).sum(-1, keepdim=True) * unit
    across = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True)
    cosine = wanted.double()[:, None]
    rows: torch.Tensor = cosine * unit + (1 - cosine * cosine).sqrt() * across
    return (rows * lengths.double()[:, None]).to(dtype)


def cosines(query: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The cosine (V,) of `query` (D,) to each row of `weight` (V, D), in float64; 0 for a row of zeros."""
    wide, rows = query.double(), weight.double()
    lengths = torch.linalg.vector_norm(rows, dim=-1) * torch.linalg.vector_norm(wide)
    found: torch.Tensor = rows @ wide / lengths.clamp_min(1e-300)
    return found


def with_lengths(rows: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The rows (n, D), each made as long as `lengths` (n,) says."""
    now: torch.Tensor = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    return rows / now * lengths[:, None].to(rows.dtype)


def vectors_at(draw: Draw, *shape: int, low: float = 0.2, high: float = 0.9) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors u and v (..., d), each pair at a cosine between `low` and `high` in size, of both signs in turn.

    u is shorter than 1 and v longer than 2, so that the product of their lengths is neither 1 nor their sum.
    """
    pairs, d = math.prod(shape[:-1]), shape[-1]
    wanted = low + (high - low) * draw.integers(0, 1001, pairs) / 1000
    wanted[draw.integer(0, 2) :: 2] *= -1
    u = with_lengths(draw.normal(pairs, d), 0.5 + 0.3 * draw.integers(0, 101, pairs) / 100)
    v = rows_at(draw, u, wanted, 3 + 2 * draw.integers(0, 101, pairs) / 100)
    return u.reshape(shape), v.reshape(shape)
