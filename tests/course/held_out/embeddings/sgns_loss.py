"""Wrong and unusual right versions of sgns_loss(center, context, negatives)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def _dots(center: Tensor, context: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor]:
    return (center * context).sum(-1), torch.einsum("bd,bkd->bk", center, negatives)  # (B,), (B, K)


# ---------------------------------------------------------------- wrong
def log_after_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes log(sigmoid(x)): a dot product of -200 gives sigmoid 0 in float32 and an infinite loss in place of 200."""
    pos, neg = _dots(center, context, negatives)
    return -(pos.sigmoid().log() + (-neg).sigmoid().log().sum(1)).mean()


def log_of_sigmoid_plus_eps(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes log(sigmoid(x) + 1e-10): losses stop at 23, so a dot product of -200 is not punished by 200."""
    pos, neg = _dots(center, context, negatives)
    return -(torch.log(pos.sigmoid() + 1e-10) + torch.log((-neg).sigmoid() + 1e-10).sum(1)).mean()


def one_minus_sigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Writes sigmoid(-x) as 1 - sigmoid(x): from a dot product of 17 on that is 0 in float32, and the loss infinite."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos) + torch.log(1 - neg.sigmoid()).sum(1)).mean()


def entropy_of_probabilities(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Uses F.binary_cross_entropy on sigmoids, which cuts each term at 100: a term of 300 counts 100."""
    pos, neg = _dots(center, context, negatives)
    first = F.binary_cross_entropy(pos.sigmoid(), torch.ones_like(pos), reduction="none")
    rest = F.binary_cross_entropy(neg.sigmoid(), torch.zeros_like(neg), reduction="none")
    return (first + rest.sum(1)).mean()


def exponential_overflows(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes log1p(exp(-x)): exp(89) overflows float32, so the loss is infinite in place of 89."""
    pos, neg = _dots(center, context, negatives)
    return (torch.log1p(torch.exp(-pos)) + torch.log1p(torch.exp(neg)).sum(1)).mean()


def softplus_with_its_threshold(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Uses F.softplus, linear from 20 on: in float64 a term of 20.5 is off by 1e-9, far above its precision."""
    pos, neg = _dots(center, context, negatives)
    return (F.softplus(-pos) + F.softplus(neg).sum(1)).mean()


def relu_and_abs(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Writes softplus as relu(x) + log1p(exp(-|x|)): the gradient at a dot product of 0 is 0 in place of 1/2."""
    pos, neg = _dots(center, context, negatives)

    def softplus(x: Tensor) -> Tensor:
        return torch.relu(x) + torch.log1p(torch.exp(-x.abs()))

    return (softplus(-pos) + softplus(neg).sum(1)).mean()


def clamp_and_abs(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Writes softplus as clamp(x, min=0) + log1p(exp(-|x|)): the gradient at a dot product of 0 is 1, not 1/2."""
    pos, neg = _dots(center, context, negatives)

    def softplus(x: Tensor) -> Tensor:
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    return (softplus(-pos) + softplus(neg).sum(1)).mean()


def dots_cut_at_six(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Cuts dot products to -6..6 like word2vec's table: a dot product of -50 costs 6, and has no gradient."""
    pos, neg = (x.clamp(-6.0, 6.0) for x in _dots(center, context, negatives))
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()


def mean_over_negatives(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Averages over the K negatives in place of summing; right for K = 1 only."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).mean(1)).mean()


def sum_over_the_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Sums over B in place of the mean; right for B = 1 only."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos).sum() + F.logsigmoid(-neg).sum())


def mean_over_all_pairs(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes the mean over all B (K + 1) terms: too small by K + 1."""
    pos, neg = _dots(center, context, negatives)
    logits = torch.cat([pos[:, None], neg], dim=1)
    labels = torch.zeros_like(logits)
    labels[:, 0] = 1
    return F.binary_cross_entropy_with_logits(logits, labels)


def negatives_attract(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Forgets the minus sign of the negatives: they are rewarded for a large dot product."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos) + F.logsigmoid(neg).sum(1)).mean()


def one_minus_logsigmoid(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes 1 - logsigmoid(x) for log(1 - sigmoid(x)): the negatives' part has the wrong value and sign."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos) + (1 - F.logsigmoid(neg)).sum(1)).mean()


def negatives_are_constants(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Detaches the negatives: the value is right, their gradient is missing."""
    pos, neg = _dots(center, context, negatives.detach())
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()


def negatives_of_the_whole_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Multiplies each center with the negatives of every row: right for B = 1 only."""
    pos = (center * context).sum(-1)
    neg = center @ negatives.reshape(-1, negatives.shape[-1]).T
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()


def negatives_pair_by_position(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Forgets unsqueeze where B == K, so negative k of any row meets center k; other shapes are right."""
    pos = (center * context).sum(-1)
    neg = (center if center.shape[0] == negatives.shape[1] else center.unsqueeze(1)) * negatives
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg.sum(-1)).sum(1)).mean()


def softmax_over_candidates(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Takes the cross entropy of the context among the K + 1 candidates: a softmax, not K + 1 sigmoids."""
    pos, neg = _dots(center, context, negatives)
    logits = torch.cat([pos[:, None], neg], dim=1)
    return F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long, device=logits.device))


def accidental_hits_dropped(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Leaves out negatives equal to the context vector; the contract sums over all K (zero vectors alike, too)."""
    pos, neg = _dots(center, context, negatives)
    hit = (negatives == context.unsqueeze(1)).all(-1)
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).masked_fill(hit, 0.0).sum(1)).mean()


def cosines_for_dots(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Normalises the vectors first: dot products become cosines, and the loss never leaves a narrow range."""
    unit = [F.normalize(x, dim=-1) for x in (center, context, negatives)]
    pos, neg = _dots(unit[0], unit[1], unit[2])
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()


def single_precision(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Computes in float32 and casts back: float64 input is right to seven digits only."""
    pos, neg = _dots(center.float(), context.float(), negatives.float())
    return (-(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()).to(center.dtype)


def loops_over_the_batch(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Adds one row's loss at a time: the right number, but torch calls grow with B."""
    total = torch.zeros((), dtype=center.dtype, device=center.device)
    for u, v, n in zip(center, context, negatives, strict=True):
        total = total - F.logsigmoid(u.dot(v)) - F.logsigmoid(-(n @ u)).sum()
    return total / center.shape[0]


def python_float(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Returns .item(): a float, no gradient, and an error on meta."""
    pos, neg = _dots(center, context, negatives)
    return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean().item()  # type: ignore[return-value]


# ---------------------------------------------------------------- right
def logaddexp_of_zero(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Writes -log sigmoid(x) as logaddexp(0, -x)."""

    def cost(x: Tensor) -> Tensor:
        return torch.logaddexp(x.new_zeros(()), -x)

    good = torch.einsum("bd,bd->b", center, context)
    bad = torch.matmul(negatives, center.unsqueeze(2)).squeeze(2)
    return torch.mean(cost(good) + cost(-bad).sum(dim=1))


def maximum_shares_the_tie(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Writes softplus with torch.maximum, which splits the gradient at 0 into halves, as the true one is."""
    zero = torch.zeros((), dtype=center.dtype, device=center.device)

    def softplus(x: Tensor) -> Tensor:
        return torch.maximum(x, zero) + torch.log1p(torch.exp(-x.abs()))

    rows = torch.cat([-context.unsqueeze(1), negatives], dim=1)  # (B, 1 + K, D)
    return softplus((rows * center.unsqueeze(1)).sum(dim=2)).sum() / center.shape[0]


def binary_labels(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """Puts all K + 1 logits through the stable binary cross entropy, summed, over B."""
    logits = torch.bmm(torch.cat([context[:, None], negatives], 1), center[:, :, None])[..., 0]
    labels = torch.zeros_like(logits)
    labels[:, 0] = 1.0
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="sum") / logits.size(0)


WRONG = (
    log_after_sigmoid,
    log_of_sigmoid_plus_eps,
    one_minus_sigmoid,
    entropy_of_probabilities,
    exponential_overflows,
    softplus_with_its_threshold,
    relu_and_abs,
    clamp_and_abs,
    dots_cut_at_six,
    mean_over_negatives,
    sum_over_the_batch,
    mean_over_all_pairs,
    negatives_attract,
    one_minus_logsigmoid,
    negatives_are_constants,
    negatives_of_the_whole_batch,
    negatives_pair_by_position,
    softmax_over_candidates,
    accidental_hits_dropped,
    cosines_for_dots,
    single_precision,
    loops_over_the_batch,
    python_float,
)
RIGHT = (logaddexp_of_zero, maximum_shares_the_tie, binary_labels)
