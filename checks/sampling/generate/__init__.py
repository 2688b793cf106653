"""The checks of `generate(model, ids, max_new_tokens, *, temperature, top_k, top_p, eos_token_id, generator)`.

Most of it is judged without luck: the models and filters leave one token at each step, however the draw is made.
Where tokens are drawn, a word or two is read from them. In numbers (tests/course/test_statistics.py works them out):

- A right submission fails "draws" or "nucleus of two" with probability FALSE_REJECT = 1e-7 each at most; the oracle
  draws too, and misleads with the same probability: 4e-7 for one submission. Texts that are compared with each other
  are the same by chance with probability 1e-40; that only the 50 most likely of 120 tokens come has 1e-20. Of three
  equal tokens one never comes under "ties" with 2e-11, which is 3 (2/3)^64.
- A temperature 5% too high gets through "temperature" with probability 1e-10, one 5% too low through "nucleus of two"
  with 1e-9, and the wrong order of filters through "order" with 1e-7. A mixture with 2% of equally likely tokens gets
  through "draws" with 1e-4 and through all checks together with 1e-6: each token that should be certain may show it.
  The most likely token always gets through "draws" with 1e-6 at most, draws that begin anew at each call never.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Draws, Get, Let, Make, Probe, Ref, Step, unsorted

from .._shared import (
    Script,
    ladders,
    some_prompt,
    table_model,
    told,
    told_at_length,
    told_finely,
    told_past_an_end,
    told_to_end,
)
from .fixtures import (
    EXTREMES,
    LADDER_SIZE,
    NUCLEUS,
    NUCLEUS_TEMPERATURE,
    ORDER,
    ORDER_P,
    PAIR,
    SIZE,
    START,
    TIED,
    TOP_SHARE,
    ladder_model,
    left_by_an_error,
    pair_row,
    seed,
)
from .misconceptions import MISCONCEPTIONS
from .readings import new_tokens, read_extremes, read_generator, read_no_generator, read_ties
from .variants import VARIANTS

NAME = "generate"
FALSE_REJECT = 1e-7  # of one test of draws, of which a submission meets two
LONG, SHORT = 540, 48  # tokens drawn for "draws" and for "nucleus of two"
TIED_TOKENS = 64  # of three equally likely ones
CERTAIN = 36  # tokens of texts on which a mistake shows with a probability at each of them
FLAT, FLAT_TOKENS = 120, 24  # a flat vocabulary


def oracle(
    model: Any,
    ids: torch.Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Token by token with Python's numbers: the shares of what the filters leave, then a uniform number among them."""
    if temperature <= 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError("a bad temperature, top_k or top_p")
    script, tokens = Script(model), ids[0].tolist()
    known: dict[tuple[float, ...], list[tuple[float, int]]] = {}
    for uniform in torch.rand(max_new_tokens, generator=generator, dtype=torch.float64).tolist():
        row = script(tokens)
        if row not in known:
            known[row] = shares(row, temperature, top_k, top_p)
        tokens.append(_taken(known[row], uniform))
        if tokens[-1] == eos_token_id:
            break
    return torch.tensor([tokens])


def _taken(kept: Sequence[tuple[float, int]], uniform: float) -> int:
    """The token at which the running sum of shares passes a number in [0, 1)."""
    taken = kept[0][1]
    for share, token in kept:
        taken = token
        uniform -= share
        if uniform < 0:
            break
    return taken


def shares(
    row: Sequence[float], temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> list[tuple[float, int]]:
    """Of what the filters leave, (probability, token), the most likely first: temperature, then top-k, then top-p."""
    ranked = sorted(((x / temperature, token) for token, x in enumerate(row)), reverse=True)
    if top_k is not None:
        ranked = [entry for entry in ranked if entry[0] >= ranked[min(top_k, len(ranked)) - 1][0]]
    found = _normalised([(math.exp(x - ranked[0][0]), token) for x, token in ranked])
    if top_p is None or top_p == 1:
        return found
    kept, total = [], 0.0
    for share, token in found:
        if total >= top_p:
            break
        kept.append((share, token))
        total += share
    return _normalised(kept)


def _normalised(weights: list[tuple[float, int]]) -> list[tuple[float, int]]:
    total = math.fsum(weight for weight, _ in weights)
    return [(weight / total, token) for weight, token in weights]


# ---- one token left at each step ------------------------------------------------------------------------------


def _after(prompt: list[int], new: int, save: str = "out", model: str = "model", **kwargs: Any) -> Call:
    return Call(NAME, (Ref(model), torch.tensor([prompt]), new), kwargs, save=save)


def _one_kept(draw: Draw) -> list[Probe]:
    model, (first, second) = told(draw, SIZE, (3, 1), 8)
    calls = (
        _after(first, 8, "top_k", top_k=1),
        _after(second, 7, "hot", top_k=1, temperature=1.75),
        _after(first, 8, "top_p", top_p=0.01),
    )
    return [Probe((model, *calls), ("top_k", "hot", "top_p"), seed=seed(draw))]


def _temperature(draw: Draw) -> list[Probe]:
    """At the right temperature the most likely token just has more than p; a little above it has not."""
    model, prompt = ladder_model(draw, NUCLEUS)
    kwargs: dict[str, Any] = {"temperature": NUCLEUS_TEMPERATURE, "top_p": TOP_SHARE - 0.006}
    return [Probe((model, _after(prompt, CERTAIN, **kwargs)), seed=seed(draw))]


def _cold(draw: Draw) -> list[Probe]:
    """Filters that keep everything, and logits that differ by 100 once they are divided."""
    model, prompt = ladder_model(draw, tuple(float(i) for i in range(-5, 7)))
    calls = (
        _after(prompt, 8, "cold", temperature=0.01),
        _after(prompt, 8, "all", temperature=0.01, top_k=LADDER_SIZE + 5, top_p=1.0),
        _after(prompt, 8, "none", temperature=0.01, top_k=None, top_p=None, eos_token_id=None, generator=None),
    )
    return [Probe((model, *calls), ("cold", "all", "none"), seed=seed(draw))]


def _order(draw: Draw) -> list[Probe]:
    """Among three tokens the most likely one has more than p, among all of them it has not."""
    model, prompt = ladder_model(draw, ORDER)
    return [Probe((model, _after(prompt, CERTAIN, top_k=3, top_p=ORDER_P)), seed=seed(draw))]


def _positions(draw: Draw) -> list[Probe]:
    """A short text, and one that is longer than any usual context."""
    model, short, long = told_at_length(draw, SIZE, 8)
    calls = (_after(short, 8, "short", top_k=1), _after(long, 8, "long", top_k=1))
    return [Probe((model, *calls), ("short", "long"), seed=seed(draw))]


def _stops(draw: Draw) -> list[Probe]:
    model, first, second, end = told_to_end(draw, SIZE)
    calls = (
        _after(first, 8, "early", top_k=1, eos_token_id=end),
        _after(second, 8, "zero", top_k=1, eos_token_id=0),
    )
    return [Probe((model, *calls), ("early", "zero"), seed=seed(draw))]


def _in_the_prompt(draw: Draw) -> list[Probe]:
    model, inside, last = told_past_an_end(draw, SIZE)
    calls = (
        _after(inside, 5, "inside", top_k=1, eos_token_id=inside[1]),
        _after(last, 5, "last", top_k=1, eos_token_id=last[-1]),
    )
    return [Probe((model, *calls), ("inside", "last"), seed=seed(draw))]


def _few_tokens(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (4,), 5, scale=10.0, clear=20.0)  # so that draws are certain
    calls = (_after(prompt, 0, "none"), _after(prompt, 1, "one_token", top_k=1))
    return [Probe((model, *calls), ("none", "one_token"), seed=seed(draw))]


def _large(draw: Draw) -> list[Probe]:
    """Logits that differ by 1,500, and by 30 when they are divided; and some so low, twice as low when they are
    divided, that no number may stand for -inf."""
    model, prompt = ladder_model(draw, tuple(1_500.0 * i for i in range(-6, 6)))
    low = draw.until(lambda: ladders(draw, torch.tensor([-9_999.0 + 3 * i for i in range(9)])), unsorted)
    steps = (
        model,
        table_model(low, name="low"),
        _after(prompt, 8, "plain"),
        _after(prompt, 8, "hot", temperature=50.0, top_p=0.9),
        _after([5, 3], 8, "low_k", "low", temperature=0.5, top_k=1),
        _after([2, 7, 1], 8, "low_p", "low", temperature=0.5, top_p=0.5),
    )
    return [Probe(steps, ("plain", "hot", "low_k", "low_p"), seed=seed(draw))]


def _bad(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (3,), 5)
    wrong: tuple[dict[str, Any], ...] = (
        *({"temperature": value} for value in (0.0, -1.0)),
        *({"top_k": value} for value in (0, -2)),
        *({"top_p": value} for value in (0.0, 1.5, -0.5)),
    )
    return [Probe((model, _after(prompt, 3, **kwargs)), seed=seed(draw)) for kwargs in wrong]


def _float64(draw: Draw) -> list[Probe]:
    model, prompt = told_finely(draw, SIZE, 3, 8)
    return [Probe((model, _after(prompt, 8, top_k=1)), seed=seed(draw))]


def _mode(draw: Draw) -> list[Probe]:
    """Also after a text that ended early, at the token 0."""
    model, (prompt,) = told(draw, SIZE, (3,), 5)
    modes = ("still_training", "after_an_eos", "now_training", "in_the_end")
    steps = (
        model,
        Call(Ref("model.train"), save="as_found"),
        _after(prompt, 5, "training", top_k=1),
        Get("model.training", modes[0]),
        _after(prompt, 5, "ended", top_k=1, eos_token_id=0),
        Get("model.training", modes[1]),
        Call(Ref("model.eval"), save="as_found"),
        _after(prompt, 5, "evaluating", top_k=1),
        Get("model.training", modes[2]),
        _after(prompt, 5, "ended_too", top_k=1, eos_token_id=0),
        Get("model.training", modes[3]),
        *left_by_an_error(_after([1, 2, 3], 2, "refused", top_p=2.0)),
    )
    texts = ("training", "ended", "evaluating", "ended_too")
    return [Probe(steps, (*texts, *modes, "train_after_an_error", "eval_after_an_error"), seed=seed(draw))]


def _untouched(draw: Draw) -> list[Probe]:
    model, (prompt,) = told(draw, SIZE, (4,), 5)
    steps = (model, Let("ids", torch.tensor([prompt])), Call(NAME, (Ref("model"), Ref("ids"), 5), {"top_k": 1}))
    return [Probe(steps, ("out", "ids"), seed=seed(draw))]


# ---- draws ----------------------------------------------------------------------------------------------------


def _constant(draw: Draw, row: torch.Tensor, new: int, **kwargs: Any) -> Probe:
    """A text of a model that always says `row` (V,), and that row."""
    prompt = some_prompt(draw, START, len(row))
    steps = (
        Let("row", row),
        table_model(row),
        Make("g", "generator", {"seed": int(draw.integers(0, 1 << 30))}),
        _after(prompt, new, generator=Ref("g"), **kwargs),
    )
    return Probe(steps, ("out", "row"), seed=seed(draw))


def _probabilities(kept: Sequence[tuple[float, int]], size: int) -> list[float]:
    """By token; what comes once in a thousand million counts as never."""
    found = [0.0] * size
    for share, token in kept:
        found[token] = share if share > 1e-9 else 0.0
    return found


def _draws(draw: Draw) -> list[Probe]:
    return [_constant(draw, pair_row(draw), LONG)]


def _read_draws(values: Mapping[str, Any]) -> Mapping[str, str]:
    row = values["row"].double().flatten().tolist()
    if sorted(row) != sorted(PAIR):
        return {"the model": "changed"}
    best = row.index(max(row))
    right = _probabilities(shares(row), len(row))
    mistakes = {
        "always the most likely one": [float(i == best) for i in range(len(row))],
        "each equally often": [1.0 / len(row)] * len(row),
        "with a little for every token": [(p + 0.0004) / (1 + 0.0004 * len(row)) for p in right],
    }
    test = Draws(tuple(right), LONG, FALSE_REJECT)
    return {"how tokens are drawn": test.describe(new_tokens(values["out"], START), mistakes, "as softmax says")}


def _nucleus_of_two(draw: Draw) -> list[Probe]:
    """The most likely token has just less than p, so that the second one belongs to the set."""
    row = draw.until(lambda: torch.tensor(NUCLEUS)[draw.permutation(LADDER_SIZE)], unsorted)
    return [_constant(draw, row, SHORT, temperature=NUCLEUS_TEMPERATURE, top_p=TOP_SHARE + 0.006)]


def _read_nucleus(values: Mapping[str, Any]) -> Mapping[str, str]:
    row = values["row"].flatten()
    if not torch.equal(row.double().sort().values.float(), torch.tensor(NUCLEUS).sort().values):
        return {"the model": "changed"}
    numbers = row.double().tolist()
    best = numbers.index(max(numbers))
    right = _probabilities(shares(numbers, NUCLEUS_TEMPERATURE, None, TOP_SHARE + 0.006), len(numbers))
    mistakes = {
        "always the most likely one": [float(i == best) for i in range(len(numbers))],
        "among all tokens": _probabilities(shares(numbers, NUCLEUS_TEMPERATURE), len(numbers)),
    }
    test = Draws(tuple(right), SHORT, FALSE_REJECT)
    return {"how tokens are drawn": test.describe(new_tokens(values["out"], START), mistakes, "among the two it takes")}


def _generator(draw: Draw) -> list[Probe]:
    one, other = (int(s) for s in draw.permutation(1 << 16)[:2])
    row = draw.until(lambda: draw.normal(FLAT, scale=0.1), unsorted)
    prompt = some_prompt(draw, START, FLAT)
    names = {"first": "g", "second": "g", "twin_first": "twin", "twin_second": "twin", "other_first": "other"}
    steps: tuple[Step, ...] = (
        Let("row", row),
        table_model(row),
        *(Make(name, "generator", {"seed": s}) for name, s in [("g", one), ("twin", one), ("other", other)]),
        *(_after(prompt, FLAT_TOKENS, save, generator=Ref(name)) for save, name in names.items()),
    )
    return [Probe(steps, ("row", *names), seed=seed(draw))]


def _no_generator(draw: Draw) -> list[Probe]:
    prompt = some_prompt(draw, START, FLAT)
    model = table_model(draw.until(lambda: draw.normal(FLAT, scale=0.1), unsorted))
    calls = tuple(_after(prompt, FLAT_TOKENS, save) for save in ("first", "second"))
    return [Probe((model, *calls), ("first", "second"), seed=seed(draw))]


def _extremes(draw: Draw) -> list[Probe]:
    probes = []
    for temperature, steps in EXTREMES.items():
        row = draw.until(lambda steps=steps: torch.tensor(steps)[draw.permutation(len(steps))], unsorted)
        probes.append(_constant(draw, row, TIED_TOKENS, temperature=temperature))
    return probes


def _ties(draw: Draw) -> list[Probe]:
    """Three equal logits lead, and two are asked for."""
    row = draw.until(lambda: torch.tensor(TIED)[draw.permutation(len(TIED))], unsorted)
    return [_constant(draw, row, TIED_TOKENS, top_k=2)]


CHECKS = (
    Check("one token kept", "Where a filter leaves one token, it is the one drawn.", _one_kept, EXACT, weight=2),
    Check("whole text", "The model has to see the whole text so far at each step.", _positions, EXACT, weight=2),
    Check("temperature", "The temperature is applied, exactly, before top-p.", _temperature, EXACT, weight=2),
    Check("order", "First temperature, then top-k, then top-p among what top-k left.", _order, EXACT, weight=2),
    Check("filters off", "None turns a filter off, a cold model is certain.", _cold, EXACT),
    Check(
        "nucleus of two",
        "A set of two tokens, of which the second one crosses p: both are drawn.",
        _nucleus_of_two,
        EXACT,
        reading=_read_nucleus,
    ),
    Check(
        "draws", "Tokens are drawn as often as their probabilities say.", _draws, EXACT, weight=2, reading=_read_draws
    ),
    Check(
        "generator",
        "The draws depend on the generator given, and move it on.",
        _generator,
        EXACT,
        weight=2,
        reading=read_generator,
    ),
    Check(
        "no generator", "Without a generator, every call draws anew.", _no_generator, EXACT, reading=read_no_generator
    ),
    Check("stops at eos", "After an eos that it made nothing follows, and the eos is kept.", _stops, EXACT, weight=2),
    Check("eos in the prompt", "An eos that stands in the prompt already ends nothing.", _in_the_prompt, EXACT),
    Check("few tokens", "max_new_tokens counts the new tokens: 0 and 1 are fine.", _few_tokens, EXACT),
    Check("bad values", "ValueError for a bad temperature, top_k or top_p, as in the filters.", _bad, EXACT),
    Check(
        "extreme temperatures",
        "Near 0 the closest logits are still drawn by their probabilities, at thousands all of them come.",
        _extremes,
        EXACT,
        reading=read_extremes,
    ),
    Check("ties", "What equals the k-th largest logit is left by top-k too.", _ties, EXACT, reading=read_ties),
    Check("float64", "A model may answer in float64, whose digits decide here.", _float64, EXACT),
    Check("mode", "The model is left in train or eval mode, as it was found.", _mode, EXACT),
    Check("large logits", "Logits in the thousands must not overflow.", _large, EXACT),
    Check("ids untouched", "The ids given must be left as they were.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
