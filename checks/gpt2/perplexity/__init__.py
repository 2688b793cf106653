"""The checks of `perplexity(logits, ids)`."""

from __future__ import annotations

import math

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "perplexity"
BATCH, T, V = 3, 5, 7
MOST = 20  # of a perplexity in the fixtures, but for that of a poor model
POOR = 85.0  # the mean loss of a poor model: its perplexity, 1e37, just fits float32
WORSE = 600.0  # one whose perplexity, 1e260, fits float64

Pair = tuple[torch.Tensor, torch.Tensor]


def oracle(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """exp of the mean over sequences b and positions t >= 1 of -log p(ids[b, t]) under softmax(logits[b, t - 1])
    (Jelinek et al. 1977, with e in place of 2)."""
    largest = logits.amax(-1, keepdim=True)
    log_sums = ((logits - largest).exp().sum(-1, keepdim=True)).log() + largest
    chosen = (logits - log_sums)[:, :-1] * (torch.arange(logits.shape[-1]) == ids[:, 1:, None])
    return (-chosen.sum() / ids[:, 1:].numel()).exp()


def _pair(draw: Draw, batch: int = BATCH, length: int = T, dtype: torch.dtype = torch.float32, v: int = V) -> Pair:
    """logits (B, T, V) and ids (B, T) of a moderate perplexity: exp makes of an error in the loss that error times the
    perplexity. Of four predicted tokens one is the first, one the last; of fewer all lie between."""

    def make() -> Pair:
        logits, ids = draw.normal(batch, length, v, scale=1.5, dtype=dtype), draw.integers(0, v, batch, length)
        predicted = draw.integers(1, v - 1, batch * (length - 1))
        if len(predicted) >= 4:
            predicted[draw.permutation(len(predicted))[:2]] = torch.tensor([0, v - 1])
        ids[:, 1:] = predicted.reshape(batch, length - 1)
        return logits, ids

    def good(pair: Pair) -> bool:
        logits, ids = pair
        each = [float(oracle(logits[b : b + 1], ids[b : b + 1])) for b in range(batch)]
        apart = batch == 1 or max(each) > 1.2 * min(each)  # else the mean of perplexities is near the right one
        last = float(oracle(logits[:, -2:], ids[:, -2:]))
        one_of_many = length == 2 or abs(math.log(last / float(oracle(logits, ids)))) > 0.05
        return apart and one_of_many and unsorted(logits) and 4 < float(oracle(logits, ids)) < MOST

    return draw.until(make, good)


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, _pair(draw, v=9), save="batch"), Call(NAME, _pair(draw, 1, 6), save="single"))
    return [Probe(calls, ("batch", "single"))]


def _shortest(draw: Draw) -> list[Probe]:
    return [
        Probe(
            (Call(NAME, _pair(draw, 6, 2), save="batch"), Call(NAME, _pair(draw, 1, 2), save="single")),
            ("batch", "single"),
        )
    ]


def _every_token(draw: Draw) -> list[Probe]:
    """Texts of nothing but the first token, and of nothing but the last: none of them is padding."""
    calls = []
    for save, token in [("first", 0), ("last", V - 1)]:
        logits, _ = _pair(draw)
        logits[..., token] = draw.normal(BATCH, T, scale=0.5)  # no token is so unlikely that exp would blow it up
        calls.append(Call(NAME, (logits, torch.full((BATCH, T), token)), save=save))
    return [Probe(tuple(calls), ("first", "last"))]


def _long(draw: Draw) -> list[Probe]:
    """A text whose probability, about e**-400, is 0 in float32, as is that of one of its tokens; its perplexity is
    moderate."""
    pair = draw.until(lambda: _surprised(draw, _pair(draw, BATCH, 61), 150.0), _each_end_shows)
    return [Probe((Call(NAME, pair),))]


def _each_end_shows(pair: Pair) -> bool:
    """Whether the mean loss is another without the first token of the vocabulary, and without the last."""
    logits, ids = pair[0][:, :-1].double(), pair[1][:, 1:]
    losses = torch.logsumexp(logits, -1) - logits.gather(-1, ids[..., None])[..., 0]
    return all(abs(float(losses.mean() - losses[ids != token].mean())) > 0.01 for token in (0, V - 1))


def _surprised(draw: Draw, pair: Pair, loss: float) -> Pair:
    """The same text with one token, neither the first nor the last of the vocabulary, that has about this loss."""
    logits, ids = pair
    places = ((ids[:, 1:] > 0) & (ids[:, 1:] < V - 1)).nonzero()
    b, t = places[int(draw.integers(0, len(places)))].tolist()
    logits[b, t, 0] = logits[b, t, ids[b, t + 1]] + loss
    return logits, ids


def _large(draw: Draw) -> list[Probe]:
    """Logits around 10,000 and -10,000, and up to it; each token predicted has one of the largest, and none is the
    first or the last."""
    logits = draw.normal(2, 4, V, scale=1.5)
    logits[0, :, :] += torch.tensor([9_990.0, -9_990.0, 9_980.0, 0.0])[draw.permutation(4), None]
    ids = draw.integers(1, V - 1, 2, 4)
    logits[1, :-1] = -10_000.0 + 10 * draw.normal(3, V).abs()
    logits[1, :-1].scatter_(1, ids[1, 1:, None], 10_000.0)
    return [Probe((Call(NAME, (logits, ids)),))]


def _poor_model(draw: Draw, mean: float, dtype: torch.dtype) -> list[Probe]:
    """A model that is sure of other tokens: the losses lie around `mean`. The texts hold no first or last token."""

    def make() -> Pair:
        logits = draw.normal(BATCH, T, V, scale=1.5, dtype=dtype)
        ids = draw.integers(1, V - 1, BATCH, T)
        sure = (ids + 1 + draw.integers(0, V - 1, BATCH, T)) % V  # never the token that follows
        extra = mean * (1 + torch.linspace(-0.1, 0.1, BATCH * (T - 1)).reshape(BATCH, T - 1, 1))
        logits[:, :-1].scatter_add_(2, sure[:, 1:, None], extra.to(dtype))
        return logits, ids

    def good(pair: Pair) -> bool:
        logits, ids = pair
        return abs(math.log(float(oracle(logits.double(), ids))) - mean) < 0.5

    return [Probe((Call(NAME, draw.until(make, good)),))]


def _poor(draw: Draw) -> list[Probe]:
    return _poor_model(draw, POOR, torch.float32)


def _worse(draw: Draw) -> list[Probe]:
    return _poor_model(draw, WORSE, torch.float64)


def _float64(draw: Draw) -> list[Probe]:
    """A short text, and a long one with a token whose probability is 0 in float64 too."""
    long = _surprised(draw, _pair(draw, BATCH, 101, torch.float64), 800.0)
    return [Probe((Call(NAME, _pair(draw, dtype=torch.float64)), Call(NAME, long, save="long")), ("out", "long"))]


def _untouched(draw: Draw) -> list[Probe]:
    logits, ids = _pair(draw)
    lets = (Let("logits_turned", logits.mT.contiguous()), Let("ids_turned", ids.T.contiguous()))
    turned = (
        Call(Ref("logits_turned.transpose"), (1, 2), save="logits"),
        Call(Ref("ids_turned.transpose"), (0, 1), save="ids"),
    )
    call = Call(NAME, (Ref("logits"), Ref("ids")))
    return [Probe((*lets, *turned, call), ("out", "logits_turned", "ids_turned"))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _pair(draw)),), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    calls = [
        Call(NAME, _pair(draw, *n), save=save, count="operators") for save, n in [("short", (4, 3)), ("long", (4, 8))]
    ]  # as many sequences in both: a loop over those is allowed
    return [counted(*calls)]


ROUNDINGS = Tolerance(256, "a mean of at most 63 losses of a few units, whose error exp multiplies by 20 at most")
DOUBLE = Tolerance(256, "as above, and the right answer to compare with is itself rounded to float64")
CHECKS = (
    Check("values", "exp of the mean loss of each token given those before it.", _values, ROUNDINGS, weight=3),
    Check("two tokens", "The shortest text: one token is predicted.", _shortest, ROUNDINGS),
    Check("every token counts", "No token is padding: the first and the last one count too.", _every_token, ROUNDINGS),
    Check(
        "long text",
        "The probability of a long text is too small for a float; its perplexity is not.",
        _long,
        Tolerance(16, "a mean of 120 losses, whose error exp multiplies by 20 at most", 120),
    ),
    Check(
        "large logits",
        "Logits up to 10,000 in size must give neither NaN nor infinity.",
        _large,
        Tolerance(16, "each logit rounds by half a unit of 10,000, and exp of the loss by a few times that"),
        weight=2,
        narrow="logits of 10,000 round by 5e-4, and exp makes several times that of it",
    ),
    Check(
        "poor model",
        "A poor model's perplexity is huge, and comes out as it is.",
        _poor,
        Tolerance(8 * math.exp(POOR + 0.5), "a mean of 8 losses, whose error exp multiplies by exp of that mean"),
    ),
    Check(
        "poor model in float64",
        "A perplexity may be as large as the dtype can hold.",
        _worse,
        Tolerance(8 * math.exp(WORSE + 0.5), "as in float32"),
    ),
    Check("float64", "float64 logits give a float64 result, right to float64's precision.", _float64, DOUBLE),
    Check("inputs untouched", "logits and ids stay as they were, and may be views.", _untouched, ROUNDINGS),
    Check("any device", "Values are not read into Python, and the result is a 0-dim tensor.", _devices, EXACT),
    Check("no loops", "Whole tensors at once: no loop over positions.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("b t v",))
