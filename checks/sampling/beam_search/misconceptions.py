"""Known wrong ways to write beam_search, with what a student should read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception


def kept(scores: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of scores (W, V) the best totals, and the beam and token of each."""
    totals, places = scores.flatten().topk(min(width, scores.numel()))
    return totals, places // scores.shape[-1], places % scores.shape[-1]


def grown(beams: Tensor, parent: Tensor, token: Tensor) -> Tensor:
    return torch.cat([beams[parent], token[:, None]], 1)


def right(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """All beams kept, best first (W, T + n)."""
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        totals, parent, token = kept(totals[:, None] + model(beams).logits[:, -1].log_softmax(-1), beam_width)
        beams = grown(beams, parent, token)
    return beams


def width_ignored(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    for _ in range(max_new_tokens):
        ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], 1)
    return ids


def own_best_only(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for step in range(max_new_tokens):
        scores = totals[:, None] + model(beams).logits[:, -1].log_softmax(-1)
        if step == 0:
            totals, parent, token = kept(scores, beam_width)
        else:
            totals, token = scores.max(-1)
            parent = torch.arange(len(beams))
        beams = grown(beams, parent, token)
    return beams[totals.argmax()][None]


def last_step_counts(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams = ids
    for _ in range(max_new_tokens):
        _, parent, token = kept(model(beams).logits[:, -1].log_softmax(-1), beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def sums_of_logits(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        totals, parent, token = kept(totals[:, None] + model(beams).logits[:, -1], beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def sums_of_probabilities(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        totals, parent, token = kept(totals[:, None] + model(beams).logits[:, -1].softmax(-1), beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def softmax_over_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        totals, parent, token = kept(totals[:, None] + model(beams).logits[:, -1].log_softmax(0), beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def smallest_kept(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        lost, parent, token = kept(-totals[:, None] - model(beams).logits[:, -1].log_softmax(-1), beam_width)
        beams, totals = grown(beams, parent, token), -lost
    return beams[:1]


def last_beam(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max_new_tokens)[-1:]


def all_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max_new_tokens)


def nothing_dropped(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, 10**6, max_new_tokens)[:1]


def one_beam_fewer(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, max(1, beam_width - 1), max_new_tokens)[:1]


def parents_lost(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        totals, _, token = kept(totals[:, None] + model(beams).logits[:, -1].log_softmax(-1), beam_width)
        own = torch.arange(len(token)).clamp(max=len(beams) - 1)
        beams = grown(beams, own, token)
    return beams[:1]


def wide_beams_break(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        scores = totals[:, None] + model(beams).logits[:, -1].log_softmax(-1)
        totals, places = scores.flatten().topk(beam_width)
        beams = grown(beams, places // scores.shape[-1], places % scores.shape[-1])
    return beams[:1]


def at_most_v_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    size = model(ids).logits.shape[-1]
    return right(model, ids, min(beam_width, size), max_new_tokens)[:1]


def two_of_each_beam(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, dtype=torch.float64)
    for _ in range(max_new_tokens):
        best = model(beams).logits[:, -1].double().log_softmax(-1).topk(2, -1)
        totals, parent, place = kept(totals[:, None] + best.values, beam_width)
        beams = grown(beams, parent, best.indices[parent, place])
    return beams[:1]


def running_mean(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, dtype=torch.float64)
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].double().log_softmax(-1)
        totals, parent, token = kept((totals[:, None] + scores) / 2, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def probabilities_clamped(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, dtype=torch.float64)
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].double().softmax(-1).clamp(min=0.01).log()
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def copies_a_little_behind(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids.repeat(beam_width, 1), torch.full((beam_width,), -1.0, dtype=torch.float64)
    totals[:1] = 0.0
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].double().log_softmax(-1)
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def totals_of_other_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, dtype=torch.float64)
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].double().log_softmax(-1)
        _, parent, token = kept(totals[:, None] + scores, beam_width)
        own = torch.arange(len(parent)).clamp(max=len(totals) - 1)
        beams, totals = grown(beams, parent, token), totals[own] + scores[parent, token]
    return beams[totals.argmax()][None]


def one_beam_for_each_token(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, dtype=torch.float64)
    for _ in range(max_new_tokens):
        best = (totals[:, None] + model(beams).logits[:, -1].double().log_softmax(-1)).max(0)
        totals, token = best.values.topk(min(beam_width, len(best.values)))
        beams = grown(beams, best.indices[token], token)
    return beams[:1]


def last_token_only(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        scores = model(beams[:, -1:]).logits[:, -1].log_softmax(-1)
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def last_two_tokens(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        scores = model(beams[:, -2:]).logits[:, -1].log_softmax(-1)
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def new_tokens_only(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max_new_tokens)[:1, ids.shape[1] :]


def total_length(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max(0, max_new_tokens - ids.shape[1]))[:1]


def at_least_one(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max(1, max_new_tokens))[:1]


def one_too_many(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max_new_tokens + 1)[:1]


def overflows(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        powers = torch.exp(model(beams).logits[:, -1])
        scores = torch.log(powers / powers.sum(-1, keepdim=True))
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def flat_row(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    return right(model, ids, beam_width, max_new_tokens)[0]


def input_edited(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    text = right(model, ids, beam_width, max_new_tokens)[:1].clone()
    ids.copy_(text[:, -ids.shape[1] :])
    return text


def rounded_to_float32(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1)
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].float().log_softmax(-1)
        totals, parent, token = kept(totals[:, None] + scores, beam_width)
        beams = grown(beams, parent, token)
    return beams[:1]


def left_in_eval(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    model.eval()
    return right(model, ids, beam_width, max_new_tokens)[:1]


def left_in_train(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    model.eval()
    text = right(model, ids, beam_width, max_new_tokens)[:1]
    model.train()
    return text


MISCONCEPTIONS = (
    Misconception(
        "width_ignored",
        "You find the text that greedy finds. Is beam_width used? And if all beams start as the same text with the "
        "same total, they stay the same: start with one.",
        width_ignored,
    ),
    Misconception(
        "own_best_only",
        "Each beam goes on with its own best token. All continuations of all beams compete, and the best of them stay, "
        "perhaps several of one beam.",
        own_best_only,
    ),
    Misconception(
        "last_step_counts",
        "Beams are ranked by their last token alone. Add up the log-probabilities of all tokens made.",
        last_step_counts,
    ),
    Misconception(
        "sums_of_logits",
        "You add up logits. They cannot be compared between beams: take log_softmax of each row first.",
        sums_of_logits,
    ),
    Misconception(
        "sums_of_probabilities",
        "You add up probabilities. Those of a text multiply, so it is their logarithms that add up.",
        sums_of_probabilities,
    ),
    Misconception(
        "softmax_over_beams",
        "Your log_softmax runs over the beams (dim 0): tokens stand along the last dim.",
        softmax_over_beams,
    ),
    Misconception(
        "smallest_kept", "You keep the least likely beams: log-probabilities near 0 are best.", smallest_kept
    ),
    Misconception("last_beam", "You return the worst of the beams kept: topk puts the best one first.", last_beam),
    Misconception("all_beams", "You return all beams: only the best one is asked, (1, T + n).", all_beams),
    Misconception(
        "nothing_dropped",
        "You keep every continuation, which finds the best of all texts but soon fills any memory. After each step "
        "only beam_width of them stay.",
        nothing_dropped,
    ),
    Misconception("one_beam_fewer", "You keep one beam fewer than beam_width.", one_beam_fewer),
    Misconception(
        "parents_lost",
        "The new tokens are put behind the wrong beams. Reorder the texts by the beam that each best score came from.",
        parents_lost,
    ),
    Misconception(
        "wide_beams_break",
        "torch.topk breaks where there are fewer continuations than beam_width: keep min(beam_width, their number).",
        wide_beams_break,
    ),
    Misconception(
        "at_most_v_beams",
        "You never keep more beams than there are tokens. Only the first step offers no more than that.",
        at_most_v_beams,
    ),
    Misconception(
        "two_of_each_beam",
        "Each beam proposes its two best tokens only. More of one beam may be among the best: let beam_width of them "
        "compete, or all.",
        two_of_each_beam,
    ),
    Misconception(
        "running_mean",
        "You take a mean of the old total and the new log-probability. That weighs late tokens more: add them up.",
        running_mean,
    ),
    Misconception(
        "probabilities_clamped",
        "Small probabilities are raised to a limit, so that many tokens cost the same. log_softmax needs no limit.",
        probabilities_clamped,
    ),
    Misconception(
        "copies_a_little_behind",
        "Copies of the prompt take the places of other beams. All but the first one have to start at -inf, or you "
        "start with a single beam.",
        copies_a_little_behind,
    ),
    Misconception(
        "totals_of_other_beams",
        "New totals are added to those of other beams. Reorder the totals by parent, as the texts.",
        totals_of_other_beams,
    ),
    Misconception(
        "one_beam_for_each_token",
        "You keep only one beam that ends in a token. Several good ones may end alike: all of them compete.",
        one_beam_for_each_token,
    ),
    Misconception(
        "last_token_only",
        "The model is given only each beam's last token, so it has forgotten all before it.",
        last_token_only,
    ),
    Misconception(
        "last_two_tokens", "The model is given only the end of each beam. Give it the whole text.", last_two_tokens
    ),
    Misconception("new_tokens_only", "You return the new tokens only: the prompt belongs in front.", new_tokens_only),
    Misconception(
        "total_length",
        "You stop when the whole text has max_new_tokens tokens. The prompt does not count.",
        total_length,
    ),
    Misconception("at_least_one", "With max_new_tokens=0 you still make a token.", at_least_one),
    Misconception("one_too_many", "You make one token too many.", one_too_many),
    Misconception(
        "overflows", "exp of large logits overflows, and a logarithm of 0 follows: take log_softmax.", overflows
    ),
    Misconception("flat_row", "The shape is (T + n,): the batch dim of 1 has to stay.", flat_row),
    Misconception(
        "rounded_to_float32",
        "The logits are rounded to float32 before you score them: a model in float64 tells more texts apart.",
        rounded_to_float32,
    ),
    Misconception(
        "left_in_eval",
        "You switch the model to eval mode and leave it so. Note `model.training` before, and set it back after.",
        left_in_eval,
    ),
    Misconception(
        "left_in_train",
        "Afterwards you always switch the model to train mode, also where it was in eval mode before.",
        left_in_train,
    ),
    Misconception("input_edited", "The ids given are changed in place: work on a copy.", input_edited),
)
