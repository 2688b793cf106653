"""Known mistakes in the skip-gram loss with negative sampling: each must fail, and be named."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception

from .variants import textbook


def _positive(center: Tensor, context: Tensor) -> Tensor:
    return (center * context).sum(-1)


def _negative(center: Tensor, negatives: Tensor) -> Tensor:
    return (negatives * center.unsqueeze(1)).sum(-1)


def _loss(positive: Tensor, negative: Tensor) -> Tensor:
    """The loss of scores (B,) and (B, K)."""
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1)).mean()


def summed_over_the_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) * center.shape[0]


def mean_over_negatives(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).mean(-1)).mean()


def mean_over_everything(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) / (negatives.shape[1] + 1)


def negatives_not_turned(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context), -_negative(center, negatives))


def all_signs_turned(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(-_positive(center, context), -_negative(center, negatives))


def positives_turned_too(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(-_positive(center, context), _negative(center, negatives))


def to_be_maximised(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -textbook(center, context, negatives)


def negatives_added_back(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) - F.logsigmoid(-negative).sum(-1)).mean()


def no_negatives(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -F.logsigmoid(_positive(center, context)).mean()


def first_negative_only(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives[:, :1])


def negatives_beside_context(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context), _negative(context, negatives))


def negatives_added_up(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = _negative(center, negatives).sum(-1)
    return -(F.logsigmoid(_positive(center, context)) + F.logsigmoid(-scores)).mean()


def logarithm_outside(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    kept = torch.sigmoid(-_negative(center, negatives)).sum(-1)
    return -(F.logsigmoid(_positive(center, context)) + torch.log(kept)).mean()


def no_logarithm(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(torch.sigmoid(positive) + torch.sigmoid(-negative).sum(-1)).mean()


def no_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return -(_positive(center, context) - _negative(center, negatives).sum(-1)).mean()


def base_two(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives) / math.log(2)


def logarithm_of_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(torch.sigmoid(positive).log() + torch.sigmoid(-negative).log().sum(-1)).mean()


def one_minus_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + torch.log(1 - torch.sigmoid(negative)).sum(-1)).mean()


def epsilon_in_the_logarithm(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -((torch.sigmoid(positive) + 1e-10).log() + (torch.sigmoid(-negative) + 1e-10).log().sum(-1)).mean()


def scores_clipped(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return _loss(_positive(center, context).clamp(-10, 10), _negative(center, negatives).clamp(-10, 10))


def mean_of_products(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    width = center.shape[-1]
    return _loss(_positive(center, context) / width, _negative(center, negatives) / width)


def scaled_as_attention(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    root = math.sqrt(center.shape[-1])
    return _loss(_positive(center, context) / root, _negative(center, negatives) / root)


def cosines(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(F.normalize(center, dim=-1), F.normalize(context, dim=-1), F.normalize(negatives, dim=-1))


def softmax_over_all(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = torch.cat([_positive(center, context).unsqueeze(1), _negative(center, negatives)], dim=1)
    return -F.log_softmax(scores, dim=1)[:, 0].mean()


def every_context_for_every_center(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    pulled = F.logsigmoid(center @ context.T).sum(1)
    return -(pulled + F.logsigmoid(-_negative(center, negatives)).sum(-1)).mean()


def negatives_of_the_whole_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    shared = center @ negatives.reshape(-1, center.shape[-1]).T
    return _loss(_positive(center, context), shared)


def one_loss_a_pair(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive, negative = _positive(center, context), _negative(center, negatives)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1))


def shape_of_one(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives).reshape(1)


def plain_number(center: Tensor, context: Tensor, negatives: Tensor) -> float:
    return textbook(center, context, negatives).item()


def always_float32(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center.float(), context.float(), negatives.float())


def detached(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    with torch.no_grad():
        return textbook(center, context, negatives)


def negatives_detached(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    return textbook(center, context, negatives.detach() + 0 * negatives)


def inputs_edited(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    with torch.no_grad():
        negatives.neg_()
    return _loss(_positive(center, context), -_negative(center, negatives))


def loop_over_pairs(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    pairs = zip(center, context, negatives, strict=True)
    return torch.stack([textbook(one[None], other[None], rest[None]) for one, other, rest in pairs]).mean()


def made_on_the_cpu(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    scores = torch.cat([context[:, None], negatives], dim=1) @ center[:, :, None]
    signs = torch.ones(scores.shape, dtype=center.dtype)
    signs[:, 1:] = -1
    return -F.logsigmoid(signs * scores).sum((1, 2)).mean()


MISCONCEPTIONS = (
    Misconception(
        "summed_over_the_batch",
        "You add up the losses of the batch: return their mean, so that a larger batch has no larger loss.",
        summed_over_the_batch,
    ),
    Misconception(
        "mean_over_negatives",
        "You average over the K negatives: their terms are summed. Only over the batch the mean is taken.",
        mean_over_negatives,
    ),
    Misconception(
        "mean_over_everything",
        "You take the mean over all 1 + K terms of a pair: they are summed. Only over the batch the mean is taken.",
        mean_over_everything,
    ),
    Misconception(
        "negatives_not_turned",
        "For negatives you take log sigmoid(+score), which pulls them towards the center. It is log sigmoid(-score).",
        negatives_not_turned,
    ),
    Misconception(
        "all_signs_turned",
        "Both signs are turned: the context is pushed away and the negatives are pulled near. It is "
        "log sigmoid(score) for the context and log sigmoid(-score) for negatives.",
        all_signs_turned,
    ),
    Misconception(
        "positives_turned_too",
        "For the context you take log sigmoid(-score), which pushes it away. It is log sigmoid(score).",
        positives_turned_too,
    ),
    Misconception(
        "to_be_maximised",
        "This is the log-likelihood, which training would make small: a loss has the opposite sign.",
        to_be_maximised,
    ),
    Misconception(
        "negatives_added_back",
        "The negatives' terms enter with the opposite sign: each log sigmoid(-score) is subtracted, as the first is.",
        negatives_added_back,
    ),
    Misconception("no_negatives", "Your loss does not depend on the negatives.", no_negatives),
    Misconception(
        "first_negative_only", "You use the first negative of each pair only: sum over all K.", first_negative_only
    ),
    Misconception(
        "negatives_beside_context",
        "You multiply the negatives with the context. They are compared with the center, as the context is.",
        negatives_beside_context,
    ),
    Misconception(
        "negatives_added_up",
        "You add up the scores of the negatives before log sigmoid. Each has a log sigmoid of its own; sum those.",
        negatives_added_up,
    ),
    Misconception(
        "logarithm_outside",
        "You take the logarithm of a sum of sigmoids. Take it of each sigmoid, then sum over K.",
        logarithm_outside,
    ),
    Misconception("no_logarithm", "The logarithm of the sigmoids is missing.", no_logarithm),
    Misconception("no_sigmoid", "You add up the scores themselves: log sigmoid of them is missing.", no_sigmoid),
    Misconception("base_two", "Your logarithms are of base 2: use the natural one.", base_two),
    Misconception(
        "logarithm_of_sigmoid",
        "log(sigmoid(x)) breaks for very negative x: the sigmoid becomes 0 and its logarithm -inf. F.logsigmoid is "
        "the same without that.",
        logarithm_of_sigmoid,
    ),
    Misconception(
        "one_minus_sigmoid",
        "log(1 - sigmoid(x)) breaks for large x: the difference becomes 0. Use F.logsigmoid(-x), which is equal.",
        one_minus_sigmoid,
    ),
    Misconception(
        "epsilon_in_the_logarithm",
        "A small number is added inside the logarithm. It hides the overflow, but the loss stops growing and the "
        "gradient vanishes. F.logsigmoid needs none.",
        epsilon_in_the_logarithm,
    ),
    Misconception(
        "scores_clipped",
        "Your scores are clipped, so the loss stops growing and gradients vanish there. F.logsigmoid takes any.",
        scores_clipped,
    ),
    Misconception(
        "mean_of_products", "Your scores are means over the features. A dot product is a sum.", mean_of_products
    ),
    Misconception(
        "scaled_as_attention",
        "Your scores are divided by sqrt(D), as in attention. Here they are plain dot products.",
        scaled_as_attention,
    ),
    Misconception("cosines", "Your scores are cosines. Here they are plain dot products.", cosines),
    Misconception(
        "softmax_over_all",
        "You take a softmax over the context and its negatives. Here each pair is judged alone, by a sigmoid.",
        softmax_over_all,
    ),
    Misconception(
        "every_context_for_every_center",
        "center @ context.T compares every center with every context. Only those in the same row are a pair.",
        every_context_for_every_center,
    ),
    Misconception(
        "negatives_of_the_whole_batch",
        "Every center is compared with the negatives of all pairs. It has its own K.",
        negatives_of_the_whole_batch,
    ),
    Misconception("one_loss_a_pair", "You return one loss for each pair: take their mean.", one_loss_a_pair),
    Misconception("shape_of_one", "The loss has the shape (1,): it is a 0-dim tensor.", shape_of_one),
    Misconception(
        "plain_number",
        "You return a Python number (float or item): nothing can be trained by it. Return the 0-dim tensor.",
        plain_number,
        on_meta="RuntimeError",
    ),
    Misconception("always_float32", "The loss is always float32: keep the dtype of the inputs.", always_float32),
    Misconception(
        "detached", "No gradient reaches the inputs: the loss is cut from the graph (no_grad, detach, .data).", detached
    ),
    Misconception(
        "negatives_detached",
        "No gradient reaches the negatives: they are cut from the graph. They are trained too.",
        negatives_detached,
    ),
    Misconception(
        "inputs_edited", "negatives are changed by an in-place operation such as neg_ or `*= -1`.", inputs_edited
    ),
    Misconception(
        "loop_over_pairs", "There is a Python loop over the batch: whole tensors can do it at once.", loop_over_pairs
    ),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it with "
        "torch.ones_like(x), or with device=center.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
)
