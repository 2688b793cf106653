"""The checks of `bigram_loss(weight, ids)`."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    large={"weight": 10_000},
    gradients=True,
    about="The mean of -ln p of each token given the one before it, p the softmax of that one's row.",
)
def bigram_loss(draw: Draw) -> list[Arguments]:
    v, t, u = draw.sizes(3)
    return [_text(draw, v, t + 12), _text(draw, u + 8, t + 6)]


def _text(draw: Draw, v: int, t: int) -> Arguments:
    """Pairs of which some repeat, and a loss that is not the same over each pair once, or with the text turned."""

    def make() -> Arguments:
        ids = draw.integers(0, v, t)
        ids[-2:] = ids[:2].clone()
        return {"weight": 2 * draw.normal(v, v), "ids": ids}

    def good(found: Arguments) -> bool:
        weight, ids = found["weight"].double(), found["ids"]
        losses = -torch.log_softmax(weight, 1)
        pairs = torch.stack([ids[:-1], ids[1:]])
        once = pairs.unique(dim=1)
        asked, turned, each = losses[pairs[0], pairs[1]].mean(), losses[pairs[1], pairs[0]].mean(), losses[tuple(once)]
        return bool((asked - turned).abs() > 0.2 and (asked - each.mean()).abs() > 0.05) and ids[0] != ids[-1]

    return draw.until(make, good)


@case("Two tokens are one pair.", alone=True)
def two_tokens(draw: Draw) -> list[Arguments]:
    v = draw.size("v")
    a = draw.integer(1, v - 1)
    return [{"weight": 2 * draw.normal(v, v), "ids": torch.tensor(pair)} for pair in ([a, 0], [0, a], [a, a])]


@case("A table of zeros knows nothing: its loss is ln V.", alone=True)
def knows_nothing(draw: Draw) -> Arguments:
    v = draw.size("v")
    return {"weight": torch.zeros(v, v), "ids": draw.integers(0, v, draw.size("t"))}


@case("A number added to a row of logits changes nothing.", alone=True)
def rows_moved(draw: Draw) -> Arguments:
    found = _text(draw, draw.size("v"), draw.size("t") + 8)
    return found | {"weight": found["weight"] + 5 * draw.normal(len(found["weight"]), 1)}


@right
def picked_from_log_softmax(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.log_softmax(weight, dim=-1)[ids[:-1], ids[1:]].mean()


@right
def total_minus_own(weight: Tensor, ids: Tensor) -> Tensor:
    rows = weight[ids[:-1]]
    own = rows.gather(1, ids[1:, None])[:, 0]
    return (rows.logsumexp(1) - own).mean()


@right
def by_nll(weight: Tensor, ids: Tensor) -> Tensor:
    return F.nll_loss(F.log_softmax(weight.index_select(0, ids[:-1]), dim=1), ids[1:])


@right
def by_embedding(weight: Tensor, ids: Tensor) -> Tensor:
    logits = F.embedding(ids, weight)[:-1]
    return F.cross_entropy(logits, ids[1:], reduction="sum") / (ids.shape[0] - 1)


@right
def with_switches(weight: Tensor, ids: Tensor) -> Tensor:
    classes = torch.arange(weight.shape[1], device=ids.device)
    after = (ids[1:, None] == classes).to(weight.dtype)
    log_p = weight[ids[:-1]] - torch.logsumexp(weight[ids[:-1]], -1, keepdim=True)
    return -(after * log_p).sum(-1).mean()


@right
def largest_subtracted(weight: Tensor, ids: Tensor) -> Tensor:
    rows = weight[ids[:-1]]
    rows = rows - rows.detach().amax(1, keepdim=True)
    return (rows.exp().sum(1).log() - rows[torch.arange(len(rows), device=rows.device), ids[1:]]).mean()


@wrong("The roles are turned: the row is that of the token before, and the token after it is to be predicted.")
def backwards(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[1:]], ids[:-1])


@wrong("You read columns of weight. The logits after a token stand in its row.")
def columns(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight.T[ids[:-1]], ids[1:])


@wrong("You predict each token from itself. The target is the next one: logits from ids[:-1], targets ids[1:].")
def itself(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids], ids)


@wrong("The last token is followed by the first one (roll). A text is no ring: it has T - 1 pairs.")
def in_a_ring(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids], ids.roll(-1))


@wrong("You add up the losses of the tokens: return their mean.")
def summed(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:], reduction="sum")


@wrong("You divide by T. There are T - 1 predictions: the first token has none before it.")
def over_all_tokens(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:], reduction="sum") / len(ids)


@wrong("You return one loss for each token: take their mean.")
def one_for_each_token(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:], reduction="none")


@wrong("This is the mean of ln p, which is negative. A loss has a minus in front.")
def no_minus(weight: Tensor, ids: Tensor) -> Tensor:
    return -F.cross_entropy(weight[ids[:-1]], ids[1:])


@wrong("Your logarithms have base 2, which gives bits. Nats are asked for, the natural logarithm.")
def in_bits(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:]) / math.log(2)


@wrong("You return the perplexity, exp of the mean loss. The loss itself is asked for.")
def perplexity(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:]).exp()


@wrong("F.cross_entropy makes the softmax itself. You make it before as well: give it the logits.")
def softmax_twice(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(torch.softmax(weight[ids[:-1]], -1), ids[1:])


@wrong("The softmax is missing: you average minus the logits themselves.")
def no_softmax(weight: Tensor, ids: Tensor) -> Tensor:
    return -weight[ids[:-1], ids[1:]].mean()


@wrong("The logarithm is missing: this is minus the mean probability.")
def no_logarithm(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.softmax(weight, -1)[ids[:-1], ids[1:]].mean()


@wrong("You take the logarithm of the mean probability. Take the mean of the logarithms.")
def logarithm_of_the_mean(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.log_softmax(weight, -1).exp()[ids[:-1], ids[1:]].mean().log()


@wrong("The softmax runs down the columns (dim=0). The probabilities of a row sum to 1.")
def softmax_of_columns(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.log_softmax(weight, 0)[ids[:-1], ids[1:]].mean()


@wrong("The softmax runs over the positions of the text. It runs over the V possible next tokens.")
def softmax_over_positions(weight: Tensor, ids: Tensor) -> Tensor:
    rows = torch.log_softmax(weight[ids[:-1]], 0)
    return -rows.gather(1, ids[1:, None]).mean()


@wrong("The softmax runs over the whole table. Each row is a distribution of its own.")
def softmax_of_the_table(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.log_softmax(weight.reshape(-1), 0).view_as(weight)[ids[:-1], ids[1:]].mean()


@wrong("exp of a large logit is infinite, or the sum becomes 0: use log_softmax, or logsumexp, or F.cross_entropy.")
def overflows(weight: Tensor, ids: Tensor) -> Tensor:
    powers = weight[ids[:-1]].exp()
    return -(powers.gather(1, ids[1:, None])[:, 0] / powers.sum(1)).log().mean()


@wrong("softmax, then log: a probability of 0 gives an infinite loss. torch.log_softmax does both in one.")
def log_of_softmax(weight: Tensor, ids: Tensor) -> Tensor:
    return -torch.softmax(weight, -1)[ids[:-1], ids[1:]].log().mean()


@wrong("A small number inside the logarithm hides a probability of 0, but then the loss ends at some height.")
def epsilon_inside(weight: Tensor, ids: Tensor) -> Tensor:
    return -(torch.softmax(weight, -1)[ids[:-1], ids[1:]] + 1e-9).log().mean()


@wrong("Each pair counts once, however often it comes. The mean goes over all tokens of the text.")
def each_pair_once(weight: Tensor, ids: Tensor) -> Tensor:
    v = weight.shape[0]
    pairs = (ids[:-1] * v + ids[1:]).unique()
    return -torch.log_softmax(weight, -1).reshape(-1)[pairs].mean()


@wrong(
    "weight is taken for counts or probabilities: its entries are logits, which the softmax turns into probabilities."
)
def taken_for_counts(weight: Tensor, ids: Tensor) -> Tensor:
    rows = weight[ids[:-1]].abs() + 1e-9
    return -(rows.gather(1, ids[1:, None])[:, 0] / rows.sum(1)).log().mean()


@wrong("The target is two places further. It is the next token.")
def two_apart(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-2]], ids[2:])


@wrong("You leave out the last prediction: the targets are ids[1:], all of them.")
def last_left_out(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-2]], ids[1:-1])


@wrong("You return a Python number (.item() or float): nothing can be trained by it. Return the 0-dim tensor.")
def plain_number(weight: Tensor, ids: Tensor) -> float:
    return F.cross_entropy(weight[ids[:-1]], ids[1:]).item()


@wrong("The loss has the shape (1,): it is a 0-dim tensor.")
def shape_of_one(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(weight[ids[:-1]], ids[1:]).reshape(1)


@wrong("No gradient reaches the table (.detach(), .data or a copy as a new tensor): nothing could be learnt.")
def table_detached(weight: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy((weight.detach() + 0 * weight)[ids[:-1]], ids[1:])
