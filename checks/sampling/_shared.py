"""What the banks of the sampling assignment share: fixtures of logits and tables, and how oracles read a table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

from autograder.checks import Call, Draw, Make, Probe, unsorted

MINUS_INFINITY = float("-inf")
CLEAR = 0.02  # how far the best logit of a table leads: far more than float32 rounds
FINE_LEVEL, FINE_SCALE = 9_000.0, 3e-4  # float64 logits that lie closer than the float32 numbers there, 0.001
FINE_CLEAR = 1e-5  # how far the best of those leads: a million times what float64 rounds, nothing to float32


# ---- logits ---------------------------------------------------------------------------------------------------


def some_logits(draw: Draw, *shape: int, scale: float = 2.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Logits whose probabilities span a few powers of ten, in no order."""
    return draw.until(lambda: draw.normal(*shape, scale=scale, dtype=dtype), unsorted)


def partly_filtered(draw: Draw, *shape: int) -> torch.Tensor:
    """Logits of which a filter has dropped some in each row, but never all."""
    return draw.until(lambda: draw.normal(*shape, scale=2.0).masked_fill(~draw.mask(*shape), MINUS_INFINITY), unsorted)


def calls(name: str, *, device: str = "cpu", **given: tuple[Any, ...]) -> Probe:
    """A probe that calls `name` once for each slot, with those arguments."""
    return Probe(tuple(Call(name, args, save=save) for save, args in given.items()), tuple(given), device=device)


def counted(name: str, short: tuple[Any, ...], long: tuple[Any, ...]) -> Probe:
    """A probe that counts operators on a short and then on a long input."""
    steps = tuple(Call(name, args, save=save, count="operators") for save, args in [("short", short), ("long", long)])
    return Probe(steps, ("short", "short.ops", "short.used", "long", "long.ops", "long.used"))


# ---- tables: models that look their logits up -----------------------------------------------------------------


def table_model(table: torch.Tensor, positions: torch.Tensor | None = None, name: str = "model") -> Make:
    """Slot `name`: a model that answers with `table` (V, V, V), looked up by the last two tokens."""
    options = {"table": table} if positions is None else {"table": table, "positions": positions}
    return Make(name, "table_model", options)


def ladders(draw: Draw, steps: torch.Tensor) -> torch.Tensor:
    """A table (V, V, V) whose every row holds the logits `steps` (V,) in an order of its own."""
    size = len(steps)
    table: torch.Tensor = steps[draw.normal(size, size, size).argsort(-1)]
    return table


class Script:
    """What a table model says next, as plain numbers and without calling it."""

    def __init__(self, model: Any) -> None:
        self._table, self._positions = model.table, model.positions
        self._rows: dict[tuple[int, int, int], tuple[float, ...]] = {}

    def __call__(self, tokens: list[int]) -> tuple[float, ...]:
        """The logits of the token after `tokens`."""
        before, place = tokens[-2] if len(tokens) > 1 else 0, 0
        if self._positions is not None:
            place = (len(tokens) - 1) % len(self._positions)
        key = (before, tokens[-1], place)
        if key not in self._rows:
            row = self._table[before, tokens[-1]]
            self._rows[key] = tuple((row if self._positions is None else row + self._positions[place]).tolist())
        return self._rows[key]


def script_of(make: Make) -> Script:
    """What the model of a `table_model` step will say."""
    return Script(SimpleNamespace(table=make.options["table"], positions=make.options.get("positions")))


def best_path(script: Script, prompt: list[int], length: int) -> list[int]:
    """The `length` tokens after `prompt` if the most likely one is always taken."""
    tokens = list(prompt)
    for _ in range(length):
        row = script(tokens)
        tokens.append(max(range(len(row)), key=row.__getitem__))
    return tokens[len(prompt) :]


def rounded(make: Make) -> Script:
    """What that model would say with logits that were rounded to float32."""
    return Script(SimpleNamespace(table=make.options["table"].float(), positions=None))


def fine_table(draw: Draw, size: int) -> Make:
    """A float64 model (slot "model") whose logits float32 can hardly tell apart."""
    return table_model(FINE_LEVEL + draw.normal(size, size, size, scale=FINE_SCALE, dtype=torch.float64))


def told_finely(draw: Draw, size: int, length: int, new: int) -> tuple[Make, list[int]]:
    """Such a model and a prompt of `length` tokens; its `new` best tokens are clear, but not after rounding."""

    def make() -> tuple[Make, list[int]]:
        return fine_table(draw, size), some_prompt(draw, length, size)

    def good(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        lost = best_path(rounded(made[0]), prompt, new) != best_path(script, prompt, new)
        return lost and clear_path(script, prompt, new, FINE_CLEAR)

    return draw.until(make, good)


def clear_path(script: Script, prompt: list[int], length: int, clear: float = CLEAR) -> bool:
    """Whether on that path the best logit leads by `clear` each time, and is not the best one after the last token
    alone or (at least twice) after the same two tokens elsewhere; some three different tokens come."""
    tokens, alone = list(prompt), 0
    for _ in range(length):
        row = script(tokens)
        best, second = sorted(row, reverse=True)[:2]
        if best - second < clear:
            return False
        alone += row.index(best) != best_path(script, tokens[-1:], 1)[0]
        tokens.append(row.index(best))
    return alone >= 2 and len(set(tokens[len(prompt) :])) >= min(3, length)


def some_prompt(draw: Draw, length: int, size: int) -> list[int]:
    """`length` tokens below `size`; not the first one, which a table takes for what comes before a text."""
    prompt: list[int] = draw.integers(1, size, length).tolist()
    return prompt
