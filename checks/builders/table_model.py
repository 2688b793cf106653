"""A language model that reads its logits off a table: right answers can be worked out, and a call costs little."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class TableModel(nn.Module):
    """Logits of the next token from the last two tokens, and from the position if there is a table for it.

    `table` (V, V, V) is looked up by [token before, token]; the first token has 0 before it. `positions` (P, V) is
    added, row t % P at position t.
    """

    positions: nn.Parameter | None

    def __init__(self, table: torch.Tensor, positions: torch.Tensor | None) -> None:
        super().__init__()
        self.table = nn.Parameter(table, requires_grad=False)
        self.positions = None if positions is None else nn.Parameter(positions, requires_grad=False)

    def forward(self, input_ids: torch.Tensor) -> SimpleNamespace:
        """(B, T) long -> an object with `.logits` (B, T, V). Raises ValueError for ids of another form."""
        if input_ids.dim() != 2:
            raise ValueError(f"the model takes ids of shape (B, T), not {tuple(input_ids.shape)}")
        before = F.pad(input_ids[:, :-1], (1, 0))  # (B, T)
        logits = self.table[before, input_ids]  # (B, T, V)
        if self.positions is not None:
            where = torch.arange(input_ids.shape[1], device=input_ids.device) % len(self.positions)
            logits = logits + self.positions[where]
        return SimpleNamespace(logits=logits)


def make(options: Mapping[str, Any], device: str) -> TableModel:
    """A TableModel in eval mode from `options["table"]`, of any shape that broadcasts to (V, V, V), in its dtype, and
    `options["positions"]` (P, V) if given; the tensors are where those of the probe are."""
    table = options["table"]
    size = table.shape[-1]
    model = TableModel(table.expand(size, size, size), options.get("positions"))
    model.eval()
    return model
