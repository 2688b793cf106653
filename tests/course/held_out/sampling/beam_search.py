"""Wrong and unusual right versions of beam_search(model, ids, beam_width, max_new_tokens)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def _logp(model: Any, beams: Tensor) -> Tensor:
    return model(beams).logits[:, -1].double().log_softmax(-1)  # (n, V)


# ---------------------------------------------------------------- wrong
def copies_of_the_prompt(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Starts from beam_width equal prompts of score 0: all beams stay equal, which is greedy search."""
    beams = ids.repeat(beam_width, 1)
    scores = torch.zeros(beam_width, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        values, tokens = logp.topk(1, dim=-1)
        beams = torch.cat([beams, tokens], dim=1)
        scores = scores + values[:, 0]
    return beams[scores.argmax()].unsqueeze(0)


def each_beam_its_own_best(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Branches at the first step only, then continues every beam greedily: beams never compete for places."""
    if max_new_tokens == 0:
        return ids
    first = _logp(model, ids)[0]
    scores, tokens = first.topk(min(beam_width, first.shape[0]))
    beams = torch.cat([ids.expand(len(tokens), -1), tokens[:, None]], dim=1)
    for _ in range(max_new_tokens - 1):
        values, tokens = _logp(model, beams).max(-1)
        scores = scores + values
        beams = torch.cat([beams, tokens[:, None]], dim=1)
    return beams[scores.argmax()].unsqueeze(0)


def width_above_v_fails(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Takes topk(beam_width) of the first V candidates: beam_width > V raises RuntimeError."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(beam_width)
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def width_cut_to_v(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Limits beam_width to V for good: V = 2 and beam_width = 8 should keep 4 beams at step 2, 8 at step 3."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, logp.shape[1]))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def two_candidates_a_beam(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Lets each beam propose its two best only: for beam_width > 2 three good children of one beam are lost."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        values, tokens = logp.topk(min(2, logp.shape[1]), dim=-1)
        total = (scores[:, None] + values).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // values.shape[1]], tokens.reshape(-1)[flat][:, None]], dim=1)
    return beams[:1]


def sums_of_logits(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Adds raw logits: beams whose logits lie higher win, whatever their probabilities."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logits = model(beams).logits[:, -1].double()
        total = (scores[:, None] + logits).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logits.shape[1]], (flat % logits.shape[1])[:, None]], dim=1)
    return beams[:1]


def sums_of_probabilities(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Adds probabilities: 0.6 then 0.2 (sum 0.8, product 0.12) beats 0.4 then 0.35 (0.75, 0.14)."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        probs = _logp(model, beams).exp()
        total = (scores[:, None] + probs).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // probs.shape[1]], (flat % probs.shape[1])[:, None]], dim=1)
    return beams[:1]


def products_underflow(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Multiplies float32 probabilities: totals of 1e-46 (30 steps of 0.03) are 0, and the choice is arbitrary."""
    beams, scores = ids, torch.ones(1, device=ids.device)
    for _ in range(max_new_tokens):
        probs = model(beams).logits[:, -1].float().softmax(-1)
        total = (scores[:, None] * probs).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // probs.shape[1]], (flat % probs.shape[1])[:, None]], dim=1)
    return beams[:1]


def probabilities_clamped(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Clamps p at 0.01 before the log: with V = 500 and flat logits all tokens cost the same, and any is taken."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams).exp().clamp(min=0.01).log()
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def last_step_decides(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Forgets the old scores: beams are ranked by their newest token alone."""
    beams = ids
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        _, flat = logp.reshape(-1).topk(min(beam_width, logp.numel()))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def scores_of_other_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Adds log p of the chosen tokens to the old scores in place, not reordered by parent beam."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        flat = total.topk(min(beam_width, len(total))).indices
        old = scores[torch.arange(len(flat), device=ids.device).clamp(max=len(scores) - 1)]
        scores = old + logp.reshape(-1)[flat]
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[scores.argmax()].unsqueeze(0)


def parent_by_remainder(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Divides the flat index by the number of beams in place of V: parents and tokens are mixed up."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        n = len(beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat % n], (flat // n)[:, None]], dim=1)
    return beams[:1]


def worst_of_the_kept(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Returns the last beam, the worst of those kept; right for beam_width = 1."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[-1:]


def all_beams_come_back(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Returns every beam kept, (beam_width, T + n), in place of the best one."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams


def flat_ids(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Returns (T + n,) in place of (1, T + n)."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[0]


def only_the_new_tokens(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Returns (1, max_new_tokens), the prompt cut off."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1, ids.shape[1] :]


def token_zero_ends_a_beam(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Takes id 0 for an eos and stops when the best beam ends in it: shorter than T + max_new_tokens."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
        if int(beams[0, -1]) == 0:
            break
    return beams[:1]


def running_average(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Halves the sum at each step, (score + log p) / 2, as a "length penalty": late tokens weigh more than early."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = ((scores[:, None] + logp) / 2).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def fakes_at_minus_one(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Starts beam_width copies, all but one at -1: a real beam of p = 0.22 loses its place to a copy of p = 0.78."""
    beams = ids.repeat(beam_width, 1)
    scores = torch.full((beam_width,), -1.0, dtype=torch.float64, device=ids.device)
    scores[0] = 0.0
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(beam_width)
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def width_ignored(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Keeps one beam only, whatever the width: greedy search."""
    beams = ids
    for _ in range(max_new_tokens):
        beams = torch.cat([beams, _logp(model, beams).argmax(-1, keepdim=True)], dim=1)
    return beams


def scores_in_half(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Adds log-probabilities in float16: totals of -300 move in steps of 0.25, and close beams are confused."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float16, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams).half()
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


def equal_endings_merged(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Keeps one beam for each last token ("diverse"): good beams with the same ending are thrown out."""
    beams, scores = ids, torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = _logp(model, beams)
        best, parent = (scores[:, None] + logp).max(dim=0)  # one for each token
        scores, tokens = best.topk(min(beam_width, len(best)))
        beams = torch.cat([beams[parent[tokens]], tokens[:, None]], dim=1)
    return beams[:1]


# ---------------------------------------------------------------- right
@torch.no_grad()
def python_tuples(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Keeps (score, tokens) tuples and sorts all children of all beams, one model call for each beam."""
    prompt = ids[0].tolist()
    kept: list[tuple[float, list[int]]] = [(0.0, prompt)]
    for _ in range(max_new_tokens):
        children = []
        for score, tokens in kept:
            row = torch.tensor([tokens], dtype=ids.dtype, device=ids.device)
            logp = torch.log_softmax(model(row).logits[0, -1].double(), dim=0).tolist()
            children += [(score + value, [*tokens, token]) for token, value in enumerate(logp)]
        kept = sorted(children, key=lambda child: child[0], reverse=True)[:beam_width]
    best = max(kept, key=lambda beam: beam[0])[1]
    return torch.tensor([best], dtype=ids.dtype, device=ids.device)


@torch.no_grad()
def children_in_two_stages(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Selects each beam's own best children first, then the best of all, and divides by the length at the end."""

    def children(scores: Tensor, logp: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        few = min(beam_width, logp.size(-1))
        values, tokens = torch.topk(logp, few, dim=-1)
        flat = (scores.unsqueeze(-1) + values).flatten()
        best = torch.topk(flat, min(beam_width, flat.numel()))
        return best.values, torch.div(best.indices, few, rounding_mode="floor"), tokens.flatten()[best.indices]

    beams = ids
    scores = torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        logp = model(beams).logits[:, -1, :].to(torch.float64).log_softmax(dim=-1)
        scores, parent, token = children(scores, logp)
        beams = torch.hstack([beams.index_select(0, parent), token[:, None]])
    return beams[(scores / max(max_new_tokens, 1)).argmax()][None]


@torch.no_grad()
def fakes_far_below(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Fills the beam with copies of the prompt at -1e9, which a real beam always beats, so its size never changes."""
    beams = ids.expand(beam_width, -1)
    scores = torch.full((beam_width, 1), -1e9, dtype=torch.float64, device=ids.device)
    scores[0] = 0.0
    for _ in range(max_new_tokens):
        logp = model(beams).logits[:, -1].double().log_softmax(-1)
        best = (scores + logp).view(-1).topk(beam_width, sorted=True)
        parent, token = best.indices // logp.shape[-1], best.indices % logp.shape[-1]
        beams, scores = torch.cat((beams[parent], token[:, None]), dim=1), best.values[:, None]
    return beams[:1].clone()


WRONG = (
    copies_of_the_prompt,
    each_beam_its_own_best,
    width_above_v_fails,
    width_cut_to_v,
    two_candidates_a_beam,
    sums_of_logits,
    sums_of_probabilities,
    products_underflow,
    probabilities_clamped,
    last_step_decides,
    scores_of_other_beams,
    parent_by_remainder,
    worst_of_the_kept,
    all_beams_come_back,
    flat_ids,
    only_the_new_tokens,
    token_zero_ends_a_beam,
    running_average,
    fakes_at_minus_one,
    width_ignored,
    scores_in_half,
    equal_endings_merged,
)
RIGHT = (python_tuples, children_in_two_stages, fakes_far_below)


def unshifted_logsumexp(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """Takes x - logsumexp(x) in float32: at 10,000 each step is off by up to 5e-4, and totals closer than that swap."""
    beams, scores = ids, torch.zeros(1, device=ids.device)
    for _ in range(max_new_tokens):
        logits = model(beams).logits[:, -1].float()
        logp = logits - logits.logsumexp(-1, keepdim=True)
        total = (scores[:, None] + logp).reshape(-1)
        scores, flat = total.topk(min(beam_width, len(total)))
        beams = torch.cat([beams[flat // logp.shape[1]], (flat % logp.shape[1])[:, None]], dim=1)
    return beams[:1]


DOUBTFUL = (unshifted_logsumexp,)  # the rounding is of the size of the input's
