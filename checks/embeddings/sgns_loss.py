"""The checks of `sgns_loss(center, context, negatives)`."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    gradients=True,
    grow="b",
    about="The loss: one term for the context, K for the negatives, the mean over B.",
    without="read_into_python",
)
def sgns_loss(draw: Draw) -> Arguments:
    return _inputs(draw, draw.size("b"), draw.size("k"), draw.size("d"))


def _inputs(draw: Draw, b: int, k: int, d: int) -> Arguments:
    """Scores are between -6 and 6: far from where a sigmoid is 0 or 1 in float32."""
    center, context, negatives = draw.normal(b, d), draw.normal(b, d), draw.normal(b, k, d)
    largest = torch.maximum(_positive(center, context).abs(), _negative(center, negatives).abs().amax(-1)).amax()
    return {"center": center * min(1.0, 5.9 / float(largest)), "context": context, "negatives": negatives}


@case("A batch of one pair, a single negative each, and as many negatives as pairs.", alone=True)
def one_of_each(draw: Draw) -> list[Arguments]:
    b, k, d = draw.sizes(3)
    return [_inputs(draw, *sizes) for sizes in ((1, k, d), (b, 1, d), (b, b, d))]


@case("A negative may be the context itself, and a center may be zero: all K terms count.")
def equal_vectors(draw: Draw) -> Arguments:
    """Words are drawn, so the true one may be drawn too."""
    found = _inputs(draw, *draw.sizes(3))
    center, context, negatives = found.values()
    center[0], negatives[1, 1] = 0.0, context[1]
    return found


@case("Scores in the thousands: the loss stays right, and gradients stay finite.", alone=True, finite=True, weight=2)
def large_scores(draw: Draw) -> Arguments:
    """Scores of thousands of both signs, for the context and for the negatives: center has the thousands."""

    sizes = draw.sizes(3)

    def make() -> Arguments:
        found = _inputs(draw, *sizes)
        return found | {"center": (found["center"] * 2_500).clamp(-10_000, 10_000)}

    def good(found: Arguments) -> bool:
        center, context, negatives = found.values()
        parts = _positive(center, context), _negative(center, negatives)
        both = all(bool((x < -1_000).any()) and bool((x > 1_000).any()) for x in parts)
        return both and min(float(x.abs().min()) for x in parts) > 20

    return draw.until(make, good)


@case("Scores a little above 20, on either side: float64 sees all of the loss.", alone=True)
def twenty(draw: Draw) -> list[Arguments]:
    """A term is the score and a billionth there, or that billionth alone."""
    b, k, d = draw.sizes(3)
    center = draw.normal(b, d, dtype=torch.float64)
    scores = 20.2 + 1.8 * draw.integers(0, 1001, b, k + 1).double() / 1000
    vectors = scores[..., None] * (center / center.square().sum(-1, keepdim=True))[:, None]
    return [{"center": center * sign, "context": vectors[:, 0], "negatives": -vectors[:, 1:]} for sign in (1, -1)]


@right
def textbook(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = (center * context).sum(-1)
    negative = (negatives * center.unsqueeze(1)).sum(-1)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1)).mean()


@wrong("F.softplus is a straight line from 20 on, which float64 sees: F.logsigmoid(x) is -softplus(-x) without that.")
def by_softplus(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = torch.einsum("bd,bd->b", center, context)
    negative = torch.einsum("bd,bkd->bk", center, negatives)
    return F.softplus(-positive).mean() + F.softplus(negative).sum(1).mean()


@right
def by_batched_products(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = torch.bmm(context.unsqueeze(1), center.unsqueeze(2)).squeeze(2)
    negative = torch.bmm(negatives, center.unsqueeze(2)).squeeze(2)
    signed = torch.cat([positive, -negative], dim=1)
    return -F.logsigmoid(signed).sum() / center.shape[0]


@right
def by_logaddexp(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    signed = torch.cat([-context[:, None], negatives], dim=1) @ center[..., None]
    return torch.logaddexp(signed, torch.zeros_like(signed)).sum((1, 2)).mean()


@right
def by_cross_entropy(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = (center * context).sum(-1)
    negative = (negatives @ center.unsqueeze(-1)).squeeze(-1)
    pulled = F.binary_cross_entropy_with_logits(positive, torch.ones_like(positive))
    pushed = F.binary_cross_entropy_with_logits(negative, torch.zeros_like(negative))
    return pulled + negatives.shape[1] * pushed


@right
def negative_after_negative(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    loss = -F.logsigmoid((center * context).sum(-1))
    for negative in negatives.unbind(dim=1):
        loss = loss - F.logsigmoid(-(center * negative).sum(-1))
    return loss.mean()


def _positive(center: Tensor, context: Tensor) -> Tensor:
    return (center * context).sum(-1)


def _negative(center: Tensor, negatives: Tensor) -> Tensor:
    return (negatives * center.unsqueeze(1)).sum(-1)


def _loss(positive: Tensor, negative: Tensor) -> Tensor:
    """The loss of scores (B,) and (B, K)."""
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1)).mean()


@wrong("You add up the losses of the batch: return their mean, so that a larger batch has no larger loss.")
def summed_over_the_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) * center.shape[0]


@wrong("You average over the K negatives: their terms are summed. Only over the batch the mean is taken.")
def mean_over_negatives(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).mean(-1)).mean()


@wrong("You take the mean over all 1 + K terms of a pair: they are summed. Only over the batch the mean is taken.")
def mean_over_everything(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) / (negatives.shape[1] + 1)


@wrong("For negatives you take log sigmoid(+score), which pulls them towards the center. It is log sigmoid(-score).")
def negatives_not_turned(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context), -_negative(center, negatives))


@wrong(
    "Both signs are turned: the context is pushed away and the negatives are pulled near. It is "
    "log sigmoid(score) for the context and log sigmoid(-score) for negatives."
)
def all_signs_turned(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(-_positive(center, context), -_negative(center, negatives))


@wrong("For the context you take log sigmoid(-score), which pushes it away. It is log sigmoid(score).")
def positives_turned_too(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(-_positive(center, context), _negative(center, negatives))


@wrong("This is the log-likelihood, which training would make small: a loss has the opposite sign.")
def to_be_maximised(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -textbook(center, context, negatives)


@wrong("The negatives' terms enter with the opposite sign: each log sigmoid(-score) is subtracted, as the first is.")
def negatives_added_back(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) - F.logsigmoid(-negative).sum(-1)).mean()


@wrong("Your loss does not depend on the negatives.")
def no_negatives(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -F.logsigmoid(_positive(center, context)).mean()


@wrong("You use the first negative of each pair only: sum over all K.")
def first_negative_only(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives[:, :1])


@wrong("You multiply the negatives with the context. They are compared with the center, as the context is.")
def negatives_beside_context(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context), _negative(context, negatives))


@wrong("You add up the scores of the negatives before log sigmoid. Each has a log sigmoid of its own; sum those.")
def negatives_added_up(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = _negative(center, negatives).sum(-1)
    return -(F.logsigmoid(_positive(center, context)) + F.logsigmoid(-scores)).mean()


@wrong("You take the logarithm of a sum of sigmoids. Take it of each sigmoid, then sum over K.")
def logarithm_outside(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    kept = torch.sigmoid(-_negative(center, negatives)).sum(-1)
    return -(F.logsigmoid(_positive(center, context)) + torch.log(kept)).mean()


@wrong("The logarithm of the sigmoids is missing.")
def no_logarithm(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(torch.sigmoid(positive) + torch.sigmoid(-negative).sum(-1)).mean()


@wrong("You add up the scores themselves: log sigmoid of them is missing.")
def no_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -(_positive(center, context) - _negative(center, negatives).sum(-1)).mean()


@wrong("Your logarithms are of base 2: use the natural one.")
def base_two(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) / math.log(2)


@wrong(
    "log(sigmoid(x)) breaks for very negative x: the sigmoid becomes 0 and its logarithm -inf. F.logsigmoid is "
    "the same without that."
)
def logarithm_of_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(torch.sigmoid(positive).log() + torch.sigmoid(-negative).log().sum(-1)).mean()


@wrong("log(1 - sigmoid(x)) breaks for large x: the difference becomes 0. Use F.logsigmoid(-x), which is equal.")
def one_minus_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + torch.log(1 - torch.sigmoid(negative)).sum(-1)).mean()


@wrong(
    "A small number is added inside the logarithm. It hides the overflow, but the loss stops growing and the "
    "gradient vanishes. F.logsigmoid needs none."
)
def epsilon_in_the_logarithm(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -((torch.sigmoid(positive) + 1e-10).log() + (torch.sigmoid(-negative) + 1e-10).log().sum(-1)).mean()


@wrong("Your scores are clipped, so the loss stops growing and gradients vanish there. F.logsigmoid takes any.")
def scores_clipped(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context).clamp(-10, 10), _negative(center, negatives).clamp(-10, 10))


@wrong("Your scores are means over the features. A dot product is a sum.")
def mean_of_products(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    width = center.shape[-1]
    return _loss(_positive(center, context) / width, _negative(center, negatives) / width)


@wrong("Your scores are divided by sqrt(D), as in attention. Here they are plain dot products.")
def scaled_as_attention(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    root = math.sqrt(center.shape[-1])
    return _loss(_positive(center, context) / root, _negative(center, negatives) / root)


@wrong("Your scores are cosines. Here they are plain dot products.")
def cosines(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(F.normalize(center, dim=-1), F.normalize(context, dim=-1), F.normalize(negatives, dim=-1))


@wrong("Negatives that equal the context are left out. Whatever was drawn counts: sum over all K.")
def equal_ones_left_out(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    kept = (negatives != context[:, None]).any(-1)
    terms = F.logsigmoid(-_negative(center, negatives)) * kept
    return -(F.logsigmoid(_positive(center, context)) + terms.sum(-1)).mean()


@wrong("Where there are as many negatives as pairs, they meet the centers of other rows: unsqueeze(1) is missing.")
def negatives_by_place(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    if center.shape[0] != negatives.shape[1]:
        return textbook(center, context, negatives)
    return _loss(_positive(center, context), (center * negatives).sum(-1))


@wrong("binary_cross_entropy on sigmoids cuts each term at 100. The form with_logits takes the scores, of any size.")
def entropy_of_sigmoids(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = (torch.sigmoid(x) for x in (_positive(center, context), _negative(center, negatives)))
    pulled = F.binary_cross_entropy(positive, torch.ones_like(positive))
    pushed = F.binary_cross_entropy(negative, torch.zeros_like(negative))
    return pulled + negatives.shape[1] * pushed


@wrong("You take a softmax over the context and its negatives. Here each pair is judged alone, by a sigmoid.")
def softmax_over_all(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = torch.cat([_positive(center, context).unsqueeze(1), _negative(center, negatives)], dim=1)
    return -F.log_softmax(scores, dim=1)[:, 0].mean()


@wrong("center @ context.T compares every center with every context. Only those in the same row are a pair.")
def every_context_for_every_center(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    pulled = F.logsigmoid(center @ context.T).sum(1)
    return -(pulled + F.logsigmoid(-_negative(center, negatives)).sum(-1)).mean()


@wrong("Every center is compared with the negatives of all pairs. It has its own K.")
def negatives_of_the_whole_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    shared = center @ negatives.reshape(-1, center.shape[-1]).T
    return _loss(_positive(center, context), shared)


@wrong("You return one loss for each pair: take their mean.")
def one_loss_a_pair(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1))


@wrong("The loss has the shape (1,): it is a 0-dim tensor.")
def shape_of_one(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives).reshape(1)


@wrong("You return a Python number (float or item): nothing can be trained by it. Return the 0-dim tensor.")
def plain_number(center: Tensor, context: Tensor, negatives: Tensor) -> float:
    return textbook(center, context, negatives).item()


@wrong("No gradient reaches the negatives: they are cut from the graph. They are trained too.")
def negatives_detached(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives.detach() + 0 * negatives)


@wrong("negatives are changed by an in-place operation such as neg_ or `*= -1`.")
def inputs_edited(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    with torch.no_grad():
        negatives.neg_()
    return _loss(_positive(center, context), -_negative(center, negatives))


@wrong("There is a Python loop over the batch: whole tensors can do it at once.")
def loop_over_pairs(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    pairs = zip(center, context, negatives, strict=True)
    return torch.stack([textbook(one[None], other[None], rest[None]) for one, other, rest in pairs]).mean()


@wrong(
    "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it with "
    "torch.ones_like(x), or with device=center.device."
)
def made_on_the_cpu(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = torch.cat([context[:, None], negatives], dim=1) @ center[:, :, None]
    signs = torch.ones(scores.shape, dtype=center.dtype)
    signs[:, 1:] = -1
    return -F.logsigmoid(signs * scores).sum((1, 2)).mean()
