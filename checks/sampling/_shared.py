"""What the banks of the sampling assignment share: fixtures of logits and tables, and how oracles read a table."""

from __future__ import annotations

from collections.abc import Callable
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
    table = make.options["table"]
    size = table.shape[-1]
    return Script(SimpleNamespace(table=table.expand(size, size, size), positions=make.options.get("positions")))


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


def path_of(draw: Draw, size: int, length: int) -> list[int]:
    """`length` >= 5 tokens below `size` for a text: both ends of the vocabulary come early, one token comes twice in a
    row, and more follow. Whoever takes 0 for an eos, or bans what just came, goes another way."""
    path: list[int] = draw.integers(1, size - 1, length).tolist()
    path[1], path[3], path[4] = 0, path[2], size - 1
    return path


def lead(model: Make, prompt: list[int], path: list[int], taken: set[tuple[int, int]], margin: float = 0.0) -> bool:
    """Swaps logits in the model's table so that the best tokens after `prompt` are `path`, by `margin` more than
    they were. False if that takes a row that is in `taken` already; rows are put there."""
    table, positions = model.options["table"], model.options.get("positions")
    tokens = list(prompt)
    for token in path:
        row = (tokens[-2] if len(tokens) > 1 else 0, tokens[-1])
        if row in taken:
            return False
        taken.add(row)
        moved = 0.0 if positions is None else positions[(len(tokens) - 1) % len(positions)]
        logits = table[row] + moved
        best = int(logits.argmax())
        logits[[best, token]] = logits[[token, best]]
        logits[token] += margin
        table[row] = logits - moved
        tokens.append(token)
    return True


Good = Callable[[list[list[int]], list[list[int]]], bool]


def told(
    draw: Draw,
    size: int,
    lengths: tuple[int, ...],
    new: int,
    *,
    positions: bool = False,
    scale: float = 0.25,
    clear: float = CLEAR,
    path: Callable[[int], list[int]] | None = None,
    good: Good = lambda prompts, paths: True,
) -> tuple[Make, list[list[int]]]:
    """A model (slot "model") and prompts of `lengths` whose best tokens are a `path` each, clearly, and of which `good`
    thinks well. Its rows are rather flat, so that who draws goes another way."""

    def make() -> tuple[Make, list[list[int]], list[list[int]], bool]:
        where = draw.normal(7, size, scale=scale) if positions else None
        model = table_model(draw.normal(size, size, size, scale=scale), where)
        prompts = [some_prompt(draw, length, size) for length in lengths]
        paths = [path(i) if path else path_of(draw, size, new) for i in range(len(lengths))]
        taken: set[tuple[int, int]] = set()
        texts = zip(prompts, paths, strict=True)
        return model, prompts, paths, all(lead(model, *text, taken, 1.5 * clear) for text in texts)

    def fine(made: tuple[Make, list[list[int]], list[list[int]], bool]) -> bool:
        model, prompts, paths, led = made
        if not led or not good(prompts, paths):
            return False
        script = script_of(model)
        clearly = all(clear_path(script, *text, clear) for text in zip(prompts, map(len, paths), strict=True))
        return clearly and all(_begins_alone(script, *text) for text in zip(prompts, paths, strict=True))

    return draw.until(make, fine)[:2]


def _begins_alone(script: Script, prompt: list[int], path: list[int]) -> bool:
    """Whether the first new token is not the prompt's last one, nor what follows that one or the first one alone."""
    if len(prompt) == 1 or prompt[-1] == path[0]:
        return len(prompt) == 1 and prompt[0] != path[0]
    return all(best_path(script, [token], 1)[0] != path[0] for token in (prompt[-1], prompt[0]))


LONG = 2_100  # tokens of a prompt, more than the 1,024 that GPT-2 sees, or twice as many


def told_at_length(draw: Draw, size: int, new: int) -> tuple[Make, list[int], list[int]]:
    """A model that goes by positions, a short prompt and a long one; whoever cuts the long one writes another text."""

    def good(made: tuple[Make, list[list[int]]]) -> bool:
        script, (_, prompt) = script_of(made[0]), made[1]
        path = best_path(script, prompt, new)
        windows = range(8, 15)  # one for each of the seven positions at which a text that is cut always ends
        return all(_path_in_a_window(script, prompt, new, window) != path for window in windows)

    model, (short, long) = draw.until(lambda: told(draw, size, (5, LONG), new, positions=True), good)
    return model, short, long


def _path_in_a_window(script: Script, prompt: list[int], length: int, window: int) -> list[int]:
    tokens = list(prompt)
    for _ in range(length):
        row = script(tokens[-window:])
        tokens.append(max(range(len(row)), key=row.__getitem__))
    return tokens[len(prompt) :]


def told_to_end(draw: Draw, size: int) -> tuple[Make, list[int], list[int], int]:
    """A model, two prompts and a token: the first text meets it after six new tokens, the second meets 0 after four;
    in both it would come again."""
    end = int(draw.integers(1, size))

    def path(text: int) -> list[int]:
        others = [token for token in range(1, size) if token != end]
        a, b, c, d, e = (others[int(i)] for i in draw.permutation(len(others))[:5])
        return [a, b, b, c, d, end, e, end] if text == 0 else [a, b, b, 0, c, 0, d, e]

    model, (first, second) = told(draw, size, (3, 5), 8, path=path, good=lambda prompts, paths: end not in prompts[0])
    return model, first, second, end


def told_past_an_end(draw: Draw, size: int) -> tuple[Make, list[int], list[int]]:
    """A model and two prompts: the second token of the first and the last one of the second are not made (five)."""

    def good(prompts: list[list[int]], paths: list[list[int]]) -> bool:
        inside, last = prompts
        return inside[1] not in [*inside[2:], *paths[0]] and last[-1] not in paths[1]

    model, (inside, last) = told(draw, size, (6, 3), 5, good=good)
    return model, inside, last


def told_finely(draw: Draw, size: int, length: int, new: int) -> tuple[Make, list[int]]:
    """Such a model and a prompt of `length` tokens; its `new` best tokens are clear, but not after rounding."""

    def make() -> tuple[Make, list[int]]:
        model, prompt = fine_table(draw, size), some_prompt(draw, length, size)
        while not lead(model, prompt, path_of(draw, size, new), set()):
            model = fine_table(draw, size)
        return model, prompt

    def good(made: tuple[Make, list[int]]) -> bool:
        script, prompt = script_of(made[0]), made[1]
        coarse = best_path(rounded(made[0]), prompt, new)
        lost = coarse != best_path(script, prompt, new) and any(coarse)  # float16 knows one number there: always 0
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
